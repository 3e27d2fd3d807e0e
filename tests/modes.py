"""The three ways to run a layer, behind one interface.

    with mode:
        layer = make()
        outputs = mode.call(layer.forward_and_log_det, x)

The functions that are run take tensors and return a nest of tensors; what comes back is the
same nest of numpy arrays. Operations in it, such as the updates that `initialize` returns, are
run and come back as `None`.
"""

import zlib

import numpy as np
import tensorflow.compat.v2 as tf
import tree


class Mode:
    """What the modes share. Use them in a `with` statement."""

    name = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def call(self, fn, *arrays, unknown_batch=False, unknown_grid=False):
        """Builds and runs `fn` on numpy arrays, or nests of them."""
        return self.function(fn, *arrays, unknown_batch=unknown_batch, unknown_grid=unknown_grid)(
            *arrays
        )

    def function(self, fn, *arrays, unknown_batch=False, unknown_grid=False):
        """Builds `fn` once for arrays of these shapes; returns a function of arrays.

        `unknown_batch` leaves the first axis of every array unknown, `unknown_grid` every axis
        between the first and the last: arrays of other sizes can then be given.
        """
        raise NotImplementedError

    def get(self, variables):
        """The value of a variable, or a nest of values for a nest of variables."""
        raise NotImplementedError

    def assign(self, variables, values):
        """Sets a variable, or a nest of them."""
        raise NotImplementedError


class Eager(Mode):
    """Operations run as they are called."""

    name = "eager"

    def function(self, fn, *arrays, unknown_batch=False, unknown_grid=False):
        def run(*arrays):
            return _to_arrays(fn(*_to_tensors(arrays)))

        return run

    def get(self, variables):
        return tree.map_structure(lambda variable: variable.numpy(), variables)

    def assign(self, variables, values):
        tree.map_structure(lambda variable, value: variable.assign(value), variables, values)


class Function(Eager):
    """Operations run inside a `tf.function`, outside which execution is eager.

    Without autograph, which takes longer than all the rest; `conformance/test_modes.py` has the
    test that it makes no difference.
    """

    name = "function"

    def function(self, fn, *arrays, unknown_batch=False, unknown_grid=False):
        signature = tree.map_structure(
            lambda array: tf.TensorSpec(
                _shape(array, unknown_batch, unknown_grid), np.asarray(array).dtype
            ),
            list(arrays),
        )
        compiled = tf.function(
            lambda *tensors: tree.map_structure(_without_operation, fn(*tensors)),
            input_signature=signature,
            autograph=False,
        )

        def run(*arrays):
            return _to_arrays(compiled(*_to_tensors(arrays)))

        return run


def _unoptimized():
    """To rewrite a graph takes longer than to run it twice; trainers are tested with that."""
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1  # None.
    return config


class Graph(Mode):
    """Operations are laid down in a graph of its own and run by one session."""

    name = "graph"

    def __enter__(self):
        self.graph = tf.Graph()
        self._as_default = self.graph.as_default()
        self._as_default.__enter__()
        self.session = tf.compat.v1.Session(graph=self.graph, config=_unoptimized())
        self._num_initialized = 0
        return self

    def __exit__(self, *exception):
        self.session.close()
        self._as_default.__exit__(*exception)

    def function(self, fn, *arrays, unknown_batch=False, unknown_grid=False):
        placeholders = tree.map_structure(
            lambda array: tf.compat.v1.placeholder(
                np.asarray(array).dtype, _shape(array, unknown_batch, unknown_grid)
            ),
            list(arrays),
        )
        outputs = fn(*placeholders)

        def run(*arrays):
            self.initialize_variables()
            feed = dict(zip(tree.flatten(placeholders), tree.flatten(list(arrays))))
            return tree.unflatten_as(outputs, self.session.run(tree.flatten(outputs), feed))

        return run

    def get(self, variables):
        self.initialize_variables()
        return tree.unflatten_as(variables, self.session.run(tree.flatten(variables)))

    def assign(self, variables, values):
        self.initialize_variables()
        # The initialisers with other values: needs no new operations in the graph.
        operations = [variable.initializer for variable in tree.flatten(variables)]
        inputs = [operation.inputs[1] for operation in operations]
        self.session.run(operations, dict(zip(inputs, tree.flatten(values))))

    def initialize_variables(self):
        """Initialises the variables that were created since the last time."""
        variables = tf.compat.v1.global_variables()
        self.session.run([v.initializer for v in variables[self._num_initialized :]])
        self._num_initialized = len(variables)


MODES = [Graph, Eager, Function]


def perturb(module, mode, seed=0, scale=0.03):
    """Adds noise to every trainable variable, so that what starts as zero does not stay so.

    The noise depends on the seed and on the attribute path of the variable, and so is the same
    in every mode and on every runtime.
    """
    trained = [item for item in module.named_variables().items() if item[1].trainable]
    variables = [variable for _, variable in trained]
    values = []
    for (path, _), value in zip(trained, mode.get(variables)):
        random = np.random.RandomState(zlib.crc32(path.encode()) ^ seed)
        noise = scale * random.standard_normal(value.shape)
        values.append((value + noise).astype(value.dtype))
    mode.assign(variables, values)


def get_variables(module, mode):
    """The values of all variables, by attribute path."""
    variables = module.named_variables()
    return dict(zip(variables, mode.get(list(variables.values()))))


class VariableCount:
    """Counts the variables that are created while it is entered, whoever creates them.

    In the mode `function` it has to be entered outside the function.
    """

    def __enter__(self):
        self.count = 0
        self._scope = tf.variable_creator_scope(self._creator)
        self._scope.__enter__()
        return self

    def __exit__(self, *exception):
        self._scope.__exit__(*exception)

    def _creator(self, create, **kwargs):
        self.count += 1
        return create(**kwargs)


def _shape(array, unknown_batch, unknown_grid):
    shape = list(np.shape(array))
    if unknown_batch:
        shape[:1] = [None] * len(shape[:1])
    if unknown_grid:
        shape[1:-1] = [None] * len(shape[1:-1])
    return shape


def _to_tensors(arrays):
    return tree.map_structure(tf.constant, arrays)


def _to_arrays(outputs):
    return tree.map_structure(lambda leaf: leaf.numpy() if tf.is_tensor(leaf) else None, outputs)


def _without_operation(leaf):
    return leaf if tf.is_tensor(leaf) else None

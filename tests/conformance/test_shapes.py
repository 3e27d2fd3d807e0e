import numpy as np
import pytest
import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import assert_close, evaluate, first_example, outputs_of
from tests.modes import Eager, Function, Graph, perturb

IN_GRAPHS = pytest.mark.parametrize("mode_type", [Graph, Function], ids=["graph", "function"])
UNKNOWN = {"unknown_batch": True, "unknown_grid": True}


def as_lists(shapes):
    return [shape.as_list() for shape in tree.flatten(shapes)]


@pytest.mark.parametrize("batch", [3, None], ids=["known_batch", "unknown_batch"])
@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_output_shape_and_input_shape_are_true(case, batch):
    evaluation = evaluate(case, Eager)
    layer = case.make()
    x_shape, y_shape = (
        tree.map_structure(lambda array: tf.TensorShape((batch,) + array.shape[1:]), nest)
        for nest in (evaluation.arguments[0], evaluation.outputs[0])
    )

    assert as_lists(layer.output_shape(x_shape)) == as_lists(y_shape)
    assert as_lists(layer.input_shape(y_shape)) == as_lists(x_shape)
    assert not layer.variables


@pytest.mark.parametrize("case", NETWORKS, ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_network_output_has_its_channels_and_the_type_of_the_input(case, dtype):
    evaluation = evaluate(case, Eager, np.dtype(dtype).type)
    y = evaluation.outputs[0]

    x_shape = evaluation.arguments[0].shape
    out_shape = case.out_shape or x_shape[1:-1] + (case.out_channels,)
    assert y.shape == x_shape[:1] + out_shape
    assert y.dtype == dtype
    assert np.all(np.isfinite(y))


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_batch_size_can_be_unknown(case, mode):
    module, arguments = case.make(), case.arguments()
    static_shapes = []

    def outputs(*arguments):
        outputs = outputs_of(module)(*arguments)
        static_shapes.extend(output.shape.as_list()[1:] for output in tree.flatten(outputs[0]))
        return outputs

    function = mode.function(outputs, *arguments, unknown_batch=True)
    function(*arguments)
    mode.call(module.initialize, *arguments)
    perturb(module, mode)

    expected = evaluate(case, type(mode)).outputs
    assert_close(function(*arguments), expected, 1e-12)
    for shape, output in zip(static_shapes, tree.flatten(expected[0])):
        assert shape == list(output.shape[1:])
    five, none = case.arguments(batch=5), case.arguments(batch=0)
    assert {len(output) for output in tree.flatten(function(*five))} == {5}
    if case.mixes_examples:
        return
    assert_close(function(*first_example(arguments)), first_example(expected), 1e-12)
    assert {len(output) for output in tree.flatten(function(*none))} == {0}


@IN_GRAPHS
@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_batch_size_can_be_unknown_to_the_inverse(case, mode_type):
    evaluation = evaluate(case, mode_type)
    arguments = [evaluation.outputs[0]] + evaluation.arguments[1:]
    with mode_type() as mode:
        layer = case.make()
        mode.call(layer.initialize, *evaluation.arguments)
        function = mode.function(layer.inverse_and_log_det, *arguments, unknown_batch=True)
        perturb(layer, mode)

        assert_close(function(*arguments), evaluation.inverse_outputs, 1e-12)
        first = first_example(evaluation.inverse_outputs)
        assert_close(function(*first_example(arguments)), first, 1e-12)


# A vector of channels for all positions has no grid.
GRIDS = [
    case
    for case in LAYERS + NETWORKS
    if case.name != "context_bias"
    and tree.flatten(case.arguments())[0].ndim > 2
    and (case.out_shape is None or len(case.out_shape) > 1)
]


@IN_GRAPHS
@pytest.mark.parametrize("case", GRIDS, ids=repr)
def test_height_and_width_can_be_unknown(case, mode_type):
    arguments = case.arguments()
    with mode_type() as mode:
        module, expected = case.make(), evaluate(case, mode_type).outputs
        mode.call(module.initialize, *arguments)
        perturb(module, mode)
        function = mode.function(outputs_of(module), *arguments, **UNKNOWN)

        assert_close(function(*arguments), expected, 1e-12)
        larger = tree.map_structure(double_height, arguments)
        y = function(*larger)[0]
        for output, small in zip(tree.flatten(y), tree.flatten(expected[0])):
            assert output.shape[1] == 2 * small.shape[1]
        if isinstance(module, Bijection):
            restored = mode.call(module.inverse_and_log_det, y, *larger[1:], **UNKNOWN)[0]
            assert_close(restored, larger[0], 1e-9)


def double_height(array):
    return np.concatenate([array, array], axis=1) if array.ndim > 2 else array


ALONE = [case for case in LAYERS + NETWORKS if not case.mixes_examples]


@pytest.mark.parametrize("case", ALONE, ids=repr)
def test_an_example_does_not_depend_on_its_neighbours(case, mode):
    evaluation = evaluate(case, type(mode))

    assert_close(first_example(evaluation.beside_others), first_example(evaluation.outputs), 1e-13)


@pytest.mark.parametrize("case", [c for c in NETWORKS if c.mixes_examples], ids=repr)
def test_an_example_depends_on_its_neighbours_where_a_case_says_so(case):
    evaluation = evaluate(case, Eager)
    one, other = (first_example(nest)[0] for nest in (evaluation.beside_others, evaluation.outputs))

    assert np.max(np.abs(one - other)) > 1e-6

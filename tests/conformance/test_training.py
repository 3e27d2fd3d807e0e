"""What `training=True` does to every layer and network."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import assert_close, evaluate, outputs_of
from tests.modes import MODES, Eager, get_variables, perturb


def differs(module):
    parts = (module,) + tuple(module.submodules)
    return any(getattr(part, "differs_in_training", False) for part in parts)


DIFFERENT = [case for case in LAYERS + NETWORKS if differs(case.make())]
SAME = [case for case in LAYERS + NETWORKS if not differs(case.make())]


def in_training(module):
    """What a case is run with in training: gives (y, log_det) for a layer, (y,) for a network."""
    if isinstance(module, Bijection):
        return lambda x, context=None: module.forward_and_log_det(x, context, training=True)
    return lambda x, context=None: (module(x, context, training=True),)


def train_twice(case, mode_type):
    """The outputs of two training calls, and the variables before and after them."""
    with mode_type() as mode:
        module, arguments = case.make(), case.arguments()
        mode.call(module.initialize, *arguments)
        perturb(module, mode)
        before = get_variables(module, mode)
        other = case.arguments(seed=1)
        function = mode.function(in_training(module), *arguments)
        outputs = [function(*arguments), function(*other)]
        return outputs, before, get_variables(module, mode)


@pytest.mark.parametrize("case", SAME, ids=repr)
def test_training_changes_nothing_in_what_does_not_say_so(case):
    evaluation = evaluate(case, Eager)
    with Eager() as mode:
        module = case.make()
        mode.call(module.initialize, *evaluation.arguments)
        perturb(module, mode)

        assert_close(
            mode.call(in_training(module), *evaluation.arguments), evaluation.outputs, 1e-13
        )


@pytest.mark.parametrize("case", DIFFERENT, ids=repr)
def test_training_is_the_same_in_all_modes(case):
    (outputs, _, variables), *others = [train_twice(case, mode_type) for mode_type in MODES]

    for other_outputs, _, other_variables in others:
        assert_close(other_outputs, outputs, 1e-11)
        assert_close(other_variables, variables, 1e-11)


@pytest.mark.parametrize("case", DIFFERENT, ids=repr)
def test_training_moves_the_state_of_norms_and_nothing_else(case):
    _, before, after = train_twice(case, Eager)

    for path in before:
        assert np.all(before[path] == after[path]) != is_state(path), path


def is_state(path):
    """Whether a variable is a running average, or the vector of a spectral norm."""
    *_, owner, name = [""] + path.split("/")
    return name == "vector" or (owner == "statistics" and name in ("mean", "variance"))


@pytest.mark.parametrize("case", DIFFERENT, ids=repr)
def test_every_trained_variable_has_a_finite_gradient_in_training(case, mode):
    module, arguments = case.make(), case.arguments()

    def gradients(*arguments):
        with tf.GradientTape() as tape:
            outputs = in_training(module)(*arguments)
            loss = sum(tf.reduce_sum(leaf**2) for leaf in tf.nest.flatten(outputs))
        return tape.gradient(loss, list(module.trainable_variables)) + [loss]

    function = mode.function(gradients, *arguments)
    function(*arguments)
    perturb(module, mode)

    values = function(*arguments)
    assert len(values) == len(module.trainable_variables) + 1
    assert all(np.all(np.isfinite(value)) for value in values)


@pytest.mark.parametrize("case", [case for case in DIFFERENT if case in LAYERS], ids=repr)
def test_what_training_leaves_has_an_inverse(case, mode):
    """It does not depend on the batch: each example is restored by itself."""
    module, arguments = case.make(), case.arguments()
    mode.call(module.initialize, *arguments)
    perturb(module, mode, scale=0.1)
    for seed in range(3):
        mode.call(in_training(module), *case.arguments(seed=seed))

    y = mode.call(outputs_of(module), *arguments)[0]
    one = [tf.nest.map_structure(lambda leaf: leaf[1:2], nest) for nest in [y] + arguments[1:]]

    assert_close(mode.call(module.inverse, *one), arguments[0][1:2], 1e-9)

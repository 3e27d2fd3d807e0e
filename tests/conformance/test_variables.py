import numpy as np
import pytest
import tensorflow.compat.v2 as tf
import tree

from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import evaluate, outputs_of
from tests.modes import Eager, perturb

LAYERS_WITH_VARIABLES = [case for case in LAYERS if case.has_variables]


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_only_the_first_call_makes_variables(case, mode):
    evaluation = evaluate(case, type(mode))

    assert evaluation.num_made == evaluation.num_variables
    assert evaluation.num_made_later == 0
    assert bool(evaluation.num_variables) == case.has_variables


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_every_variable_has_a_path(case):
    module = case.make()
    with Eager() as mode:
        mode.call(outputs_of(module), *case.arguments())

    by_path = {id(variable) for variable in module.named_variables().values()}
    assert by_path == {id(variable) for variable in module.variables}


@pytest.mark.parametrize("case", LAYERS_WITH_VARIABLES, ids=repr)
def test_the_inverse_can_be_called_first_and_makes_the_same_variables(case):
    forward_first, inverse_first, arguments = case.make(), case.make(), case.arguments()
    with Eager() as mode:
        y = mode.call(forward_first.forward, *arguments)
        mode.call(inverse_first.inverse, y, *arguments[1:])

    assert shapes_by_path(inverse_first) == shapes_by_path(forward_first)


def shapes_by_path(module):
    return [(path, v.shape.as_list()) for path, v in module.named_variables().items()]


@pytest.mark.parametrize("case", LAYERS_WITH_VARIABLES + NETWORKS, ids=repr)
def test_every_trained_variable_has_a_finite_gradient(case, mode):
    module, arguments = case.make(), case.arguments()

    def gradients(*arguments):
        with tf.GradientTape() as tape:
            loss = loss_of(*outputs_of(module)(*arguments))
        return tape.gradient(loss, trained_variables(module))

    function = mode.function(gradients, *arguments)
    function(*arguments)
    perturb(module, mode)

    trained = trained_variables(module)
    values = function(*arguments)
    assert len(values) == len(trained)
    for variable, gradient in zip(trained, values):
        assert gradient is not None
        assert gradient.shape == tuple(variable.shape.as_list())
        assert np.all(np.isfinite(gradient))


def trained_variables(module):
    return [variable for variable in module.named_variables().values() if variable.trainable]


# The order of a permutation suits every type.
TYPED = [case for case in LAYERS + NETWORKS if case.has_variables and "permute" not in case.name]


@pytest.mark.parametrize("case", TYPED, ids=repr)
def test_another_type_than_that_of_the_first_input_is_refused(case):
    module = case.make()
    with Eager() as mode:
        mode.call(outputs_of(module), *case.arguments())
        with pytest.raises(TypeError, match="was built for float64; got float32: cast its input"):
            mode.call(outputs_of(module), *case.arguments(dtype=np.float32))


def loss_of(z, log_det=None):
    """Minus the log-density of a flow to the standard normal, without its constant."""
    loss = 0.5 * sum(tf.reduce_sum(latent**2) for latent in tree.flatten(z))
    return loss if log_det is None else loss - tf.reduce_sum(log_det)

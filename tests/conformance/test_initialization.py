import numpy as np
import pytest
import tensorflow.compat.v2 as tf
import tree

from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import assert_close, evaluate, first_example, outputs_of
from tests.modes import Eager, Function, Graph, get_variables

INITIALIZED = [case for case in LAYERS + NETWORKS if case.initializes]
STANDARDIZED = [case for case in LAYERS + NETWORKS if case.standardizes_input]
QUIET = [case for case in LAYERS + NETWORKS if not case.initializes_noisily]
NOISY = [case for case in NETWORKS if case.initializes_noisily]
OTHERS = [case for case in LAYERS + NETWORKS if not case.initializes]
SET_FROM_DATA = {"shift", "log_scale", "gain", "bias", "mean", "variance"}


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_initialize_gives_updates_where_it_sets_variables_in_a_graph(case, mode):
    _, updates = evaluate(case, type(mode)).initialized

    assert bool(updates) == (case.initializes and mode.name != "eager")


@pytest.mark.parametrize("case", QUIET, ids=repr)
def test_initialize_returns_what_forward_returns_afterwards(case, mode):
    evaluation = evaluate(case, type(mode))

    assert_close(evaluation.initialized[0], evaluation.after_initialization[0], 1e-12)


@pytest.mark.parametrize("case", NOISY, ids=repr)
def test_initialize_returns_what_training_gives_afterwards_where_it_is_noisy(case, mode):
    """Cases are made with an integer seed, which is the same noise at every call."""
    network, arguments = case.make(), case.arguments()
    y, _ = mode.call(network.initialize, *arguments)

    after = mode.call(lambda x: (network(x, training=True), network(x)), *arguments)

    assert_close(y, after[0], 1e-12)
    assert np.max(np.abs(y - after[1])) > 1e-3


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_initialize_sets_the_variables_that_it_should(case, mode):
    evaluation = evaluate(case, type(mode))
    before, after = evaluation.variables_before, evaluation.variables_after

    changed = {path for path in before if np.any(before[path] != after[path])}
    assert bool(changed) == case.initializes
    assert {path.split("/")[-1] for path in changed} <= SET_FROM_DATA


@pytest.mark.parametrize("case", INITIALIZED, ids=repr)
def test_initialize_can_be_the_first_call(case):
    evaluation, module = evaluate(case, Eager), case.make()
    with Eager() as mode:
        mode.call(module.initialize, *evaluation.arguments)
        assert_close(get_variables(module, mode), evaluation.variables_after, 1e-13)


@pytest.mark.parametrize("case", INITIALIZED, ids=repr)
def test_initialize_refuses_a_batch_of_one(case, mode):
    module, one = case.make(), first_example(case.arguments())

    with pytest.raises(ValueError, match="cannot be initialised from a batch of one example"):
        mode.call(module.initialize, *one)


@pytest.mark.parametrize("mode_type", [Graph, Function], ids=["graph", "function"])
@pytest.mark.parametrize("case", INITIALIZED, ids=repr)
def test_initialize_refuses_a_batch_that_turns_out_to_be_of_one(case, mode_type):
    module, one = case.make(), first_example(case.arguments())
    with mode_type() as mode:
        with pytest.raises(tf.errors.InvalidArgumentError, match="from a batch of one example"):
            mode.call(module.initialize, *one, unknown_batch=True)


@pytest.mark.parametrize("case", [c for c in OTHERS if not c.mixes_examples], ids=repr)
def test_what_is_not_initialized_from_data_accepts_a_batch_of_one(case):
    module, one = case.make(), first_example(case.arguments())
    with Eager() as mode:
        y, _ = mode.call(module.initialize, *one)
        assert_close(y, mode.call(outputs_of(module), *one)[0], 1e-12)


@pytest.mark.parametrize("case", STANDARDIZED, ids=repr)
def test_initialize_refuses_constant_channels(case, mode):
    module, arguments = case.make(), case.arguments()
    arguments[0] = tree.map_structure(lambda array: np.full_like(array, 0.3), arguments[0])
    error = ValueError if mode.name == "eager" else tf.errors.InvalidArgumentError

    with pytest.raises(error, match="a channel of the batch is constant"):
        mode.call(module.initialize, *arguments)

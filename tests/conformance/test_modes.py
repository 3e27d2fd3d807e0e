import pytest
import tensorflow.compat.v2 as tf

from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import assert_close, back_and_there, evaluate
from tests.modes import Eager, Function, Graph, perturb


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_the_modes_give_the_same_numbers(case):
    eager = evaluate(case, Eager)
    for mode_type in (Graph, Function):
        other = evaluate(case, mode_type)
        assert_close(other.outputs, eager.outputs, 1e-12)
        assert_close(other.after_initialization, eager.after_initialization, 1e-12)


# Compositions of layers and networks: it takes seconds for each case.
COMPOSED = [case for case in LAYERS if case.name.split("_")[0] in ("chain", "multi", "inverse")]


@pytest.mark.parametrize("case", COMPOSED, ids=repr)
def test_autograph_changes_nothing(case):
    """A `tf.function` as users write it, with both directions in it."""
    evaluation = evaluate(case, Eager)
    arguments = [tf.nest.map_structure(tf.constant, a) for a in evaluation.arguments]
    y = tf.nest.map_structure(tf.constant, evaluation.outputs[0])
    with Eager() as mode:
        module = case.make()
        module.initialize(*arguments)
        perturb(module, mode)

        outputs = mode.call(tf.function(back_and_there(module)), y, *arguments)

        assert_close(outputs, (evaluation.inverse_outputs, evaluation.outputs), 1e-12)

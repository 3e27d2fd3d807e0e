import numpy as np
import pytest
import tensorflow.compat.v2 as tf
import tree

from tests.conformance.cases import LAYERS
from tests.conformance.evaluate import evaluate, first_example
from tests.modes import Eager, perturb


@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_log_det_is_that_of_the_jacobian(case, mode):
    layer, example = case.make(), first_example(case.arguments())
    size = sum(array.size for array in tree.flatten(example[0]))
    copies = tree.map_structure(lambda array: np.repeat(array, size, axis=0), example)
    function = mode.function(jacobian_and_log_det_of(layer, size), *copies)
    function(*copies)
    perturb(layer, mode, scale=0.1)

    jacobian, log_det = function(*copies)

    sign, expected = np.linalg.slogdet(jacobian)
    assert sign != 0
    # One example has one log-determinant, however often it stands in the batch.
    np.testing.assert_allclose(log_det, np.full([size], expected), rtol=1e-9, atol=1e-9)


def jacobian_and_log_det_of(layer, size):
    """A function of one example, repeated once for each of its `size` values.

    The gradient of the i-th copy is taken for the i-th output only. This gives the whole
    Jacobian in one backward pass, in every mode and on TensorFlow 1.15.
    """

    def function(x, *context):
        with tf.GradientTape() as tape:
            tape.watch(tree.flatten(x))
            y, log_det = layer.forward_and_log_det(x, *context)
            outputs = tree.flatten(y)
        sizes = [output.shape[1:].num_elements() for output in outputs]
        gradients = tape.gradient(
            outputs,
            tree.flatten(x),
            output_gradients=[
                tf.reshape(columns, output.shape)
                for columns, output in zip(tf.split(np.eye(size), sizes, axis=1), outputs)
            ],
        )
        return tf.concat([tf.reshape(g, [size, -1]) for g in gradients], axis=1), log_det

    return function


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_log_det_has_one_number_per_example_in_the_type_of_the_input(case, dtype):
    evaluation = evaluate(case, Eager, np.dtype(dtype).type)

    for y, log_det in (evaluation.outputs, evaluation.inverse_outputs):
        assert log_det.shape == (3,)
        assert log_det.dtype == dtype
        assert {leaf.dtype.name for leaf in tree.flatten(y)} == {dtype}

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.losses import huber_loss

RANDOM = np.random.RandomState(0)
TARGETS, PREDICTIONS = RANDOM.uniform(-2.0, 2.0, [2, 5, 3, 4])


@pytest.mark.parametrize("delta", [0.3, 1.0])
def test_is_quadratic_up_to_delta_and_linear_from_there_on(mode, delta):
    def run(targets, predictions):
        with tf.GradientTape() as tape:
            tape.watch(predictions)
            value = huber_loss(targets, predictions, delta)
        return value, tape.gradient(value, predictions)

    value, gradient = mode.function(run, TARGETS, PREDICTIONS, unknown_batch=True)(
        TARGETS, PREDICTIONS
    )

    error = PREDICTIONS - TARGETS
    linear = delta * np.abs(error) - delta**2 / 2.0
    expected = np.where(np.abs(error) <= delta, error**2 / 2.0, linear).mean()
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient, np.clip(error, -delta, delta) / error.size, rtol=1e-12)


def test_delta_is_one_by_default():
    np.testing.assert_allclose(huber_loss([0.0, 0.0], [0.5, 3.0]), (0.125 + 2.5) / 2.0)


def test_large_errors_are_finite():
    np.testing.assert_allclose(huber_loss([1e30], [-1e30]), 2e30)


def test_half_precision_is_computed_in_float32():
    value = huber_loss(tf.zeros([5000], tf.float16), tf.fill([5000], tf.constant(60.0, tf.float16)))

    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, 59.5)


@pytest.mark.parametrize(
    ("targets", "predictions", "delta", "error", "message"),
    [
        (TARGETS, PREDICTIONS[:1], 1.0, ValueError, r"must have one shape; got \(5, 3, 4\) and \("),
        (TARGETS, PREDICTIONS, 0.0, ValueError, "`delta` must be positive; got 0.0"),
        (TARGETS, PREDICTIONS.astype("f"), 1.0, TypeError, "must be of one .*float64 and float32"),
        ([1], [2], 1.0, TypeError, "must be of one floating type; got int32 and int32"),
    ],
)
def test_rejects_what_cannot_be_compared(targets, predictions, delta, error, message):
    with pytest.raises(error, match=message):
        huber_loss(targets, predictions, delta)

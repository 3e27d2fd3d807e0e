import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.losses import (
    feature_matching_loss,
    l1_distance,
    mean_absolute_distance,
    mean_squared_distance,
    squared_l2_distance,
)

RANDOM = np.random.RandomState(0)
REAL, FAKE = RANDOM.standard_normal([5, 3, 2]), RANDOM.standard_normal([7, 3, 2])
DIFFERENCE = REAL.mean(axis=0) - FAKE.mean(axis=0)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (squared_l2_distance, np.sum(DIFFERENCE**2)),
        (l1_distance, np.sum(np.abs(DIFFERENCE))),
        (mean_squared_distance, np.mean(DIFFERENCE**2)),
        (mean_absolute_distance, np.mean(np.abs(DIFFERENCE))),
    ],
)
def test_is_the_distance_of_the_means_over_the_batch(mode, distance, expected):
    def run(real, fake):
        return feature_matching_loss(real, fake, distance)

    value = mode.function(run, REAL, FAKE, unknown_batch=True)(REAL, FAKE)

    assert value.shape == ()
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_is_the_mean_square_by_default():
    np.testing.assert_allclose(feature_matching_loss(REAL, FAKE), np.mean(DIFFERENCE**2))


def test_takes_a_distance_of_your_own():
    value = feature_matching_loss(REAL, FAKE, lambda real, fake: tf.reduce_max(real - fake))

    np.testing.assert_allclose(value, DIFFERENCE.max())


def test_adds_the_layers():
    value = feature_matching_loss([REAL, {"a": 2.0 * REAL[:, 0]}], [FAKE, {"a": 2.0 * FAKE[:, 0]}])

    np.testing.assert_allclose(value, np.mean(DIFFERENCE**2) + 4.0 * np.mean(DIFFERENCE[0] ** 2))


def test_is_nothing_for_equal_means_of_other_examples():
    fake = REAL[[1, 0, 2, 4, 3]]

    np.testing.assert_allclose(feature_matching_loss(REAL, fake), 0.0, atol=1e-30)


def test_pulls_every_generated_example_alike():
    fake = tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        value = feature_matching_loss(REAL, fake)

    expected = np.broadcast_to(-2.0 * DIFFERENCE / 6.0 / 7.0, FAKE.shape)
    np.testing.assert_allclose(tape.gradient(value, fake), expected, rtol=1e-12)


def test_half_precision_is_computed_in_float32():
    real, fake = tf.fill([5000, 1], tf.constant(60.0, tf.float16)), tf.zeros([2, 1], tf.float16)
    value = feature_matching_loss(real, fake)

    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, 3600.0)


@pytest.mark.parametrize(
    ("real", "fake", "error", "message"),
    [
        (REAL, FAKE[:, :2], ValueError, r"one shape, .*got \(3, 2\) and \(2, 2\)"),
        (REAL, FAKE[..., :1], ValueError, r"one shape, .*got \(3, 2\) and \(3, 1\)"),
        ([REAL], [FAKE, FAKE], ValueError, "as many tensors, at least one; got 1 and 2"),
        ([], [], ValueError, "as many tensors, at least one; got 0 and 0"),
        (
            REAL,
            FAKE.astype(int),
            TypeError,
            "`fake_features` must be of a floating type; got int64",
        ),
        (
            REAL.astype(int),
            FAKE,
            TypeError,
            "`real_features` must be of a floating type; got int64",
        ),
    ],
)
def test_rejects_features_of_two_kinds(real, fake, error, message):
    with pytest.raises(error, match=message):
        feature_matching_loss(real, fake)

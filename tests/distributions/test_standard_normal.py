import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.distributions import StandardNormal


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_prob_is_the_closed_form_summed_over_the_nest(mode, dtype):
    random = np.random.RandomState(0)
    z = (
        random.standard_normal([3, 4]).astype(dtype),
        random.standard_normal([3, 2, 5]).astype(dtype),
    )
    flat = np.concatenate([leaf.reshape(3, -1) for leaf in z], axis=1).astype(np.float64)
    expected = -0.5 * np.sum(flat**2 + np.log(2 * np.pi), axis=1)
    log_prob = mode.call(lambda *leaves: StandardNormal().log_prob(leaves), *z)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-6)
    assert log_prob.dtype == dtype


def test_samples_have_the_moments_and_are_independent_across_the_nest(mode):
    shape = {"a": tf.TensorShape([50000, 1]), "b": tf.TensorShape([50000, 1])}
    sample = mode.call(lambda: StandardNormal().sample(shape, temperature=0.5, seed=3))
    joint = np.concatenate([sample["a"], sample["b"]], axis=1)
    # Five standard errors of the mean and of the covariance at 50,000 samples.
    np.testing.assert_allclose(np.mean(joint, axis=0), 0.0, atol=5 * 0.5 / np.sqrt(50000))
    np.testing.assert_allclose(np.cov(joint.T), 0.25 * np.eye(2), atol=5 * 0.36 / np.sqrt(50000))


def test_temperature_can_differ_between_examples(mode):
    shape = tf.TensorShape([3, 2, 2])
    base = StandardNormal()
    cold, warm = (
        mode.call(lambda t: base.sample(shape, t, seed=1), np.array(t, np.float32))
        for t in ([0.0, 0.5, 1.0], [1.0, 1.0, 1.0])
    )
    np.testing.assert_allclose(cold, warm * np.reshape([0.0, 0.5, 1.0], [3, 1, 1]), rtol=1e-6)


def test_seed_decides_the_sample(mode):
    shape = tf.TensorShape([2, 3])
    draw = lambda seed: mode.call(lambda: StandardNormal().sample(shape, seed=seed))  # noqa: E731
    np.testing.assert_array_equal(draw(1), draw(1))
    assert np.all(draw(1) != draw(2))
    assert np.all(draw(None) != draw(None))


def test_low_precision_does_not_overflow():
    log_prob = StandardNormal().log_prob(tf.constant([[300.0]], tf.float16))
    assert log_prob.dtype == tf.float32
    np.testing.assert_allclose(log_prob.numpy(), [-0.5 * 300.0**2 - 0.5 * np.log(2 * np.pi)])

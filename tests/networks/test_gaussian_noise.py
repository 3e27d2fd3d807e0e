import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import fold_in, make_seed
from genflow.networks import GaussianNoise

X = np.random.RandomState(0).uniform(1.0, 2.0, [20, 10, 10, 5])


def training(network):
    return lambda x: network(x, training=True)


def test_the_noise_is_normal_with_the_deviation(mode):
    noise = mode.call(training(GaussianNoise(0.3, seed=0)), X) - X

    # Five standard deviations of the mean, of the deviation, and of the fourth moment.
    assert abs(noise.mean()) < 5.0 * 0.3 * X.size**-0.5
    np.testing.assert_allclose(noise.std(), 0.3, rtol=5.0 * (2 * X.size) ** -0.5)
    np.testing.assert_allclose(np.mean((noise / 0.3) ** 4), 3.0, atol=5.0 * (96 / X.size) ** 0.5)


def test_every_example_position_and_channel_has_noise_of_its_own(mode):
    noise = mode.call(training(GaussianNoise(1.0, seed=0)), X) - X

    assert len(np.unique(noise)) > 0.99 * X.size


def test_is_the_identity_when_not_training_and_at_deviation_0(mode):
    np.testing.assert_array_equal(mode.call(GaussianNoise(0.5), X), X)
    np.testing.assert_array_equal(mode.call(training(GaussianNoise(0.0)), X), X)


def test_an_integer_is_one_noise_at_every_call_and_for_every_type(mode):
    def noise(seed, dtype="float64"):
        return mode.call(training(GaussianNoise(0.5, seed)), X.astype(dtype)) - X.astype(dtype)

    one = noise(1)
    np.testing.assert_array_equal(noise(1), one)
    np.testing.assert_allclose(noise(1, "float32"), one, atol=1e-6)
    assert np.max(np.abs(noise(2) - one)) > 0.5


def test_without_a_seed_every_call_has_noise_of_its_own(mode):
    function = mode.function(training(GaussianNoise(0.5)), X)

    assert np.max(np.abs(function(X) - function(X))) > 0.5


def test_a_function_is_called_at_every_call(mode):
    def run(x, step):
        network = GaussianNoise(0.5, seed=lambda: fold_in(make_seed(7), step))
        return network(x, training=True)

    first, second, again = (mode.call(run, X, np.int32(step)) for step in (3, 4, 3))

    np.testing.assert_array_equal(first, again)
    assert np.max(np.abs(first - second)) > 0.5


def test_gradients_pass(mode):
    network = GaussianNoise(0.5, seed=0)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = network(x, training=True)
        return tape.gradient(y, x)

    np.testing.assert_array_equal(mode.call(gradient, X), np.ones_like(X))


def test_differs_in_training_where_there_is_noise():
    assert GaussianNoise(0.1).differs_in_training
    assert not GaussianNoise(0.0).differs_in_training


def test_batch_and_grid_can_be_unknown(mode):
    network = GaussianNoise(0.5, seed=0)
    function = mode.function(training(network), X, unknown_batch=True, unknown_grid=True)

    assert function(X[:3]).shape == X[:3].shape
    assert function(X[:0]).shape == X[:0].shape


def test_rejects_integers():
    with pytest.raises(TypeError, match="`gaussian_noise` takes an input of a floating type; got"):
        GaussianNoise(0.5)(np.ones([2, 3], np.int32), training=True)


@pytest.mark.parametrize("stddev", [-0.1, float("nan")])
def test_rejects_a_negative_deviation(stddev):
    with pytest.raises(ValueError, match="`stddev` must not be negative; got"):
        GaussianNoise(stddev)

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import ActNorm
from tests.modes import get_variables


def batch(*shape):
    """Channels with means and deviations of their own."""
    channels = shape[-1]
    random = np.random.RandomState(0)
    return random.standard_normal(shape) * 10.0 ** np.arange(-1, channels - 1) + np.arange(channels)


@pytest.mark.parametrize("factor", [1.0, 3.0])
@pytest.mark.parametrize("shape", [[64, 5], [16, 7, 3], [8, 4, 6, 3]])
def test_initialization_standardizes_every_channel(mode, shape, factor):
    x, layer = batch(*shape), ActNorm(factor)

    y, _ = mode.call(layer.initialize, x)

    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(y.mean(axis=axes), 0.0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=axes), 1.0, rtol=3e-5)


def test_epsilon_is_added_to_the_standard_deviation(mode):
    x, layer = batch(64, 2), ActNorm(epsilon=0.5)

    y, _ = mode.call(layer.initialize, x)

    np.testing.assert_allclose(y.std(axis=0), x.std(axis=0) / (x.std(axis=0) + 0.5), rtol=1e-12)


def test_computes_the_documented_formula(mode):
    x, layer = batch(5, 4, 6, 3), ActNorm(log_scale_factor=3.0)
    mode.call(layer.forward, x)
    shift, log_scale = np.array([1.0, -2.0, 0.5]), np.array([0.1, 0.2, -0.4])
    mode.assign([layer.shift, layer.log_scale], [shift, log_scale])

    y, log_det = mode.call(layer.forward_and_log_det, x)

    np.testing.assert_allclose(y, (x + shift) * np.exp(3.0 * log_scale), rtol=1e-12)
    np.testing.assert_allclose(log_det, np.full(5, 24 * 3.0 * -0.1), rtol=1e-12)


def test_is_the_identity_before_initialization(mode):
    x = batch(5, 3)

    y, log_det = mode.call(ActNorm().forward_and_log_det, x)

    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(log_det, np.zeros(5))


def test_neither_direction_initializes_by_itself(mode):
    x, layer = batch(5, 3), ActNorm()
    mode.call(layer.forward, x)
    mode.call(layer.inverse, x)

    for value in get_variables(layer, mode).values():
        np.testing.assert_array_equal(value, np.zeros(3))


def test_factor_does_not_change_the_initialized_map_but_its_learning_rate():
    x = batch(64, 3)
    slow, fast = ActNorm(1.0), ActNorm(3.0)

    np.testing.assert_allclose(slow.initialize(x)[0], fast.initialize(x)[0], rtol=1e-12)
    np.testing.assert_allclose(slow.log_scale.numpy(), 3.0 * fast.log_scale.numpy(), rtol=1e-12)


def test_one_constant_channel_is_enough_to_be_refused(mode):
    x = batch(16, 3)
    x[:, 1] = 0.1
    error = ValueError if mode.name == "eager" else tf.errors.InvalidArgumentError

    with pytest.raises(error, match="`act_norm` cannot be initialised: a channel"):
        mode.call(ActNorm().initialize, x)


def test_a_refused_batch_leaves_the_layer_as_it_was(mode):
    layer = ActNorm()
    mode.call(layer.forward, batch(16, 3))
    error = ValueError if mode.name == "eager" else tf.errors.InvalidArgumentError
    with pytest.raises(error, match="constant"):
        mode.call(layer.initialize, np.ones([16, 3]))

    for value in get_variables(layer, mode).values():
        np.testing.assert_array_equal(value, np.zeros(3))


def test_half_precision_has_log_dets_in_float32():
    _, log_det = ActNorm().forward_and_log_det(tf.ones([2, 3], tf.float16))

    assert log_det.dtype == tf.float32


@pytest.mark.parametrize("argument", ["log_scale_factor", "epsilon"])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_rejects_numbers_that_are_not_positive(argument, value):
    with pytest.raises(ValueError, match="`{}` must be positive; got".format(argument)):
        ActNorm(**{argument: value})

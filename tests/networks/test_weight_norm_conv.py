import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import WeightNormConv, channel_norms, kernel_norm
from tests.modes import perturb
from tests.networks.convolution import conv

X = np.random.RandomState(0).standard_normal([5, 4, 7, 3])
NORMS = pytest.mark.parametrize("norm", [channel_norms, kernel_norm])


def convolved(x, kernel):
    """Zero padded; with an even kernel the larger margin comes last."""
    size = kernel.shape[0]
    margins = ((size - 1) // 2, size // 2)
    padded = np.pad(x, [(0, 0), margins, margins, (0, 0)], mode="constant")
    height, width = x.shape[1:3]
    return sum(
        padded[:, i : i + height, j : j + width] @ kernel[i, j]
        for i in range(size)
        for j in range(size)
    )


def norm_of(direction, norm):
    return np.sqrt(np.sum(direction**2, axis=(0, 1, 2) if norm is channel_norms else None))


@NORMS
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
def test_is_a_convolution_with_the_kernel_of_the_formula(mode, norm, kernel_size):
    network = WeightNormConv(4, kernel_size, norm=norm, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.2)
    direction, gain, bias = mode.get([network.direction, network.gain, network.bias])

    y = mode.call(network, X)

    kernel = gain * direction / norm_of(direction, norm)
    np.testing.assert_allclose(y, convolved(X, kernel) + bias, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("stride", [2, 3])
def test_a_stride_leaves_positions_out(mode, stride):
    network = WeightNormConv(4, stride=stride, seed=0)

    y = mode.call(network, X)

    expected = conv(X, mode.get(network.direction), stride)
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)
    assert y.shape[1:3] == (-(-4 // stride), -(-7 // stride))


@pytest.mark.parametrize("stride", [1, 2])
def test_without_padding_only_whole_patches_count(mode, stride):
    network = WeightNormConv(4, stride=stride, use_padding=False, seed=0)

    y, _ = mode.call(network.initialize, X + 3.0)

    direction = mode.get(network.direction)
    inner = convolved(X + 3.0, direction)[:, 1:-1, 1:-1][:, ::stride, ::stride]
    expected = (inner - inner.mean(axis=(0, 1, 2))) / inner.std(axis=(0, 1, 2))
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-10)


def test_a_gain_that_is_not_trained_is_no_trained_variable():
    network = WeightNormConv(4, train_gain=False)
    network(X)

    assert not network.gain.trainable
    assert len(network.trainable_variables) == 2


@NORMS
def test_starts_with_the_kernel_that_was_drawn(mode, norm):
    network = WeightNormConv(4, norm=norm, stddev=0.2, seed=0)

    y = mode.call(network, X)

    direction, gain, bias = mode.get([network.direction, network.gain, network.bias])
    np.testing.assert_allclose(gain, norm_of(direction, norm), rtol=1e-12)
    np.testing.assert_array_equal(bias, np.zeros(4))
    np.testing.assert_allclose(y, convolved(X, direction), rtol=1e-10, atol=1e-12)
    # Five standard deviations of the estimate.
    np.testing.assert_allclose(direction.std(), 0.2, rtol=5.0 * (2 * direction.size) ** -0.5)


@pytest.mark.parametrize(
    ("norm", "use_bias", "count"),
    [
        (channel_norms, True, 9 * 64 * 32 + 32 + 32),
        (channel_norms, False, 9 * 64 * 32 + 32),
        (kernel_norm, True, 9 * 64 * 32 + 1 + 32),
        (kernel_norm, False, 9 * 64 * 32 + 1),
    ],
)
def test_counts_of_weights(norm, use_bias, count):
    network = WeightNormConv(32, norm=norm, use_bias=use_bias)
    network(np.zeros([1, 2, 2, 64], np.float32))

    assert sum(v.shape.num_elements() for v in network.trainable_variables) == count
    assert network.gain.shape.as_list() == ([32] if norm is channel_norms else [])


@pytest.mark.parametrize("init_scale", [1.0, 0.1])
def test_initialize_gives_every_channel_mean_0_and_the_deviation(mode, init_scale):
    network = WeightNormConv(4, init_scale=init_scale, seed=0)

    y, _ = mode.call(network.initialize, 10.0 * X + 3.0)

    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), init_scale, rtol=1e-10)


def test_initialize_without_bias_gives_every_channel_the_deviation_only(mode):
    network = WeightNormConv(4, use_bias=False, seed=0)

    mode.call(network, X)

    y, _ = mode.call(network.initialize, 10.0 * X + 3.0)

    plain = convolved(10.0 * X + 3.0, mode.get(network.direction))
    np.testing.assert_allclose(y, plain / plain.std(axis=(0, 1, 2)), rtol=1e-10, atol=1e-12)


def test_initialize_with_one_gain_gives_all_channels_together_the_deviation(mode):
    network = WeightNormConv(4, norm=kernel_norm, use_bias=False, init_scale=0.5, seed=0)

    y, _ = mode.call(network.initialize, 10.0 * X + 3.0)

    np.testing.assert_allclose(y.std(), 0.5, rtol=1e-10)
    assert np.ptp(y.std(axis=(0, 1, 2))) > 0.01


def test_initialize_with_one_gain_and_a_bias_takes_the_means_out_of_every_channel(mode):
    network = WeightNormConv(4, norm=kernel_norm, seed=0)
    mode.call(network, X)
    direction = mode.get(network.direction)

    y, _ = mode.call(network.initialize, X + 3.0)

    plain = convolved(X + 3.0, direction)
    expected = (plain - plain.mean(axis=(0, 1, 2))) / plain.std()
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)


def test_initialize_refuses_a_constant_channel(mode):
    """Of a 1x1 convolution, which has no padding; the gain of one channel is not of others."""
    error = ValueError if mode.name == "eager" else tf.errors.InvalidArgumentError
    x = np.full_like(X, 0.3)

    with pytest.raises(error, match="`weight_norm_conv` cannot .* a channel .* is constant"):
        mode.call(WeightNormConv(4, kernel_size=1, seed=0).initialize, x)


def test_initialize_with_one_gain_refuses_only_what_is_constant_throughout(mode):
    error = ValueError if mode.name == "eager" else tf.errors.InvalidArgumentError
    x = np.full_like(X, 0.3)
    network = WeightNormConv(4, kernel_size=1, norm=kernel_norm, use_bias=False, seed=0)

    y, _ = mode.call(network.initialize, x)

    np.testing.assert_allclose(y.std(), 1.0, rtol=1e-10)
    with pytest.raises(error, match="`weight_norm_conv` cannot .* a channel .* is constant"):
        mode.call(network.initialize, 0.0 * x)


@NORMS
def test_the_gradient_of_the_direction_is_orthogonal_to_it(mode, norm):
    """Salimans and Kingma, section 2.1: lengthening the direction changes nothing."""
    network = WeightNormConv(4, norm=norm, seed=0)

    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(x) ** 3)
        return tape.gradient(loss, [network.direction, network.gain])

    by_direction, by_gain = mode.call(gradients, X)

    direction = mode.get(network.direction)
    lengthening = np.sum(direction * by_direction, axis=(0, 1, 2))
    if norm is kernel_norm:
        lengthening = np.sum(lengthening)
    np.testing.assert_allclose(lengthening, 0.0, atol=1e-9 * np.max(np.abs(by_direction)))
    assert np.all(np.abs(by_gain) > 1e-3)


@NORMS
def test_a_direction_of_zero_has_finite_gradients(mode, norm):
    network = WeightNormConv(4, norm=norm, seed=0)

    def run(x):
        with tf.GradientTape() as tape:
            y = network(x)
        return [y] + tape.gradient(y, [network.direction, network.gain])

    function = mode.function(run, X.astype(np.float32))
    function(X.astype(np.float32))
    mode.assign(network.direction, np.zeros([3, 3, 3, 4], np.float32))

    y, *gradients = function(X.astype(np.float32))

    np.testing.assert_array_equal(y, np.zeros([5, 4, 7, 4]))
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


def test_the_norm_can_be_a_function_of_ones_own(mode):
    network = WeightNormConv(4, norm=lambda kernel: tf.reduce_max(tf.abs(kernel)), seed=0)

    y = mode.call(network, X)

    direction, gain = mode.get([network.direction, network.gain])
    np.testing.assert_allclose(gain, np.max(np.abs(direction)))
    np.testing.assert_allclose(y, convolved(X, direction), rtol=1e-10, atol=1e-12)


def test_rejects_a_norm_of_another_shape():
    network = WeightNormConv(4, norm=lambda kernel: tf.reduce_sum(kernel, axis=[0, 1]))

    with pytest.raises(ValueError, match=r"`norm` of `weight_norm_conv` must give .* \[\] or \[4"):
        network(X)


def test_the_seed_decides_the_direction():
    def direction(seed):
        network = WeightNormConv(4, seed=seed)
        network(X)
        return network.direction.numpy()

    np.testing.assert_array_equal(direction(1), direction(1))
    assert np.all(direction(1) != direction(2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out_channels": 0}, "`out_channels` must be a positive integer; got 0"),
        ({"out_channels": 2.5}, "`out_channels` must be a positive integer; got 2.5"),
        ({"out_channels": 4, "kernel_size": 0}, "`kernel_size` must be a positive integer; got 0"),
        ({"out_channels": 4, "stride": 0}, "`stride` must be a positive integer; got 0"),
        ({"out_channels": 4, "stddev": 0.0}, "`stddev` must be positive; got 0.0"),
        ({"out_channels": 4, "init_scale": 0.0}, "`init_scale` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        WeightNormConv(**arguments)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones([2, 3]), ValueError, "`weight_norm_conv` takes an input of rank 4; got shape"),
        (np.ones([2, 4, 4, 2]), ValueError, "`weight_norm_conv` needs 3 channels from its input"),
        (np.ones([2, 4, 4, 3], np.int32), TypeError, "`weight_norm_conv` .* float"),
    ],
)
def test_rejects_other_inputs(x, error, message):
    network = WeightNormConv(4)
    network(X)

    for call in (network, network.initialize):
        with pytest.raises(error, match=message):
            call(x)

"""The convolutions of the Glow conditioner: folded and with a constant border, hence fast."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import ActNormConv, GlowConditioner, ZerosConv
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([5, 4, 7, 3])


def unfolded(x, network, shift):
    """As Glow writes it: a channel that marks the padding, a wider convolution, then actnorm."""
    margin = network.kernel_size // 2
    padding = [[0, 0], [margin, margin], [margin, margin], [0, 0]]
    kernel = network.kernel
    padded = tf.pad(x, padding)
    if network.kernel_size > 1:
        marks = tf.pad(tf.zeros_like(x[..., :1]), padding, constant_values=1.0)
        padded = tf.concat([padded, marks], axis=-1)
        kernel = tf.concat([kernel, network.border_kernel], axis=2)
    y = tf.nn.conv2d(padded, kernel, strides=1, padding="VALID")
    return (y + shift) * tf.exp(network.log_scale_factor * network.log_scale)


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_act_norm_conv_is_the_unfolded_one(mode, kernel_size):
    network = ActNormConv(4, kernel_size=kernel_size, log_scale_factor=3.0, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.2)

    folded, expected = mode.call(lambda x: (network(x), unfolded(x, network, network.shift)), X)

    np.testing.assert_allclose(folded, expected, rtol=1e-11, atol=1e-12)
    assert np.max(np.abs(mode.get(network.log_scale))) > 0.0


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_zeros_conv_is_the_unfolded_one(mode, kernel_size):
    network = ZerosConv(4, kernel_size=kernel_size)
    mode.call(network, X)
    perturb(network, mode, scale=0.2)

    folded, expected = mode.call(lambda x: (network(x), unfolded(x, network, network.bias)), X)

    np.testing.assert_allclose(folded, expected, rtol=1e-11, atol=1e-12)


def test_zeros_conv_starts_as_zero(mode):
    np.testing.assert_array_equal(mode.call(ZerosConv(6), X), np.zeros([5, 4, 7, 6]))


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_act_norm_conv_is_initialized_to_mean_0_and_variance_1(mode, kernel_size, factor):
    network = ActNormConv(4, kernel_size=kernel_size, log_scale_factor=factor, seed=0)

    y, _ = mode.call(network.initialize, 10.0 * X + 3.0)

    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-11)
    np.testing.assert_allclose(y.var(axis=(0, 1, 2)), 1.0, rtol=1e-4)


def test_a_zero_of_the_input_is_not_taken_for_the_padding(mode):
    """With the border kernel the function of a constant image depends on the place."""
    network = ZerosConv(1)
    x = np.zeros([1, 5, 5, 2])
    mode.call(network, x)
    mode.assign(network.border_kernel, np.ones([3, 3, 1, 1]))

    y = mode.call(network, x)[0, ..., 0]

    # How much of the 3x3 window lies outside the image.
    expected = np.full([5, 5], 0.0)
    expected[[0, -1]] += 3.0
    expected[:, [0, -1]] += 3.0
    expected[[0, 0, -1, -1], [0, -1, 0, -1]] -= 1.0
    np.testing.assert_array_equal(y, expected)


def test_a_1x1_convolution_has_no_border():
    network = ZerosConv(4, kernel_size=1)
    network(X)

    assert sorted(network.named_variables()) == ["bias", "kernel", "log_scale"]


def test_initial_kernels_have_the_given_deviation_and_seeds_of_their_own():
    network = ActNormConv(64, stddev=0.2, seed=0)
    network(np.zeros([1, 3, 3, 64]))
    kernel, border = network.kernel.numpy(), network.border_kernel.numpy()

    # Five standard deviations of the estimate.
    np.testing.assert_allclose(kernel.std(), 0.2, rtol=5.0 * (2 * kernel.size) ** -0.5)
    np.testing.assert_allclose(border.std(), 0.2, rtol=5.0 * (2 * border.size) ** -0.5)
    assert abs(kernel.mean()) < 5.0 * 0.2 * kernel.size**-0.5
    assert not set(border.ravel()) & set(kernel.ravel())


def test_the_seed_decides_the_kernels_whatever_the_precision():
    def kernels(seed, dtype):
        network = GlowConditioner(8, 4, seed=seed)
        network(np.zeros([1, 4, 4, 3], dtype))
        return [network.conv_in.kernel.numpy(), network.conv_hidden.kernel.numpy()]

    for one, same, other in zip(
        kernels(1, "float64"), kernels(1, "float32"), kernels(2, "float64")
    ):
        np.testing.assert_array_equal(one, same)
        assert np.all(one != other)
    first, second = kernels(1, "float64")
    assert not set(first.ravel()) & set(second.ravel())


def test_the_border_is_added_once_for_the_whole_batch():
    """The same for every example: it is computed for one."""
    network = ActNormConv(4, seed=0)
    with tf.Graph().as_default() as graph:
        network(tf.zeros([64, 8, 8, 3]))
        convolutions = [op for op in graph.get_operations() if op.type == "Conv2D"]

    assert sorted(op.inputs[0].shape.as_list()[0] for op in convolutions) == [1, 64]


@pytest.mark.parametrize("network", [ActNormConv, ZerosConv])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out_channels": 0}, "`out_channels` must be a positive integer; got 0"),
        ({"out_channels": 2.5}, "`out_channels` must be a positive integer; got 2.5"),
        ({"out_channels": 4, "kernel_size": 2}, "`kernel_size` must be odd; got 2"),
        ({"out_channels": 4, "kernel_size": -1}, "`kernel_size` must be a positive integer"),
        ({"out_channels": 4, "log_scale_factor": 0.0}, "`log_scale_factor` must be positive"),
    ],
)
def test_rejects_wrong_numbers(network, arguments, message):
    with pytest.raises(ValueError, match=message):
        network(**arguments)


@pytest.mark.parametrize("argument", ["stddev", "epsilon"])
def test_act_norm_conv_rejects_numbers_that_are_not_positive(argument):
    with pytest.raises(ValueError, match="`{}` must be positive; got 0".format(argument)):
        ActNormConv(4, **{argument: 0.0})

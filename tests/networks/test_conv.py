"""Conv, ConvTranspose and ResizeConv, and what they and Dense share."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.networks import Conv, ConvTranspose, Dense, ResizeConv, bilinear, nearest, normal
from tests.modes import Eager, perturb
from tests.networks.convolution import conv, conv_transpose

X = np.random.RandomState(0).standard_normal([3, 4, 7, 2])
LAYERS = [Conv, ConvTranspose, ResizeConv]


def run(network):
    """The output for weights and a bias that are all different from zero, and these."""
    with Eager() as mode:
        mode.call(network, X)
        perturb(network, mode, scale=0.3)
        layer = getattr(network, "conv", network)
        return mode.call(network, X), mode.get(layer.weight), mode.get(layer.bias)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_conv_is_the_sum_over_the_kernel(kernel_size, stride):
    y, weight, bias = run(Conv(3, kernel_size, stride, seed=0))

    expected = conv(X, weight, stride) + bias
    assert y.shape == (3, -(-4 // stride), -(-7 // stride), 3)
    np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("kernel_size", [2, 3, 5])
@pytest.mark.parametrize(
    ("stride", "size"), [(1, None), (2, None), (3, None), (2, (7, 13)), (2, (8, 13)), (3, (10, 20))]
)
def test_conv_transpose_is_the_transpose_of_the_convolution(kernel_size, stride, size):
    y, weight, bias = run(ConvTranspose(3, kernel_size, stride, size=size, seed=0))

    size = size or (4 * stride, 7 * stride)
    expected = conv_transpose(X, weight, size, stride) + bias
    assert y.shape == (3,) + size + (3,)
    np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("resize", [nearest, bilinear])
@pytest.mark.parametrize(("factor", "size"), [(2, None), (3, None), (2, (7, 9))])
def test_resize_conv_convolves_what_is_resized(resize, factor, size):
    y, weight, bias = run(ResizeConv(3, 3, factor, size=size, resize=resize, seed=0))

    size = size or (4 * factor, 7 * factor)
    expected = conv(resize(X, size).numpy(), weight, 1) + bias
    assert y.shape == (3,) + size + (3,)
    np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-12)


def test_sides_of_28_go_down_to_2_and_back(mode):
    sizes = [28, 14, 7, 4, 2]
    down = [Conv(2, 5, stride=2) for _ in sizes[1:]]
    up = [ConvTranspose(2, size=(size, size)) for size in sizes[-2::-1]]
    static = []

    def there_and_back(x):
        for layer in down + up:
            x = layer(x)
            static.append(x.shape.as_list())
        return x

    y = mode.call(there_and_back, np.ones([2, 28, 28, 1]), unknown_batch=True)

    assert y.shape == (2, 28, 28, 2)
    expected = sizes[1:] + sizes[-2::-1]
    assert [shape[1:] for shape in static[: len(expected)]] == [[n, n, 2] for n in expected]


@pytest.mark.parametrize("layer", LAYERS)
def test_batch_and_grid_can_be_unknown(mode, layer):
    network = layer(3, seed=0)
    function = mode.function(network, X, unknown_batch=True, unknown_grid=True)

    for x in (X, X[:1, :3], X[:, :2, 1:], X[:0]):
        np.testing.assert_allclose(function(x), mode.call(network, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layer", [ConvTranspose, ResizeConv])
def test_the_size_that_is_given_is_static_for_a_grid_that_is_not(layer):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, None, None, 2])

        assert layer(3, size=(7, 13))(x).shape.as_list() == [None, 7, 13, 3]
        assert layer(3)(x).shape.as_list() == [None, None, None, 3]


@pytest.mark.parametrize("layer", LAYERS + [Dense])
def test_without_bias_zero_goes_to_zero(layer):
    x = np.zeros([2, 3] if layer is Dense else [2, 4, 4, 3])
    network = layer(5, use_bias=False)

    np.testing.assert_array_equal(network(x), np.zeros_like(network(x)))
    assert [path.split("/")[-1] for path in network.named_variables()] == ["weight"]


class Doubled(Network):
    """Twice a weight, and three times in training."""

    def _call(self, x, context, training):
        return (3.0 if training else 2.0) * x


@pytest.mark.parametrize("layer", LAYERS + [Dense])
def test_reparametrize_stands_before_the_weight_and_is_told_of_training(mode, layer):
    x = X[:, 0, 0] if layer is Dense else X
    plain, network = layer(3, seed=0), layer(3, reparametrize=Doubled(), seed=0)
    y = mode.call(plain, x)
    mode.call(network, x)
    # Another bias: it must not be doubled.
    bias = [getattr(one, "conv", one).bias for one in (plain, network)]
    mode.assign(bias, [np.ones(3)] * 2)

    np.testing.assert_allclose(mode.call(network, x), 2.0 * y + 1.0, rtol=1e-12, atol=1e-12)
    y_training = mode.call(lambda x: network(x, training=True), x)
    np.testing.assert_allclose(y_training, 3.0 * y + 1.0, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layer", LAYERS + [Dense])
def test_the_initializer_and_the_seed_make_the_weight(layer):
    x = X[:, 0, 0] if layer is Dense else X
    network = layer(300, initializer=normal(0.3), seed=0)
    network(x)
    weight, bias = getattr(network, "conv", network).variables[::-1]

    expected = normal(0.3)(weight.shape.as_list(), tf.float64, 0)
    np.testing.assert_array_equal(weight.numpy(), expected.numpy())
    np.testing.assert_array_equal(bias.numpy(), np.zeros(300))


@pytest.mark.parametrize(
    ("make", "kernel_shape"),
    [
        (lambda: Conv(6), [3, 3, 2, 6]),
        (lambda: ConvTranspose(6), [5, 5, 2, 6]),
        (lambda: ResizeConv(6), [3, 3, 2, 6]),
    ],
)
def test_outputs_are_the_last_axis_of_every_weight(make, kernel_shape):
    network = make()
    network(X)

    assert getattr(network, "conv", network).weight.shape.as_list() == kernel_shape


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones([2, 4, 4]), ValueError, "`layer` takes an input of rank 4; got shape"),
        (np.ones([2, 4, 4, 3]), ValueError, "needs 2 channels from its input, as at the first"),
        (X.astype(np.float32), TypeError, "was built for float64; got float32: cast its input"),
    ],
)
def test_rejects_other_inputs(layer, x, error, message):
    network = layer(3, name="layer")
    network(X)

    with pytest.raises(error, match=message):
        network(x)


@pytest.mark.parametrize("layer", LAYERS)
def test_rejects_a_rank_at_the_first_call(layer):
    with pytest.raises(ValueError, match="takes an input of rank 4; got shape"):
        layer(3)(np.ones([2, 4, 3]))


@pytest.mark.parametrize("size", [(6, 14), (9, 14), (8, 12), (8, 15)])
def test_rejects_a_size_that_does_not_come_of_the_input(size):
    with pytest.raises(ValueError, match="`size` of `layer`, divided by the stride 2 and rounded"):
        ConvTranspose(3, size=size, name="layer")(X)


@pytest.mark.parametrize(
    ("layer", "arguments", "message"),
    [
        (Conv, {"out_channels": 0}, "`out_channels` must be a positive integer; got 0"),
        (Conv, {"out_channels": 2, "kernel_size": 0}, "`kernel_size` must be a positive integer"),
        (Conv, {"out_channels": 2, "stride": 0.5}, "`stride` must be a positive integer; got 0.5"),
        (ConvTranspose, {"out_channels": 2, "kernel_size": 1.0}, "`kernel_size` must be a pos"),
        (ConvTranspose, {"out_channels": 2, "stride": 0}, "`stride` must be a positive integer"),
        (ConvTranspose, {"out_channels": 2, "size": 7}, r"`size` must be \(height, width\); got 7"),
        (ConvTranspose, {"out_channels": 2, "size": (7, 0)}, "`size` must be a positive integer"),
        (ResizeConv, {"out_channels": 2, "size": (7,)}, r"`size` must be \(height, width\)"),
        (ResizeConv, {"out_channels": 2, "factor": 0}, "`factor` must be a positive integer"),
    ],
)
def test_rejects_wrong_numbers(layer, arguments, message):
    with pytest.raises(ValueError, match=message):
        layer(**arguments)

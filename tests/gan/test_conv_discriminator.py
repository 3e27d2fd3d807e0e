"""ConvDiscriminator and its ConvFeatures."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import ConvDiscriminator, ConvFeatures
from genflow.networks import BatchNorm, ConditionalBatchNorm, Identity, SpectralNorm
from tests.gan.reference import LABELS, append, batch_norm, num_trained, weights_of_layers
from tests.modes import Eager, Graph, get_variables, perturb
from tests.networks.convolution import conv

X = np.random.RandomState(0).standard_normal([4, 7, 5, 2])
BOTH = pytest.mark.parametrize("network", [ConvDiscriminator, ConvFeatures])


def training(network):
    return lambda *arguments: network(*arguments, training=True)


@pytest.mark.parametrize(
    ("arguments", "image_shape", "num_classes", "count"),
    [
        ({}, [64, 64, 3], 0, 4316545),
        ({"widths": (11, 74), "hidden_widths": (1024,)}, [28, 28, 1], 10, 3769479),
    ],
    ids=["colour", "mnist"],
)
def test_has_as_many_weights_as_the_original(arguments, image_shape, num_classes, count):
    with tf.Graph().as_default():
        context = tf.zeros([1, num_classes]) if num_classes else None
        discriminator = ConvDiscriminator(**arguments)
        discriminator(tf.zeros([1] + image_shape), context)

        assert num_trained(discriminator) == count


@pytest.mark.parametrize("image_shape", [(28, 28, 1), (31, 17, 3), (16, 48, 2), (1, 1, 1)])
def test_takes_images_of_any_size(image_shape):
    discriminator, features = ConvDiscriminator((4, 3, 2), num_outputs=5), ConvFeatures((4, 3, 2))
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None,) + image_shape)
        sides = [-(-side // 8) for side in image_shape[:2]]

        assert discriminator(x).shape.as_list() == [None, 5]
        assert features(x).shape.as_list() == [None, sides[0] * sides[1] * 2]


def decided(variables, x, labels, num_convs):
    """The formula, of the values of all variables: the features and the logits; in training."""

    def layer(path, h, product):
        h = product(append(h, labels), variables[path + "/weight"])
        return h + variables[path + "/bias"]

    def activated(path, h):
        if path + "/scale" in variables:
            h = batch_norm(h, variables[path + "/scale"], variables[path + "/offset"])
        return np.where(h > 0.0, h, 0.125 * h)

    h = x
    for index in range(num_convs):
        h = layer("features/convs/{}".format(index), h, lambda h, weight: conv(h, weight, 2))
        h = activated("features/conv_norms/{}".format(index), h)
    h = h.reshape([len(h), -1])
    if "features/dense/0/weight" in variables:
        h = activated("features/dense_norms/0", layer("features/dense/0", h, np.matmul))
    return h, layer("head", h, np.matmul)


@pytest.mark.parametrize("hidden_widths", [(), (6,)])
@pytest.mark.parametrize("labels", [None, LABELS], ids=["alone", "labels"])
def test_is_the_formula(hidden_widths, labels):
    discriminator = ConvDiscriminator((3, 4), hidden_widths, num_outputs=2, slope=0.125, seed=0)
    arguments = [X] if labels is None else [X, labels]
    with Eager() as mode:
        mode.call(discriminator, *arguments)
        perturb(discriminator, mode, scale=0.3)
        y = mode.call(training(discriminator), *arguments)
        features = mode.call(training(discriminator.features), *arguments)
        variables = get_variables(discriminator, mode)

    assert "features/conv_norms/0/scale" not in variables
    assert "features/conv_norms/1/scale" in variables
    expected = decided(variables, X, labels, num_convs=2)
    np.testing.assert_allclose(features, expected[0], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(y, expected[1], rtol=1e-9, atol=1e-11)


def test_kernels_start_as_truncated_dense_weights_as_normal_and_biases_as_zero():
    discriminator = ConvDiscriminator((64, 32), (300,), num_outputs=40, seed=0)
    discriminator(np.ones([1, 8, 8, 3]))

    for path, variable in discriminator.named_variables().items():
        values = variable.numpy()
        if path.endswith("/weight"):
            is_kernel = values.ndim == 4
            assert (np.max(np.abs(values)) <= 0.04) == is_kernel
            deviation = 0.02 * (0.8796 if is_kernel else 1.0)
            np.testing.assert_allclose(values.std(), deviation, rtol=5 * (2 * values.size) ** -0.5)
        elif path.endswith("/bias"):
            np.testing.assert_array_equal(values, np.zeros_like(values))
    weights = list(weights_of_layers(discriminator).values())
    assert len({float(np.ravel(weight.numpy())[0]) for weight in weights}) == len(weights) == 4


def test_the_context_reaches_every_layer(mode):
    discriminator = ConvDiscriminator((3, 4), hidden_widths=(6,), seed=0)

    def gradients(x, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(discriminator(x, labels, training=True) ** 2)
        weights = list(weights_of_layers(discriminator).values())
        return [gradient[..., -3:, :] for gradient in tape.gradient(loss, weights)]

    values = mode.call(gradients, X, LABELS)

    assert len(values) == 4
    for value in values:
        assert np.all(np.max(np.abs(value), axis=(-1,)) > 0.0)


def test_the_context_reaches_the_norms():
    features = ConvFeatures((3, 4), hidden_widths=(6,), make_norm=ConditionalBatchNorm)
    features(X, LABELS)

    assert sum("scale_weight" in path for path in features.named_variables()) == 2


def test_only_training_moves_statistics_and_it_moves_all(mode):
    discriminator = ConvDiscriminator((3, 4), (6,), make_reparametrize=SpectralNorm, seed=0)
    mode.call(discriminator, X, LABELS)
    before = get_variables(discriminator, mode)
    state = {path for path in before if "statistics" in path or path.endswith("/vector")}
    mode.call(training(discriminator), X, LABELS)
    after = get_variables(discriminator, mode)

    assert {path for path in before if np.any(before[path] != after[path])} == state
    assert len(state) == 2 * 2 + 4


def test_with_spectral_norm_and_no_other_the_slope_is_bounded():
    """By 1 for every layer, times the root of how many patches (5x5, stride 2) a pixel is in."""
    discriminator = ConvDiscriminator(
        (3, 4), (6,), make_norm=Identity, make_reparametrize=SpectralNorm, seed=0
    )
    with Graph() as mode:
        train = mode.function(training(discriminator), X)
        for _ in range(100):
            train(X)

        y = mode.call(discriminator, 10.0 * X) - mode.call(discriminator, 10.0 * X[::-1])

    distances = np.linalg.norm(10.0 * (X - X[::-1]).reshape([4, -1]), axis=1)
    assert np.all(np.abs(y[:, 0]) <= 9.0**0.5 * 9.0**0.5 * distances)
    # Without it, of weights with a deviation of 0.02, it would be less than this.
    assert np.all(np.abs(y[:, 0]) > 1e-2 * distances)


def test_one_example_is_enough(mode):
    discriminator = ConvDiscriminator((3, 4), (6,), seed=0)

    for call in (discriminator, training(discriminator)):
        y = mode.call(call, X[:1], LABELS[:1])
        assert y.shape == (1, 1)
        assert np.all(np.isfinite(y))


@BOTH
@pytest.mark.parametrize(
    ("first", "context", "message"),
    [
        (LABELS, None, "`d.*` was first called with a context of 3 channels, .* got no context"),
        (None, LABELS, "`d.*` was first called with no context, .* got a context of 3 channels"),
        (LABELS, LABELS[:2], "`d.*` needs a `context` for every example: 4 of them; got shape"),
        (None, np.arange(4), "`d.*` needs a `context` .* such as one-hot labels; got a tensor of"),
    ],
)
def test_rejects_other_contexts(network, first, context, message):
    network = network((3,), name="d")
    if first is not None or context is LABELS:
        network(X, first)

    with pytest.raises(ValueError, match=message):
        network(X, context)


@BOTH
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[:, :6], r"`d.*` needs images \(7, 5, 2\), as at the first call; got shape \(4, 6, 5"),
        (X[..., :1], r"`d.*` needs images \(7, 5, 2\), as at the first call"),
        (X[0], "`d.*` takes an input of rank 4; got shape"),
    ],
)
def test_rejects_other_images(network, x, message):
    network = network((3,), name="d")
    network(X)

    with pytest.raises(ValueError, match=message):
        network(x)


@BOTH
def test_rejects_images_of_unknown_size(network):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, None, 5, 2])

        with pytest.raises(ValueError, match="needs images of a static height, width and channel"):
            network((3,))(x)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, 0.5)}, "`widths` must be a positive integer; got 0.5"),
        ({"hidden_widths": (0,)}, "`hidden_widths` must be a positive integer; got 0"),
        ({"kernel_size": 0}, "`kernel_size` must be a positive integer; got 0"),
        ({"slope": 0.0}, "`slope` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(network, arguments, message):
    with pytest.raises(ValueError, match=message):
        network(**arguments)


def test_the_norm_is_the_one_of_the_original():
    norms = ConvFeatures((3, 4), (6,)).conv_norms[1:] + ConvFeatures((3, 4), (6,)).dense_norms

    for norm in norms:
        assert isinstance(norm, BatchNorm)
        assert (norm.statistics.decay, norm.epsilon) == (0.9, 1e-5)

"""PooledDiscriminator and its PooledFeatures."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import make_seed
from genflow.gan import PooledDiscriminator, PooledFeatures, ProjectionDiscriminator
from genflow.networks import MinibatchDiscrimination
from tests.gan.reference import LABELS, num_trained
from tests.modes import Eager, get_variables
from tests.networks.convolution import conv

X = np.random.RandomState(0).standard_normal([4, 5, 6, 2])
BOTH = pytest.mark.parametrize("network", [PooledDiscriminator, PooledFeatures])


@pytest.mark.parametrize("widths", [(96, 192), (64, 128)], ids=["cifar10", "svhn"])
def test_has_as_many_weights_as_the_original(widths):
    """Of convolutions the directions and the biases are trained, of the head the gains, too."""
    with tf.Graph().as_default():
        discriminator = PooledDiscriminator(widths)
        discriminator(tf.zeros([1, 32, 32, 3]))

        small, large = widths
        kernels = 9 * (3 * small + 2 * small**2 + small * large + 3 * large**2) + 2 * large**2
        biases = 3 * small + 6 * large
        assert num_trained(discriminator) == kernels + biases + (large + 2) * 10
        shapes = [conv.direction.shape.as_list() for conv in discriminator.features.convs]
        assert [shape[0] for shape in shapes] == [3] * 7 + [1, 1]


def standardized(h):
    axes = tuple(range(h.ndim - 1))
    return (h - h.mean(axis=axes)) / h.std(axis=axes)


def initialized(variables, x):
    """The formula of a batch that initialises; what every layer gives before its leaky ReLU."""
    h, layers = x, []
    for index, stride in enumerate([1, 1, 2] + [1] * 3):
        h = conv(h, variables["features/convs/{}/direction".format(index)], stride)
        h = standardized(h[:, 1:-1, 1:-1] if index == 3 else h)
        layers.append(h)
        h = np.where(h > 0.0, h, 0.125 * h)
    h = h.mean(axis=(1, 2))
    return layers, h, 0.1 * standardized(h @ variables["head/direction"])


def test_initialize_gives_the_input_of_every_activation_mean_0_and_deviation_1(mode):
    discriminator = PooledDiscriminator((3,), 2, 0.0, 0.0, slope=0.125, seed=0)

    y, _ = mode.call(discriminator.initialize, 10.0 * X + 3.0)

    variables = get_variables(discriminator, mode)
    layers, features, logits = initialized(variables, 10.0 * X + 3.0)
    np.testing.assert_allclose(y, logits, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(mode.call(discriminator, 10.0 * X + 3.0), logits, atol=1e-9)
    np.testing.assert_allclose(
        mode.call(discriminator.features, 10.0 * X + 3.0), features, atol=1e-9
    )
    np.testing.assert_allclose(y.std(axis=0), 0.1, rtol=1e-9)
    assert [layer.shape[1:3] for layer in layers] == [(5, 6), (5, 6), (3, 3)] + [(1, 1)] * 3


def test_initialize_does_so_for_what_the_layers_see_in_training(mode):
    """An integer seed drops the same at every call: as in the batch that initialises."""
    discriminator = PooledDiscriminator((3,), num_outputs=2, slope=0.125, seed=0, noise_seed=1)
    features = discriminator.features
    y, _ = mode.call(discriminator.initialize, X)

    def convolved(h):
        outputs = []
        for index, layer in enumerate(features.convs):
            if index in (0, 3):
                h = features.dropouts[index // 3](h, training=True)
            outputs.append(layer(h))
            h = tf.nn.leaky_relu(outputs[-1], alpha=0.125)
        return outputs, discriminator(X, training=True)

    outputs, logits = mode.call(convolved, X)

    for h in outputs:
        np.testing.assert_allclose(h.mean(axis=(0, 1, 2)), 0.0, atol=1e-10)
        np.testing.assert_allclose(h.std(axis=(0, 1, 2)), 1.0, rtol=1e-9)
    np.testing.assert_allclose(logits.std(axis=0), 0.1, rtol=1e-9)
    np.testing.assert_allclose(y, logits, rtol=1e-9, atol=1e-10)


def test_dropout_is_in_front_of_the_images_and_behind_every_width():
    discriminator = PooledDiscriminator((3, 4), input_dropout=0.25, dropout=0.75, noise_seed=1)
    rates = [dropout.rate for dropout in discriminator.features.dropouts]

    assert rates == [0.25, 0.75, 0.75]
    for seed in (1, lambda: make_seed(7)):
        dropouts = PooledFeatures((3, 4), 0.5, 0.5, noise_seed=seed).dropouts
        masks = [dropout(np.ones([20, 6]), training=True).numpy() for dropout in dropouts]
        for one, other in ((0, 1), (0, 2), (1, 2)):
            assert 0.2 < np.mean(masks[one] == masks[other]) < 0.8


def test_training_is_the_formula_with_dropout_and_nothing_else_is():
    """What an integer seed drops is dropped at every call: the test can drop the same."""
    network = PooledFeatures((3, 4), 0.25, 0.5, slope=0.125, seed=0, noise_seed=1)
    x = np.random.RandomState(1).standard_normal([2, 9, 9, 2])
    plain = network(x).numpy()
    kernels = [conv.direction.numpy() for conv in network.convs]

    def computed(training):
        h = x
        for index, (kernel, stride) in enumerate(zip(kernels, [1, 1, 2] * 2 + [1] * 3)):
            if index in (0, 3, 6):
                h = network.dropouts[index // 3](h, training=training).numpy()
            h = conv(h, kernel, stride)
            h = h[:, 1:-1, 1:-1] if index == 6 else h
            h = np.where(h > 0.0, h, 0.125 * h)
        return h.mean(axis=(1, 2))

    np.testing.assert_allclose(plain, computed(training=False), rtol=1e-9)
    y = network(x, training=True).numpy()
    np.testing.assert_allclose(y, computed(training=True), rtol=1e-9)
    assert np.max(np.abs(y - plain)) > 0.1 * np.max(np.abs(plain))


def test_minibatch_discrimination_is_for_the_head():
    discriminator = PooledDiscriminator(
        (3,), num_outputs=2, make_minibatch=lambda: MinibatchDiscrimination(5, 2, seed=1), seed=0
    )
    logits, features = discriminator(X).numpy(), discriminator.features(X)
    with Eager() as mode:
        variables = get_variables(discriminator, mode)

    h = MinibatchDiscrimination(5, 2, seed=1)(features).numpy()
    np.testing.assert_allclose(logits, h @ variables["head/direction"], rtol=1e-9, atol=1e-12)
    assert variables["head/direction"].shape == (3 + 5, 2)
    assert features.shape.as_list() == [4, 3]


def test_every_trained_variable_has_a_gradient_in_training(mode):
    discriminator = PooledDiscriminator((3,), num_outputs=3, seed=0, noise_seed=2)
    x = np.random.RandomState(1).standard_normal([8, 5, 6, 2])
    mode.call(discriminator.initialize, x)

    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(discriminator(x, training=True)[:, 0] ** 2)
        return tape.gradient(loss, list(discriminator.trainable_variables))

    values = mode.call(gradients, x)

    assert len(values) == 2 * 6 + 3
    assert all(np.all(np.isfinite(value)) and np.any(value != 0.0) for value in values)


@pytest.mark.parametrize("size", [(9, 9), (32, 32), (10, 33)])
def test_takes_images_of_any_size_that_is_large_enough(size):
    features = PooledFeatures((2, 3))
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None,) + size + (1,))
        unknown = tf.compat.v1.placeholder(tf.float32, (None, None, None, 1))

        assert features(x).shape.as_list() == [None, 3]
        assert features(unknown).shape.as_list() == [None, 3]
        with pytest.raises(ValueError, match="needs images of 9 by 9 at least; got .* use fewer"):
            features(x[:, :8])


def test_a_seed_is_a_discriminator_without_two_layers_alike():
    logits = [PooledDiscriminator((3,), seed=seed)(X).numpy() for seed in (0, 0, 1)]
    features = PooledFeatures((3,), seed=0)
    features(X)

    np.testing.assert_array_equal(logits[0], logits[1])
    assert np.all(logits[0] != logits[2])
    firsts = {float(np.ravel(conv.direction.numpy())[0]) for conv in features.convs}
    assert len(firsts) == 6


def test_a_context_is_for_a_projection_of_the_features():
    projection = ProjectionDiscriminator(PooledFeatures((3,), seed=0), num_classes=3, seed=1)

    assert projection(X, LABELS).shape.as_list() == [4, 1]
    with pytest.raises(ValueError, match="`d` got a `context`, .* to `ProjectionDiscriminator`"):
        PooledDiscriminator((3,), name="d")(X, LABELS)


@BOTH
def test_rejects_what_are_no_images(network):
    with pytest.raises(ValueError, match="`d.*` takes an input of rank 4; got shape"):
        network((3,), name="d")(X[0])


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, 0.5)}, "`widths` must be a positive integer; got 0.5"),
        ({"input_dropout": 1.0}, r"`rate` must be in \[0, 1\); got 1.0"),
        ({"dropout": -0.1}, r"`rate` must be in \[0, 1\); got -0.1"),
        ({"slope": 0.0}, "`slope` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(network, arguments, message):
    with pytest.raises(ValueError, match=message):
        network(**dict({"widths": (3,)}, **arguments))

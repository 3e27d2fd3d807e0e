"""DenseDiscriminator and its DenseFeatures."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import make_seed
from genflow.gan import DenseDiscriminator, DenseFeatures, ProjectionDiscriminator
from tests.gan.reference import LABELS, num_trained
from tests.modes import Eager, get_variables, perturb

X = np.random.RandomState(0).standard_normal([4, 3, 5, 2])
BOTH = pytest.mark.parametrize("network", [DenseDiscriminator, DenseFeatures])


def test_has_as_many_weights_as_the_original():
    """Of hidden layers the direction and the bias are trained, of the last the gain as well."""
    with tf.Graph().as_default():
        discriminator = DenseDiscriminator()
        discriminator(tf.zeros([1, 28, 28, 1]))

        widths = [784, 1000, 500, 250, 250, 250]
        hidden = sum((n + 1) * m for n, m in zip(widths, widths[1:]))
        assert num_trained(discriminator) == hidden + 252 * 10 == 1538770


def decided(variables, x, num_layers):
    """The formula, outside training: the features and the logits."""

    def dense(path, h):
        direction = variables[path + "/direction"]
        weight = direction * variables[path + "/gain"] / np.linalg.norm(direction, axis=0)
        return h @ weight + variables[path + "/bias"]

    h = x.reshape([len(x), -1])
    for index in range(num_layers):
        h = np.maximum(dense("features/dense/{}".format(index), h), 0.0)
    return h, dense("head", h)


@pytest.mark.parametrize("x", [X, X[:, 0, 0], X[:, 0]], ids=["images", "vectors", "rows"])
def test_is_the_formula(mode, x):
    discriminator = DenseDiscriminator((6, 4), num_outputs=3, seed=0)
    mode.call(discriminator, x)
    perturb(discriminator, mode, scale=0.3)

    y, features = mode.call(lambda x: (discriminator(x), discriminator.features(x)), x)

    expected = decided(get_variables(discriminator, mode), x, num_layers=2)
    np.testing.assert_allclose(features, expected[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(y, expected[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("image_shape", [(3, 5, 2), (28, 28, 1), (7,)])
def test_initialize_gives_the_input_of_every_relu_mean_0_and_deviation_1(mode, image_shape):
    discriminator = DenseDiscriminator((6, 5, 4), 3, input_noise=0.0, noise=0.0, seed=0)
    x = 10.0 * np.random.RandomState(1).standard_normal((30,) + image_shape) + 3.0

    y, _ = mode.call(discriminator.initialize, x)

    h, variables = x.reshape([30, -1]), get_variables(discriminator, mode)
    for index in range(3):
        direction = variables["features/dense/{}/direction".format(index)]
        mapped = h @ direction
        standardized = (mapped - mapped.mean(axis=0)) / mapped.std(axis=0)
        # The gain and the bias are those that make the layer do so.
        gain = np.linalg.norm(direction, axis=0) / mapped.std(axis=0)
        path = "features/dense/{}/".format(index)
        np.testing.assert_allclose(variables[path + "gain"], gain, rtol=1e-9)
        bias = -mapped.mean(axis=0) / mapped.std(axis=0)
        np.testing.assert_allclose(variables[path + "bias"], bias, rtol=1e-9, atol=1e-11)
        h = np.maximum(standardized, 0.0)
    np.testing.assert_allclose(mode.call(discriminator.features, x), h, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(y.mean(axis=0), 0.0, atol=1e-10)
    np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-9)


def test_initialize_does_so_for_what_the_layers_see_in_training(mode):
    """An integer seed is the same noise at every call: that of the batch that initialises."""
    discriminator = DenseDiscriminator((6, 5), 3, seed=0, noise_seed=1)
    features = discriminator.features
    y, _ = mode.call(discriminator.initialize, X)

    def mapped(h):
        h, outputs = tf.reshape(h, [len(X), -1]), []
        noises, layers = features.noises + [discriminator.noise], features.dense
        for noise, layer in zip(noises, layers + [discriminator.head]):
            outputs.append(layer(noise(h, training=True)))
            h = tf.nn.relu(outputs[-1])
        return outputs

    outputs = mode.call(mapped, X)

    for h in outputs:
        np.testing.assert_allclose(h.mean(axis=0), 0.0, atol=1e-10)
        np.testing.assert_allclose(h.std(axis=0), 1.0, rtol=1e-9)
    np.testing.assert_allclose(y, outputs[-1], rtol=1e-9, atol=1e-10)


def zero_directions(discriminator, x):
    """Weights that pass every input on: what comes out is the input and all noise."""
    with Eager() as mode:
        mode.call(discriminator, x)
        layers = discriminator.features.dense + [discriminator.head]
        for layer in layers:
            mode.assign(layer.direction, np.eye(*layer.direction.shape.as_list()))
            mode.assign(layer.gain, np.ones(layer.gain.shape.as_list()))


@pytest.mark.parametrize("num_layers", [1, 3])
def test_training_adds_noise_to_the_input_of_every_layer(num_layers):
    """Far above zero, where every ReLU is the identity, the variances of the noises add up."""
    size, x = 400, np.full([50, 400], 100.0)
    discriminator = DenseDiscriminator((size,) * num_layers, size, 0.3, 0.5, noise_seed=1)
    zero_directions(discriminator, x)

    noise = discriminator(x, training=True).numpy() - x
    features_noise = discriminator.features(x, training=True).numpy() - x

    inner = 0.3**2 + 0.5**2 * (num_layers - 1)
    np.testing.assert_allclose(np.var(noise), inner + 0.5**2, rtol=0.05)
    np.testing.assert_allclose(np.var(features_noise), inner, rtol=0.05)
    np.testing.assert_array_equal(discriminator(x).numpy(), x)


def test_every_layer_draws_a_noise_of_its_own():
    """From an integer, and from a function that gives one seed to all of them."""
    for seed in (1, lambda: make_seed(7)):
        discriminator = DenseDiscriminator((6, 6), noise=0.3, noise_seed=seed)
        noises = discriminator.features.noises + [discriminator.noise]
        draws = [noise(np.zeros([20, 6]), training=True).numpy() for noise in noises]

        for one, other in ((0, 1), (0, 2), (1, 2)):
            assert abs(np.corrcoef(draws[one].ravel(), draws[other].ravel())[0, 1]) < 0.4


def test_the_noise_seed_decides_the_noise():
    calls = []

    def counted():
        calls.append(None)
        return make_seed(3)

    def trained(noise_seed):
        discriminator = DenseDiscriminator((6, 4), seed=0, noise_seed=noise_seed)
        return discriminator(X, training=True).numpy()

    np.testing.assert_array_equal(trained(1), trained(1))
    assert np.all(trained(1) != trained(2))
    assert np.all(trained(None) != trained(None))
    np.testing.assert_array_equal(trained(counted), trained(lambda: make_seed(3)))
    assert len(calls) == 3


def test_every_trained_variable_has_a_gradient_in_training_and_gains_are_not_trained(mode):
    discriminator = DenseDiscriminator((6, 4), num_outputs=3, seed=0, noise_seed=1)
    mode.call(discriminator.initialize, X)

    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(discriminator(x, training=True)[:, 0] ** 2)
        return tape.gradient(loss, list(discriminator.trainable_variables))

    values = mode.call(gradients, X)

    assert len(values) == 2 * 2 + 3
    assert all(np.all(np.isfinite(value)) and np.any(value != 0.0) for value in values)
    untrained = [
        path for path, v in discriminator.named_variables().items() if v.trainable is False
    ]
    assert untrained == ["features/dense/0/gain", "features/dense/1/gain"]


def test_a_seed_is_a_discriminator_without_two_layers_alike():
    logits = [DenseDiscriminator((6, 6, 6), seed=seed)(X).numpy() for seed in (0, 0, 1)]
    discriminator = DenseDiscriminator((30, 30, 30), 30, seed=0)
    discriminator(X)
    layers = discriminator.features.dense + [discriminator.head]

    np.testing.assert_array_equal(logits[0], logits[1])
    assert np.all(logits[0] != logits[2])
    assert len({float(layer.direction.numpy()[0, 0]) for layer in layers}) == 4


def test_a_context_is_for_a_projection_of_the_features():
    projection = ProjectionDiscriminator(DenseFeatures((6, 4), seed=0), num_classes=3, seed=1)
    discriminator = DenseDiscriminator((3,), name="d")

    assert projection(X, LABELS).shape.as_list() == [4, 1]
    with pytest.raises(ValueError, match="`d` got a `context`, .* to `ProjectionDiscriminator`"):
        discriminator(X, LABELS)


@BOTH
def test_rejects_images_of_another_or_an_unknown_size(network):
    network = network((3,), name="d")
    network(X)

    with pytest.raises(ValueError, match="`weight_norm_dense` needs 30 channels from its input"):
        network(X[:, :2])
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float64, [None, None, 5, 2])
        with pytest.raises(ValueError, match="`d.*` needs examples of a static size; got shape"):
            network(x)
        with pytest.raises(ValueError, match="`d.*` needs examples of a static size; got shape"):
            network(x[0, 0, 0])


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, 0.5)}, "`widths` must be a positive integer; got 0.5"),
        ({"input_noise": -0.1}, "`stddev` must not be negative; got -0.1"),
        ({"noise": -0.1}, "`stddev` must not be negative; got -0.1"),
    ],
)
def test_rejects_wrong_numbers(network, arguments, message):
    with pytest.raises(ValueError, match=message):
        network(**dict({"widths": (3, 2)}, **arguments))

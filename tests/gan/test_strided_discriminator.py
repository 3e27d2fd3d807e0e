"""StridedDiscriminator and its StridedFeatures."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import StridedDiscriminator, StridedFeatures
from genflow.networks import ConditionalBatchNorm, Identity, InstanceNorm
from tests.gan.reference import LABELS, num_trained
from tests.modes import Eager, get_variables, perturb
from tests.networks.convolution import conv

X = np.random.RandomState(0).standard_normal([4, 5, 3, 2])
BOTH = pytest.mark.parametrize("network", [StridedDiscriminator, StridedFeatures])


def training(network):
    return lambda *arguments: network(*arguments, training=True)


@pytest.mark.parametrize(
    ("image_shape", "count"), [([28, 28, 1], 996555), ([32, 32, 3], 997131)], ids=str
)
def test_has_as_many_weights_as_the_original(image_shape, count):
    with tf.Graph().as_default():
        discriminator = StridedDiscriminator(num_outputs=11)
        discriminator(tf.zeros([1] + image_shape))

        assert num_trained(discriminator) == count
        norms = discriminator.features.norms
        assert [(norm.statistics.decay, norm.epsilon) for norm in norms] == [(0.99, 1e-3)] * 5


@pytest.mark.parametrize(
    ("size", "widths", "num_features"),
    [
        ((1, 1), [32], 8),
        ((2, 2), [32], 8),
        ((3, 4), [32, 64], 16),
        ((4, 9), [32, 64], 3 * 16),
        ((64, 64), [32, 64, 128, 256, 256, 512], 128),
        ((65, 129), [32, 64, 128, 256, 256, 512, 512], 2 * 128),
    ],
)
def test_the_size_decides_the_blocks(size, widths, num_features):
    discriminator = StridedDiscriminator(num_outputs=3)
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None,) + size + (1,))

        assert discriminator(x).shape.as_list() == [None, 3]
        assert discriminator.features(x).shape.as_list() == [None, num_features]
        assert [conv.out_channels for conv in discriminator.features.convs] == widths


def decided(variables, x, num_convs):
    """The formula, of the values of all variables: the features and the logits; in training."""

    def activated(path, h, stride):
        path = "features/" + path
        h = conv(h, variables[path + "/weight"], stride) + variables[path + "/bias"]
        return np.where(h > 0.0, h, 0.125 * h)

    h = x
    for index in range(num_convs):
        h = activated("convs/{}".format(index), h, 2)
        h = (h - h.mean(axis=(0, 1, 2))) / np.sqrt(h.var(axis=(0, 1, 2)) + 1e-3)
        path = "features/norms/{}/".format(index)
        h = h * variables[path + "scale"] + variables[path + "offset"]
    h = activated("last", h, 1).reshape([len(h), -1])
    return h, h @ variables["head/weight"] + variables["head/bias"]


@pytest.mark.parametrize("widths", [(3, 9), None], ids=["given", "by_the_size"])
def test_is_the_formula(widths):
    discriminator = StridedDiscriminator(widths, num_outputs=2, slope=0.125, seed=0)
    with Eager() as mode:
        mode.call(discriminator, X)
        perturb(discriminator, mode, scale=0.3)
        y = mode.call(training(discriminator), X)
        features = mode.call(training(discriminator.features), X)
        variables = get_variables(discriminator, mode)

    expected = decided(variables, X, num_convs=2)
    assert features.shape == (4, 2 * (2 if widths else 16))
    np.testing.assert_allclose(features, expected[0], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(y, expected[1], rtol=1e-9, atol=1e-11)


def test_what_the_size_decides_is_what_could_be_given(mode):
    by_size, given = (StridedFeatures(widths, seed=0) for widths in (None, (32, 64)))

    y, _ = mode.call(by_size.initialize, X)

    np.testing.assert_array_equal(y, mode.call(given.initialize, X)[0])
    assert list(by_size.named_variables()) == list(given.named_variables())


def test_says_before_the_first_call_whether_it_differs_in_training():
    """A trainer asks a model before it has variables."""
    assert StridedFeatures().differs_in_training
    assert not StridedFeatures(make_norm=Identity).differs_in_training
    assert any(part.differs_in_training for part in StridedDiscriminator().submodules)


def test_training_moves_the_statistics_and_gives_every_trained_variable_a_gradient(mode):
    discriminator = StridedDiscriminator((3, 8), num_outputs=2, seed=0)
    mode.call(discriminator, X)
    before = get_variables(discriminator, mode)

    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(discriminator(x, training=True) ** 2)
        return tape.gradient(loss, list(discriminator.trainable_variables))

    values = mode.call(gradients, X)

    after = get_variables(discriminator, mode)
    assert len(values) == 2 * 4 + 4
    assert all(np.all(np.isfinite(value)) and np.any(value != 0.0) for value in values)
    changed = {path for path in before if np.any(before[path] != after[path])}
    assert changed == {path for path in before if "statistics" in path}


def test_an_instance_norm_is_not_for_the_last_pixel():
    features = StridedFeatures((3, 8), make_norm=InstanceNorm, seed=0)
    with pytest.raises(ValueError, match="`instance_norm` needs groups of more than one value"):
        features(X[:, :2, :2])

    features = StridedFeatures((3, 8), make_norm=InstanceNorm, make_last_norm=Identity, seed=0)

    assert [type(norm) for norm in features.norms] == [InstanceNorm, Identity]
    assert np.all(features(X).numpy().std(axis=0) > 1e-3)
    assert not any(part.differs_in_training for part in (features,) + tuple(features.submodules))


def test_a_context_is_for_the_norms():
    discriminator = StridedDiscriminator(make_norm=ConditionalBatchNorm, seed=0)

    assert discriminator(X, LABELS).shape.as_list() == [4, 1]
    with pytest.raises(ValueError, match="`d` got a `context`, but no part .* give it `make_norm"):
        StridedDiscriminator(name="d")(X, LABELS)


def test_a_seed_is_a_discriminator():
    logits = [StridedDiscriminator(seed=seed)(X).numpy() for seed in (0, 0, 1)]

    np.testing.assert_array_equal(logits[0], logits[1])
    assert np.all(logits[0] != logits[2])


def test_weights_start_as_glorot_uniform_and_biases_as_zero():
    discriminator = StridedDiscriminator(num_outputs=20, seed=0)
    discriminator(X)

    for path, variable in discriminator.named_variables().items():
        values = variable.numpy()
        if path.endswith("/weight"):
            fans = int(np.prod(values.shape[:-2])) * sum(values.shape[-2:])
            assert 0.85 < np.max(np.abs(values)) / (6.0 / fans) ** 0.5 <= 1.0
        elif path.endswith("/bias"):
            np.testing.assert_array_equal(values, np.zeros_like(values))


@BOTH
def test_rejects_other_images(network):
    with pytest.raises(ValueError, match="`d.*` takes an input of rank 4; got shape"):
        network(name="d")(X[0])
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, None, 5, 2])
        with pytest.raises(ValueError, match="`d.*` needs examples of a static size; got shape"):
            network(name="d")(x)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, 0.5)}, "`widths` must be a positive integer; got 0.5"),
        ({"kernel_size": 0}, "`kernel_size` must be a positive integer; got 0"),
        ({"slope": 0.0}, "`slope` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(network, arguments, message):
    with pytest.raises(ValueError, match=message):
        network(**dict({"widths": (3,)}, **arguments))

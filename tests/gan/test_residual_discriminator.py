"""ResidualFeatures, ResidualDiscriminator and ProjectionDiscriminator."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import (
    ConvFeatures,
    ProjectionDiscriminator,
    ResidualDiscriminator,
    ResidualFeatures,
)
from genflow.networks import ConditionalBatchNorm, Conv, Dense, LayerNorm, SpectralNorm
from tests.modes import Eager, Function, get_variables, perturb

X = np.random.RandomState(0).standard_normal([4, 8, 6, 2])
CONTEXT = np.eye(3)[[0, 2, 1, 2]]


@pytest.fixture
def mode():
    """The conformance tests run these networks in every mode."""
    with Eager() as entered:
        yield entered


def training(network):
    return lambda *arguments: network(*arguments, training=True)


def test_features_are_the_architecture(mode):
    """Written out, with parts that are tested elsewhere."""
    network = ResidualFeatures((3, 4), 1, attention_level=1, make_norm=LayerNorm, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.3)
    assert abs(mode.get(network.attentions[1].gain)) > 1e-3

    y = mode.call(network, X)

    h = mode.call(network.blocks[1], mode.call(network.blocks[0], X))
    h = mode.call(network.blocks[2], mode.call(network.attentions[1], h))
    assert h.shape == (4, 2, 2, 4)
    np.testing.assert_allclose(y, np.maximum(h, 0.0).sum(axis=(1, 2)), rtol=1e-10)


def test_the_first_block_has_neither_norm_nor_activation_before_it(mode):
    network = ResidualFeatures((3, 3), 0, make_norm=LayerNorm, seed=0)
    mode.call(network, X)

    norms = [path for path in network.named_variables() if path.endswith("offset")]
    assert norms == ["blocks/1/norm_in/offset", "blocks/1/norm_out/offset"]
    first, second = network.blocks
    assert first.activation_in is tf.identity
    assert second.activation_in is tf.nn.relu


def test_the_one_of_the_paper_has_its_number_of_weights():
    """Miyato et al., table 4b: two blocks that halve, two that do not, all of 128 channels."""
    network = ResidualDiscriminator(make_reparametrize=SpectralNorm)
    with tf.Graph().as_default():
        network(tf.zeros([1, 32, 32, 3]))
        count = sum(v.shape.num_elements() for v in network.trainable_variables)

    conv = 9 * 128 * 128 + 128
    first = (9 * 3 * 128 + 128) + conv + (3 * 128 + 128)
    second = 2 * conv + (128 * 128 + 128)
    assert count == first + second + 2 * 2 * conv + 129


def test_the_discriminator_is_a_dense_layer_on_its_features(mode):
    network = ResidualDiscriminator((3,), 1, num_outputs=2, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.3)

    y = mode.call(network, X)

    features = mode.call(network.features, X)
    weight, bias = mode.get([network.head.weight, network.head.bias])
    np.testing.assert_allclose(y, features @ weight + bias, rtol=1e-10)
    assert y.shape == (4, 2)


def test_the_projection_is_the_formula(mode):
    network = ProjectionDiscriminator(ResidualFeatures((3,), 0, seed=0), 3, seed=1)
    mode.call(network, X, CONTEXT)
    perturb(network, mode, scale=0.3)

    y = mode.call(network, X, CONTEXT)

    features = mode.call(network.features, X)
    weight, bias = mode.get([network.head.weight, network.head.bias])
    embedding = mode.get(network.embedding.weight)
    assert embedding.shape == (3, 3)
    for i, label in enumerate(CONTEXT.argmax(axis=1)):
        expected = features[i] @ weight + bias + features[i] @ embedding[:, label]
        np.testing.assert_allclose(y[i], expected, rtol=1e-10)
    assert "embedding/bias" not in network.named_variables()


def test_the_projection_hands_its_context_to_features_that_take_it(mode):
    network = ProjectionDiscriminator(ConvFeatures((3, 4), seed=0), 3, seed=1)

    y = mode.call(network, X, CONTEXT)

    features = mode.call(network.features, X, CONTEXT)
    assert network.features.convs[0].weight.shape.as_list() == [5, 5, 5, 3]
    embedding, weight = mode.get([network.embedding.weight, network.head.weight])
    expected = features @ weight + np.sum(features @ embedding * CONTEXT, axis=1, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-10)


MAKERS = [
    lambda **kw: ResidualDiscriminator((4, 4), 1, attention_level=0, seed=0, **kw),
    lambda **kw: ProjectionDiscriminator(
        ResidualFeatures((4, 4), 0, seed=0, **kw), 3, seed=1, **kw
    ),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("make_reparametrize", [None, SpectralNorm])
def test_every_weight_has_a_gradient(mode, make, make_reparametrize):
    network = make(make_reparametrize=make_reparametrize)
    arguments = [X, CONTEXT][: 1 + isinstance(network, ProjectionDiscriminator)]

    def run(*arguments):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(*arguments, training=True) ** 2)
        trained = {p: v for p, v in network.named_variables().items() if v.trainable}
        return tape.gradient(loss, trained)

    mode.call(training(network), *arguments)
    perturb(network, mode, scale=0.3)
    for path, gradient in mode.call(run, *arguments).items():
        assert np.all(np.isfinite(gradient)), path
        assert np.max(np.abs(gradient)) > 1e-9, path


def gradient_norms(network, mode, *arguments):
    """The length of the gradient of every logit by its image."""

    def run(x, *context):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = network(x, *context)
        return tape.gradient(y, x)

    gradient = mode.call(run, *arguments)
    return np.sqrt(np.sum(gradient**2, axis=(1, 2, 3)))


@pytest.mark.parametrize("make", MAKERS)
def test_spectral_norm_bounds_the_slope_whatever_the_weights_are(mode, make):
    """For images of one pixel, where a convolution is a product with a part of its kernel.

    So a convolution has a slope of at most 1, a block of at most 2, and the attention, whose
    single weight is 1, of 1 plus the gain; a one-hot label at most doubles that of the head.
    """
    network, pixels = make(make_reparametrize=SpectralNorm), X[:, :1, :1]
    is_conditional = isinstance(network, ProjectionDiscriminator)
    arguments = [pixels, CONTEXT][: 1 + is_conditional]
    train = mode.function(training(network), *arguments)
    train(*arguments)
    perturb(network, mode, scale=3.0)
    if not is_conditional:
        mode.assign(network.features.attentions[0].gain, np.array(0.5))
    for _ in range(60):
        train(*arguments)

    slopes = gradient_norms(network, mode, *arguments)

    bound = 2.0**2 * 2.0 if is_conditional else 2.0**3 * 1.5
    assert np.all(slopes <= bound)
    assert np.max(slopes) > 0.0
    layers = [part for part in network.submodules if isinstance(part, (Conv, Dense))]
    weights = mode.get([layer.weight for layer in layers])
    mode.assign([layer.weight for layer in layers], [7.0 * weight for weight in weights])
    biases = [layer.bias for layer in layers if layer.use_bias]
    mode.assign(biases, [0.0 * bias for bias in mode.get(biases)])
    scaled = gradient_norms(network, mode, *arguments)
    mode.assign([layer.weight for layer in layers], weights)
    np.testing.assert_allclose(scaled, gradient_norms(network, mode, *arguments), rtol=1e-9)


def test_without_spectral_norm_the_slope_grows_with_the_weights(mode):
    """What the test above would not find if it could not fail."""
    network, pixels = MAKERS[0](), X[:, :1, :1]
    mode.call(network, pixels)
    perturb(network, mode, scale=3.0)

    assert np.max(gradient_norms(network, mode, pixels)) > 2.0**3 * 1.5


def test_only_training_moves_the_vectors(mode):
    network = MAKERS[0](make_reparametrize=SpectralNorm)
    train, evaluate = mode.function(training(network), X), mode.function(network, X)
    train(X)
    before = get_variables(network, mode)

    evaluate(X)
    for path, value in get_variables(network, mode).items():
        np.testing.assert_array_equal(value, before[path])
    train(X)
    moved = {p for p, value in get_variables(network, mode).items() if np.any(value != before[p])}
    assert {p for p in before if p.endswith("conv_in/reparametrize/vector")} <= moved
    assert all(path.endswith("vector") for path in moved)


@pytest.mark.parametrize("shape", [(8, 8), (5, 7), (1, 1)])
def test_takes_images_of_any_size_and_batches_of_any(shape):
    network = ResidualDiscriminator((3, 3), 1, seed=0)
    x = X[:, : shape[0], : shape[1]]
    x = np.pad(x, [(0, 0), (0, 0), (0, max(shape[1] - 6, 0)), (0, 0)], mode="constant")

    with Function() as mode:
        function = mode.function(network, x, unknown_batch=True, unknown_grid=True)
        y = function(x)

        assert y.shape == (4, 1)
        np.testing.assert_allclose(function(x[1:2]), y[1:2], rtol=1e-10)
        assert function(x[:0]).shape == (0, 1)


def test_the_context_reaches_norms_that_use_it():
    network = ResidualDiscriminator((3, 3), 0, make_norm=ConditionalBatchNorm, seed=0)
    network(X, CONTEXT, training=True)
    norm = network.features.blocks[1].norm_in
    norm.offset_weight.assign(np.random.RandomState(1).standard_normal(norm.offset_weight.shape))

    assert np.any(network(X, CONTEXT).numpy() != network(X, CONTEXT[::-1]).numpy())


def test_rejects_contexts_that_it_would_not_use():
    with pytest.raises(
        ValueError, match="`residual_discriminator` got a `context`, but .*Projecti"
    ):
        ResidualDiscriminator((3,), 0)(X, CONTEXT)


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (None, "`projection_discriminator` needs a `context`; got none"),
        (np.ones([4, 2]), "`projection_discriminator` needs 3 channels from its context"),
        (np.ones([4]), r"needs a `context` \[batch, context_channels\] .* got a tensor of shape"),
        (np.ones([1, 3]), "needs a `context` for every example: 4 of them; got shape"),
    ],
)
def test_rejects_other_contexts(context, message):
    with pytest.raises(ValueError, match=message):
        ProjectionDiscriminator(ResidualFeatures((3,)), 3)(X, context)


def test_rejects_other_inputs():
    with pytest.raises(ValueError, match="`residual_features` takes an input of rank 4; got shape"):
        ResidualFeatures((3,))(np.ones([2, 3]))
    with pytest.raises(ValueError, match="`projection_discriminator` takes an input of rank 2"):
        ProjectionDiscriminator(Conv(3), 3)(X, CONTEXT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, 0)}, "`widths` must be a positive integer; got 0"),
        ({"num_flat_blocks": -1}, "`num_flat_blocks` must not be negative; got -1"),
        ({"attention_level": 3}, "`attention_level` must be None or .* from 0 to 2; got 3"),
    ],
)
@pytest.mark.parametrize("make", [ResidualFeatures, ResidualDiscriminator])
def test_rejects_wrong_numbers(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(**{"widths": (4, 4), "num_flat_blocks": 1, **arguments})


def test_rejects_wrong_counts_of_outputs():
    with pytest.raises(ValueError, match="`out_channels` must be a positive integer; got 0"):
        ResidualDiscriminator(num_outputs=0)
    with pytest.raises(ValueError, match="`num_classes` must be a positive integer; got 0"):
        ProjectionDiscriminator(ResidualFeatures(), 0)

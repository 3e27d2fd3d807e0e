import functools

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import ResidualGenerator
from genflow.networks import (
    BatchNorm,
    ConditionalBatchNorm,
    Conv,
    Dense,
    SpectralNorm,
    bilinear,
)
from tests.modes import Eager, Function, get_variables, perturb

Z = np.random.RandomState(0).standard_normal([4, 5])
CONTEXT = np.eye(3)[[0, 2, 1, 2]]
CONDITIONAL = functools.partial(ResidualGenerator, make_norm=ConditionalBatchNorm)


@pytest.fixture
def mode():
    """The conformance tests run these networks in every mode."""
    with Eager() as entered:
        yield entered


def training(network):
    return lambda *arguments: network(*arguments, training=True)


@pytest.mark.parametrize(
    ("image_shape", "widths"), [((8, 12, 3), (3, 2)), ((4, 2, 1), (4,)), ((16, 8, 2), (4, 3, 2))]
)
def test_makes_images_of_the_shape(image_shape, widths):
    network = ResidualGenerator(image_shape, widths)
    y = network(Z, training=True).numpy()

    assert y.shape == (4,) + image_shape
    assert np.max(np.abs(y)) < 1.0
    start = [side // 2 ** len(widths) for side in image_shape[:2]] + [widths[0]]
    assert network.dense.weight.shape.as_list() == [5, np.prod(start)]
    for block, width in zip(network.blocks, widths):
        assert block.conv_out.weight.shape.as_list() == [3, 3, width, width]


def test_is_the_architecture(mode):
    """Written out, with parts that are tested elsewhere."""
    network = ResidualGenerator((4, 8, 2), (3, 2), attention_level=1, output=tf.sigmoid, seed=0)
    mode.call(training(network), Z)
    perturb(network, mode, scale=0.3)
    assert abs(mode.get(network.attentions[1].gain)) > 1e-3

    y = mode.call(network, Z)

    h = mode.call(network.dense, Z).reshape([4, 1, 2, 3])
    h = mode.call(network.blocks[1], mode.call(network.blocks[0], h))
    h = mode.call(network.attentions[1], h)
    h = mode.call(network.conv, np.maximum(mode.call(network.norm, h), 0.0))
    np.testing.assert_allclose(y, 1.0 / (1.0 + np.exp(-h)), rtol=1e-10)
    assert not network.attentions[0].variables


def test_the_one_of_the_paper_has_its_number_of_weights():
    """Miyato et al., table 4a: 128 to 4x4x256, three blocks of 256, a convolution to 3."""
    network = ResidualGenerator((32, 32, 3))
    with tf.Graph().as_default():
        network(tf.zeros([1, 128]))
        count = sum(v.shape.num_elements() for v in network.trainable_variables)

    conv = 9 * 256 * 256 + 256
    block = 2 * conv + (256 * 256 + 256) + 2 * 2 * 256
    assert count == (128 * 4096 + 4096) + 3 * block + 2 * 256 + (9 * 256 * 3 + 3)


def test_the_labels_reach_every_norm(mode):
    network = CONDITIONAL((8, 4, 2), (3, 2), seed=0)
    function = mode.function(network, Z, CONTEXT)
    other = CONTEXT[::-1]
    np.testing.assert_array_equal(function(Z, CONTEXT), function(Z, other))
    norms = [part for part in network.submodules if isinstance(part, ConditionalBatchNorm)]
    assert len(norms) == 5

    for norm in norms:
        mode.assign(
            norm.offset_weight, np.ones_like(mode.get(norm.offset_weight)) * [[0], [1], [2]]
        )
        assert np.max(np.abs(function(Z, CONTEXT) - function(Z, other))) > 1e-4
        mode.assign(norm.offset_weight, np.zeros_like(mode.get(norm.offset_weight)))


@pytest.mark.parametrize("make", [ResidualGenerator, CONDITIONAL])
def test_every_weight_has_a_gradient(mode, make):
    """Outside of training: in it, the norms take out most of the biases."""
    network = make((8, 4, 2), (4, 4), attention_level=0, make_reparametrize=SpectralNorm, seed=0)
    arguments = [Z, CONTEXT] if make is CONDITIONAL else [Z]

    def run(*arguments):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(*arguments) ** 3)
        trained = {p: v for p, v in network.named_variables().items() if v.trainable}
        return tape.gradient(loss, trained)

    mode.call(training(network), *arguments)
    perturb(network, mode, scale=0.3)
    for path, gradient in mode.call(run, *arguments).items():
        assert np.all(np.isfinite(gradient)), path
        assert np.max(np.abs(gradient)) > 1e-9, path


def test_training_moves_the_state_only_in_training(mode):
    network = ResidualGenerator((4, 4, 2), (3,), make_reparametrize=SpectralNorm, seed=0)
    train, evaluate = mode.function(training(network), Z), mode.function(network, Z)
    train(Z)
    before = get_variables(network, mode)

    evaluate(Z)
    for path, value in get_variables(network, mode).items():
        np.testing.assert_array_equal(value, before[path])
    train(Z)
    moved = {p for p, value in get_variables(network, mode).items() if np.any(value != before[p])}
    assert moved == {p for p in before if p.split("/")[-1] in ("mean", "variance", "vector")}


def test_every_layer_gets_a_reparametrization_of_its_own():
    network = ResidualGenerator(
        (4, 4, 1), (3,), attention_level=0, make_reparametrize=SpectralNorm, seed=0
    )

    layers = [part for part in network.submodules if isinstance(part, (Conv, Dense))]
    assert len(layers) == len({id(layer.reparametrize) for layer in layers}) == 1 + 3 + 4 + 1
    assert all(isinstance(layer.reparametrize, SpectralNorm) for layer in layers)


def test_one_image_is_as_good_as_many_and_the_batch_can_be_unknown():
    network = CONDITIONAL((4, 4, 1), (3,), seed=0)
    with Function() as mode:
        function = mode.function(network, Z, CONTEXT, unknown_batch=True)
        y = function(Z, CONTEXT)

        np.testing.assert_allclose(function(Z[1:2], CONTEXT[1:2]), y[1:2], rtol=1e-10)
        assert function(Z[:0], CONTEXT[:0]).shape == (0, 4, 4, 1)


def test_parts_have_seeds_of_their_own_and_images_can_be_enlarged_in_another_way():
    one = ResidualGenerator((8, 8, 1), (3, 3), seed=0)
    other = ResidualGenerator((8, 8, 1), (3, 3), resize=bilinear, seed=0)

    assert np.any(np.abs(one(Z) - other(Z)) > 1e-3)
    first, second = (block.conv_out.weight.numpy() for block in one.blocks)
    assert np.all(first != second)
    np.testing.assert_array_equal(first, other.blocks[0].conv_out.weight.numpy())


def test_rejects_contexts_that_it_would_not_use_and_the_lack_of_one():
    with pytest.raises(ValueError, match="`residual_generator` got a `context`, but .*Conditional"):
        ResidualGenerator((4, 4, 1), (3,))(Z, CONTEXT)
    with pytest.raises(ValueError, match="`conditional_batch_norm` needs a `context`; got none"):
        CONDITIONAL((4, 4, 1), (3,))(Z)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (6, 8, 1)}, "`image_shape` must have sides divisible by 4, .* got .6, 8"),
        ({"image_shape": (8, 6, 1)}, "`image_shape` must have sides divisible by 4, .* got .8, 6"),
        ({"image_shape": (8, 8)}, r"`image_shape` must be \(height, width, channels\); got .8, 8"),
        ({"image_shape": (8, 8, 0)}, "`image_shape` must be a positive integer; got 0"),
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, 0)}, "`widths` must be a positive integer; got 0"),
        ({"attention_level": 2}, "`attention_level` must be None or .* from 0 to 1; got 2"),
        ({"attention_level": -1}, "`attention_level` must be None or .* from 0 to 1; got -1"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResidualGenerator(**{"image_shape": (8, 8, 1), "widths": (4, 4), **arguments})


def test_rejects_other_inputs():
    with pytest.raises(
        ValueError, match="`residual_generator` takes an input of rank 2; got shape"
    ):
        ResidualGenerator((4, 4, 1), (3,), make_norm=BatchNorm)(np.ones([2, 3, 4, 1]))

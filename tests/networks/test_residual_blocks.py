"""ResidualUpBlock, ResidualDownBlock and average_pool."""

import functools

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import (
    BatchNorm,
    ConditionalBatchNorm,
    Identity,
    LayerNorm,
    ResidualDownBlock,
    ResidualUpBlock,
    SpectralNorm,
    average_pool,
    bilinear,
    nearest,
)
from tests.modes import Eager, Function, get_variables, perturb
from tests.networks.test_weight_norm_conv import convolved

X = np.random.RandomState(0).standard_normal([3, 4, 5, 2])
CONTEXT = np.eye(4)[[0, 3, 1]]


@pytest.fixture
def mode():
    """The conformance tests run these networks in every mode."""
    with Eager() as entered:
        yield entered


def relu(x):
    return np.maximum(x, 0.0)


def doubled(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def halved(x):
    """Means of squares, by loops; of what there is where a side is odd."""
    height, width = (-(-n // 2) for n in x.shape[1:3])
    y = np.empty((len(x), height, width, x.shape[3]))
    for i in range(height):
        for j in range(width):
            y[:, i, j] = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean(axis=(1, 2))
    return y


def conv(variables, name):
    return lambda x: convolved(x, variables[name + "/weight"]) + variables[name + "/bias"]


@pytest.mark.parametrize("shape", [(3, 4, 6, 2), (3, 5, 3, 2), (3, 1, 1, 2)])
def test_average_pool_is_the_mean_of_squares(mode, shape):
    x = np.random.RandomState(1).standard_normal(shape)

    np.testing.assert_allclose(mode.call(average_pool, x), halved(x), rtol=1e-12)


def test_the_up_block_is_the_architecture(mode):
    network = ResidualUpBlock(3, seed=0, make_norm=BatchNorm)
    mode.call(network, X)
    perturb(network, mode, scale=0.2)
    train = functools.partial(network, training=True)

    y = mode.call(train, X)

    variables = get_variables(network, mode)

    def norm(h, name):
        standardized = (h - h.mean(axis=(0, 1, 2))) / np.sqrt(h.var(axis=(0, 1, 2)) + 1e-5)
        return standardized * variables[name + "/scale"] + variables[name + "/offset"]

    h = conv(variables, "conv_in")(doubled(relu(norm(X, "norm_in"))))
    h = conv(variables, "conv_out")(relu(norm(h, "norm_out")))
    expected = h + conv(variables, "shortcut")(doubled(X))
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-11)
    assert y.shape == (3, 8, 10, 3)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_down_block_is_the_architecture(mode, is_first):
    activation_in = {"activation_in": tf.identity} if is_first else {}
    network = ResidualDownBlock(3, seed=0, **activation_in)
    mode.call(network, X)
    perturb(network, mode, scale=0.2)

    y = mode.call(network, X)

    variables = get_variables(network, mode)
    h = conv(variables, "conv_in")(X if is_first else relu(X))
    h = conv(variables, "conv_out")(relu(h))
    expected = halved(h) + halved(conv(variables, "shortcut")(X))
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-11)
    assert y.shape == (3, 2, 3, 3)


def test_the_down_block_without_downsample_adds_its_input(mode):
    network = ResidualDownBlock(2, downsample=None, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.2)

    y = mode.call(network, X)

    variables = get_variables(network, mode)
    h = conv(variables, "conv_out")(relu(conv(variables, "conv_in")(relu(X))))
    np.testing.assert_allclose(y, X + h, rtol=1e-9, atol=1e-11)
    assert not any(path.startswith("shortcut") for path in variables)


@pytest.mark.parametrize("make", [ResidualUpBlock, ResidualDownBlock])
def test_activations_and_norms_can_be_others(mode, make):
    """With the identity for all of them, a block is linear; `LayerNorm` has its variables."""
    activation_in = {"activation_in": tf.identity} if make is ResidualDownBlock else {}
    linear = make(3, activation=tf.identity, make_norm=Identity, seed=0, **activation_in)

    one, two = mode.call(linear, X), mode.call(linear, 2.0 * X)

    np.testing.assert_allclose(two, 2.0 * one, rtol=1e-10, atol=1e-12)
    normed = make(3, make_norm=LayerNorm)
    mode.call(normed, X)
    assert {p for p in normed.named_variables() if "norm" in p} == {
        "norm_{}/{}".format(place, name) for place in ("in", "out") for name in ("offset", "scale")
    }


def test_images_can_be_made_larger_in_another_way(mode):
    one = mode.call(ResidualUpBlock(3, nearest, seed=0), X)
    other = mode.call(ResidualUpBlock(3, bilinear, seed=0), X)

    assert one.shape == other.shape
    assert np.max(np.abs(one - other)) > 0.1


@pytest.mark.parametrize("make", [ResidualUpBlock, ResidualDownBlock])
def test_the_context_reaches_both_norms(mode, make):
    network = make(3, make_norm=ConditionalBatchNorm, seed=0)
    mode.call(network, X, CONTEXT)

    def outputs():
        return mode.call(network, X, CONTEXT), mode.call(network, X, CONTEXT[::-1])

    for norm in (network.norm_in, network.norm_out):
        np.testing.assert_array_equal(*outputs())
        value = mode.get(norm.scale_weight)
        changed = np.random.RandomState(1).standard_normal(value.shape)
        mode.assign(norm.scale_weight, changed)
        one, other = outputs()
        assert np.max(np.abs(one - other)) > 1e-3
        mode.assign(norm.scale_weight, value)


def test_initialize_sets_the_norms_and_hands_them_the_context(mode):
    network = ResidualUpBlock(3, make_norm=ConditionalBatchNorm, seed=0)

    y, _ = mode.call(network.initialize, X, CONTEXT)

    mean = mode.get(network.norm_in.norm.statistics.mean)
    np.testing.assert_allclose(mean, X.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(mode.call(network, X, CONTEXT), y, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("make", "factor"), [(ResidualUpBlock, 2.0), (ResidualDownBlock, 0.5)])
def test_batch_and_grid_can_be_unknown(make, factor):
    network = make(3, seed=0)
    with Function() as mode:
        function = mode.function(network, X, unknown_batch=True, unknown_grid=True)
        y = function(X)

        np.testing.assert_allclose(function(X[1:2]), y[1:2], rtol=1e-10, atol=1e-12)
        assert function(X[:, :2, :4]).shape == (3, 2 * factor, 4 * factor, 3)


@pytest.mark.parametrize("make", [ResidualUpBlock, ResidualDownBlock])
def test_every_convolution_has_a_seed_and_a_reparametrization_of_its_own(make):
    network = make(2, seed=0, make_reparametrize=SpectralNorm)
    network(X)

    parts = [network.conv_in, network.conv_out, network.shortcut]
    assert len({id(part.reparametrize) for part in parts}) == 3
    assert all(isinstance(part.reparametrize, SpectralNorm) for part in parts)
    first, second = network.conv_in.weight.numpy(), network.conv_out.weight.numpy()
    assert np.all(first != second)


def test_rejects_other_inputs_and_wrong_numbers():
    for make in (ResidualUpBlock, ResidualDownBlock):
        with pytest.raises(ValueError, match="`residual_.*_block` takes an input of rank 4; got"):
            make(3)(np.ones([2, 3]))
        with pytest.raises(ValueError, match="`width` must be a positive integer; got 0"):
            make(0)
    for channels in (1, 2):
        with pytest.raises(ValueError, match="`residual_down_block` needs 3 channels from its inp"):
            ResidualDownBlock(3, downsample=None)(X[..., :channels])

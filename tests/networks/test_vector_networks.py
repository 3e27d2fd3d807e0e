"""Dense, MLP, ContextBias and Sum."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import (
    MLP,
    ActNormConv,
    ContextBias,
    Dense,
    Sum,
    ZerosConv,
    ZerosDense,
    normal,
    zeros,
)
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([5, 3])


def test_dense_is_affine(mode):
    network = Dense(4, seed=0)
    mode.call(network, X)
    perturb(network, mode)

    y = mode.call(network, X)

    np.testing.assert_allclose(y, X @ mode.get(network.weight) + mode.get(network.bias), rtol=1e-12)


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [({}, (2 / 200) ** 0.5), ({"initializer": normal(0.3)}, 0.3), ({"initializer": zeros()}, 0.0)],
)
def test_dense_starts_with_the_given_deviation(initializer, expected):
    network = Dense(100, seed=0, **initializer)
    network(np.zeros([1, 200]))
    weight = network.weight.numpy()

    np.testing.assert_allclose(weight.std(), expected, rtol=5.0 * (2 * weight.size) ** -0.5)
    np.testing.assert_array_equal(network.bias.numpy(), np.zeros(100))


def test_zeros_dense_starts_as_zero_and_is_affine_with_a_gain():
    network = ZerosDense(2, log_scale_factor=3.0)
    np.testing.assert_array_equal(network(X), np.zeros([len(X), 2], np.float32))
    random = np.random.RandomState(0)
    weight, bias, log_scale = (
        random.standard_normal(shape).astype(np.float32) for shape in ([X.shape[1], 2], [2], [2])
    )
    network.weight.assign(weight)
    network.bias.assign(bias)
    network.log_scale.assign(0.1 * log_scale)
    expected = (X.dot(weight) + bias) * np.exp(3.0 * 0.1 * log_scale)
    np.testing.assert_allclose(network(X), expected, rtol=1e-5, atol=1e-6)


def test_mlp_starts_as_zero_and_has_relus_between_its_layers(mode):
    network = MLP([6, 5], 4, seed=0)
    np.testing.assert_array_equal(mode.call(network, X), np.zeros([5, 4]))
    perturb(network, mode, scale=0.5)

    y = mode.call(network, X)

    h = X
    for layer in network.hidden:
        h = np.maximum(h @ mode.get(layer.weight) + mode.get(layer.bias), 0.0)
    expected = h @ mode.get(network.output.weight) + mode.get(network.output.bias)
    np.testing.assert_allclose(y, expected, rtol=1e-11)
    assert np.max(np.abs(expected)) > 0.1


def test_mlp_takes_the_context_beside_its_input(mode):
    network, context = MLP([6], 4, seed=0), np.ones([5, 2])
    mode.call(network, X, context)

    assert network.hidden[0].weight.shape.as_list() == [5, 6]


def test_mlp_without_hidden_layers_is_affine():
    network = MLP([], 4)
    network(X)

    assert list(network.named_variables()) == ["output/bias", "output/weight"]


def test_layers_of_an_mlp_have_seeds_of_their_own():
    network = MLP([3, 3], 3, seed=0)
    network(X)

    assert np.all(network.hidden[0].weight.numpy() != network.hidden[1].weight.numpy())


def test_context_bias_starts_as_zero_and_is_linear_in_the_context(mode):
    network, context = ContextBias(4, log_scale_factor=2.0), np.eye(5)
    np.testing.assert_array_equal(mode.call(network, X, context), np.zeros([5, 4]))
    perturb(network, mode)

    y = mode.call(network, X, context)

    weight, bias, log_scale = mode.get([network.weight, network.bias, network.log_scale])
    np.testing.assert_allclose(y, (weight + bias) * np.exp(2.0 * log_scale), rtol=1e-12)


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_context_bias_of_a_vector_fits_every_rank(rank):
    x = np.zeros([5] + [2] * (rank - 2) + [3])

    y = ContextBias(4)(x, np.eye(5))

    assert y.shape.as_list() == [5] + [1] * (rank - 2) + [4]


def test_context_can_have_another_type_than_the_input(mode):
    labels = np.eye(5).astype(np.float32)

    assert mode.call(ContextBias(4), X, labels).dtype == np.float64
    assert mode.call(MLP([4], 2), X, labels).dtype == np.float64


def test_sum_adds_and_broadcasts(mode):
    image, labels = np.random.RandomState(0).standard_normal([5, 2, 3, 2]), np.eye(5)
    network = Sum([ZerosConv(4), ContextBias(4)])
    mode.call(network, image, labels)
    perturb(network, mode)

    y = mode.call(network, image, labels)

    parts = [mode.call(part, image, labels) for part in network.networks]
    assert parts[1].shape == (5, 1, 1, 4)
    np.testing.assert_allclose(y, parts[0] + parts[1], rtol=1e-12)


def test_sum_initializes_its_parts(mode):
    image = np.random.RandomState(0).standard_normal([5, 2, 3, 2])
    network = Sum([ActNormConv(4, seed=0), ZerosConv(4), ActNormConv(4, seed=1)])

    y, _ = mode.call(network.initialize, image)

    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-12)
    for part in (network.networks[0], network.networks[2]):
        assert np.all(mode.get(part.log_scale) != 0.0)


def test_training_changes_nothing_in_these_networks():
    network = MLP([4], 2, seed=0)

    np.testing.assert_array_equal(network(X, training=True), network(X))


def test_rejects_an_empty_sum():
    with pytest.raises(ValueError, match="`networks` must hold at least one network; got none"):
        Sum([])


@pytest.mark.parametrize("network", [Dense, ContextBias, ZerosDense])
def test_rejects_channels_that_are_not_positive(network):
    with pytest.raises(ValueError, match="`out_channels` must be (a )?positive( integer)?; got 0"):
        network(0)


def test_rejects_wrong_widths_and_factors():
    with pytest.raises(ValueError, match="`log_scale_factor` must be positive; got 0"):
        ContextBias(4, log_scale_factor=0.0)
    with pytest.raises(ValueError, match="`out_channels` must be a positive integer; got 0"):
        MLP([4, 0], 2)


def test_networks_are_given_tensors():
    assert tf.is_tensor(Dense(4)(X))

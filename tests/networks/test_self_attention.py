import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import Conv, SelfAttention, SpectralNorm
from tests.modes import get_variables, perturb

X = np.random.RandomState(0).standard_normal([2, 4, 5, 16])


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def pooled(h, side):
    """The largest of every square, by loops; padded as evenly as can be, with least values."""
    height, width = (-(-n // side) for n in h.shape[1:3])
    missing = height * side - h.shape[1], width * side - h.shape[2]
    margins = [(0, 0)] + [(n // 2, n - n // 2) for n in missing] + [(0, 0)]
    padded = np.pad(h, margins, mode="constant", constant_values=-np.inf)
    y = np.empty((len(h), height, width, h.shape[3]))
    for i in range(height):
        for j in range(width):
            square = padded[:, side * i : side * (i + 1), side * j : side * (j + 1)]
            y[:, i, j] = square.max(axis=(1, 2))
    return y


def attended(x, variables, pool_size):
    def listed(h):
        return h.reshape([len(h), h.shape[1] * h.shape[2], h.shape[3]])

    def convolved(h, name):
        return h @ variables[name + "/weight"][0, 0]

    queries = listed(convolved(x, "query"))
    keys = listed(pooled(convolved(x, "key"), pool_size))
    values = listed(pooled(convolved(x, "value"), pool_size))
    weights = softmax(queries @ keys.transpose(0, 2, 1))
    h = (weights @ values).reshape(x.shape[:3] + (x.shape[3] // 2,))
    return x + variables["gain"] * convolved(h, "output")


@pytest.mark.parametrize("pool_size", [1, 2, 3])
def test_is_the_formula(mode, pool_size):
    network = SelfAttention(16, pool_size, seed=0)
    np.testing.assert_array_equal(mode.call(network, X), X)
    perturb(network, mode, scale=0.5)

    y = mode.call(network, X)

    variables = get_variables(network, mode)
    np.testing.assert_allclose(y, attended(X, variables, pool_size), rtol=1e-9, atol=1e-11)
    assert np.max(np.abs(y - X)) > 0.05


def test_convolutions_have_the_channels_of_the_paper_and_no_biases():
    network = SelfAttention(32)
    network(np.zeros([1, 2, 2, 32], np.float32))

    assert {path: v.shape.as_list() for path, v in network.named_variables().items()} == {
        "gain": [],
        "query/weight": [1, 1, 32, 4],
        "key/weight": [1, 1, 32, 4],
        "value/weight": [1, 1, 32, 16],
        "output/weight": [1, 1, 16, 32],
    }


@pytest.mark.parametrize("channels", [1, 3])
def test_few_channels_suffice(channels):
    x = np.ones([2, 3, 3, channels], np.float32)

    np.testing.assert_array_equal(SelfAttention(channels)(x), x)


def test_the_gain_has_a_gradient_from_the_start_and_then_so_has_everything(mode):
    network = SelfAttention(16, seed=0)

    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(network(x) ** 3)
        return tape.gradient(loss, [network.gain, x] + list(network.trainable_variables))

    function = mode.function(gradients, X)
    assert abs(function(X)[0]) > 1e-3
    perturb(network, mode, scale=0.3)
    for gradient in function(X):
        assert np.all(np.isfinite(gradient))
        assert np.max(np.abs(gradient)) > 1e-6


def test_has_the_second_derivatives_that_gradient_penalties_need(mode):
    network = SelfAttention(16, seed=0)

    def run(x):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(network(x) ** 2)
            penalty = tf.reduce_sum(inner.gradient(y, x) ** 2)
        return outer.gradient(penalty, network.query.weight)

    function = mode.function(run, X)
    function(X)
    perturb(network, mode, scale=0.3)

    assert np.max(np.abs(function(X))) > 1e-6


def test_batch_and_grid_can_be_unknown(mode):
    network = SelfAttention(16, seed=0)
    function = mode.function(network, X, unknown_batch=True, unknown_grid=True)
    function(X)
    perturb(network, mode, scale=0.5)

    variables = get_variables(network, mode)
    for x in (X, X[:1, :3], X[:, :1, :1], X[:0]):
        np.testing.assert_allclose(function(x), attended(x, variables, 2), rtol=1e-9, atol=1e-11)


def test_every_convolution_gets_a_reparametrization_of_its_own():
    network = SelfAttention(16, make_reparametrize=SpectralNorm)
    network(X, training=True)

    convs = [part for part in network.submodules if isinstance(part, Conv)]
    assert len(convs) == len({id(conv.reparametrize) for conv in convs}) == 4
    assert all(isinstance(conv.reparametrize, SpectralNorm) for conv in convs)
    before = {path: v.numpy() for path, v in network.named_variables().items()}
    network(X, training=True)
    moved = {p for p, v in network.named_variables().items() if np.any(v.numpy() != before[p])}
    assert moved == {path for path in before if path.endswith("vector")}


def test_rejects_other_inputs_and_wrong_numbers():
    with pytest.raises(ValueError, match="`self_attention` takes an input of rank 4; got shape"):
        SelfAttention(3)(np.ones([2, 3]))
    with pytest.raises(ValueError, match="`self_attention` needs 8 channels from its input; got"):
        SelfAttention(8)(X)
    with pytest.raises(ValueError, match="`channels` must be a positive integer; got 0"):
        SelfAttention(0)
    with pytest.raises(ValueError, match="`pool_size` must be a positive integer; got 0"):
        SelfAttention(8, pool_size=0)

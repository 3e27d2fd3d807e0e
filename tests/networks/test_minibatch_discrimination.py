import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import MinibatchDiscrimination
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([5, 3])


def closeness(x, weight, num_kernels):
    """By loops; without the example itself."""
    m = (x @ weight).reshape([len(x), num_kernels, -1])
    o = np.zeros([len(x), num_kernels])
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                o[i] += np.exp(-np.abs(m[i] - m[j]).sum(axis=-1))
    return o


@pytest.mark.parametrize("is_training", [True, False])
def test_appends_the_closeness_of_the_others(mode, is_training):
    network = MinibatchDiscrimination(4, kernel_size=2, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.5)

    y = mode.call(lambda x: network(x, training=is_training), X)

    weight = mode.get(network.weight)
    assert weight.shape == (3, 8)
    np.testing.assert_array_equal(y[:, :3], X)
    np.testing.assert_allclose(y[:, 3:], closeness(X, weight, 4), rtol=1e-11)


def test_equal_examples_count_one_for_each_other_and_a_single_one_none(mode):
    network = MinibatchDiscrimination(2, 3, seed=0)

    np.testing.assert_array_equal(mode.call(network, np.ones([4, 3]))[:, 3:], np.full([4, 2], 3.0))
    np.testing.assert_array_equal(mode.call(network, X[:1])[:, 3:], np.zeros([1, 2]))
    assert mode.call(network, X[:0]).shape == (0, 5)


def test_the_average_is_over_the_others_whatever_the_batch(mode):
    network = MinibatchDiscrimination(2, 3, average=True, seed=0)
    function = mode.function(network, X, unknown_batch=True)

    averages = function(X)[:, 3:]
    expected = closeness(X, mode.get(network.weight), 2) / 4.0
    np.testing.assert_allclose(averages, expected, rtol=1e-11)
    np.testing.assert_allclose(function(np.ones([9, 3]))[:, 3:], np.ones([9, 2]), rtol=1e-12)
    np.testing.assert_array_equal(function(X[:1])[:, 3:], np.zeros([1, 2]))
    assert function(X[:0]).shape == (0, 5)


def test_gradients_reach_every_example_and_the_weight(mode):
    network = MinibatchDiscrimination(2, 3, seed=0)

    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(network(x)[:1, 3:])
        return tape.gradient(loss, [x, network.weight])

    by_x, by_weight = mode.call(gradients, X)

    assert np.all(np.abs(by_x).sum(axis=1) > 1e-6)
    assert np.all(np.isfinite(by_weight))
    assert np.any(by_weight != 0.0)
    # Moving all examples alike changes nothing.
    np.testing.assert_allclose(by_x.sum(axis=0), 0.0, atol=1e-12)


def test_the_batch_can_be_unknown(mode):
    network = MinibatchDiscrimination(2, 3, seed=0)
    function = mode.function(network, X, unknown_batch=True)

    for x in (X, X[:2]):
        y = function(x)
        expected = closeness(x, mode.get(network.weight), 2)
        np.testing.assert_allclose(y[:, 3:], expected, rtol=1e-11)


def test_the_weight_starts_with_the_deviation_of_the_authors_and_by_the_seed():
    def weight(seed):
        network = MinibatchDiscrimination(seed=seed)
        network(np.zeros([1, 20], np.float32))
        return network.weight.numpy()

    one = weight(1)
    assert one.shape == (20, 500)
    np.testing.assert_allclose(one.std(), 0.05, rtol=5.0 * (2 * one.size) ** -0.5)
    np.testing.assert_array_equal(weight(1), one)
    assert np.all(weight(2) != one)


def test_rejects_other_inputs_and_wrong_numbers():
    network = MinibatchDiscrimination()
    network(X)
    with pytest.raises(ValueError, match="`minibatch_discrimination` takes an input of rank 2"):
        MinibatchDiscrimination()(np.ones([2, 4, 4, 3]))
    with pytest.raises(ValueError, match="`minibatch_discrimination` needs 3 channels from its"):
        network(X[:, :2])
    with pytest.raises(TypeError, match="`minibatch_discrimination` takes .* a floating type"):
        MinibatchDiscrimination()(X.astype(np.int32))
    with pytest.raises(ValueError, match="`num_kernels` must be a positive integer; got 0"):
        MinibatchDiscrimination(0)
    with pytest.raises(ValueError, match="`kernel_size` must be a positive integer; got 0"):
        MinibatchDiscrimination(2, 0)

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import Permute, reversed_order, shuffled_order


@pytest.mark.parametrize("shape", [[2, 4], [2, 3, 4], [2, 3, 5, 4]])
def test_every_place_gets_the_channel_of_the_order(mode, shape):
    x, order = np.random.RandomState(0).standard_normal(shape), [2, 0, 3, 1]
    layer = Permute(order)

    y, log_det = mode.call(layer.forward_and_log_det, x)

    np.testing.assert_array_equal(y, x[..., order])
    np.testing.assert_array_equal(mode.call(layer.inverse, y), x)
    np.testing.assert_array_equal(log_det, np.zeros(2))


def test_reversed_order_reverses(mode):
    x = np.arange(10.0).reshape([2, 5])

    np.testing.assert_array_equal(mode.call(Permute(reversed_order).forward, x), x[:, ::-1])


def test_shuffled_order_is_the_same_everywhere():
    assert shuffled_order(seed=2)(8).tolist() == shuffled_order(seed=2)(8).tolist()
    assert shuffled_order(seed=child_sized_seed())(8).tolist() != list(range(8))
    orders = {tuple(shuffled_order(seed=seed)(8).tolist()) for seed in range(50)}
    assert len(orders) == 50
    assert all(sorted(order) == list(range(8)) for order in orders)


def child_sized_seed():
    return 2**61 + 5


def test_shuffled_order_without_a_seed_follows_set_seed():
    def order():
        with tf.Graph().as_default():
            tf.random.set_seed(5)
            return shuffled_order()(20).tolist()

    assert order() == order()
    assert shuffled_order()(20).tolist() != shuffled_order()(20).tolist()


def test_the_order_is_kept_in_a_variable_that_is_not_trained(mode):
    layer = Permute([1, 2, 0])
    mode.call(layer.forward, np.zeros([1, 3]))
    assert list(layer.named_variables()) == ["order"]
    assert not layer.trainable_variables

    # As after restoring a checkpoint of a run with another order.
    mode.assign(layer.order, np.array([0, 2, 1], np.int32))

    x = np.array([[5.0, 6.0, 7.0]])
    y = mode.call(layer.forward, x)
    assert y.tolist() == [[5.0, 7.0, 6.0]]
    np.testing.assert_array_equal(mode.call(layer.inverse, y), x)


@pytest.mark.parametrize(
    "order",
    [
        [0, 1],
        [0, 1, 2, 3],
        [0, 0, 2],
        [1, 2, 3],
        [-1, 0, 1],
        lambda channels: np.arange(channels + 1),
        lambda channels: np.zeros(channels, int),
    ],
)
def test_rejects_what_is_no_permutation(order):
    with pytest.raises(ValueError, match="`permute` needs an order with each of 0 to 2 once"):
        Permute(order).forward(tf.zeros([2, 3]))

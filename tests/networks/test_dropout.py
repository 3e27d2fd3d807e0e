import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import fold_in, make_seed
from genflow.networks import Dropout

X = np.random.RandomState(0).uniform(1.0, 2.0, [20, 10, 10, 5])


def training(network):
    return lambda x: network(x, training=True)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_drops_the_share_and_scales_up_the_rest(mode, rate):
    y = mode.call(training(Dropout(rate, seed=0)), X)

    kept = y != 0.0
    np.testing.assert_allclose(y[kept], X[kept] / (1.0 - rate), rtol=1e-12)
    # Five standard deviations of the share, and of the mean of `y / x`.
    deviation = (rate * (1.0 - rate) / X.size) ** 0.5
    assert abs((1.0 - kept.mean()) - rate) < 5.0 * deviation
    assert abs((y / X).mean() - 1.0) < 5.0 * deviation / (1.0 - rate)


def test_every_example_position_and_channel_is_dropped_on_its_own(mode):
    kept = mode.call(training(Dropout(0.5, seed=0)), X) != 0.0

    for axis in range(4):
        shares = kept.mean(axis=tuple(set(range(4)) - {axis}))
        assert np.all(np.abs(shares - 0.5) < 5.0 * 0.5 * (X.shape[axis] / X.size) ** 0.5)
        first, second = np.split(kept.swapaxes(0, axis)[:4], 2)
        assert 0.4 < np.mean(first == second) < 0.6


def test_is_the_identity_when_not_training_and_at_rate_0(mode):
    np.testing.assert_array_equal(mode.call(Dropout(0.5), X), X)
    np.testing.assert_array_equal(mode.call(training(Dropout(0.0)), X), X)


def test_an_integer_is_one_mask_at_every_call_and_for_every_type(mode):
    def mask(seed, dtype="float64"):
        return mode.call(training(Dropout(0.5, seed)), X.astype(dtype)) != 0.0

    one = mask(1)
    np.testing.assert_array_equal(mask(1), one)
    np.testing.assert_array_equal(mask(1, "float32"), one)
    assert 0.4 < np.mean(mask(2) == one) < 0.6


def test_without_a_seed_every_call_has_a_mask_of_its_own(mode):
    function = mode.function(training(Dropout(0.5)), X)

    assert 0.4 < np.mean((function(X) == 0.0) == (function(X) == 0.0)) < 0.6


def test_a_function_is_called_at_every_call(mode):
    def run(x, step):
        dropout = Dropout(0.5, seed=lambda: fold_in(make_seed(7), step))
        return dropout(x, training=True)

    masks = [mode.call(run, X, np.int32(step)) != 0.0 for step in (3, 4, 3)]

    np.testing.assert_array_equal(masks[0], masks[2])
    assert 0.4 < np.mean(masks[0] == masks[1]) < 0.6


def test_gradients_pass_where_values_do(mode):
    network = Dropout(0.75, seed=0)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = network(x, training=True)
        return tape.gradient(y, x), y

    gradients, y = mode.call(gradient, X)

    np.testing.assert_allclose(gradients, 4.0 * (y != 0.0))


def test_differs_in_training_where_something_is_dropped():
    assert Dropout(0.1).differs_in_training
    assert not Dropout(0.0).differs_in_training


def test_batch_and_grid_can_be_unknown(mode):
    network = Dropout(0.5, seed=0)
    function = mode.function(training(network), X, unknown_batch=True, unknown_grid=True)

    assert function(X[:3]).shape == X[:3].shape
    assert function(X[:0]).shape == X[:0].shape


def test_rejects_integers():
    with pytest.raises(TypeError, match="`dropout` takes an input of a floating type; got int32"):
        Dropout(0.5)(np.ones([2, 3], np.int32), training=True)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_rejects_a_rate_out_of_range(rate):
    with pytest.raises(ValueError, match=r"`rate` must be in \[0, 1\); got"):
        Dropout(rate)

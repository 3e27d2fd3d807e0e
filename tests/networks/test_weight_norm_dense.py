import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import WeightNormDense, channel_norms, kernel_norm
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([7, 3])
NORMS = pytest.mark.parametrize("norm", [channel_norms, kernel_norm])


@NORMS
def test_is_affine_with_the_weight_of_the_formula(mode, norm):
    network = WeightNormDense(4, norm=norm, stddev=0.2, seed=0)
    y = mode.call(network, X)
    direction = mode.get(network.direction)
    np.testing.assert_allclose(y, X @ direction, rtol=1e-11)
    perturb(network, mode, scale=0.2)
    direction, gain, bias = mode.get([network.direction, network.gain, network.bias])

    y = mode.call(network, X)

    length = np.sqrt(np.sum(direction**2, axis=0 if norm is channel_norms else None))
    np.testing.assert_allclose(y, X @ (gain * direction / length) + bias, rtol=1e-11, atol=1e-12)
    assert gain.shape == ((4,) if norm is channel_norms else ())


@NORMS
@pytest.mark.parametrize("use_bias", [True, False])
def test_initialize_gives_the_outputs_the_deviation(mode, norm, use_bias):
    network = WeightNormDense(4, init_scale=0.1, norm=norm, use_bias=use_bias, seed=0)

    y, _ = mode.call(network.initialize, 10.0 * X + 3.0)

    # One gain gives all outputs together the deviation; the bias then takes the means away.
    linear = mode.call(network, 10.0 * X + 3.0) - (mode.get(network.bias) if use_bias else 0.0)
    axis = 0 if norm is channel_norms else None
    np.testing.assert_allclose(linear.std(axis=axis), 0.1, rtol=1e-10)
    np.testing.assert_allclose(mode.call(network, 10.0 * X + 3.0), y, rtol=1e-10, atol=1e-12)
    if use_bias:
        np.testing.assert_allclose(y.mean(axis=0), 0.0, atol=1e-12)


def test_variables():
    network, without = WeightNormDense(4), WeightNormDense(4, use_bias=False)
    network(X)
    without(X)

    assert {path: v.shape.as_list() for path, v in network.named_variables().items()} == {
        "bias": [4],
        "direction": [3, 4],
        "gain": [4],
    }
    assert list(without.named_variables()) == ["direction", "gain"]


def test_a_gain_can_be_left_to_initialize(mode):
    network = WeightNormDense(4, train_gain=False, seed=0)
    mode.call(network, X)
    before = mode.get(network.gain)

    y, _ = mode.call(network.initialize, 10.0 * X)

    np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-10)
    assert np.all(mode.get(network.gain) != before)
    assert {v.shape.num_elements() for v in network.trainable_variables} == {12, 4}
    assert list(network.named_variables()) == ["bias", "direction", "gain"]
    assert not network.gain.trainable


def test_rejects_other_inputs_and_wrong_numbers():
    network = WeightNormDense(4)
    network(X)
    with pytest.raises(ValueError, match="`weight_norm_dense` takes an input of rank 2; got shape"):
        network(np.ones([2, 4, 4, 3]))
    with pytest.raises(ValueError, match="`weight_norm_dense` needs 3 channels from its input"):
        network(X[:, :2])
    with pytest.raises(ValueError, match=r"must give a tensor of shape \[\] or \[4\]; got shape"):
        WeightNormDense(4, norm=lambda weight: tf.reduce_sum(weight, axis=1))(X)
    for argument in ("out_channels", "stddev", "init_scale"):
        with pytest.raises(ValueError, match="`{}` must be .*positive".format(argument)):
            WeightNormDense(**{"out_channels": 4, argument: 0})

import numpy as np
import pytest

from genflow.networks import Conv, ConvTranspose, Dense, WeightNormalization
from tests.modes import get_variables, perturb

WEIGHT = np.random.RandomState(0).standard_normal([3, 2, 4])
X = np.random.RandomState(1).standard_normal([2, 4, 4, 3])


def test_gives_every_output_the_length_of_its_gain(mode):
    network = WeightNormalization(0.5)
    start = mode.call(network, WEIGHT)
    np.testing.assert_allclose(np.sqrt(np.sum(start**2, axis=(0, 1))), 0.5, rtol=1e-12)
    perturb(network, mode)

    y = mode.call(network, WEIGHT)

    gain = mode.get(network.gain)
    np.testing.assert_allclose(np.sqrt(np.sum(y**2, axis=(0, 1))), gain, rtol=1e-12)
    np.testing.assert_allclose(y, WEIGHT * (gain / np.linalg.norm(WEIGHT, axis=(0, 1))), rtol=1e-12)
    np.testing.assert_allclose(mode.call(network, 7.0 * WEIGHT), y, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda weight: Dense(4, reparametrize=weight, seed=0), X[:, 0, 0]),
        (lambda weight: Conv(4, reparametrize=weight, seed=0), X),
        (lambda weight: ConvTranspose(4, reparametrize=weight, seed=0), X),
    ],
    ids=["dense", "conv", "conv_transpose"],
)
def test_is_for_any_layer_a_gain_for_every_output(mode, make, x):
    network, plain = make(WeightNormalization()), make(None)
    y, expected = mode.call(network, x), mode.call(plain, x)

    weight = get_variables(plain, mode)["weight"]
    lengths = np.sqrt(np.sum(weight**2, axis=tuple(range(weight.ndim - 1))))
    np.testing.assert_allclose(y, expected / lengths, rtol=1e-10, atol=1e-12)
    assert network.reparametrize.gain.trainable
    assert network.reparametrize.gain.shape.as_list() == [4]


def test_rejects_another_weight_and_a_gain_that_is_not_positive():
    network = WeightNormalization()
    network(WEIGHT)

    with pytest.raises(ValueError, match="`weight_normalization` needs 4 channels from the weight"):
        network(WEIGHT[..., :3])
    with pytest.raises(ValueError, match="`initial_gain` must be positive; got 0.0"):
        WeightNormalization(0.0)

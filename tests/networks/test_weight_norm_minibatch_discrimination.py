import numpy as np
import pytest

from genflow.gan import PooledDiscriminator
from genflow.networks import MinibatchDiscrimination, WeightNormMinibatchDiscrimination
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([7, 3])
AVERAGE = pytest.mark.parametrize("average", [False, True])


def distances(x, weight, num_kernels):
    """By loops: of every example from the others, `[batch, batch - 1, num_kernels]`."""
    m = (x @ weight).reshape([len(x), num_kernels, -1])
    return np.array(
        [[np.abs(m[i] - m[j]).sum(axis=-1) for j in range(len(x)) if j != i] for i in range(len(x))]
    )


def weight_of(network, mode):
    direction, log_scale = mode.get([network.direction, network.log_scale])
    return np.exp(log_scale) * direction / np.sqrt(np.sum(direction**2, axis=0))


@AVERAGE
def test_is_the_formula(mode, average):
    network = WeightNormMinibatchDiscrimination(4, 2, average, seed=0)
    mode.call(network, X)
    perturb(network, mode, scale=0.5)

    y = mode.call(network, X)

    closeness = np.exp(-distances(X, weight_of(network, mode), 4))
    o = closeness.mean(axis=1) if average else closeness.sum(axis=1)
    np.testing.assert_array_equal(y[:, :3], X)
    np.testing.assert_allclose(y[:, 3:], o + mode.get(network.bias), rtol=1e-10)


@AVERAGE
def test_initialize_sets_the_nearest_distance_and_the_mean(mode, average):
    network = WeightNormMinibatchDiscrimination(4, 2, average, seed=0)

    y, _ = mode.call(network.initialize, 100.0 * X + 3.0)

    nearest = distances(100.0 * X + 3.0, weight_of(network, mode), 4).min(axis=1)
    np.testing.assert_allclose(nearest.mean(axis=0), 2.0, rtol=1e-9)
    np.testing.assert_allclose(y[:, 3:].mean(axis=0), 0.0, atol=1e-12)
    assert np.all(y[:, 3:].std(axis=0) > 1e-3)
    np.testing.assert_allclose(mode.call(network, 100.0 * X + 3.0), y, rtol=1e-9, atol=1e-12)


def test_initialize_leaves_the_scale_of_a_batch_of_twins(mode):
    network = WeightNormMinibatchDiscrimination(2, 3, seed=0)
    y, _ = mode.call(network.initialize, np.concatenate([X, X]))

    np.testing.assert_array_equal(mode.get(network.log_scale), np.zeros(6))
    assert np.all(np.isfinite(y))


def test_starts_with_columns_of_length_one_and_the_bias_of_the_authors(mode):
    network = WeightNormMinibatchDiscrimination(2, 3, stddev=10.0, seed=0)
    mode.call(network, X)

    np.testing.assert_array_equal(mode.get(network.log_scale), np.zeros(6))
    np.testing.assert_array_equal(mode.get(network.bias), [-1.0, -1.0])
    assert {path: v.shape.as_list() for path, v in network.named_variables().items()} == {
        "bias": [2],
        "direction": [3, 6],
        "log_scale": [6],
    }
    assert len(network.trainable_variables) == 3


def test_the_other_layer_is_the_same_with_its_weight_and_without_bias(mode):
    network = WeightNormMinibatchDiscrimination(4, 2, seed=0)
    other = MinibatchDiscrimination(4, 2)
    mode.call(network, X)
    mode.call(other, X)
    mode.assign(other.weight, weight_of(network, mode))

    expected = mode.call(other, X)[:, 3:] - 1.0
    np.testing.assert_allclose(mode.call(network, X)[:, 3:], expected, rtol=1e-10)


def test_a_discriminator_initialises_it(mode):
    x = np.random.RandomState(1).standard_normal([6, 5, 6, 1])
    network = PooledDiscriminator(
        (3,),
        num_outputs=2,
        make_minibatch=lambda: WeightNormMinibatchDiscrimination(5, 2, seed=1),
        seed=0,
        noise_seed=2,
    )
    y, _ = mode.call(network.initialize, x)

    np.testing.assert_allclose(mode.call(lambda x: network(x, training=True), x), y, rtol=1e-8)
    assert np.all(mode.get(network.minibatch.log_scale) != 0.0)


def test_rejects_other_inputs_and_wrong_numbers():
    network = WeightNormMinibatchDiscrimination()
    network(X)
    name = "`weight_norm_minibatch_discrimination`"
    with pytest.raises(ValueError, match=name + " takes an input of rank 2; got shape"):
        WeightNormMinibatchDiscrimination()(np.ones([2, 4, 4, 3]))
    with pytest.raises(ValueError, match=name + " needs 3 channels from its input"):
        network(X[:, :2])
    with pytest.raises(TypeError, match=name + " takes .* a floating type"):
        WeightNormMinibatchDiscrimination()(X.astype(np.int32))
    with pytest.raises(ValueError, match=name + " cannot be initialised from a batch of one"):
        network.initialize(X[:1])
    with pytest.raises(ValueError, match=name + " cannot be initialised: .* constant"):
        network.initialize(np.ones([4, 3]))
    for argument in ("num_kernels", "kernel_size", "stddev"):
        with pytest.raises(ValueError, match="`{}` must be .*positive.*; got 0".format(argument)):
            WeightNormMinibatchDiscrimination(**{argument: 0})

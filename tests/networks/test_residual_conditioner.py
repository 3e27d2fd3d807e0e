import functools

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import fold_in, make_seed
from genflow.layers import AffineCoupling
from genflow.networks import (
    ActNormConv,
    BatchNorm,
    Dropout,
    ResidualConditioner,
    WeightNormConv,
    ZerosConv,
    kernel_norm,
)
from tests.modes import get_variables, perturb

X = np.random.RandomState(0).standard_normal([6, 4, 5, 3])
ORIGINAL = functools.partial(WeightNormConv, norm=kernel_norm, use_bias=False)


def training(network):
    return lambda x: network(x, training=True)


def relu(x):
    return np.maximum(x, 0.0)


def standardized(x):
    return (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + 1e-5)


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "count"), [(3, 6, 590418), (12, 24, 592146), (6, 12, 590994)]
)
def test_has_the_parameters_of_the_original(in_channels, out_channels, count):
    """With one gain for each convolution and none but the convolutions' own weights."""
    network = ResidualConditioner(64, out_channels, make_conv=ORIGINAL, make_output=ORIGINAL)
    with tf.Graph().as_default():
        network(tf.zeros([1, 4, 4, in_channels]))
        sizes = [v.shape.num_elements() for v in network.trainable_variables]

    assert sum(sizes) == count


@pytest.mark.parametrize("is_training", [True, False])
def test_is_the_architecture(mode, is_training):
    """Written out, with convolutions that are tested elsewhere."""
    network = ResidualConditioner(4, 6, num_blocks=2, seed=0)
    mode.call(network.initialize, X)
    perturb(network, mode, scale=0.2)
    y = mode.call(functools.partial(network, training=is_training), X)

    def normalized(norm, h):
        return standardized(h) if is_training else mode.call(norm, h)

    h = mode.call(network.conv_in, normalized(network.norm_in, X))
    h = relu(normalized(network.norm_hidden, h))
    for block in network.blocks:
        inner = relu(normalized(block.norm_in, mode.call(block.conv_in, h)))
        h = relu(h + normalized(block.norm_out, mode.call(block.conv_out, inner)))
    np.testing.assert_allclose(y, mode.call(network.conv_out, h), rtol=1e-8, atol=1e-9)


def test_sizes_of_kernels_and_order_of_parts():
    network = ResidualConditioner(4, 6, num_blocks=2)
    network(X)
    shapes = {
        path: v.shape.as_list()
        for path, v in network.named_variables().items()
        if path.endswith("direction")
    }

    assert shapes == {
        "conv_in/direction": [1, 1, 3, 4],
        "blocks/0/conv_in/direction": [3, 3, 4, 4],
        "blocks/0/conv_out/direction": [3, 3, 4, 4],
        "blocks/1/conv_in/direction": [3, 3, 4, 4],
        "blocks/1/conv_out/direction": [3, 3, 4, 4],
        "conv_out/direction": [1, 1, 4, 6],
    }


def test_convolutions_before_a_norm_have_no_bias():
    network = ResidualConditioner(4, 6, num_blocks=2)
    network(X)

    biases = [path for path in network.named_variables() if path.endswith("bias")]
    assert biases == ["conv_out/bias"]


def test_initialize_gives_small_outputs_and_a_coupling_close_to_the_identity(mode):
    network = ResidualConditioner(8, 6, num_blocks=2, seed=0)

    y, _ = mode.call(network.initialize, 10.0 * X + 3.0)

    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-11)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 0.1, rtol=1e-9)


def test_initialize_reaches_every_part(mode):
    network = ResidualConditioner(4, 6, num_blocks=2, seed=0)
    mode.call(network, X)
    before = get_variables(network, mode)

    mode.call(network.initialize, 3.0 * X + 1.0)

    after = get_variables(network, mode)
    changed = {path for path in before if np.any(before[path] != after[path])}
    assert changed == {path for path in before if not path.endswith("direction")}


def test_training_on_the_initial_batch_is_evaluation(mode):
    """What `initialize` stores are the moments of the batch at every norm."""
    network = ResidualConditioner(4, 6, num_blocks=2, seed=0)
    y, _ = mode.call(network.initialize, X)

    np.testing.assert_allclose(mode.call(training(network), X), y, rtol=1e-9, atol=1e-11)


def test_masked_inputs_can_initialize_it(mode):
    """A channel mask leaves constant channels."""
    network = ResidualConditioner(4, 6, num_blocks=1, seed=0)

    y, _ = mode.call(network.initialize, X * [1.0, 0.0, 0.0])

    assert np.all(np.isfinite(y))


def test_every_part_has_a_seed_of_its_own():
    def kernels(seed):
        network = ResidualConditioner(3, 3, num_blocks=2, seed=seed)
        network(X)
        return [v.numpy() for v in network.trainable_variables if v.shape.rank == 4]

    for one, same, other in zip(kernels(1), kernels(1), kernels(2)):
        np.testing.assert_array_equal(one, same)
        assert np.all(one != other)
    numbers = np.concatenate([kernel.ravel() for kernel in kernels(1)])
    assert len(set(numbers)) == len(numbers)


class RecordedDropout:
    """The mask that a `Dropout` applies to ones."""

    def __init__(self, network):
        self.dropouts = [block.dropout for block in network.blocks]

    def __call__(self, x):
        return [dropout(tf.ones_like(x), training=True) for dropout in self.dropouts]


def test_dropout_acts_between_the_convolutions_in_training_only(mode):
    network = ResidualConditioner(4, 6, num_blocks=1, dropout_rate=0.5, dropout_seed=3, seed=0)
    mode.call(network.initialize, X)
    mask = mode.call(RecordedDropout(network), np.zeros([6, 4, 5, 4]))[0]

    h = relu(standardized(mode.call(network.conv_in, standardized(X))))
    block = network.blocks[0]
    inner = mask * relu(standardized(mode.call(block.conv_in, h)))
    h = relu(h + standardized(mode.call(block.conv_out, inner)))
    expected = mode.call(network.conv_out, h)

    np.testing.assert_allclose(mode.call(training(network), X), expected, rtol=1e-8, atol=1e-9)
    assert 0.3 < np.mean(mask == 0.0) < 0.7


def test_blocks_drop_by_seeds_of_their_own(mode):
    x = np.zeros([10, 10, 10, 4])

    def masks(seed):
        network = ResidualConditioner(4, 6, num_blocks=2, dropout_rate=0.5, dropout_seed=seed)
        return mode.call(RecordedDropout(network), x)

    of_integer, of_function = masks(3), masks(lambda: make_seed(3))
    expected = mode.call(
        lambda x: [
            Dropout(0.5, fold_in(make_seed(3), "dropout/{}".format(i)))(x + 1.0, training=True)
            for i in range(2)
        ],
        x,
    )
    np.testing.assert_array_equal(of_integer, expected)
    np.testing.assert_array_equal(of_function, expected)
    assert 0.4 < np.mean(expected[0] == expected[1]) < 0.6
    fresh = masks(None)
    assert 0.4 < np.mean(fresh[0] == fresh[1]) < 0.6


def test_parts_can_be_others(mode):
    network = ResidualConditioner(
        4,
        6,
        num_blocks=1,
        make_conv=ActNormConv,
        make_norm=functools.partial(BatchNorm, decay=0.5),
        make_output=lambda out_channels, kernel_size, seed: ZerosConv(out_channels, kernel_size),
    )

    np.testing.assert_array_equal(mode.call(network, X), np.zeros([6, 4, 5, 6]))
    assert isinstance(network.blocks[0].conv_out, ActNormConv)
    assert network.norm_in.statistics.decay == 0.5


def test_conditions_a_coupling():
    coupling = AffineCoupling(ResidualConditioner(4, 4, num_blocks=1, seed=0))
    x = np.random.RandomState(0).standard_normal([6, 4, 5, 4])
    coupling.initialize(x)

    np.testing.assert_allclose(coupling.inverse(coupling.forward(x)), x, rtol=1e-12, atol=1e-12)


def test_the_context_is_not_used():
    network = ResidualConditioner(4, 6, num_blocks=1, seed=0)

    np.testing.assert_array_equal(network(X, np.eye(6)), network(X))


@pytest.mark.parametrize("argument", ["width", "out_channels", "num_blocks"])
def test_rejects_counts_that_are_not_positive_integers(argument):
    arguments = {"width": 4, "out_channels": 4, "num_blocks": 1}
    arguments[argument] = 0

    with pytest.raises(ValueError, match="`{}` must be a positive integer; got 0".format(argument)):
        ResidualConditioner(**arguments)


def test_rejects_a_rate_out_of_range():
    with pytest.raises(ValueError, match=r"`rate` must be in \[0, 1\); got 1.0"):
        ResidualConditioner(4, 4, dropout_rate=1.0)

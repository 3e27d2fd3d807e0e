import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.distributions import Flow
from genflow.layers import Chain, RunningBatchNorm, recompute, reversible
from tests.modes import get_variables

MEANS, DEVIATIONS = np.array([3.0, -1.0, 0.2]), np.array([0.5, 2.0, 5.0])


def batch(size=64, seed=0):
    return MEANS + DEVIATIONS * np.random.RandomState(seed).standard_normal([size, 4, 2, 3])


def moments(x):
    return x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))


def trained(layer):
    return lambda x: layer.forward_and_log_det(x, training=True)


def test_initialization_standardizes_every_channel(mode):
    layer, x = RunningBatchNorm(epsilon=1e-9), batch()

    y, _ = mode.call(layer.initialize, x)

    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=(0, 1, 2)), 1.0, rtol=1e-7)
    mean, variance = moments(x)
    np.testing.assert_allclose(get_variables(layer, mode)["statistics/mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(
        get_variables(layer, mode)["statistics/variance"], variance, rtol=1e-12
    )


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_training_standardizes_by_the_averages_that_the_batch_has_moved(mode, decay):
    layer, x = RunningBatchNorm(decay, epsilon=1e-3), batch(8)

    y, log_det = mode.call(trained(layer), x)

    mean, variance = moments(x)
    mean, variance = (1.0 - decay) * mean, decay + (1.0 - decay) * variance
    scale = (variance + 1e-3) ** -0.5
    np.testing.assert_allclose(y, (x - mean) * scale, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(log_det, np.full(8, 8 * np.sum(np.log(scale))), rtol=1e-11)
    after = get_variables(layer, mode)
    np.testing.assert_allclose(after["statistics/mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(after["statistics/variance"], variance, rtol=1e-12)


def test_training_ends_at_the_moments_of_the_data(mode):
    layer = RunningBatchNorm(decay=0.9)
    function = mode.function(trained(layer), batch())
    for step in range(150):
        function(batch(seed=step))

    after = get_variables(layer, mode)
    # The mean of about 19 batches of 512 values each.
    np.testing.assert_allclose(after["statistics/mean"], MEANS, atol=0.25)
    np.testing.assert_allclose(after["statistics/variance"], DEVIATIONS**2, rtol=0.1)


def test_the_gradient_flows_through_the_share_of_the_batch(mode):
    """Against central differences of the documented formula."""
    decay, epsilon, x = 0.6, 1e-2, batch(3)
    weights = np.random.RandomState(1).standard_normal(x.shape)

    def value(x):
        mean, variance = moments(x)
        mean, variance = (1.0 - decay) * mean, decay + (1.0 - decay) * variance + epsilon
        y, log_det = (x - mean) * variance**-0.5, -0.5 * 8 * np.sum(np.log(variance))
        return np.sum(weights * y) + 3 * log_det

    layer = RunningBatchNorm(decay, epsilon)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, log_det = layer.forward_and_log_det(x, training=True)
            loss = tf.reduce_sum(weights * y) + tf.reduce_sum(log_det)
        return tape.gradient(loss, x)

    found = mode.call(gradient, x)

    for index in [(0, 0, 0, 0), (1, 2, 1, 1), (2, 3, 0, 2)]:
        step = np.zeros_like(x)
        step[index] = 1e-5
        expected = (value(x + step) - value(x - step)) / 2e-5
        np.testing.assert_allclose(found[index], expected, rtol=1e-6)


def test_neither_density_nor_inverse_depends_on_the_neighbours(mode):
    flow = Flow(Chain([RunningBatchNorm(), RunningBatchNorm(0.5)]), event_shape=[4, 2, 3])
    mode.call(lambda x: flow.log_prob(x, training=True), batch())
    x = batch(6)
    others = np.concatenate([x[:1], 100.0 + batch(5, seed=3)])

    log_prob, other_log_prob = mode.call(flow.log_prob, x), mode.call(flow.log_prob, others)
    alone = mode.call(flow.log_prob, x[:1])
    restored = mode.call(flow.decode, mode.call(flow.encode, x)[:1])

    np.testing.assert_allclose(other_log_prob[0], log_prob[0], rtol=1e-13)
    np.testing.assert_allclose(alone[0], log_prob[0], rtol=1e-13)
    np.testing.assert_allclose(restored[0], x[0], rtol=1e-11)


def test_evaluation_does_not_move_the_averages(mode):
    layer, x = RunningBatchNorm(), batch()
    mode.call(layer.forward, x)
    mode.call(layer.inverse, x)

    np.testing.assert_array_equal(get_variables(layer, mode)["statistics/mean"], np.zeros(3))


def test_a_spoilt_batch_does_not_spoil_the_averages(mode):
    layer, x = RunningBatchNorm(), batch()
    mode.call(trained(layer), x)
    before = get_variables(layer, mode)

    x[3, 1, 1, 1] = np.nan
    mode.call(trained(layer), x)

    for path, value in get_variables(layer, mode).items():
        np.testing.assert_array_equal(value, before[path])


@pytest.mark.parametrize("backprop", [recompute, reversible])
def test_a_chain_that_runs_its_layers_twice_is_refused_in_training_only(backprop):
    chain = Chain([RunningBatchNorm()], backprop=backprop)
    chain.forward(batch())

    with pytest.raises(ValueError, match="cannot be trained with `running_batch_norm` in it"):
        chain.forward(batch(), training=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decay": 1.0}, r"`decay` must be in \[0, 1\); got 1.0"),
        ({"decay": -0.1}, r"`decay` must be in \[0, 1\); got -0.1"),
        ({"epsilon": 0.0}, "`epsilon` must be positive; got 0.0"),
    ],
)
def test_rejects_numbers_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        RunningBatchNorm(**arguments)


def test_rejects_integers_and_other_channels():
    with pytest.raises(TypeError, match="`running_batch_norm` takes an input of a floating type"):
        RunningBatchNorm().forward(np.zeros([2, 3], np.int32))
    layer = RunningBatchNorm()
    layer.forward(batch())
    with pytest.raises(ValueError, match="`running_batch_norm` needs 3 channels from its input"):
        layer.forward(np.zeros([2, 4, 2, 5]))

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core.running_statistics import RunningStatistics, after, held_statistics, moments
from tests.modes import Eager, Graph

X = np.random.RandomState(0).standard_normal([6, 4, 3, 2]) * [0.5, 20.0] + [5.0, -3.0]
MEAN, VARIANCE = X.mean(axis=(0, 1, 2)), X.var(axis=(0, 1, 2))


def updated(statistics):
    """Gives the new averages, tied to the update as a layer ties its output."""

    def run(x):
        mean, variance, updates = statistics.update(x, *statistics.moments(x))
        return after((mean, variance), updates)

    return run


def values(statistics, mode):
    return mode.get([statistics.mean, statistics.variance])


@pytest.mark.parametrize("shape", [(6, 4, 3, 2), (24, 3, 2), (72, 2), (6, 2, 2, 3, 2)])
def test_moments_are_those_of_every_channel(mode, shape):
    mean, variance = mode.call(RunningStatistics(0.9).moments, X.reshape(shape))

    np.testing.assert_allclose(mean, MEAN, rtol=1e-12)
    np.testing.assert_allclose(variance, VARIANCE, rtol=1e-12)


def test_they_start_as_mean_0_and_variance_1_and_are_not_trained(mode):
    statistics = RunningStatistics(0.9)

    mean, variance = mode.call(statistics.current, X)

    assert (mean.tolist(), variance.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    assert list(statistics.named_variables()) == ["mean", "variance"]
    assert not statistics.trainable_variables


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_updates_move_by_the_formula(mode, decay):
    statistics = RunningStatistics(decay)
    function = mode.function(updated(statistics), X)
    mean, variance = np.zeros(2), np.ones(2)

    for scale in (1.0, -2.0, 0.1):
        mean = decay * mean + (1.0 - decay) * scale * MEAN
        variance = decay * variance + (1.0 - decay) * scale**2 * VARIANCE
        returned = function(scale * X)
        np.testing.assert_allclose(returned, [mean, variance], rtol=1e-12)
        np.testing.assert_allclose(values(statistics, mode), [mean, variance], rtol=1e-12)


def test_the_operations_are_returned_only_in_a_graph(mode):
    statistics = RunningStatistics(0.9)

    _, _, updates = mode.call(lambda x: statistics.update(x, *moments(x)), X)

    assert len(updates) == (0 if mode.name == "eager" else 2)
    np.testing.assert_allclose(values(statistics, mode)[0], 0.1 * MEAN, rtol=1e-12)


def test_in_a_graph_only_what_is_tied_updates():
    with Graph() as mode:
        statistics = RunningStatistics(0.9)
        mean, variance, updates = statistics.update(tf.constant(X), *moments(tf.constant(X)))
        tied = after({"y": tf.constant(3.0)}, updates)
        mode.initialize_variables()
        mode.session.run([mean, variance])
        assert mode.get(statistics.mean).tolist() == [0.0, 0.0]

        assert mode.session.run(tied) == {"y": 3.0}
        np.testing.assert_allclose(mode.get(statistics.mean), 0.1 * MEAN, rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_batch_that_is_not_finite_leaves_the_variables(mode, bad):
    statistics = RunningStatistics(0.9)
    function = mode.function(updated(statistics), X)
    function(X)
    before = values(statistics, mode)
    spoiled = X.copy()
    spoiled[0, 0, 0, 1] = bad

    returned = function(spoiled)

    np.testing.assert_array_equal(values(statistics, mode), before)
    # Who looks at the returned ones is told.
    assert not np.any(np.isfinite(np.stack(returned)[:, 1]))
    function(X)
    np.testing.assert_allclose(values(statistics, mode)[0], 0.19 * MEAN, rtol=1e-12)


def test_large_values_are_true_ones(mode):
    statistics = RunningStatistics(0.9)

    mode.call(updated(statistics), (1e5 * X).astype(np.float32))

    np.testing.assert_allclose(values(statistics, mode)[0], 1e4 * MEAN, rtol=1e-5)


def test_a_batch_whose_variance_overflows_leaves_the_variables(mode):
    statistics = RunningStatistics(0.9)

    mode.call(updated(statistics), (1e30 * X).astype(np.float32))

    np.testing.assert_array_equal(values(statistics, mode), [[0.0, 0.0], [1.0, 1.0]])


def test_an_empty_batch_leaves_the_variables(mode):
    statistics = RunningStatistics(0.9)
    function = mode.function(updated(statistics), X, unknown_batch=True)

    function(X[:0])

    np.testing.assert_array_equal(values(statistics, mode), [[0.0, 0.0], [1.0, 1.0]])


def test_gradients_flow_through_the_share_of_the_batch(mode):
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            mean, variance, _ = statistics.update(x, *statistics.moments(x))
            loss = tf.reduce_sum(mean) + tf.reduce_sum(variance)
        return tape.gradient(loss, x)

    statistics = RunningStatistics(0.9)
    expected = 0.1 * (1.0 + 2.0 * (X - MEAN)) / (X.size / 2)

    np.testing.assert_allclose(mode.call(gradient, X), expected, rtol=1e-10)


def test_set_replaces_the_averages_by_finite_ones(mode):
    statistics = RunningStatistics(0.9)

    mode.call(lambda x: statistics.set(x, *moments(x)), X)
    mode.call(lambda x: statistics.set(x, *moments(x)), X * np.nan)

    np.testing.assert_allclose(values(statistics, mode), [MEAN, VARIANCE], rtol=1e-12)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_is_averaged_in_single_precision(dtype):
    """A sum of 300 over 4096 values overflows half precision, and so does a square."""
    statistics = RunningStatistics(0.5)
    x = tf.cast(tf.tile(tf.constant([[300.0], [-300.0]]), [2048, 1]), dtype)

    mean, variance = statistics.moments(x)
    statistics.update(x, mean, variance)

    assert {t.dtype for t in (mean, variance) + statistics.current(x)} == {tf.float32}
    assert (mean.numpy(), statistics.mean.numpy()) == ([0.0], [0.0])
    np.testing.assert_allclose(statistics.variance.numpy(), [45000.5], rtol=0.01)


CALLS = {
    "moments": lambda statistics, x: statistics.moments(x),
    "current": lambda statistics, x: statistics.current(x),
    "update": lambda statistics, x: statistics.update(x, MEAN, VARIANCE),
    "set": lambda statistics, x: statistics.set(x, MEAN, VARIANCE),
}


@pytest.mark.parametrize("call", sorted(CALLS))
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones([2, 3]), ValueError, "`norm` needs 2 channels from its input.*got shape"),
        (np.ones([2]), ValueError, "`norm` needs an input .* static channel count; got shape"),
        (np.ones([2, 2], np.int32), TypeError, "`norm` takes an input of a floating type; got in"),
        (np.ones([2, 2], np.float32), TypeError, "`norm` was built for float64; got float32"),
    ],
)
def test_rejects_other_inputs(call, x, error, message):
    statistics = RunningStatistics(0.9, name="norm")
    statistics.current(tf.constant(X))

    with pytest.raises(error, match=message):
        CALLS[call](statistics, tf.constant(x))


@pytest.mark.parametrize("call", sorted(CALLS))
def test_whichever_method_is_first_makes_the_variables(call):
    with Eager():
        statistics = RunningStatistics(0.9)
        CALLS[call](statistics, tf.constant(X))

    assert [v.shape.as_list() for v in statistics.variables] == [[2], [2]]


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_rejects_a_decay_out_of_range(decay):
    with pytest.raises(ValueError, match=r"`decay` must be in \[0, 1\); got"):
        RunningStatistics(decay)


def test_held_statistics_are_not_moved(mode):
    class Holder(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [RunningStatistics(0.5)]

    holder = Holder()
    statistics = holder.parts[0]

    def run(x):
        with held_statistics(holder):
            return updated(statistics)(x)

    new_mean, _ = mode.call(run, X)
    np.testing.assert_allclose(new_mean, 0.5 * MEAN, rtol=1e-12)
    assert values(statistics, mode)[0].tolist() == [0.0, 0.0]
    mode.call(updated(statistics), X)
    np.testing.assert_allclose(values(statistics, mode)[0], 0.5 * MEAN, rtol=1e-12)

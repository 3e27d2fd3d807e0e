import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.optimizers import WeightAverage

PATH = np.random.RandomState(0).standard_normal([6, 3]).astype(np.float32)


def walk(decay):
    """The averages after each of some updates, and the session they are in."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        weight, value = tf.Variable(np.full([3], 9, np.float32)), tf.compat.v1.placeholder("float")
        put = weight.assign(value)
        average = WeightAverage({"a/weight": weight}, decay)
        with tf.control_dependencies([put]):
            update = average.update()
        stored = average.named_variables()["a/weight"]
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(average.start())
        seen = [session.run(stored)]
        for point in PATH:
            session.run(update, {value: point})
            seen.append(session.run(stored))
        with average.in_use(session):
            used = session.run([weight, stored])
        after = session.run([weight, stored])
    return np.stack(seen), used, after


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.9999])
def test_is_the_weighted_mean_of_the_path_without_its_start(decay):
    seen, _, _ = walk(decay)
    path = PATH.astype(np.float64)
    for count in range(1, len(PATH) + 1):
        shares = decay ** np.arange(count - 1, -1, -1.0)
        expected = (shares[:, np.newaxis] * path[:count]).sum(axis=0) / shares.sum()
        np.testing.assert_allclose(seen[count], expected, rtol=2e-6, atol=1e-6)


def test_is_the_weights_before_training():
    np.testing.assert_array_equal(walk(0.9)[0][0], np.full([3], 9, np.float32))


def test_changes_places_with_the_weights_and_back_bit_for_bit():
    seen, used, after = walk(0.9)
    np.testing.assert_array_equal(used, [seen[-1], PATH[-1]])
    np.testing.assert_array_equal(after, [PATH[-1], seen[-1]])


def test_changes_places_with_few_edges():
    """As many as there are weights, not their square: a deep flow has thousands."""
    with tf.Graph().as_default() as graph:
        average = WeightAverage({str(i): tf.Variable(0.0) for i in range(40)}, 0.9)
        average.update()
    edges = sum(len(op.inputs) + len(op.control_inputs) for op in graph.get_operations())
    assert edges < 40 * 40


def test_gives_the_weights_back_after_an_error():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        weight = tf.Variable([1.0])
        average = WeightAverage({"weight": weight}, 0.9)
        session.run(tf.compat.v1.global_variables_initializer())
        used = []

        def fail():
            with average.in_use(session):
                used.append(session.run(weight))
                raise OSError("no space")

        with pytest.raises(OSError, match="no space"):
            fail()
        assert used == [0.0]
        assert session.run(weight) == [1.0]


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_rejects_decays_out_of_range(decay):
    with pytest.raises(ValueError, match=r"`decay` must be in \[0, 1\)"):
        WeightAverage({"weight": tf.Variable(1.0)}, decay)


def test_rejects_nothing_to_average():
    with pytest.raises(ValueError, match="`weights` must hold at least one variable"):
        WeightAverage({}, 0.9)

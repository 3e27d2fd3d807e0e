import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.losses import HistoricalAveraging
from genflow.networks import BatchNorm, Dense
from genflow.training import Minimizer

PATH = np.random.RandomState(0).standard_normal([5, 3, 2])


def make_weight(dtype="float64"):
    return tf.Variable(lambda: tf.zeros([3, 2], dtype))


def test_is_the_distance_from_the_mean_of_the_path(mode):
    """At step t from the mean of the weights 1 to t; the gradient takes the mean as it is."""
    weight = make_weight()
    averaging = HistoricalAveraging({"a/weight": weight})

    def run(scale):
        with tf.GradientTape() as tape:
            penalty = averaging.penalty(training=True)
        return scale * penalty, scale * tape.gradient(penalty, weight)

    step = mode.function(run, 1.0)
    for count, point in enumerate(PATH, start=1):
        mode.assign(weight, point)
        penalty, gradient = step(np.float64(1.0))
        away = point - PATH[:count].mean(axis=0)
        np.testing.assert_allclose(penalty, np.sum(away**2), rtol=1e-10, atol=1e-25)
        np.testing.assert_allclose(gradient, 2.0 * away, rtol=1e-10, atol=1e-14)
    named = averaging.named_variables()
    assert list(named) == ["count", "mean/a/weight"]
    count, mean = mode.get(list(named.values()))
    assert count == 5.0
    np.testing.assert_allclose(mean, PATH.mean(axis=0), rtol=1e-12)


def test_evaluation_does_not_move_the_mean(mode):
    weight = make_weight()
    averaging = HistoricalAveraging({"weight": weight})
    evaluate = mode.function(lambda s: s * averaging.penalty(training=False), 1.0)
    train = mode.function(lambda s: s * averaging.penalty(training=True), 1.0)
    one = np.float64(1.0)

    mode.assign(weight, PATH[0])
    assert evaluate(one) == 0.0  # There is no history yet.
    train(one)
    mode.assign(weight, PATH[1])
    for _ in range(2):
        np.testing.assert_allclose(evaluate(one), np.sum((PATH[1] - PATH[0]) ** 2))
    assert mode.get(averaging.named_variables()["count"]) == 1.0


def test_adds_all_weights():
    weights = {"a": tf.Variable([1.0]), "b": tf.Variable([[2.0, 3.0]])}
    averaging = HistoricalAveraging(weights)
    averaging.penalty(training=True)
    weights["a"].assign([2.0])
    weights["b"].assign([[5.0, 7.0]])

    np.testing.assert_allclose(averaging.penalty(training=False), 1.0 + 9.0 + 16.0)


def test_the_gradient_alone_moves_the_mean():
    """As a training step does, which fetches what the optimizer makes of the gradient."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        weight = make_weight()
        averaging = HistoricalAveraging({"weight": weight})
        [gradient] = tf.gradients(averaging.penalty(training=True), [weight])
        session.run(tf.compat.v1.global_variables_initializer())
        for _ in range(3):
            session.run(gradient)
        assert session.run(averaging.named_variables()["count"]) == 3.0


class Player(Network):
    """What it is does not matter, but it has weights that are not trained."""

    def __init__(self):
        super().__init__()
        self.dense, self.norm = Dense(2, seed=0), BatchNorm()

    def _call(self, x, context, training):
        return self.norm(self.dense(x), training=training)


def test_with_a_minimizer_pulls_towards_the_weights_that_have_been():
    """Gradient descent on `w + factor * penalty`, done by hand beside it."""
    x = np.random.RandomState(0).standard_normal([4, 3]).astype(np.float32)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        player, step = Player(), tf.compat.v1.train.get_or_create_global_step()
        player(x, training=True)
        averaging = HistoricalAveraging(player.named_variables())
        loss = tf.reduce_sum(player.dense.weight) + 0.5 * averaging.penalty(training=True)
        minimizer = Minimizer(lambda step: tf.compat.v1.train.GradientDescentOptimizer(0.25))
        update = minimizer.update(loss, {"player": player}, step)
        session.run(tf.compat.v1.global_variables_initializer())
        by_hand, history = session.run(player.dense.weight).astype(np.float64), []
        for _ in range(6):
            history.append(by_hand)
            away = by_hand - np.mean(history, axis=0)
            loss_by_hand = np.sum(by_hand) + 0.5 * np.sum(away**2)
            by_hand = by_hand - 0.25 * (1.0 + away)
            metrics = session.run([update.metrics, update.op])[0]
            np.testing.assert_allclose(metrics["loss"], loss_by_hand, rtol=1e-4)
            np.testing.assert_allclose(session.run(player.dense.weight), by_hand, rtol=1e-5)
    trained = ["dense/bias", "dense/weight", "norm/offset", "norm/scale"]
    assert list(averaging.named_variables()) == ["count"] + ["mean/" + path for path in trained]


def test_the_mean_of_half_precision_weights_is_kept_in_float32():
    weight = make_weight("float16")
    averaging = HistoricalAveraging({"weight": weight})

    assert averaging.named_variables()["mean/weight"].dtype == tf.float32
    assert averaging.penalty(training=True).dtype == tf.float32


@pytest.mark.parametrize("names", [[], ["mean"]])
def test_rejects_nothing_to_average(names):
    with pytest.raises(ValueError, match="`weights` must hold a variable that is trained; got"):
        HistoricalAveraging({name: tf.Variable(1.0, trainable=False) for name in names})

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.optimizers import Adamax
from genflow.training import Minimizer

START = np.array([1.0, -2.0], np.float32)
SLOPES = np.array([3.0, 4.0], np.float32)  # Their norm is 5.


class Weights(Module):
    def __init__(self):
        super().__init__()
        self.used = self._variable("used", lambda s, d: tf.constant(START, d), [2], tf.float32)
        self.unused = self._variable("unused", tf.ones, [2], tf.float32)


def gradient_descent(step):
    return tf.compat.v1.train.GradientDescentOptimizer(0.1)


def updated(scales=(1.0,), make_optimizer=gradient_descent, **kwargs):
    """Weights, metrics, step and average after updates with the slopes scaled."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        step = tf.compat.v1.train.get_or_create_global_step()
        weights, scale = Weights(), tf.compat.v1.placeholder(tf.float32, [])
        loss = scale * tf.reduce_sum(SLOPES * weights.used)
        minimizer = Minimizer(make_optimizer, **kwargs)
        update = minimizer.update(loss, {"model": weights}, step)
        session.run(tf.compat.v1.global_variables_initializer())
        seen = []
        for value in scales:
            metrics = session.run([update.op, update.metrics], {scale: value})[1]
            variables = {"weights": weights.used, "step": step}
            if minimizer.average is not None:
                named = minimizer.average.named_variables()
                variables.update(average=named["model/used"], count=named["count"])
            seen.append(dict(session.run(variables), **metrics))
        assert list(update.gradients) == ["model/used"]
    return seen


def test_does_what_the_optimizer_does():
    seen = updated()[0]
    np.testing.assert_allclose(seen["weights"], START - 0.1 * SLOPES, rtol=1e-6)
    assert seen["gradient_norm"] == pytest.approx(5.0)
    assert seen["loss"] == pytest.approx(-5.0)
    assert seen["step"] == 1
    assert seen["is_finite"]


@pytest.mark.parametrize(("clip_norm", "factor"), [(2.5, 0.5), (10.0, 1.0)])
def test_clips_all_gradients_together(clip_norm, factor):
    seen = updated(clip_norm=clip_norm)[0]
    np.testing.assert_allclose(seen["weights"], START - 0.1 * factor * SLOPES, rtol=1e-6)
    assert seen["gradient_norm"] == pytest.approx(5.0)


def test_weight_decay_is_a_factor_of_the_weights_before_the_step():
    seen = updated(weight_decay=0.5)[0]
    np.testing.assert_allclose(seen["weights"], 0.5 * START - 0.1 * SLOPES, rtol=1e-6)


def test_averages_the_weights_after_each_step():
    seen = updated([1.0, 1.0], average_decay=0.5)
    first, second = (START - 0.1 * n * SLOPES for n in (1, 2))
    np.testing.assert_allclose(seen[0]["average"], first, rtol=1e-6)
    np.testing.assert_allclose(seen[1]["average"], (0.5 * first + second) / 1.5, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e38])
@pytest.mark.parametrize(
    "make_optimizer",
    [lambda step: Adamax(0.1), lambda step: tf.compat.v1.train.AdamOptimizer(0.1)],
    ids=["adamax", "adam"],
)
def test_what_is_not_finite_changes_nothing(bad, make_optimizer):
    """Not even the moments: the step after it is what it would have been without it."""
    arguments = {"make_optimizer": make_optimizer, "average_decay": 0.5, "clip_norm": 1.0}
    good, spoilt, after = updated([1.0, bad, 2.0], **arguments)
    assert not spoilt["is_finite"]
    for name in ("weights", "average", "count", "step"):
        np.testing.assert_array_equal(spoilt[name], good[name])
    expected = updated([1.0, 2.0], **arguments)[1]
    for name in ("weights", "average", "count", "step"):
        np.testing.assert_array_equal(after[name], expected[name])


def test_adam_is_the_published_one():
    def make(step):
        return tf.compat.v1.train.AdamOptimizer(0.1, beta1=0.9, beta2=0.99, epsilon=1e-8)

    m, v, weights = 0.0, 0.0, START.astype(np.float64)
    for t, (scale, seen) in enumerate(zip([1.0, -2.0], updated([1.0, -2.0], make)), 1):
        gradient = scale * SLOPES.astype(np.float64)
        m, v = 0.9 * m + 0.1 * gradient, 0.99 * v + 0.01 * gradient**2
        step_size = 0.1 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t)
        weights = weights - step_size * m / (np.sqrt(v) + 1e-8)
        np.testing.assert_allclose(seen["weights"], weights, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clip_norm": 0.0}, "`clip_norm` must be positive or None; got 0.0"),
        ({"weight_decay": 0.0}, r"`weight_decay` .* must be in \(0, 1\]"),
        ({"weight_decay": 1.1}, r"`weight_decay` .* must be in \(0, 1\]"),
    ],
)
def test_rejects_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        Minimizer(gradient_descent, **arguments)


def test_rejects_a_loss_that_nothing_decides():
    with tf.Graph().as_default():
        step = tf.compat.v1.train.get_or_create_global_step()
        with pytest.raises(ValueError, match="depends on no trainable variable"):
            Minimizer(gradient_descent).update(tf.constant(1.0), {"model": Weights()}, step)

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.distributions import Flow
from genflow.layers import ActNorm, AffineCoupling, Chain
from genflow.networks import MLP
from genflow.training.nan_guard import find_bad_layer


class Sour(Bijection):
    """The identity, but for a gradient that is not finite."""

    def _forward(self, x, context, training):
        zero = tf.sqrt(tf.square(x - tf.stop_gradient(x)))
        return x + zero, tf.reduce_sum(zero, axis=1)

    def _inverse(self, y, context, training):
        return y, tf.reduce_sum(tf.zeros_like(y), axis=1)


class SourInTraining(Sour):
    """The identity, but for infinite outputs in training."""

    differs_in_training = True

    def _forward(self, x, context, training):
        return x / (0.0 if training else 1.0), tf.reduce_sum(tf.zeros_like(x), axis=1)


def found(layers, x, spoil=None, training=False):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        flow = Flow(Chain([Chain(layers[:2]), Chain(layers[2:])]), event_shape=[2])
        batch = tf.compat.v1.placeholder(tf.float32, [None, 2])
        loss = tf.reduce_mean(flow.log_prob(batch))
        named = {"flow/" + path: v for path, v in flow.named_variables().items()}
        with_gradient = zip(named, tf.gradients(loss, list(named.values())))
        gradients = {path: g for path, g in with_gradient if g is not None}
        session.run(tf.compat.v1.global_variables_initializer())
        if spoil is not None:
            path, value = spoil
            variable = named[path]
            session.run(variable.assign(np.full(variable.shape.as_list(), value, np.float32)))
        return find_bad_layer({"flow": flow}, batch, None, gradients, session, {batch: x}, training)


X = np.random.RandomState(0).standard_normal([4, 2]).astype(np.float32)


def layers():
    return [ActNorm(), AffineCoupling(MLP([8], 2, seed=0)), ActNorm(), ActNorm()]


def test_names_the_layer_that_fails_in_training_only():
    with_it = [ActNorm(), SourInTraining(), ActNorm(), ActNorm()]

    assert found(with_it, X, training=True) == (
        "the first layer whose output is not finite is flow/bijection/layers/0/layers/1 "
        "(SourInTraining)"
    )


def test_names_a_weight():
    path = "flow/bijection/layers/1/layers/0/shift"
    assert found(layers(), X, (path, np.nan)) == "the weight {} is not finite".format(path)


@pytest.mark.parametrize(
    ("spoilt", "value"),
    [("layers/0/layers/0/log_scale", 100.0), ("layers/1/layers/1/log_scale", 3e38)],
)
def test_names_the_first_layer_whose_output_overflows(spoilt, value):
    layer = spoilt.rsplit("/", 1)[0]
    assert found(layers(), X, ("flow/bijection/" + spoilt, value)) == (
        "the first layer whose output is not finite is flow/bijection/{} (ActNorm)".format(layer)
    )


def test_names_the_batch_at_the_first_layer():
    assert "flow/bijection/layers/0/layers/0 (ActNorm)" in found(layers(), X * np.inf)


def test_names_the_layer_where_the_gradient_breaks():
    sour = [ActNorm(), ActNorm(), Sour(), ActNorm()]
    message = found(sour, X)
    assert message == (
        "the outputs are finite, but not the gradient of flow/bijection/layers/0/layers/1/log_scale"
    )


def test_says_nothing_where_all_of_that_is_finite():
    assert found(layers(), X) == ""

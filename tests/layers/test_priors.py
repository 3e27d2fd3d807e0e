"""Split and LearnedPrior: normal densities with mean and scale, as bijections."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.layers import LearnedPrior, Split
from genflow.networks import ContextBias, Sum, ZerosConv
from tests.modes import perturb


class Constant(Network):
    """Says `values` at every position, and remembers what it was asked."""

    def __init__(self, values):
        super().__init__()
        self._values, self.asked = values, None

    def _call(self, x, context, training):
        self.asked = x
        return tf.zeros_like(x[..., :1]) + tf.constant(self._values, x.dtype)


def log_normal(value, mean, log_scale):
    return -0.5 * ((value - mean) / np.exp(log_scale)) ** 2 - log_scale - 0.5 * np.log(2 * np.pi)


X = np.random.RandomState(0).standard_normal([3, 2, 4, 4])
MEAN, LOG_SCALE = np.array([1.0, -2.0]), np.array([0.5, 0.25])


def test_split_gives_the_conditional_density(mode):
    split = Split(Constant(np.concatenate([MEAN, LOG_SCALE])))

    (kept, latent), log_det = mode.call(split.forward_and_log_det, X)

    np.testing.assert_array_equal(kept, X[..., :2])
    np.testing.assert_allclose(latent, (X[..., 2:] - MEAN) * np.exp(-LOG_SCALE), rtol=1e-12)
    density = log_normal(latent, 0.0, 0.0).sum(axis=(1, 2, 3)) + log_det
    expected = log_normal(X[..., 2:], MEAN, LOG_SCALE).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(density, expected, rtol=1e-12)


def test_split_without_a_conditioner_only_splits(mode):
    (kept, latent), log_det = mode.call(Split().forward_and_log_det, X[..., :3])

    np.testing.assert_array_equal(kept, X[..., :2])
    np.testing.assert_array_equal(latent, X[..., 2:3])
    np.testing.assert_array_equal(log_det, np.zeros(3))


def test_split_asks_its_conditioner_about_the_kept_half():
    conditioner = Constant([0.0] * 4)
    Split(conditioner).forward(X)
    np.testing.assert_array_equal(conditioner.asked, X[..., :2])

    Split(conditioner).inverse((X[..., :2], X[..., 2:]))
    np.testing.assert_array_equal(conditioner.asked, X[..., :2])


def test_learned_prior_gives_the_density(mode):
    prior = LearnedPrior(Constant(np.concatenate([MEAN, LOG_SCALE])))
    x = X[..., :2]

    y, log_det = mode.call(prior.forward_and_log_det, x)

    np.testing.assert_allclose(y, (x - MEAN) * np.exp(-LOG_SCALE), rtol=1e-12)
    density = log_normal(y, 0.0, 0.0).sum(axis=(1, 2, 3)) + log_det
    expected = log_normal(x, MEAN, LOG_SCALE).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(density, expected, rtol=1e-12)


def test_learned_prior_asks_once_for_the_whole_batch_and_tells_nothing_of_the_input():
    network = Constant([0.0] * 8)
    LearnedPrior(network).forward(X)

    np.testing.assert_array_equal(network.asked, np.zeros([1, 2, 4, 8]))


def test_learned_prior_can_differ_from_position_to_position(mode):
    """The network sees the border, so each position has parameters of its own."""
    prior = LearnedPrior(ZerosConv(8))
    mode.call(prior.forward, X)
    perturb(prior, mode)

    y = mode.call(prior.forward, np.zeros_like(X))

    np.testing.assert_allclose(y[0], y[1], rtol=1e-12)
    assert np.max(np.abs(y[0, 0, 0] - y[0, 1, 1])) > 1e-3


def test_a_vector_for_all_positions_counts_at_each_of_them(mode):
    prior = LearnedPrior(ContextBias(8))
    context = np.eye(3)
    mode.call(prior.forward, X, context)
    perturb(prior, mode)

    y, log_det = mode.call(prior.forward_and_log_det, X, context)

    ratios = (y[:, 0, 0] - y[:, 1, 1]) / (X[:, 0, 0] - X[:, 1, 1])
    np.testing.assert_allclose(log_det, 8 * np.log(ratios).sum(axis=1), rtol=1e-9)


@pytest.mark.parametrize(
    "make_network", [lambda: ContextBias(8), lambda: Sum([ZerosConv(8), ContextBias(8)])]
)
def test_class_conditional_prior_depends_on_the_label(mode, make_network):
    prior, labels = LearnedPrior(make_network()), np.eye(3)
    same = np.repeat(X[:1], 3, axis=0)
    mode.call(prior.forward, same, labels)
    perturb(prior, mode)

    _, log_det = mode.call(prior.forward_and_log_det, same, labels)

    assert len(set(np.round(log_det, 6))) == 3

"""Densities of flows against those that can be written down."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from scipy import stats

from genflow.core import Network
from genflow.distributions import Flow
from genflow.layers import (
    Chain,
    Dequantize,
    ExpScale,
    Logit,
    MaskedAffineCoupling,
    RunningBatchNorm,
    channel_mask,
    complement,
)

NUM_VALUES = 5


class Linear(Network):
    """A shift that is linear in the input, and a constant raw log-scale."""

    def __init__(self, matrix, log_scale):
        super().__init__()
        self._matrix, self._log_scale = matrix, log_scale

    def _call(self, x, context, training):
        shift = tf.matmul(x, tf.constant(self._matrix.T, x.dtype))
        return tf.concat([shift, 0.0 * shift + tf.constant(self._log_scale, x.dtype)], axis=-1)


def linear_flow(random):
    """Norm and two couplings, and the matrix and offset with which `z = matrix @ x + offset`."""
    mean, variance = random.standard_normal(NUM_VALUES), random.uniform(0.1, 4.0, NUM_VALUES)
    norm = RunningBatchNorm(epsilon=1e-3)
    scale = (variance + 1e-3) ** -0.5
    matrix, offset = np.diag(scale), -mean * scale
    layers = [norm]
    for mask in (channel_mask, complement(channel_mask)):
        weights, log_scale = random.standard_normal([5, 5]), random.standard_normal(NUM_VALUES)
        kept = np.array(mask([NUM_VALUES])).astype(float)
        layers.append(MaskedAffineCoupling(Linear(weights, log_scale), mask, ExpScale()))
        step = np.diag(kept + (1.0 - kept) * np.exp(log_scale))
        step += (1.0 - kept)[:, np.newaxis] * weights * kept
        matrix, offset = step @ matrix, step @ offset
    return layers, (mean, variance), matrix, offset


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_log_prob_is_that_of_the_gaussian_which_linear_layers_make(dtype, tolerance):
    layers, statistics, matrix, offset = linear_flow(np.random.RandomState(0))
    flow, inverse = Flow(Chain(layers), event_shape=[NUM_VALUES]), np.linalg.inv(matrix)
    gaussian = stats.multivariate_normal(-inverse @ offset, inverse @ inverse.T)
    x = gaussian.rvs(50, random_state=1).astype(dtype)
    flow.log_prob(x)
    norm = layers[0].statistics
    for variable, value in zip([norm.mean, norm.variance], statistics):
        variable.assign(value.astype(dtype))

    found = flow.log_prob(x).numpy()

    np.testing.assert_allclose(found, gaussian.logpdf(x), rtol=tolerance)


def test_samples_have_the_moments_of_that_gaussian():
    layers, statistics, matrix, offset = linear_flow(np.random.RandomState(2))
    flow, inverse = Flow(Chain(layers), event_shape=[NUM_VALUES]), np.linalg.inv(matrix)
    flow.log_prob(np.zeros([2, NUM_VALUES]))
    norm = layers[0].statistics
    for variable, value in zip([norm.mean, norm.variance], statistics):
        variable.assign(value)

    samples = flow.sample(20000, seed=0).numpy()

    covariance = inverse @ inverse.T
    deviations = np.sqrt(np.diag(covariance))
    # Five standard errors.
    error = np.abs(samples.mean(axis=0) + inverse @ offset) / deviations
    assert np.max(error) < 5.0 / np.sqrt(20000)
    correlations = (np.cov(samples.T) - covariance) / np.outer(deviations, deviations)
    assert np.max(np.abs(correlations)) < 5.0 * np.sqrt(2.0 / 20000)


@pytest.mark.parametrize("alpha", [0.05, 1e-5])
def test_preprocessing_leaves_out_no_term(alpha):
    """The density of a pixel value, summed up, is the normal mass that its logits cover."""
    flow = Flow(Chain([Dequantize(centered=False, seed=0), Logit(alpha)]), event_shape=[1])
    # The same density at many points of each unit interval, instead of one at random.
    points = (np.arange(256 * 400) + 0.5) / 400.0
    unit = Flow(Logit(alpha), event_shape=[1])
    density = np.exp(unit.log_prob((points / 256.0)[:, np.newaxis])) / 256.0
    end = np.log(1.0 - 0.5 * alpha) - np.log(0.5 * alpha)
    expected = stats.norm.cdf(end) - stats.norm.cdf(-end)
    np.testing.assert_allclose(density.sum() / 400.0, expected, rtol=1e-4)

    _, log_det = Logit(alpha).forward_and_log_det(points[:, np.newaxis] / 256.0)
    p = 0.5 * alpha + (1.0 - alpha) * points / 256.0
    expected_log_det = np.log1p(-alpha) - np.log(p) - np.log1p(-p)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=1e-10)

    value = np.full([4000, 1], 100.0)
    found = np.mean(np.exp(flow.log_prob(value).numpy()))
    inside = (points >= 100.0) & (points < 101.0)
    np.testing.assert_allclose(found, np.mean(density[inside]), rtol=1e-3)

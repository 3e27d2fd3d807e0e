import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from genflow.distributions import FlowBijector
from genflow.layers import ActNorm, TFPLayer
from tests.distributions.test_flow import conditional_flow, image_flow
from tests.modes import perturb

SIZE = 8 * 8 * 3


def transformed(flow, dtype=tf.float32, context=None):
    base = tfd.MultivariateNormalDiag(loc=tf.zeros([np.prod(flow.event_shape)], dtype))
    bijector = FlowBijector(flow.bijection, flow.event_shape, context=context, dtype=dtype)
    return tfd.TransformedDistribution(base, bijector)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_transformed_distribution_has_the_density_of_the_flow(mode, dtype):
    flow = image_flow()
    x = np.random.RandomState(0).standard_normal([4, 8, 8, 3]).astype(dtype.as_numpy_dtype)
    mode.call(flow.log_prob, x)
    perturb(flow, mode)
    expected = mode.call(flow.log_prob, x)
    actual = mode.call(lambda x: transformed(flow, dtype).log_prob(x), x)
    np.testing.assert_allclose(actual, expected, rtol=1e-5)
    nested = mode.call(lambda x: transformed(flow, dtype).log_prob(x), x.reshape(2, 2, 8, 8, 3))
    np.testing.assert_allclose(nested, expected.reshape(2, 2), rtol=1e-5)


def test_samples_are_those_of_the_flow(mode):
    flow = image_flow()
    mode.call(lambda: flow.sample(2, seed=0))
    perturb(flow, mode)

    def draw():
        distribution = transformed(flow)
        samples = distribution.sample([3, 2], seed=1)
        return samples, distribution.log_prob(samples), flow.log_prob(samples[0])

    samples, log_prob, expected = mode.call(draw)
    assert samples.shape == (3, 2, 8, 8, 3)
    np.testing.assert_allclose(log_prob[0], expected, rtol=1e-4)
    assert transformed(flow).event_shape.as_list() == [8, 8, 3]


def test_context_is_handed_on(mode):
    flow = conditional_flow()
    x = np.random.RandomState(0).standard_normal([2, 4, 4, 4]).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)[[0, 2]]
    mode.call(lambda x, c: flow.log_prob(x, c), x, labels)
    perturb(flow, mode)
    expected = mode.call(lambda x, c: flow.log_prob(x, c), x, labels)
    actual = mode.call(lambda x, c: transformed(flow, context=c).log_prob(x), x, labels)
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_the_two_bridges_undo_each_other(mode):
    """A layer as a bijector as a layer maps as the layer does, but for the flat latent."""
    flow = image_flow()
    x = np.random.RandomState(0).standard_normal([4, 8, 8, 3]).astype(np.float32)
    mode.call(flow.encode, x)
    perturb(flow, mode)
    layer = TFPLayer(FlowBijector(flow.bijection, flow.event_shape))
    z, log_det = mode.call(layer.forward_and_log_det, x)
    (fine, coarse), expected = mode.call(flow.bijection.forward_and_log_det, x)
    flat = np.concatenate([fine.reshape(4, -1), coarse.reshape(4, -1)], axis=1)
    np.testing.assert_allclose(z, flat, atol=1e-6)
    np.testing.assert_allclose(log_det, expected, rtol=1e-5)
    restored, inverse_log_det = mode.call(layer.inverse_and_log_det, z)
    np.testing.assert_allclose(restored, x, atol=1e-5)
    np.testing.assert_allclose(inverse_log_det, -expected, rtol=1e-5)
    assert layer.output_shape([None, 8, 8, 3]).as_list() == [None, SIZE]
    assert layer.input_shape([None, SIZE]).as_list() == [None, 8, 8, 3]


def test_chains_with_bijectors_of_tfp(mode):
    bijector = tfb.Chain([tfb.Sigmoid(), FlowBijector(ActNorm(), event_shape=[3])])
    base = tfd.MultivariateNormalDiag(loc=tf.zeros([3]))
    x = np.random.RandomState(0).uniform(0.1, 0.9, [5, 3]).astype(np.float32)

    def log_prob(x):
        return tfd.TransformedDistribution(base, bijector).log_prob(x)

    z = np.log(x) - np.log1p(-x)
    expected = np.sum(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - np.log(x) - np.log1p(-x), axis=1)
    if mode.name == "graph":  # The base distribution above belongs to no other graph.
        np.testing.assert_allclose(mode.call(log_prob, x), expected, rtol=1e-5)


def test_rejects_what_is_no_bijection():
    with pytest.raises(TypeError, match="`bijection` must be a bijection; got a str"):
        FlowBijector("glow", event_shape=[3])

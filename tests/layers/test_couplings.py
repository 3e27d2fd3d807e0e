import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.layers import AdditiveCoupling, AffineCoupling, ExpScale
from genflow.networks import MLP, GlowConditioner
from tests.modes import Eager, perturb

LOG_SIGMOID_2 = -0.1269280110429726


class Constant(Network):
    """A conditioner that always says the same."""

    def __init__(self, values):
        super().__init__()
        self._values = values

    def _call(self, x, context, training):
        return tf.zeros_like(x[..., :1]) + tf.constant(self._values, x.dtype)


def images(channels):
    return np.random.RandomState(0).standard_normal([3, 4, 6, channels])


def test_affine_coupling_starts_with_the_scale_sigmoid_2(mode):
    x = images(4)
    layer = AffineCoupling(GlowConditioner(width=4, out_channels=4, seed=0))

    y, log_det = mode.call(layer.forward_and_log_det, x)

    np.testing.assert_allclose(y[..., :2], x[..., :2], rtol=1e-14)
    np.testing.assert_allclose(y[..., 2:], x[..., 2:] / (1.0 + np.exp(-2.0)), rtol=1e-12)
    np.testing.assert_allclose(log_det, np.full(3, LOG_SIGMOID_2 * 4 * 6 * 4 / 2), rtol=1e-12)


def test_additive_coupling_starts_as_the_identity(mode):
    x = images(4)
    layer = AdditiveCoupling(GlowConditioner(width=4, out_channels=2, seed=0))

    y, log_det = mode.call(layer.forward_and_log_det, x)

    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(log_det, np.zeros(3))


def test_affine_coupling_shifts_before_it_scales():
    x = images(4)
    layer = AffineCoupling(Constant([1.0, 2.0, 0.5, -0.5]), ExpScale())

    y, log_det = layer.forward_and_log_det(x)

    expected = (x[..., 2:] + [1.0, 2.0]) * np.exp([0.5, -0.5])
    np.testing.assert_allclose(y[..., 2:], expected, rtol=1e-12)
    np.testing.assert_allclose(log_det, np.zeros(3), atol=1e-12)


def test_additive_coupling_adds():
    x = images(4)

    y = AdditiveCoupling(Constant([1.0, 2.0])).forward(x)

    np.testing.assert_allclose(y[..., 2:], x[..., 2:] + [1.0, 2.0], rtol=1e-12)


@pytest.mark.parametrize(("channels", "kept"), [(2, 1), (3, 2), (5, 3), (6, 3)])
def test_the_first_and_larger_half_is_kept(channels, kept):
    x, other = images(channels), images(channels)
    other[..., kept:] += 1.0
    layer = AffineCoupling(GlowConditioner(4, 2 * (channels - kept), seed=0))
    with Eager() as mode:
        at_start = mode.call(layer.forward, x)
        perturb(layer, mode)

    y, y_other = layer.forward(x).numpy(), layer.forward(other).numpy()

    np.testing.assert_allclose(y[..., :kept], x[..., :kept], rtol=1e-14)
    # The conditioner does not see the changed half: both were shifted and scaled alike.
    scales = (y_other - y)[..., kept:]
    restored = layer.inverse(y_other).numpy()
    np.testing.assert_allclose(restored, other, rtol=1e-10)
    assert np.all(scales > 0.0)
    assert np.all(scales < 1.0)
    assert np.max(np.abs(y - at_start)) > 1e-4


def test_the_scale_map_is_used_in_both_directions():
    layer = AffineCoupling(Constant([0.0, 3.0]), scale_map=lambda h: h / 6.0)
    x = np.ones([1, 2])

    np.testing.assert_allclose(layer.forward(x), [[1.0, np.exp(0.5)]], rtol=1e-12)
    np.testing.assert_allclose(layer.inverse(x), [[1.0, np.exp(-0.5)]], rtol=1e-12)


def test_the_conditioner_gets_the_context(mode):
    layer = AffineCoupling(MLP([8], 2, seed=0))
    x, context = np.ones([2, 2]), np.array([[1.0, 0.0], [0.0, 1.0]])
    mode.call(layer.forward, x, context)
    perturb(layer, mode, scale=0.3)

    y = mode.call(layer.forward, x, context)

    assert abs(y[0, 1] - y[1, 1]) > 1e-3
    np.testing.assert_allclose(mode.call(layer.inverse, y, context), x, rtol=1e-12)


def test_initialize_reaches_the_conditioner(mode):
    x = images(4)
    layer = AdditiveCoupling(GlowConditioner(4, 2, seed=0))

    mode.call(layer.initialize, x)

    assert np.all(mode.get(layer.conditioner.conv_in.log_scale) != 0.0)
    assert np.all(mode.get(layer.conditioner.conv_hidden.log_scale) != 0.0)


@pytest.mark.parametrize("scale_map", ["sigmoid", 2.0])
def test_rejects_a_scale_map_that_cannot_be_called(scale_map):
    with pytest.raises(TypeError, match="`scale_map` must be a function of a tensor; got"):
        AffineCoupling(GlowConditioner(4, 4), scale_map=scale_map)

"""A normal prior with learned mean and scale, as a bijection to the standard normal."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Network
from genflow.core.checks import check_channels, static_channels
from genflow.core.log_det import sum_except_batch, zero_log_det
from genflow.core.types import Nest, Tensor


class LearnedPrior(Bijection):
    """Standardises its input by a mean and a scale that a network decides.

    With `canvas` all zeros, computes

        mean, log_scale = split(network(canvas, context))
        y = (x - mean) * exp(-log_scale)
        log_det = -sum(log_scale)

    A standard normal `y` makes `x` normal with that mean and scale, so this layer, at
    the end of the last level, is Glow's learned top prior; with a network that uses the
    context, it is the class-conditional one.

    Shapes:
        x, y: `[batch, ..., channels]`.
        network: from `[1, ..., 2 * channels]`, all zeros, and the context, to
            `[1 or batch, ..., 2 * channels]`, where the middle axes may be 1; the mean
            comes first.
        log_det: `[batch]`.

    Example:
        >>> from genflow.networks import ContextBias, Sum, ZerosConv
        >>> network = Sum([ZerosConv(out_channels=96), ContextBias(out_channels=96)])
        >>> prior = LearnedPrior(network)
        >>> labels = tf.one_hot([3, 7], depth=10)
        >>> prior.forward(tf.ones([2, 4, 4, 48]), labels).shape.as_list()
        [2, 4, 4, 48]

    References:
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(self, network: Network, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            network: Network from the canvas and the context to mean and log-scale.
            name: Name scope of the layer.
        """
        super().__init__(name=name)
        self.network = network

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        mean, log_scale = self._parameters(x, context, training)
        return (x - mean) * tf.exp(-log_scale), -_log_scales(log_scale, x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        mean, log_scale = self._parameters(y, context, training)
        return y * tf.exp(log_scale) + mean, _log_scales(log_scale, y)

    def _parameters(
        self, x: Tensor, context: Optional[Nest], training: bool
    ) -> Tuple[Tensor, Tensor]:
        canvas = _canvas(x, owner=self)
        parameters = self.network(canvas, context, training)
        check_channels(parameters, 2 * static_channels(x, owner=self), self, "its network")
        # A network may answer with one vector for all positions; each of them counts.
        mean, log_scale = tf.split(parameters + canvas, 2, axis=-1)
        return mean, log_scale


def _canvas(x: Tensor, owner: Bijection) -> Tensor:
    """Zeros for one example: networks without context give one answer for the whole batch."""
    channels = static_channels(x, owner)
    if x.shape[1:].is_fully_defined():
        return tf.zeros([1] + x.shape[1:-1].as_list() + [2 * channels], x.dtype)
    canvas = tf.zeros(tf.concat([[1], tf.shape(x)[1:-1], [2 * channels]], axis=0), x.dtype)
    canvas.set_shape(tf.TensorShape([1]).concatenate(x.shape[1:-1]).concatenate([2 * channels]))
    return canvas


def _log_scales(log_scale: Tensor, x: Tensor) -> Tensor:
    return sum_except_batch(log_scale) + zero_log_det(x)

"""What the norms share that use the values of one example only."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_floating, check_positive, static_channels
from genflow.core.log_det import log_det_dtype
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor


class GroupedNorm(Network):
    """Standardises groups of channels of every example by their own mean and variance.

    Computes `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`, where `mean` and
    `variance` are those of an example over all positions and the channels of a group, and
    every channel has its `scale` and `offset`. Subclasses write `_num_groups(channels)`.
    """

    def __init__(self, epsilon: float, affine: bool, name: Optional[str]) -> None:
        """Constructs what is shared; see the subclasses."""
        super().__init__(name=name)
        check_positive(epsilon, "epsilon")
        self.epsilon = epsilon
        self.affine = affine
        self._channels = None

    def _num_groups(self, channels: int) -> int:
        raise NotImplementedError("`{}` has no `_num_groups`.".format(type(self).__name__))

    def _build(self, x: Tensor) -> None:
        self._channels = static_channels(x, owner=self)
        if self.affine:
            self.scale = self._variable("scale", tf.ones, [self._channels], x.dtype)
            self.offset = self._variable("offset", tf.zeros, [self._channels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_floating(x.dtype, owner=self)
        check_channels(x, self._channels, self, "its input, as at the first call")
        groups = self._num_groups(self._channels)
        self._check_size(x, self._channels // groups)
        y = _standardized(tf.cast(x, log_det_dtype(x.dtype)), groups, self.epsilon)
        if self.affine:
            y = y * tf.cast(self.scale, y.dtype) + tf.cast(self.offset, y.dtype)
        return tf.cast(y, x.dtype)

    def _check_size(self, x: Tensor, width: int) -> None:
        """Refuses groups of one value, which would all become 0."""
        if width == 1 and x.shape[1:-1].num_elements() == 1:
            raise ValueError(
                "`{}` needs groups of more than one value; got shape {}, in which each channel is "
                "a group of one: use fewer groups, or another norm.".format(self.name, x.shape)
            )


def _standardized(x: Tensor, groups: int, epsilon: float) -> Tensor:
    channels, rank = static_size(x, -1), x.shape.rank
    sizes = tf.concat([tf.shape(x)[:-1], [groups, channels // groups]], axis=0)
    h = tf.reshape(x, sizes)
    axes = list(range(1, rank - 1)) + [rank]
    mean, variance = tf.nn.moments(h, axes=axes, keepdims=True)
    y = tf.reshape((h - mean) * tf.math.rsqrt(variance + epsilon), tf.shape(x))
    y.set_shape(x.shape)
    return y

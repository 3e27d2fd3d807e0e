"""Space to channels."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.bijection import as_shape
from genflow.core.checks import check_rank, static_channels
from genflow.core.log_det import zero_log_det
from genflow.core.shapes import size
from genflow.core.types import Nest, Tensor


class Squeeze(Bijection):
    """Turns every square of `factor * factor` pixels into one pixel with more channels.

    For the pixel `(dy, dx)` of a square and the channel `c`, the output channel is

        c * factor**2 + dy * factor + dx         channel_major=True (Glow)
        (dy * factor + dx) * channels + c        channel_major=False (space-to-depth)

    and `log_det = 0`.

    Shapes:
        x: `[batch, height, width, channels]`; `factor` divides height and width.
        y: `[batch, height / factor, width / factor, channels * factor**2]`.
        log_det: `[batch]`.

    Example:
        >>> Squeeze().forward(tf.ones([2, 32, 32, 3])).shape.as_list()
        [2, 16, 16, 12]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.6. https://arxiv.org/abs/1605.08803
    """

    def __init__(
        self, factor: int = 2, channel_major: bool = True, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            factor: Side of the squares.
            channel_major: Whether the pixels of one input channel stay together, as in
                Glow, or the channels of one pixel, as in `tf.nn.space_to_depth`.
            name: Name scope of the layer.

        Raises:
            ValueError: If `factor` is not an integer of at least 2.
        """
        super().__init__(name=name)
        if not isinstance(factor, int) or factor < 2:
            raise ValueError("`factor` must be an integer of at least 2; got {}.".format(factor))
        self.factor = factor
        self.channel_major = channel_major

    def output_shape(self, input_shape: Nest) -> tf.TensorShape:
        """See `Bijection.output_shape`."""
        batch, height, width, channels = self._checked(as_shape(input_shape)).as_list()
        f = self.factor
        return tf.TensorShape(
            [
                batch,
                None if height is None else height // f,
                None if width is None else width // f,
                None if channels is None else channels * f * f,
            ]
        )

    def input_shape(self, output_shape: Nest) -> tf.TensorShape:
        """See `Bijection.input_shape`."""
        batch, height, width, channels = as_shape(output_shape).as_list()
        f = self.factor
        return tf.TensorShape(
            [
                batch,
                None if height is None else height * f,
                None if width is None else width * f,
                None if channels is None else channels // (f * f),
            ]
        )

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        check_rank(x, [4], owner=self)
        self._checked(x.shape)
        f = self.factor
        if not self.channel_major:
            return tf.nn.space_to_depth(x, f), zero_log_det(x)
        height, width, channels = (size(x, axis) for axis in (1, 2, 3))
        y = tf.reshape(x, [-1, height // f, f, width // f, f, channels])
        y = tf.transpose(y, [0, 1, 3, 5, 2, 4])
        return tf.reshape(y, [-1, height // f, width // f, channels * f * f]), zero_log_det(x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        check_rank(y, [4], owner=self)
        f = self.factor
        if static_channels(y, owner=self) % (f * f):
            raise ValueError(
                "`{}` can be undone only for a multiple of {} channels; got shape {}.".format(
                    self.name, f * f, y.shape
                )
            )
        if not self.channel_major:
            return tf.nn.depth_to_space(y, f), zero_log_det(y)
        height, width, channels = (size(y, axis) for axis in (1, 2, 3))
        x = tf.reshape(y, [-1, height, width, channels // (f * f), f, f])
        x = tf.transpose(x, [0, 1, 4, 2, 5, 3])
        return tf.reshape(x, [-1, height * f, width * f, channels // (f * f)]), zero_log_det(y)

    def _checked(self, shape: tf.TensorShape) -> tf.TensorShape:
        if shape.rank != 4:
            raise ValueError(
                "`{}` takes an input of rank 4; got shape {}.".format(self.name, shape)
            )
        if any(size is not None and size % self.factor for size in shape.as_list()[1:3]):
            raise ValueError(
                "`{}` needs height and width divisible by {}; got shape {}.".format(
                    self.name, self.factor, shape
                )
            )
        return shape

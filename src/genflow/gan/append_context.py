"""The context as more channels of an input."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_context
from genflow.core.shapes import size, static_size
from genflow.core.types import Nest, Tensor


class AppendContext(Network):
    """Appends a context vector to the channels: of an image, at every position.

    Without a context it is the identity. What the first call gets, every call must get: a
    context of as many channels, or none.

    Shapes:
        x: `[batch, channels]` or `[batch, height, width, channels]`.
        context: `[batch, context_channels]`, or `None`.
        y: As `x`, with `channels + context_channels` channels.
    """

    def __init__(self, name: str) -> None:
        """Constructs the part; `name` is that of its network, which errors speak of."""
        super().__init__(name=name)
        self._is_first = True
        self._channels = None

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        self._check(x, context)
        if context is None:
            return x
        context = tf.cast(context, x.dtype)
        if x.shape.rank == 4:
            everywhere = tf.ones([1, size(x, 1), size(x, 2), 1], x.dtype)
            context = context[:, tf.newaxis, tf.newaxis] * everywhere
        return tf.concat([x, context], axis=-1)

    def _check(self, x: Tensor, context: Optional[Nest]) -> None:
        if context is not None:
            check_context(context, self, x)
        channels = None if context is None else static_size(context, 1)
        if self._is_first:
            self._is_first, self._channels = False, channels
        if channels != self._channels:
            raise ValueError(
                "`{}` was first called with {}, and must be at every call; got {}.".format(
                    self.name, _describe(self._channels), _describe(channels)
                )
            )


def _describe(channels: Optional[int]) -> str:
    return "no context" if channels is None else "a context of {} channels".format(channels)

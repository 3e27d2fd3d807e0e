"""A bias behind a norm."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import static_channels
from genflow.core.types import Nest, Tensor


class Offset(Network):
    """Adds a number to every channel: `y = x + bias`, which starts as zero.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
    """

    def _build(self, x: Tensor) -> None:
        self.bias = self._variable("bias", tf.zeros, [static_channels(x, owner=self)], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        return tf.nn.bias_add(x, self.bias)

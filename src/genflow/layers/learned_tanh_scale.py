"""The scale map of RealNVP."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor


class LearnedTanhScale(Network):
    """Scale `exp(factor * tanh(h))`, whose bounds `factor`, one for each channel, are learned.

    As `TanhScale`, but for its bound, which is fixed there. RealNVP is trained with a
    learned factor. The factors start as 1.

    Shapes:
        x: `[batch, ..., channels]`, the raw log-scale `h`.
        y: `[batch, ..., channels]`, the log-scale.

    Example:
        >>> LearnedTanhScale()(tf.zeros([4, 2])).shape.as_list()
        [4, 2]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 4.1. https://arxiv.org/abs/1605.08803
    """

    def __init__(self, name: Optional[str] = None) -> None:
        """Constructs the map."""
        super().__init__(name=name)
        self.factor = None

    def _build(self, x: Tensor) -> None:
        channels = static_channels(x, owner=self)
        self.factor = self._variable("factor", tf.ones, [channels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_channels(x, static_size(self.factor, 0), self, "its input, as at the first call")
        return self.factor * tf.tanh(x)

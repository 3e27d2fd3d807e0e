"""A fully connected layer that starts as zero."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_positive, check_rank, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor


class ZerosDense(Network):
    """A fully connected layer with a learned gain, all of whose weights start at zero.

    Computes `y = (x @ weight + bias) * exp(factor * log_scale)` with `factor` being
    `log_scale_factor`. As a classifier it starts with equal odds for all classes.

    Shapes:
        x: `[batch, in_channels]`.
        y: `[batch, out_channels]`.

    Example:
        >>> ZerosDense(out_channels=10)(tf.ones([2, 48])).shape.as_list()
        [2, 10]

    References:
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self, out_channels: int, log_scale_factor: float = 3.0, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of outputs.
            log_scale_factor: The log-gain is this times the variable; see `ActNorm`.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(name=name)
        check_positive(out_channels, "out_channels")
        check_positive(log_scale_factor, "log_scale_factor")
        self.out_channels = out_channels
        self.log_scale_factor = log_scale_factor

    def _build(self, x: Tensor) -> None:
        self._make_variables(static_channels(x, owner=self), x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_rank(x, [2], owner=self)
        check_channels(x, static_size(self.weight, 0), self, "its input, as at the first call")
        return self._apply(x)

    def _make_variables(self, in_channels: int, dtype: tf.DType) -> None:
        out = [self.out_channels]
        self.weight = self._variable("weight", tf.zeros, [in_channels] + out, dtype)
        self.bias = self._variable("bias", tf.zeros, out, dtype)
        self.log_scale = self._variable("log_scale", tf.zeros, out, dtype)

    def _apply(self, x: Tensor) -> Tensor:
        scale = tf.exp(self.log_scale_factor * self.log_scale)
        return (tf.matmul(x, self.weight) + self.bias) * scale

"""The logit transform of pixel values."""

import math
from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.log_det import num_values, per_example, sum_except_batch
from genflow.core.types import Nest, Tensor


class Logit(Bijection):
    """Maps the unit interval to the real line, away from the infinite ends.

    With `p = alpha / 2 + (1 - alpha) * x`, computes

        y = log(p) - log(1 - p)
        log_det = sum(softplus(y) + softplus(-y)) + num_values * log(1 - alpha)

    Shapes:
        x: `[batch, ...]`, values from 0 to 1, such as `Dequantize(centered=False)` gives.
        y: `[batch, ...]`.
        log_det: `[batch]`.

    Example:
        >>> Logit().forward(0.5 * tf.ones([2, 8, 8, 3])).shape.as_list()
        [2, 8, 8, 3]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 4.1. https://arxiv.org/abs/1605.08803
    """

    def __init__(self, alpha: float = 0.05, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            alpha: How much of the unit interval is cut away, half at each end.
            name: Name scope of the layer.

        Raises:
            ValueError: If `alpha` is not between 0 and 1.
        """
        super().__init__(name=name)
        if not 0.0 < alpha < 1.0:
            raise ValueError("`alpha` must be between 0 and 1; got {}.".format(alpha))
        self.alpha = alpha

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        p = 0.5 * self.alpha + (1.0 - self.alpha) * x
        y = tf.math.log(p) - tf.math.log1p(-p)
        return y, self._log_det(y)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        x = (tf.sigmoid(y) - 0.5 * self.alpha) / (1.0 - self.alpha)
        return x, -self._log_det(y)

    def _log_det(self, y: Tensor) -> Tensor:
        constant = per_example(num_values(y) * math.log(1.0 - self.alpha), y)
        return sum_except_batch(tf.nn.softplus(y) + tf.nn.softplus(-y)) + constant

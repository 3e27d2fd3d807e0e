"""Activation normalisation."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.checks import (
    assign,
    check_channels,
    check_positive,
    initialization_statistics,
    static_channels,
)
from genflow.core.log_det import scaling_log_det
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates


class ActNorm(Bijection):
    """Per-channel affine map that standardises the batch it was initialised with.

    Computes `y = (x + shift) * exp(factor * log_scale)`, hence

        log_det = num_positions * sum(factor * log_scale)

    where `num_positions` is `height * width` for images and 1 for vectors, and
    `factor` is `log_scale_factor`. Until `initialize` has been called the map is the
    identity.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
        log_det: `[batch]`.

    Example:
        >>> layer = ActNorm()
        >>> y, log_det = layer.forward_and_log_det(tf.ones([2, 4, 4, 3]))
        >>> y.shape.as_list(), log_det.shape.as_list()
        ([2, 4, 4, 3], [2])

    References:
        Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions,
        2018, section 3.1. https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self, log_scale_factor: float = 1.0, epsilon: float = 1e-6, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            log_scale_factor: The log-scale is this times the variable `log_scale`, so
                that under Adam and Adamax it learns that many times faster. Glow's
                reference implementation uses 3.
            epsilon: Added to the standard deviation during initialisation.
            name: Name scope of the layer.

        Raises:
            ValueError: If `log_scale_factor` or `epsilon` is not positive.
        """
        super().__init__(name=name)
        check_positive(log_scale_factor, "log_scale_factor")
        check_positive(epsilon, "epsilon")
        self.log_scale_factor = log_scale_factor
        self.epsilon = epsilon

    def _build(self, x: Tensor) -> None:
        channels = static_channels(x, owner=self)
        self.shift = self._variable("shift", tf.zeros, [channels], x.dtype)
        self.log_scale = self._variable("log_scale", tf.zeros, [channels], x.dtype)

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        self._check(x)
        log_scale = self.log_scale_factor * self.log_scale
        return (x + self.shift) * tf.exp(log_scale), scaling_log_det(log_scale, x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        self._check(y)
        log_scale = self.log_scale_factor * self.log_scale
        return y * tf.exp(-log_scale) - self.shift, -scaling_log_det(log_scale, y)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        self._check(x)
        mean, std = initialization_statistics(x, owner=self)
        log_scale = -tf.math.log(std + self.epsilon)
        updates = assign(self.shift, -mean)
        updates += assign(self.log_scale, log_scale / self.log_scale_factor)
        return (x - mean) * tf.exp(log_scale), updates

    def _check(self, x: Tensor) -> None:
        """Without it, one channel would be broadcast to many and the other way round."""
        static_channels(x, owner=self)
        check_channels(x, static_size(self.shift, 0), self, "its input, as at the first call")

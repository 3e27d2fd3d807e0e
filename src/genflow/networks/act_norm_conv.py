"""A convolution followed by actnorm, as one convolution."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core.checks import assign, check_positive, initialization_statistics
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor, Updates
from genflow.networks.initializers import normal, seeded
from genflow.networks.padded_conv import PaddedConv


class ActNormConv(PaddedConv):
    """A convolution whose outputs are standardised on the batch it was initialised with.

    Computes `y = (conv(x) + border + shift) * exp(factor * log_scale)`, where `border` is
    what the kernel makes of the padding (see Glow's reference implementation) and
    `factor` is `log_scale_factor`. Scale and shift are folded into the kernel and the
    bias, so it is one convolution.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height, width, out_channels]`.

    Example:
        >>> y, updates = ActNormConv(out_channels=16).initialize(tf.random.normal([4, 8, 8, 3]))
        >>> y.shape.as_list()
        [4, 8, 8, 16]

    References:
        Kingma and Dhariwal, Glow, 2018, section 3.1 and reference implementation.
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int = 3,
        stddev: float = 0.05,
        log_scale_factor: float = 1.0,
        epsilon: float = 1e-6,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of output channels.
            kernel_size: Side of the kernel; odd.
            stddev: Standard deviation of the initial kernel.
            log_scale_factor: The log-scale is this times the variable; see `ActNorm`.
            epsilon: Added to the standard deviation during initialisation.
            seed: Seed of the initial kernel.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive, or `kernel_size` is even.
        """
        super().__init__(out_channels, kernel_size, seed, name)
        check_positive(stddev, "stddev")
        check_positive(log_scale_factor, "log_scale_factor")
        check_positive(epsilon, "epsilon")
        self.stddev = stddev
        self.log_scale_factor = log_scale_factor
        self.epsilon = epsilon

    def _build(self, x: Tensor) -> None:
        weights, border_weights = child_seeds(self.seed, 2)
        draw = normal(self.stddev)
        self._build_kernels(x, seeded(draw, weights), seeded(draw, border_weights))
        self.shift = self._variable("shift", tf.zeros, [self.out_channels], x.dtype)
        self.log_scale = self._variable("log_scale", tf.zeros, [self.out_channels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        scale = tf.exp(self.log_scale_factor * self.log_scale)
        return self._convolved(x, scale, self.shift)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        y = self._convolved(x, scale=None, bias=None)
        mean, std = initialization_statistics(y, owner=self)
        log_scale = -tf.math.log(std + self.epsilon)
        updates = assign(self.shift, -mean)
        updates += assign(self.log_scale, log_scale / self.log_scale_factor)
        return (y - mean) * tf.exp(log_scale), updates

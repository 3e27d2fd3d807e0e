"""A convolution that starts as zero."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_positive
from genflow.core.types import Nest, Tensor
from genflow.networks.padded_conv import PaddedConv


class ZerosConv(PaddedConv):
    """A convolution with a learned gain, all of whose weights start at zero.

    Computes `y = (conv(x) + border + bias) * exp(factor * log_scale)`, where `border` is
    what the kernel makes of the padding and `factor` is `log_scale_factor`. As the last
    layer of a conditioner it makes the coupling start close to the identity.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height, width, out_channels]`.

    Example:
        >>> ZerosConv(out_channels=6)(tf.ones([4, 8, 8, 3])).shape.as_list()
        [4, 8, 8, 6]

    References:
        Kingma and Dhariwal, Glow, 2018, section 3.3 and reference implementation.
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int = 3,
        log_scale_factor: float = 3.0,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of output channels.
            kernel_size: Side of the kernel; odd.
            log_scale_factor: The log-gain is this times the variable; see `ActNorm`.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive, or `kernel_size` is even.
        """
        super().__init__(out_channels, kernel_size, None, name)
        check_positive(log_scale_factor, "log_scale_factor")
        self.log_scale_factor = log_scale_factor

    def _build(self, x: Tensor) -> None:
        self._build_kernels(x, tf.zeros, tf.zeros)
        self.bias = self._variable("bias", tf.zeros, [self.out_channels], x.dtype)
        self.log_scale = self._variable("log_scale", tf.zeros, [self.out_channels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        scale = tf.exp(self.log_scale_factor * self.log_scale)
        return self._convolved(x, scale, self.bias)

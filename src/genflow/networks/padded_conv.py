"""What the convolutions of the Glow conditioner share: kernel, padding and its indicator."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    check_channels,
    check_positive_integer,
    check_rank,
    static_channels,
)
from genflow.core.module import Initializer
from genflow.core.shapes import size, static_size
from genflow.core.types import Tensor


class PaddedConv(Network):
    """A convolution, zero padded, that can tell the padding from a zero of the input.

    Glow appends to the padded input a channel that is 1 on the padding and 0 inside. Its
    contribution to the output is the same for every example, so it is kept as a kernel
    of its own, applied once to the indicator, and added like a bias: the same function
    and the same number of weights as the wider convolution, at the cost of the plain
    one. A kernel of size 1 has no padding and no such kernel.
    """

    def __init__(
        self, out_channels: int, kernel_size: int, seed: Optional[int], name: Optional[str]
    ) -> None:
        """Constructs what is shared; see the subclasses."""
        super().__init__(name=name)
        check_positive_integer(out_channels, "out_channels")
        check_positive_integer(kernel_size, "kernel_size")
        if kernel_size % 2 == 0:
            raise ValueError("`kernel_size` must be odd; got {}.".format(kernel_size))
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.seed = seed

    def _build_kernels(self, x: Tensor, kernel: Initializer, border_kernel: Initializer) -> None:
        check_rank(x, [4], owner=self)
        square = [self.kernel_size, self.kernel_size]
        self.kernel = self._variable(
            "kernel", kernel, square + [static_channels(x, self), self.out_channels], x.dtype
        )
        if self.kernel_size > 1:
            self.border_kernel = self._variable(
                "border_kernel", border_kernel, square + [1, self.out_channels], x.dtype
            )

    def _convolved(self, x: Tensor, scale: Optional[Tensor], bias: Optional[Tensor]) -> Tensor:
        """`(conv(x) + border + bias) * scale`, with the scale folded into the weights."""
        check_rank(x, [4], owner=self)
        check_channels(x, static_size(self.kernel, 2), self, "its input, as at the first call")
        kernel = self.kernel if scale is None else self.kernel * scale
        y = tf.nn.conv2d(x, kernel, strides=1, padding="SAME")
        if bias is not None:
            bias = bias if scale is None else bias * scale
        if self.kernel_size == 1:
            return y if bias is None else tf.nn.bias_add(y, bias)
        border_kernel = self.border_kernel if scale is None else self.border_kernel * scale
        border = self._border(x, border_kernel)
        return y + (border if bias is None else border + bias)

    def _border(self, x: Tensor, border_kernel: Tensor) -> Tensor:
        """The indicator's contribution: `[1, height, width, out_channels]`."""
        margin = self.kernel_size // 2
        inside = tf.zeros([1, size(x, 1), size(x, 2), 1], x.dtype)
        paddings = [[0, 0], [margin, margin], [margin, margin], [0, 0]]
        indicator = tf.pad(inside, paddings, constant_values=1)
        return tf.nn.conv2d(indicator, border_kernel, strides=1, padding="VALID")

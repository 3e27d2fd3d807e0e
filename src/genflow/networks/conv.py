"""A convolution."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_positive_integer
from genflow.core.types import Tensor
from genflow.networks.initializers import HE_NORMAL, WeightInitializer
from genflow.networks.linear import Linear


class Conv(Linear):
    """A convolution of images, zero padded: `y = conv(x, weight) + bias`.

    Every `stride`-th position is kept of each side, so a side becomes `ceil(side / stride)`.
    The padding is TensorFlow's `SAME`: as even as it can be, what is left over comes last.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, ceil(height / stride), ceil(width / stride), out_channels]`.

    Example:
        >>> Conv(out_channels=16, kernel_size=5, stride=2)(tf.ones([2, 7, 8, 3])).shape.as_list()
        [2, 4, 4, 16]

    References:
        Dumoulin and Visin, A Guide to Convolution Arithmetic for Deep Learning, 2016,
        section 2. https://arxiv.org/abs/1603.07285
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        use_bias: bool = True,
        initializer: WeightInitializer = HE_NORMAL,
        reparametrize: Optional[Network] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of output channels.
            kernel_size: Side of the kernel.
            stride: Distance of neighbouring outputs, in pixels of the input.
            use_bias: Whether there is a bias; a norm that follows takes it out again.
            initializer: Of the weight `[kernel_size, kernel_size, in_channels,
                out_channels]`, such as `normal(stddev=0.02)`.
            reparametrize: A network from the weight to what is used in its place, such as
                `SpectralNorm()`; one of its own for every layer.
            seed: Seed of the initial weight.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not a positive integer.
        """
        check_positive_integer(kernel_size, "kernel_size")
        check_positive_integer(stride, "stride")
        sides = [kernel_size, kernel_size]
        super().__init__(out_channels, sides, use_bias, initializer, reparametrize, seed, name)
        self.stride = stride

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        return tf.nn.conv2d(x, weight, strides=self.stride, padding="SAME")

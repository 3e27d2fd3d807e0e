"""A transposed convolution."""

from typing import List, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_positive_integer
from genflow.core.shapes import size as size_of
from genflow.core.shapes import static_size
from genflow.core.types import Tensor
from genflow.networks.initializers import HE_NORMAL, WeightInitializer
from genflow.networks.linear import Linear
from genflow.networks.resize import check_size


class ConvTranspose(Linear):
    """A transposed ("fractionally strided") convolution, which makes images larger.

    Without its bias it is the transpose, as a matrix, of the convolution `Conv` with the
    same stride from images of the size of `y` to those of the size of `x`: every position
    of `x` adds `x[i, j] @ weight` to a patch of `y`, and the patches lie `stride` apart.
    An odd size can be had as well as an even one: a `Conv` of stride 2 takes both 7 and 8
    to 4, and with `size=(7, 7)` this layer goes back to 7.

    One output meets about `1 / stride ** 2` of the weights that `he_normal` counts.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height * stride, width * stride, out_channels]`, or of the given `size`.

    Example:
        >>> ConvTranspose(out_channels=8)(tf.ones([2, 4, 4, 16])).shape.as_list()
        [2, 8, 8, 8]
        >>> ConvTranspose(out_channels=8, size=(7, 8))(tf.ones([2, 4, 4, 16])).shape.as_list()
        [2, 7, 8, 8]

    References:
        Radford, Metz and Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2015, section 3.
        https://arxiv.org/abs/1511.06434
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int = 5,
        stride: int = 2,
        size: Optional[Tuple[int, int]] = None,
        use_bias: bool = True,
        initializer: WeightInitializer = HE_NORMAL,
        reparametrize: Optional[Network] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of output channels.
            kernel_size: Side of the kernel; a multiple of the stride gives every output as
                many weights.
            stride: Distance of the patches of neighbouring inputs, in pixels of the output.
            size: Height and width of the output; by default `stride` times the input's.
                Divided by the stride, and rounded up, they must give the input's.
            use_bias: Whether there is a bias; a norm that follows takes it out again.
            initializer: Of the weight `[kernel_size, kernel_size, in_channels,
                out_channels]`, such as `normal(stddev=0.02)`.
            reparametrize: A network from the weight to what is used in its place, such as
                `SpectralNorm()`; one of its own for every layer.
            seed: Seed of the initial weight.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not a positive integer, or `size` not two of them.
        """
        check_positive_integer(kernel_size, "kernel_size")
        check_positive_integer(stride, "stride")
        sides = [kernel_size, kernel_size]
        super().__init__(out_channels, sides, use_bias, initializer, reparametrize, seed, name)
        self.stride = stride
        self.size = None if size is None else check_size(size)

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        shape = [size_of(x, 0)] + self._output_size(x) + [self.out_channels]
        # The operation wants the outputs first; every layer of genflow has them last.
        weight = tf.transpose(weight, [0, 1, 3, 2])
        return tf.nn.conv2d_transpose(x, weight, tf.stack(shape), self.stride, padding="SAME")

    def _output_size(self, x: Tensor) -> List:
        if self.size is None:
            return [self.stride * size_of(x, 1), self.stride * size_of(x, 2)]
        for axis, side in enumerate(self.size, start=1):
            known = static_size(x, axis)
            if known is not None and known != -(-side // self.stride):
                raise ValueError(
                    "`size` of `{}`, divided by the stride {} and rounded up, must be the height "
                    "and width of the input; got size {} for an input of shape {}.".format(
                        self.name, self.stride, self.size, x.shape
                    )
                )
        return list(self.size)

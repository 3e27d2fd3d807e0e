"""A convolution behind a change of size."""

from typing import Optional, Tuple

from genflow.core import Network
from genflow.core.checks import check_positive_integer, check_rank
from genflow.core.shapes import size as size_of
from genflow.core.types import Nest, Tensor
from genflow.networks.conv import Conv
from genflow.networks.initializers import HE_NORMAL, WeightInitializer
from genflow.networks.resize import Resize, check_size, nearest


class ResizeConv(Network):
    """Makes images larger by `nearest` or `bilinear`, then convolves: `conv(resize(x))`.

    Every output is made of equally many weights, so there is no checkerboard as from a
    `ConvTranspose` whose kernel size is not a multiple of its stride.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height * factor, width * factor, out_channels]`, or of the given `size`.

    Example:
        >>> ResizeConv(out_channels=8)(tf.ones([2, 4, 4, 16])).shape.as_list()
        [2, 8, 8, 8]

    References:
        Odena, Dumoulin and Olah, Deconvolution and Checkerboard Artifacts, 2016.
        https://distill.pub/2016/deconv-checkerboard
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int = 3,
        factor: int = 2,
        size: Optional[Tuple[int, int]] = None,
        resize: Resize = nearest,
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
            factor: What height and width are multiplied by, unless there is a `size`.
            size: Height and width of the output.
            resize: `nearest`, `bilinear` or another function of images and the height and
                width wanted.
            use_bias: Whether there is a bias; a norm that follows takes it out again.
            initializer: Of the weight of the convolution; see `Conv`.
            reparametrize: See `Conv`.
            seed: Seed of the initial weight.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not a positive integer, or `size` not two of them.
        """
        super().__init__(name=name)
        check_positive_integer(factor, "factor")
        self.factor = factor
        self.size = None if size is None else check_size(size)
        self.resize = resize
        self.conv = Conv(
            out_channels,
            kernel_size,
            use_bias=use_bias,
            initializer=initializer,
            reparametrize=reparametrize,
            seed=seed,
        )

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_rank(x, [4], owner=self)
        size = self.size or (self.factor * size_of(x, 1), self.factor * size_of(x, 2))
        return self.conv(self.resize(x, size), training=training)

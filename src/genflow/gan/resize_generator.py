"""The generator of SSGAN: images from a single pixel."""

import functools
from typing import Callable, List, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_positive, check_positive_integer, check_rank
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.context_use import check_context_is_used
from genflow.gan.defaults import SSGAN_BATCH_NORM, checked_image_shape, checked_widths
from genflow.networks import Conv, Dense, ResizeConv, bilinear
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM

_UPSAMPLE = functools.partial(ResizeConv, resize=bilinear, initializer=GLOROT_UNIFORM)


class ResizeGenerator(ComposedNetwork):
    """Makes images of vectors from one pixel on, by blocks that double height and width.

    Computes, with one block for every one of the `widths`,

        h = leaky_relu(dense(x))                       an image of one pixel
        h = norm(relu(upsample(h)))
        y = bilinear(output(conv_1x1(h)), size)

    and the last step only where an image is to have another size than `2**len(widths)`. By
    default there are as many blocks as reach the longer side, and their widths are halved:
    512, 256, 128 ..., but never below the channels of the image. Weights start as
    `glorot_uniform()`, biases as zero.

    As in the original, `image_shape=(28, 28, 1)` has 6,420,417 weights for vectors of 128
    numbers, and `image_shape=(32, 32, 3)` has 6,420,483. The original draws the vectors
    uniformly from -1 to 1.

    Shapes:
        x: `[batch, channels]`: noise.
        context: What the norms take, or `None`.
        y: `[batch, height, width, channels]`, the image shape.

    Example:
        >>> generator = ResizeGenerator(image_shape=(7, 8, 1), hidden_width=32)
        >>> generator(tf.random.normal([2, 128]), training=True).shape.as_list()
        [2, 7, 8, 1]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016 (of which SSGAN is an
        implementation with layers of its own). https://arxiv.org/abs/1606.03498
        Odena, Dumoulin and Olah, Deconvolution and Checkerboard Artifacts, 2016 (the
        resizing). https://distill.pub/2016/deconv-checkerboard
    """

    def __init__(
        self,
        image_shape: Tuple[int, int, int],
        hidden_width: int = 1024,
        widths: Optional[Sequence[int]] = None,
        slope: float = 0.2,
        output: Callable[[Tensor], Tensor] = tf.tanh,
        make_upsample: Callable[..., Network] = _UPSAMPLE,
        make_norm: Callable[[], Network] = SSGAN_BATCH_NORM,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            image_shape: Height, width and channels.
            hidden_width: Channels of the image of one pixel.
            widths: Channels of the blocks; `None` for those that the size asks for.
            slope: Of the leaky ReLU of the first layer, below zero.
            output: From the last layer to the images: `tf.tanh` for pixels in [-1, 1],
                `tf.sigmoid` for pixels in [0, 1], `tf.identity`.
            make_upsample: Class or function of `out_channels` and `seed` that gives a network
                which doubles height and width: a `ResizeConv` with `bilinear` or `nearest`,
                or `functools.partial(ConvTranspose, kernel_size=3,
                initializer=truncated_normal(0.01))`.
            make_norm: Class or function without arguments that gives a norm; `Identity` for
                none.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a size or a width is not a positive integer, or `slope` is not
                positive.
        """
        super().__init__(name=name)
        self.image_shape = checked_image_shape(image_shape)
        check_positive_integer(hidden_width, "hidden_width")
        check_positive(slope, "slope")
        widths = _halved(hidden_width, self.image_shape) if widths is None else widths
        widths = checked_widths(widths, "widths")
        self.slope = slope
        self.output = output
        first, last, *seeds = child_seeds(seed, 2 + len(widths))
        self.dense = Dense(hidden_width, GLOROT_UNIFORM, seed=first)
        self.upsamples = [make_upsample(n, seed=s) for n, s in zip(widths, seeds)]
        self.norms = [make_norm() for _ in widths]
        self.conv = Conv(self.image_shape[2], kernel_size=1, initializer=GLOROT_UNIFORM, seed=last)
        self._has_size = self.image_shape[:2] == (2 ** len(widths),) * 2

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [2], owner=self)
        check_context_is_used(context, self, "give it `make_norm=ConditionalBatchNorm`")
        h = tf.nn.leaky_relu(run(self.dense, x), alpha=self.slope)[:, tf.newaxis, tf.newaxis]
        for upsample, norm in zip(self.upsamples, self.norms):
            h = run(norm, tf.nn.relu(run(upsample, h)), context)
        y = self.output(run(self.conv, h))
        return y if self._has_size else bilinear(y, self.image_shape[:2])


def _halved(width: int, image_shape: Tuple[int, int, int]) -> List[int]:
    """Half of the width for every doubling that the longer side takes, down to the channels."""
    height, image_width, channels = image_shape
    num_blocks = (max(height, image_width) - 1).bit_length()
    return [max(width // 2**index, channels) for index in range(1, num_blocks + 1)]

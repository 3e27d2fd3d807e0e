"""A generator of residual blocks."""

from typing import Callable, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_rank
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.attention import attention_behind
from genflow.gan.context_use import check_context_is_used
from genflow.gan.defaults import BATCH_NORM, checked_image_shape, checked_widths
from genflow.networks import Conv, Dense, ResidualUpBlock, nearest
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer
from genflow.networks.resize import Resize


class ResidualGenerator(ComposedNetwork):
    """Makes images of vectors by residual blocks that each double height and width.

    Computes, with one block for every one of the `widths`,

        h = reshape(dense(x))
        h = block(h)
        y = output(conv(relu(norm(h))))

    The sides of the first image are those of the last divided by `2**len(widths)`, and it
    has `widths[0]` channels. A context is handed to the norms, of which
    `make_norm=ConditionalBatchNorm` makes use of it.

    Shapes:
        x: `[batch, channels]`: noise.
        context: `[batch, context_channels]`, such as one-hot labels; or `None`.
        y: `[batch, height, width, channels]`, the image shape.

    Example:
        >>> from genflow.networks import ConditionalBatchNorm
        >>> generator = ResidualGenerator(
        ...     image_shape=(16, 16, 3), widths=(8, 8), make_norm=ConditionalBatchNorm
        ... )
        >>> labels = tf.one_hot([3, 7], depth=10)
        >>> generator(tf.random.normal([2, 128]), labels, training=True).shape.as_list()
        [2, 16, 16, 3]

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, 2017, appendix F.
        https://arxiv.org/abs/1704.00028
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        appendix B.4, table 4. https://arxiv.org/abs/1802.05957
        Miyato and Koyama, cGANs with Projection Discriminator, 2018 (the conditional norm).
        https://arxiv.org/abs/1802.05637
    """

    def __init__(
        self,
        image_shape: Tuple[int, int, int],
        widths: Sequence[int] = (256, 256, 256),
        attention_level: Optional[int] = None,
        output: Callable[[Tensor], Tensor] = tf.tanh,
        resize: Resize = nearest,
        make_norm: Callable[[], Network] = BATCH_NORM,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            image_shape: Height, width and channels.
            widths: Channels of the blocks.
            attention_level: Number of the block, from 0 on, that a `SelfAttention` follows;
                `None` for no attention.
            output: From the last layer to the images: `tf.tanh` for pixels in [-1, 1],
                `tf.sigmoid` for pixels in [0, 1], `tf.identity`.
            resize: `nearest`, `bilinear` or another function of images and the height and
                width wanted.
            make_norm: Class or function without arguments that gives a norm.
            initializer: Of all weights.
            make_reparametrize: As `make_norm`, for what all layers do to their weights, such
                as `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a size or a width is not a positive integer, a side of the image is
                not divisible by `2**len(widths)`, or there is no block `attention_level`.
        """
        super().__init__(name=name)
        widths = checked_widths(widths, "widths", can_be_empty=False)
        self.image_shape = checked_image_shape(image_shape)
        self._start = _start(self.image_shape, widths)
        self.output = output
        make_weight = make_reparametrize or (lambda: None)
        first, last, attention, *seeds = child_seeds(seed, 3 + len(widths))
        height, width, channels = self._start
        self.dense = Dense(height * width * channels, initializer, make_weight(), seed=first)
        self.blocks = [
            ResidualUpBlock(
                n, resize, tf.nn.relu, make_norm, initializer, make_reparametrize, seed=s
            )
            for n, s in zip(widths, seeds)
        ]
        self.attentions = attention_behind(
            attention_level, widths, initializer, make_reparametrize, attention
        )
        self.norm = make_norm()
        self.conv = Conv(
            self.image_shape[2],
            initializer=initializer,
            reparametrize=make_weight(),
            seed=last,
        )

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [2], owner=self)
        check_context_is_used(context, self, "give it `make_norm=ConditionalBatchNorm`")
        h = tf.reshape(run(self.dense, x), (-1,) + self._start)
        for block, attention in zip(self.blocks, self.attentions):
            h = run(attention, run(block, h, context))
        h = tf.nn.relu(run(self.norm, h, context))
        return self.output(run(self.conv, h))


def _start(image_shape: Tuple[int, int, int], widths: Sequence[int]) -> Tuple[int, int, int]:
    """The shape of the first image."""
    factor = 2 ** len(widths)
    if image_shape[0] % factor or image_shape[1] % factor:
        raise ValueError(
            "`image_shape` must have sides divisible by {}, for one doubling in each of {} "
            "blocks; got {}: use fewer `widths`, or `DeconvGenerator`, which makes images of any "
            "size.".format(factor, len(widths), image_shape)
        )
    return image_shape[0] // factor, image_shape[1] // factor, widths[0]

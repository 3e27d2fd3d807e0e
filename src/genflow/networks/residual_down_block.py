"""A residual block that halves height and width."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_rank
from genflow.core.types import Nest, Tensor
from genflow.networks.average_pool import average_pool
from genflow.networks.composed_network import Run
from genflow.networks.identity import Identity
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer
from genflow.networks.resampling_block import ResamplingBlock


class ResidualDownBlock(ResamplingBlock):
    """A residual block of a discriminator, which halves height and width, or keeps them.

    Computes, with 3x3 convolutions on the way and one of 1x1 beside it,

        h = conv_in(activation_in(norm_in(x)))
        h = conv_out(activation(norm_out(h)))
        y = downsample(h) + shortcut(downsample(x))

    Without `downsample` there is no convolution beside it: `y = h + x`. The first block of a
    discriminator, which sees pixels, has `activation_in=tf.identity`. A context is handed
    to the norms.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        context: What the norms take, or `None`.
        y: `[batch, ceil(height / 2), ceil(width / 2), width_of_the_block]`, or as `x` without
            `downsample`.

    Example:
        >>> ResidualDownBlock(width=8)(tf.ones([2, 8, 8, 3])).shape.as_list()
        [2, 4, 4, 8]

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, 2017, appendix F.
        https://arxiv.org/abs/1704.00028
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        appendix B.4. https://arxiv.org/abs/1802.05957
    """

    def __init__(
        self,
        width: int,
        downsample: Optional[Callable[[Tensor], Tensor]] = average_pool,
        activation_in: Callable[[Tensor], Tensor] = tf.nn.relu,
        activation: Callable[[Tensor], Tensor] = tf.nn.relu,
        make_norm: Callable[[], Network] = Identity,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the block.

        Args:
            width: Channels of the output and in between.
            downsample: Function from images to smaller ones; `None` for a block that keeps
                height, width and the number of channels.
            activation_in: Function that comes before the first convolution,
            activation: ... and before the second.
            make_norm: Class or function without arguments that gives a norm; by default there
                is none.
            initializer: Of the convolutions.
            make_reparametrize: As `make_norm`, for what the convolutions do to their weights,
                such as `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the block.

        Raises:
            ValueError: If `width` is not a positive integer.
        """
        super().__init__(
            width, downsample is not None, make_norm, initializer, make_reparametrize, seed, name
        )
        self.width = width
        self.downsample = downsample
        self.activation_in = activation_in
        self.activation = activation

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [4], owner=self)
        downsample = self.downsample or tf.identity
        h = run(self.conv_in, self.activation_in(run(self.norm_in, x, context)))
        h = run(self.conv_out, self.activation(run(self.norm_out, h, context)))
        shortcut = run(self.shortcut, downsample(x))
        check_channels(shortcut, self.width, self, "its input, which it adds without `downsample`")
        return downsample(h) + shortcut

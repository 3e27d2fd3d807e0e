"""A residual block that doubles height and width."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_rank
from genflow.core.shapes import size
from genflow.core.types import Nest, Tensor
from genflow.networks.batch_norm import BatchNorm
from genflow.networks.composed_network import Run
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer
from genflow.networks.resampling_block import ResamplingBlock
from genflow.networks.resize import Resize, nearest


class ResidualUpBlock(ResamplingBlock):
    """A residual block of a generator, which doubles height and width.

    Computes, with 3x3 convolutions on the way and one of 1x1 beside it,

        h = conv_in(resize(activation(norm_in(x))))
        h = conv_out(activation(norm_out(h)))
        y = h + resize(shortcut(x))

    A context is handed to the norms: `ConditionalBatchNorm` uses it.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        context: What the norms take, or `None`.
        y: `[batch, 2 * height, 2 * width, width_of_the_block]`.

    Example:
        >>> ResidualUpBlock(width=8)(tf.ones([2, 4, 4, 16]), training=True).shape.as_list()
        [2, 8, 8, 8]

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, 2017, appendix F.
        https://arxiv.org/abs/1704.00028
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        appendix B.4. https://arxiv.org/abs/1802.05957
    """

    def __init__(
        self,
        width: int,
        resize: Resize = nearest,
        activation: Callable[[Tensor], Tensor] = tf.nn.relu,
        make_norm: Callable[[], Network] = BatchNorm,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the block.

        Args:
            width: Channels of the output and in between.
            resize: `nearest`, `bilinear` or another function of images and the height and
                width wanted.
            activation: Function that comes before the 3x3 convolutions.
            make_norm: Class or function without arguments that gives a norm.
            initializer: Of the convolutions.
            make_reparametrize: As `make_norm`, for what the convolutions do to their weights,
                such as `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the block.

        Raises:
            ValueError: If `width` is not a positive integer.
        """
        super().__init__(width, True, make_norm, initializer, make_reparametrize, seed, name)
        self.resize = resize
        self.activation = activation

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [4], owner=self)
        doubled = (2 * size(x, 1), 2 * size(x, 2))
        h = self.activation(run(self.norm_in, x, context))
        h = run(self.conv_in, self.resize(h, doubled))
        h = run(self.conv_out, self.activation(run(self.norm_out, h, context)))
        return h + self.resize(run(self.shortcut, x), doubled)

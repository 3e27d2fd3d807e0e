"""What a discriminator of residual blocks makes its decision on."""

from typing import Callable, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_rank
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.attention import attention_behind
from genflow.gan.defaults import checked_widths
from genflow.networks import Identity, ResidualDownBlock, average_pool
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer


class ResidualFeatures(ComposedNetwork):
    """Residual blocks that each halve height and width, and a sum over what is left of them.

    Computes, with one block for every one of the `widths`, then `num_flat_blocks` that keep
    height and width,

        h = block(h)
        y = sum_over_positions(relu(h))

    where the first block has no norm and no ReLU before its first convolution. By default
    there are no norms: spectral norm, by `make_reparametrize=SpectralNorm`, or with a
    gradient penalty `make_norm=LayerNorm`, takes their place. A context is handed to the
    norms; there need not be one that uses it.

    Shapes:
        x: `[batch, height, width, channels]`: images of any size.
        context: What the norms take, or `None`.
        y: `[batch, features]`, the last of `widths`.

    Example:
        >>> ResidualFeatures(widths=(8, 16))(tf.ones([2, 16, 16, 3])).shape.as_list()
        [2, 16]

    References:
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        appendix B.4, table 4. https://arxiv.org/abs/1802.05957
    """

    def __init__(
        self,
        widths: Sequence[int] = (128, 128),
        num_flat_blocks: int = 2,
        attention_level: Optional[int] = None,
        make_norm: Callable[[], Network] = Identity,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: Channels of the blocks that halve height and width.
            num_flat_blocks: Number of the blocks that follow and keep them, as many channels as
                the last has. The defaults are the paper's for CIFAR-10.
            attention_level: Number of the block, from 0 on, that a `SelfAttention` follows;
                `None` for no attention.
            make_norm: Class or function without arguments that gives a norm.
            initializer: Of all weights.
            make_reparametrize: As `make_norm`, for what all layers do to their weights, such
                as `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not a positive integer, there is none, `num_flat_blocks` is
                negative, or there is no block `attention_level`.
        """
        super().__init__(name=name)
        widths = checked_widths(widths, "widths", can_be_empty=False)
        if num_flat_blocks < 0:
            raise ValueError(
                "`num_flat_blocks` must not be negative; got {}.".format(num_flat_blocks)
            )
        downsamples = [average_pool] * len(widths) + [None] * num_flat_blocks
        widths = widths + widths[-1:] * num_flat_blocks
        attention, *seeds = child_seeds(seed, 1 + len(widths))
        relu = tf.nn.relu
        firsts = [(tf.identity, Identity)] + [(relu, make_norm)] * (len(widths) - 1)
        self.blocks = [
            ResidualDownBlock(
                n, downsample, activation_in, relu, norm, initializer, make_reparametrize, seed=s
            )
            for n, downsample, (activation_in, norm), s in zip(widths, downsamples, firsts, seeds)
        ]
        self.attentions = attention_behind(
            attention_level, widths, initializer, make_reparametrize, attention
        )

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [4], owner=self)
        h = x
        for block, attention in zip(self.blocks, self.attentions):
            h = run(attention, run(block, h, context))
        return tf.reduce_sum(tf.nn.relu(h), axis=[1, 2])

"""The conditioner of Glow's couplings."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.networks.act_norm_conv import ActNormConv
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.zeros_conv import ZerosConv


class GlowConditioner(ComposedNetwork):
    """Convolutions of 3x3, 1x1 and 3x3, the last of which starts as zero.

    Computes `zeros_conv(relu(conv_1x1(relu(conv_3x3(x)))))`, where the first two are
    standardised by actnorm on the batch they were initialised with. The context is not
    used; see `ContextGlowConditioner`.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height, width, out_channels]`.

    Example:
        >>> GlowConditioner(width=64, out_channels=12)(tf.ones([2, 16, 16, 6])).shape.as_list()
        [2, 16, 16, 12]

    References:
        Kingma and Dhariwal, Glow, 2018, section 3.3 and appendix B.
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        width: int,
        out_channels: int,
        log_scale_factor: float = 3.0,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            width: Channels of the hidden layers.
            out_channels: Number of output channels: twice the changed channels for an
                affine coupling, once for an additive one.
            log_scale_factor: Of the actnorms and of the last layer; see `ActNorm`.
            seed: Seed of the initial kernels.
            name: Name scope of the network.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(name=name)
        first, second = child_seeds(seed, 2)
        self.conv_in = ActNormConv(
            width, kernel_size=3, log_scale_factor=log_scale_factor, seed=first
        )
        self.conv_hidden = ActNormConv(
            width, kernel_size=1, log_scale_factor=log_scale_factor, seed=second
        )
        self.conv_out = ZerosConv(out_channels, log_scale_factor=log_scale_factor)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        h = tf.nn.relu(self._with_context(run(self.conv_in, x), context))
        return run(self.conv_out, tf.nn.relu(run(self.conv_hidden, h)))

    def _with_context(self, h: Tensor, context: Optional[Nest]) -> Tensor:
        return h

"""The conditioner of Glow's couplings, with a context."""

from typing import Optional

from genflow.core.types import Nest, Tensor
from genflow.networks.context_bias import ContextBias
from genflow.networks.glow_conditioner import GlowConditioner


class ContextGlowConditioner(GlowConditioner):
    """`GlowConditioner` whose first hidden layer is shifted by what the context says.

    Computes `zeros_conv(relu(conv_1x1(relu(conv_3x3(x) + context_bias(context)))))`. With
    one-hot labels as the context it makes a coupling class-conditional. The shift
    starts as zero.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        context: `[batch, context_channels]` or `[batch, height, width, context_channels]`.
        y: `[batch, height, width, out_channels]`.

    Example:
        >>> conditioner = ContextGlowConditioner(width=64, out_channels=12)
        >>> labels = tf.one_hot([3, 7], depth=10)
        >>> conditioner(tf.ones([2, 16, 16, 6]), labels).shape.as_list()
        [2, 16, 16, 12]

    References:
        Lu and Huang, Structured Output Learning with Conditional Generative Flows, 2020.
        https://arxiv.org/abs/1905.13288
    """

    def __init__(
        self,
        width: int,
        out_channels: int,
        log_scale_factor: float = 3.0,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network; the arguments are those of `GlowConditioner`."""
        super().__init__(width, out_channels, log_scale_factor, seed, name)
        self.context_bias = ContextBias(width, log_scale_factor=log_scale_factor)

    def _with_context(self, h: Tensor, context: Optional[Nest]) -> Tensor:
        return h + self.context_bias(h, context)

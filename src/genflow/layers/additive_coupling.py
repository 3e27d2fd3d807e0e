"""The additive coupling."""

from typing import Tuple

from genflow.core.log_det import zero_log_det
from genflow.core.types import Tensor
from genflow.layers.coupling import Coupling


class AdditiveCoupling(Coupling):
    """Adds to one half of the channels what a network makes of the other half.

    With `kept, changed` the two halves of the channels of `x`, computes

        y = concat(kept, changed + conditioner(kept, context))
        log_det = 0

    Shapes:
        x, y: `[batch, ..., channels]`, with at least 2 channels.
        conditioner: from `[batch, ..., channels - channels // 2]` to
            `[batch, ..., channels // 2]`.
        log_det: `[batch]`.

    Example:
        >>> from genflow.networks import GlowConditioner
        >>> layer = AdditiveCoupling(GlowConditioner(width=16, out_channels=2))
        >>> layer.forward(tf.ones([2, 8, 8, 4])).shape.as_list()
        [2, 8, 8, 4]

    References:
        Dinh, Krueger and Bengio, NICE: Non-linear Independent Components Estimation,
        2014, section 3.2. https://arxiv.org/abs/1410.8516
    """

    def _transform(self, changed: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        return changed + parameters, zero_log_det(changed)

    def _restore(self, changed: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        return changed - parameters, zero_log_det(changed)

"""The affine coupling."""

from typing import Callable, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.log_det import sum_except_batch
from genflow.core.types import Tensor
from genflow.layers.coupling import Coupling
from genflow.layers.scale_maps import SigmoidScale, check_scale_map


class AffineCoupling(Coupling):
    """Shifts and scales one half of the channels by what a network makes of the other half.

    With `kept, changed` the two halves of the channels of `x`, computes

        shift, h = split(conditioner(kept, context))
        y = concat(kept, (changed + shift) * exp(scale_map(h)))
        log_det = sum(scale_map(h))

    Shapes:
        x, y: `[batch, ..., channels]`, with at least 2 channels.
        conditioner: from `[batch, ..., channels - channels // 2]` to
            `[batch, ..., 2 * (channels // 2)]`; the shift comes first.
        log_det: `[batch]`.

    Example:
        >>> from genflow.networks import GlowConditioner
        >>> layer = AffineCoupling(GlowConditioner(width=16, out_channels=4))
        >>> y, log_det = layer.forward_and_log_det(tf.ones([2, 8, 8, 4]))
        >>> y.shape.as_list(), log_det.shape.as_list()
        ([2, 8, 8, 4], [2])

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.2. https://arxiv.org/abs/1605.08803
        Kingma and Dhariwal, Glow, 2018, section 3.3. https://arxiv.org/abs/1807.03039
    """

    _outputs_per_channel = 2

    def __init__(
        self,
        conditioner: Network,
        scale_map: Optional[Callable[[Tensor], Tensor]] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            conditioner: Network from the kept half to shift and raw log-scale.
            scale_map: Function from the raw log-scale to the log-scale, such as
                `SigmoidScale`, `TanhScale`, `LearnedTanhScale`, `SoftClampScale` or
                `ExpScale`. By default `SigmoidScale()`.
            name: Name scope of the layer.

        Raises:
            TypeError: If `scale_map` cannot be called.
        """
        super().__init__(conditioner, name=name)
        self.scale_map = check_scale_map(SigmoidScale() if scale_map is None else scale_map)

    def _transform(self, changed: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        shift, log_scale = self._shift_and_log_scale(parameters)
        return (changed + shift) * tf.exp(log_scale), sum_except_batch(log_scale)

    def _restore(self, changed: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        shift, log_scale = self._shift_and_log_scale(parameters)
        return changed * tf.exp(-log_scale) - shift, -sum_except_batch(log_scale)

    def _shift_and_log_scale(self, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        shift, raw = tf.split(parameters, 2, axis=-1)
        return shift, self.scale_map(raw)

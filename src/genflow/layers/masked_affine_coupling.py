"""The affine coupling with a mask."""

from typing import Callable, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Network
from genflow.core.checks import check_channels, static_channels
from genflow.core.log_det import sum_except_batch
from genflow.core.shapes import size
from genflow.core.types import Nest, Tensor, Updates
from genflow.layers.learned_tanh_scale import LearnedTanhScale
from genflow.layers.masks import Mask, check_mask
from genflow.layers.scale_maps import check_scale_map


class MaskedAffineCoupling(Bijection):
    """Scales and shifts the values outside a mask by what a network makes of those inside.

    With `b` the mask, 1 where a value is kept and 0 where it is changed, computes

        shift, h = split(conditioner(b * x, context))
        log_scale = (1 - b) * scale_map(h)
        y = b * x + (1 - b) * (x * exp(log_scale) + shift)
        log_det = sum(log_scale)

    The conditioner sees all positions and channels, with zeros in the place of what is
    changed. So a mask may divide positions, which `AffineCoupling` cannot.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
        conditioner: from `[batch, ..., channels]` to `[batch, ..., 2 * channels]`; the
            shift comes first.
        log_det: `[batch]`.

    Example:
        >>> from genflow.layers import checkerboard_mask
        >>> from genflow.networks import ResidualConditioner
        >>> conditioner = ResidualConditioner(width=8, out_channels=6, num_blocks=1)
        >>> layer = MaskedAffineCoupling(conditioner, checkerboard_mask)
        >>> y, log_det = layer.forward_and_log_det(tf.ones([2, 8, 8, 3]))
        >>> y.shape.as_list(), log_det.shape.as_list()
        ([2, 8, 8, 3], [2])

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.4, equation 9. https://arxiv.org/abs/1605.08803
    """

    def __init__(
        self,
        conditioner: Network,
        mask: Mask,
        scale_map: Optional[Callable[[Tensor], Tensor]] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            conditioner: Network from the kept values to shift and raw log-scale.
            mask: What is kept: a function such as `checkerboard_mask`, `channel_mask` or
                the `complement` of one.
            scale_map: Function from the raw log-scale to the log-scale. By default
                `LearnedTanhScale()`.
            name: Name scope of the layer.

        Raises:
            TypeError: If `mask` or `scale_map` cannot be called.
        """
        super().__init__(name=name)
        self.conditioner = conditioner
        self.mask = check_mask(mask)
        self.scale_map = check_scale_map(LearnedTanhScale() if scale_map is None else scale_map)

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        kept = self._kept(x)
        return self._transform(x, kept, self.conditioner(kept * x, context, training))

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        kept = self._kept(y)
        parameters = self.conditioner(kept * y, context, training)
        shift, log_scale = self._shift_and_log_scale(y, kept, parameters)
        x = kept * y + (1.0 - kept) * (y - shift) * tf.exp(-log_scale)
        return x, -sum_except_batch(log_scale)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        kept = self._kept(x)
        parameters, updates = self.conditioner.initialize(kept * x, context)
        return self._transform(x, kept, parameters)[0], updates

    def _transform(self, x: Tensor, kept: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        shift, log_scale = self._shift_and_log_scale(x, kept, parameters)
        y = kept * x + (1.0 - kept) * (x * tf.exp(log_scale) + shift)
        return y, sum_except_batch(log_scale)

    def _shift_and_log_scale(
        self, x: Tensor, kept: Tensor, parameters: Tensor
    ) -> Tuple[Tensor, Tensor]:
        check_channels(parameters, 2 * static_channels(x, self), self, "its conditioner")
        shift, raw = tf.split(parameters, 2, axis=-1)
        return shift, (1.0 - kept) * self.scale_map(raw)

    def _kept(self, x: Tensor) -> Tensor:
        """The mask as numbers, `[..., channels]` or what is broadcast to it."""
        static_channels(x, owner=self)
        mask = tf.convert_to_tensor(self.mask([size(x, axis) for axis in range(1, x.shape.rank)]))
        if mask.dtype != tf.bool or not _broadcasts(mask.shape, x.shape[1:]):
            raise ValueError(
                "The `mask` of `{}` must give booleans of the shape of an example, with 1 where "
                "an axis makes no difference, or of its channels alone, {}; got {} of shape "
                "{}.".format(self.name, x.shape[1:], mask.dtype.name, mask.shape)
            )
        return tf.cast(mask, x.dtype)


def _broadcasts(shape: tf.TensorShape, to: tf.TensorShape) -> bool:
    """Whether a shape, of the channels alone or of all axes, is broadcast to just another one."""
    if shape.rank not in (1, to.rank):
        return False
    pairs = zip(reversed(shape.as_list()), reversed(to.as_list()))
    return all(one == 1 or None in (one, other) or one == other for one, other in pairs)

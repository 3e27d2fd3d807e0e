"""What the additive and the affine coupling share."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Network
from genflow.core.checks import check_channels, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates


class Coupling(Bijection):
    """Changes one half of the channels by a map that the other half decides.

    Subclasses write `_transform` and `_restore`, which map the changed half given the
    conditioner's output, and `_outputs_per_channel`.
    """

    def __init__(self, conditioner: Network, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            conditioner: Network from the kept half to the parameters of the map.
            name: Name scope of the layer.
        """
        super().__init__(name=name)
        self.conditioner = conditioner

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        kept, changed = split_channels(x, owner=self)
        parameters = self._checked(self.conditioner(kept, context, training), changed)
        changed, log_det = self._transform(changed, parameters)
        return tf.concat([kept, changed], axis=-1), log_det

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        kept, changed = split_channels(y, owner=self)
        parameters = self._checked(self.conditioner(kept, context, training), changed)
        changed, log_det = self._restore(changed, parameters)
        return tf.concat([kept, changed], axis=-1), log_det

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        kept, changed = split_channels(x, owner=self)
        parameters, updates = self.conditioner.initialize(kept, context)
        changed, _ = self._transform(changed, self._checked(parameters, changed))
        return tf.concat([kept, changed], axis=-1), updates

    def _checked(self, parameters: Tensor, changed: Tensor) -> Tensor:
        needed = self._outputs_per_channel * static_size(changed, -1)
        check_channels(parameters, needed, self, "its conditioner")
        return parameters

    _outputs_per_channel = 1

    def _transform(self, changed: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _restore(self, changed: Tensor, parameters: Tensor) -> Tuple[Tensor, Tensor]:
        raise NotImplementedError


def split_channels(x: Tensor, owner: Bijection) -> Tuple[Tensor, Tensor]:
    """Cuts the channels in two; with an odd count the first half is the larger one."""
    channels = static_channels(x, owner)
    if channels < 2:
        raise ValueError(
            "`{}` needs at least 2 channels to split; got shape {}.".format(owner.name, x.shape)
        )
    kept, latent = tf.split(x, [channels - channels // 2, channels // 2], axis=-1)
    return kept, latent

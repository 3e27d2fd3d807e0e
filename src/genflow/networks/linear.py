"""What dense layers and convolutions share: the weight, what stands in for it, and the bias."""

from typing import Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    check_channels,
    check_positive_integer,
    check_rank,
    static_channels,
)
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.networks.initializers import WeightInitializer, seeded


class Linear(Network):
    """A linear map of a tensor of known rank to `out_channels` channels, plus a bias.

    Subclasses write `_product`. The weight is `[..., in_channels, out_channels]`; before the
    channels come the sides of a kernel.
    """

    def __init__(
        self,
        out_channels: int,
        sides: Sequence[int],
        use_bias: bool,
        initializer: WeightInitializer,
        reparametrize: Optional[Network],
        seed: Optional[int],
        name: Optional[str],
    ) -> None:
        """Constructs what is shared; see the subclasses. `sides` are those of the kernel."""
        super().__init__(name=name)
        check_positive_integer(out_channels, "out_channels")
        self.out_channels = out_channels
        self.use_bias = use_bias
        self.initializer = initializer
        self.reparametrize = reparametrize
        self.seed = seed
        self._sides = tuple(sides)

    def _build(self, x: Tensor) -> None:
        self._check_rank(x)
        shape = list(self._sides) + [static_channels(x, owner=self), self.out_channels]
        self.weight = self._variable("weight", seeded(self.initializer, self.seed), shape, x.dtype)
        if self.use_bias:
            self.bias = self._variable("bias", tf.zeros, [self.out_channels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        self._check_rank(x)
        check_channels(x, static_size(self.weight, -2), self, "its input, as at the first call")
        weight = tf.convert_to_tensor(self.weight)
        if self.reparametrize is not None:
            weight = self.reparametrize(weight, training=training)
        y = self._product(x, weight)
        return tf.nn.bias_add(y, self.bias) if self.use_bias else y

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        raise NotImplementedError("`{}` has no `_product`.".format(type(self).__name__))

    def _check_rank(self, x: Tensor) -> None:
        check_rank(x, [len(self._sides) + 2], owner=self)

"""A fully connected layer."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_positive, check_rank, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.networks.initializers import normal


class Dense(Network):
    """A fully connected layer: `y = x @ weight + bias`.

    Shapes:
        x: `[batch, in_channels]`.
        y: `[batch, out_channels]`.

    Example:
        >>> Dense(out_channels=4)(tf.ones([2, 3])).shape.as_list()
        [2, 4]

    References:
        He et al., Delving Deep into Rectifiers, 2015, equation 10 (the default
        initialisation). https://arxiv.org/abs/1502.01852
    """

    def __init__(
        self,
        out_channels: int,
        stddev: Optional[float] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of outputs.
            stddev: Standard deviation of the initial weights; `sqrt(2 / in_channels)`
                by default, and 0 for a layer that starts as zero.
            seed: Seed of the initial weights.
            name: Name scope of the layer.

        Raises:
            ValueError: If `out_channels` is not positive or `stddev` is negative.
        """
        super().__init__(name=name)
        check_positive(out_channels, "out_channels")
        if stddev is not None and stddev < 0:
            raise ValueError("`stddev` must not be negative; got {}.".format(stddev))
        self.out_channels = out_channels
        self.stddev = stddev
        self.seed = seed

    def _build(self, x: Tensor) -> None:
        size = static_channels(x, owner=self)
        stddev = (2.0 / size) ** 0.5 if self.stddev is None else self.stddev
        initializer = normal(stddev, self.seed)
        self.weight = self._variable("weight", initializer, [size, self.out_channels], x.dtype)
        self.bias = self._variable("bias", tf.zeros, [self.out_channels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_rank(x, [2], owner=self)
        check_channels(x, static_size(self.weight, 0), self, "its input, as at the first call")
        return tf.matmul(x, self.weight) + self.bias

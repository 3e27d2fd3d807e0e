"""A fully connected layer."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.types import Tensor
from genflow.networks.initializers import HE_NORMAL, WeightInitializer
from genflow.networks.linear import Linear


class Dense(Linear):
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
        initializer: WeightInitializer = HE_NORMAL,
        reparametrize: Optional[Network] = None,
        use_bias: bool = True,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of outputs.
            initializer: Of the weight `[in_channels, out_channels]`, such as
                `normal(stddev=0.02)`, or `zeros()` for a layer that starts as zero.
            reparametrize: A network from the weight to what is used in its place, such as
                `SpectralNorm()`; one of its own for every layer.
            use_bias: Whether there is a bias; a norm that follows takes it out again.
            seed: Seed of the initial weight.
            name: Name scope of the layer.

        Raises:
            ValueError: If `out_channels` is not a positive integer.
        """
        super().__init__(out_channels, [], use_bias, initializer, reparametrize, seed, name)

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        return tf.matmul(x, weight)

"""A residual block of two convolutions."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.networks.composed_network import ComposedNetwork, Run


class ResidualBlock(ComposedNetwork):
    """Computes `relu(x + norm(conv(dropout(relu(norm(conv(x)))))))`, with 3x3 convolutions.

    Shapes:
        x, y: `[batch, height, width, width_of_the_block]`.
    """

    def __init__(
        self,
        width: int,
        make_conv: Callable[..., Network],
        make_norm: Callable[[], Network],
        dropout: Network,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the block; see `ResidualConditioner`."""
        super().__init__(name=name)
        first, second = child_seeds(seed, 2)
        self.conv_in = make_conv(width, kernel_size=3, seed=first)
        self.norm_in = make_norm()
        self.dropout = dropout
        self.conv_out = make_conv(width, kernel_size=3, seed=second)
        self.norm_out = make_norm()

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        h = tf.nn.relu(run(self.norm_in, run(self.conv_in, x)))
        h = run(self.conv_out, run(self.dropout, h))
        return tf.nn.relu(x + run(self.norm_out, h))

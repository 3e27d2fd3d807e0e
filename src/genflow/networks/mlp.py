"""A multi-layer perceptron."""

from typing import Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_rank
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.networks.dense import Dense
from genflow.networks.initializers import zeros


class MLP(Network):
    """Fully connected layers with ReLU between them: a conditioner for vectors.

    The last layer starts as zero, so a coupling starts close to the identity. A context
    vector is appended to the input.

    Shapes:
        x: `[batch, in_channels]`.
        context: `[batch, context_channels]`, or `None`.
        y: `[batch, out_channels]`.

    Example:
        >>> MLP(widths=[64, 64], out_channels=2)(tf.ones([5, 3])).shape.as_list()
        [5, 2]

    References:
        Dinh, Krueger and Bengio, NICE: Non-linear Independent Components Estimation,
        2014, section 5.1. https://arxiv.org/abs/1410.8516
    """

    def __init__(
        self,
        widths: Sequence[int],
        out_channels: int,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: Width of every hidden layer.
            out_channels: Number of outputs.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not positive.
        """
        super().__init__(name=name)
        seeds = child_seeds(seed, len(widths))
        self.hidden = [Dense(width, seed=child) for width, child in zip(widths, seeds)]
        self.output = Dense(out_channels, initializer=zeros())

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_rank(x, [2], owner=self)
        if context is not None:
            check_rank(context, [2], owner=self)
            x = tf.concat([x, tf.cast(context, x.dtype)], axis=-1)
        for layer in self.hidden:
            x = tf.nn.relu(layer(x, training=training))
        return self.output(x, training=training)

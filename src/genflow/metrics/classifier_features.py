"""The network whose features a self-trained extractor gives."""

import math
from typing import Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core.random import child_seeds
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.networks import BatchNorm, Conv, Dense
from genflow.networks.composed_network import ComposedNetwork, Run

_SMALLEST_SIDE = 7
_WIDTHS = (32, 64, 128)
_DECAY = 0.9  # A training is short.


class ClassifierFeatures(ComposedNetwork):
    """Images to vectors: pairs of convolutions, the first of which halves the sides.

    There are as many pairs as it takes to make the shorter side 7 or less, with 32, 64, and
    then 128 channels; a fully connected layer follows. Behind each layer are a batch norm
    and a ReLU.

    Shapes:
        x: `[batch, height, width, channels]`, with static sides.
        y: `[batch, num_features]`, not negative.

    Example:
        >>> network = ClassifierFeatures([28, 28, 1], num_features=64)
        >>> network(tf.ones([2, 28, 28, 1])).shape.as_list()
        [2, 64]

    References:
        Springenberg et al., Striving for Simplicity: The All Convolutional Net, 2014
        (strides in the place of pooling). https://arxiv.org/abs/1412.6806
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        num_features: int,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            image_shape: Height, width and channels of an image.
            num_features: The size of a vector.
            seed: Of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If `num_features` is not a positive integer.
        """
        super().__init__(name=name)
        num_pairs = max(1, math.ceil(math.log2(min(image_shape[:2]) / _SMALLEST_SIDE)))
        seeds = child_seeds(seed, 2 * num_pairs + 1)
        self.convs, self.norms = [], []
        for index in range(2 * num_pairs):
            width, stride = _WIDTHS[min(index // 2, len(_WIDTHS) - 1)], 2 - index % 2
            self.convs.append(Conv(width, stride=stride, use_bias=False, seed=seeds[index]))
            self.norms.append(BatchNorm(decay=_DECAY))
        self.dense = Dense(num_features, use_bias=False, seed=seeds[-1])
        self.dense_norm = BatchNorm(decay=_DECAY)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        for conv, norm in zip(self.convs, self.norms):
            x = tf.nn.relu(run(norm, run(conv, x)))
        height, width, channels = (static_size(x, axis) for axis in (1, 2, 3))
        flat = tf.reshape(x, [-1, height * width * channels])
        return tf.nn.relu(run(self.dense_norm, run(self.dense, flat)))

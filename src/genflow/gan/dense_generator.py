"""The generator of Improved-GAN for MNIST."""

import functools
from typing import Callable, Optional, Sequence, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_rank
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.context_use import check_context_is_used
from genflow.gan.defaults import checked_image_shape, checked_widths
from genflow.gan.offset import Offset
from genflow.networks import BatchNorm, Dense, WeightNormalization
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM

_PLAIN_BATCH_NORM = functools.partial(BatchNorm, decay=0.9, epsilon=1e-6, affine=False)


class DenseGenerator(ComposedNetwork):
    """Makes images of vectors by fully connected layers.

    Computes, for every one of the `widths`, and last for all numbers of the image,

        h = activation(norm(dense(h)) + bias)
        y = output(dense(h))

    The bias stands behind the norm, which would take it out again, and there is no scale. The
    weight of the last layer is normalised: its gains start as one. All weights start as
    `glorot_uniform()`, biases as zero.

    `DenseGenerator((28, 28, 1))` is the one that the authors train on MNIST, with 694,568
    weights, of vectors of 100 numbers that are uniform from 0 to 1.

    Shapes:
        x: `[batch, channels]`: noise.
        context: What the norms take, or `None`.
        y: `[batch, height, width, channels]`, the image shape.

    Example:
        >>> generator = DenseGenerator(image_shape=(28, 28, 1), widths=(50,))
        >>> generator(tf.random.normal([2, 100]), training=True).shape.as_list()
        [2, 28, 28, 1]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.1; the layers
        are those of the authors' code. https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        image_shape: Tuple[int, int, int],
        widths: Sequence[int] = (500, 500),
        activation: Callable[[Tensor], Tensor] = tf.nn.softplus,
        output: Callable[[Tensor], Tensor] = tf.sigmoid,
        make_norm: Callable[[], Network] = _PLAIN_BATCH_NORM,
        make_last_reparametrize: Optional[Callable[[], Network]] = WeightNormalization,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            image_shape: Height, width and channels.
            widths: Of the layers before the last.
            activation: Of all layers but the last.
            output: From the last layer to the images: `tf.sigmoid` for pixels in [0, 1],
                `tf.tanh` for pixels in [-1, 1], `tf.identity`.
            make_norm: Class or function without arguments that gives a norm; `Identity` for
                none.
            make_last_reparametrize: The same for what the last layer does to its weight;
                `None` for nothing.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a size or a width is not a positive integer.
        """
        super().__init__(name=name)
        self.image_shape = checked_image_shape(image_shape)
        widths = checked_widths(widths, "widths")
        self.activation = activation
        self.output = output
        last, *seeds = child_seeds(seed, 1 + len(widths))
        self.dense = [
            Dense(n, GLOROT_UNIFORM, use_bias=False, seed=s) for n, s in zip(widths, seeds)
        ]
        self.norms = [make_norm() for _ in widths]
        self.offsets = [Offset() for _ in widths]
        reparametrize = None if make_last_reparametrize is None else make_last_reparametrize()
        size = int(np.prod(self.image_shape))
        self.last = Dense(size, GLOROT_UNIFORM, reparametrize, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [2], owner=self)
        check_context_is_used(context, self, "give it `make_norm=ConditionalBatchNorm`")
        h = x
        for dense, norm, offset in zip(self.dense, self.norms, self.offsets):
            h = self.activation(run(offset, run(norm, run(dense, h), context)))
        return tf.reshape(self.output(run(self.last, h)), (-1,) + self.image_shape)

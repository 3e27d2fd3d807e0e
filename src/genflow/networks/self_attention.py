"""Self-attention."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_positive_integer, check_rank
from genflow.core.log_det import log_det_dtype
from genflow.core.random import child_seeds
from genflow.core.shapes import size, static_size
from genflow.core.types import Nest, Tensor
from genflow.networks.conv import Conv
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer


class SelfAttention(Network):
    """Lets every position of an image look at all others; starts as the identity.

    Computes, for 1x1 convolutions `f`, `g`, `h` and `v`, on images seen as lists of positions,

        weights = softmax(f(x) @ transpose(pool(g(x))))
        y = x + gain * v(weights @ pool(h(x)))

    where `pool` takes the largest value of squares of `pool_size` pixels, as the authors'
    code does, and the `gain`, a scalar, starts as 0. `f` and `g` have an eighth of the
    channels, `h` has half of them, and none has a bias. The memory it takes grows with
    the square of the number of positions.

    Shapes:
        x, y: `[batch, height, width, channels]`.

    Example:
        >>> SelfAttention(channels=16)(tf.ones([2, 8, 8, 16])).shape.as_list()
        [2, 8, 8, 16]

    References:
        Zhang et al., Self-Attention Generative Adversarial Networks, 2018, section 3.
        https://arxiv.org/abs/1805.08318
    """

    def __init__(
        self,
        channels: int,
        pool_size: int = 2,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            channels: Number of channels of the input.
            pool_size: Side of the squares from which keys and values are taken; 1 for every
                pixel. Where a side is no multiple of it, the outermost are smaller.
            initializer: Of the convolutions.
            make_reparametrize: Class or function without arguments that gives a network for
                what the convolutions do to their weights, such as `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not a positive integer.
        """
        super().__init__(name=name)
        check_positive_integer(channels, "channels")
        check_positive_integer(pool_size, "pool_size")
        self.channels = channels
        self.pool_size = pool_size
        make_weight = make_reparametrize or (lambda: None)
        widths = [max(channels // 8, 1), max(channels // 8, 1), max(channels // 2, 1), channels]
        self.query, self.key, self.value, self.output = (
            Conv(n, 1, use_bias=False, initializer=initializer, reparametrize=make_weight(), seed=s)
            for n, s in zip(widths, child_seeds(seed, 4))
        )

    def _build(self, x: Tensor) -> None:
        self.gain = self._variable("gain", tf.zeros, [], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_rank(x, [4], owner=self)
        check_channels(x, self.channels, self, "its input")
        queries = _listed(self.query(x, training=training))
        keys = _listed(self._pooled(self.key(x, training=training)))
        values = self._pooled(self.value(x, training=training))
        scores = tf.matmul(queries, keys, transpose_b=True)
        weights = tf.nn.softmax(tf.cast(scores, log_det_dtype(x.dtype)))
        h = tf.matmul(tf.cast(weights, x.dtype), _listed(values))
        h = tf.reshape(h, tf.stack([size(x, 0), size(x, 1), size(x, 2), static_size(values, 3)]))
        return x + self.gain * self.output(h, training=training)

    def _pooled(self, h: Tensor) -> Tensor:
        return tf.nn.max_pool2d(h, ksize=self.pool_size, strides=self.pool_size, padding="SAME")


def _listed(h: Tensor) -> Tensor:
    """`[batch, positions, channels]`."""
    return tf.reshape(h, tf.stack([size(h, 0), size(h, 1) * size(h, 2), static_size(h, 3)]))

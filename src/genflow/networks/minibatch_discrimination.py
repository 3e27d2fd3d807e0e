"""Minibatch discrimination."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    check_channels,
    check_floating,
    check_positive_integer,
    check_rank,
    static_channels,
)
from genflow.core.log_det import log_det_dtype
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.networks.initializers import WeightInitializer, normal, seeded

_NORMAL = normal(0.05)


class MinibatchDiscrimination(Network):
    """Tells a discriminator how close the other examples of the batch are.

    Computes `y_i = concat([x_i, o_i])` with, for every kernel `b`,

        o_ib = sum(exp(-sum(abs(m_ib - m_jb))) for j != i)

    where `m_ib` are the `kernel_size` values of `x_i @ weight` that belong to the kernel.
    The example itself is left out of the sum, as in the authors' code: it would add 1
    always. So `o` is 0 in a batch of one. The outputs grow with the batch: train and
    evaluate with batches of one size, or with `average=True`, which divides `o` by the number
    of other examples. Never have real and generated examples in one batch.

    The numbers and the initial weight are by default the authors'. Their layer also normalises
    the weight and adds a bias: that is `WeightNormMinibatchDiscrimination`.

    Shapes:
        x: `[batch, channels]`.
        y: `[batch, channels + num_kernels]`.

    Example:
        >>> MinibatchDiscrimination(num_kernels=10)(tf.ones([8, 32])).shape.as_list()
        [8, 42]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.2.
        https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        num_kernels: int = 100,
        kernel_size: int = 5,
        average: bool = False,
        initializer: WeightInitializer = _NORMAL,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            num_kernels: Number of ways to measure closeness, each of which adds an output.
            kernel_size: Number of values that are compared in each of them.
            average: Whether an output is the mean over the other examples, which does not grow
                with the batch, instead of the sum.
            initializer: Function of shape, type and seed that gives the initial weight.
            seed: Seed of the initial weight.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not a positive integer.
        """
        super().__init__(name=name)
        check_positive_integer(num_kernels, "num_kernels")
        check_positive_integer(kernel_size, "kernel_size")
        self.num_kernels = num_kernels
        self.kernel_size = kernel_size
        self.average = average
        self._draw = seeded(initializer, seed)

    def _build(self, x: Tensor) -> None:
        shape = [static_channels(x, owner=self), self.num_kernels * self.kernel_size]
        self.weight = self._variable("weight", self._draw, shape, x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_rank(x, [2], owner=self)
        check_floating(x.dtype, owner=self)
        check_channels(x, static_size(self.weight, 0), self, "its input, as at the first call")
        distances = kernel_distances(tf.matmul(x, self.weight), self.num_kernels)
        return tf.concat([x, tf.cast(closeness(distances, self.average), x.dtype)], axis=-1)


def kernel_distances(m: Tensor, num_kernels: int) -> Tensor:
    """How far each two examples are apart in every kernel: `[batch, batch, num_kernels]`.

    Args:
        m: `[batch, num_kernels * kernel_size]`: what is compared.
        num_kernels: Number of ways to compare.
    """
    m = tf.cast(m, log_det_dtype(m.dtype))
    m = tf.reshape(m, [-1, num_kernels, static_size(m, 1) // num_kernels])
    return tf.reduce_sum(tf.abs(m[:, tf.newaxis] - m[tf.newaxis]), axis=-1)


def closeness(distances: Tensor, average: bool) -> Tensor:
    """The sum of `exp(-distance)` to the other examples, or the mean: `[batch, num_kernels]`."""
    batch = tf.shape(distances)[0]
    others = 1.0 - tf.eye(batch, dtype=distances.dtype)
    if average:
        others = tf.math.divide_no_nan(others, tf.cast(batch - 1, distances.dtype))
    return tf.reduce_sum(tf.exp(-distances) * others[:, :, tf.newaxis], axis=1)

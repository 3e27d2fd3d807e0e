"""Minibatch discrimination with a normalised weight and a bias, both set from data."""

from typing import Any, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    assign,
    check_channels,
    check_floating,
    check_initial_batch,
    check_positive,
    check_positive_integer,
    check_rank,
    static_channels,
)
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates
from genflow.networks.initializers import normal, seeded
from genflow.networks.minibatch_discrimination import closeness, kernel_distances
from genflow.networks.weight_norm import channel_norms

_FAR = 1e6  # Farther than any other example: the distance of an example from itself.


class WeightNormMinibatchDiscrimination(Network):
    """`MinibatchDiscrimination` whose scale and bias can be set from data, as the authors' are.

    Computes `y_i = concat([x_i, o_i + bias])`, with `o` as there, and the weight

        exp(log_scale) * direction / norm(direction)

    where the norm is that of every column. Until `initialize` has been called, `log_scale` is 0
    and `bias` is -1. It scales every kernel, so that on its batch the distance of an example
    from the nearest other one is 2 on average, and gives each `o + bias` the mean 0. So no
    kernel starts with all examples alike or all infinitely far apart. The nearest other one
    is nearer in a larger batch: initialise with about as many examples as there are in training.

    Shapes:
        x: `[batch, channels]`.
        y: `[batch, channels + num_kernels]`.

    Example:
        >>> network = WeightNormMinibatchDiscrimination(num_kernels=10)
        >>> y, updates = network.initialize(tf.random.normal([8, 32]))
        >>> y.shape.as_list(), network.bias.shape.as_list()
        ([8, 42], [10])

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.2; scale and bias
        are those of the authors' code. https://arxiv.org/abs/1606.03498
        Salimans and Kingma, Weight Normalization: A Simple Reparameterization to
        Accelerate Training of Deep Neural Networks, 2016, sections 2 and 3.
        https://arxiv.org/abs/1602.07868
    """

    def __init__(
        self,
        num_kernels: int = 100,
        kernel_size: int = 5,
        average: bool = False,
        stddev: float = 0.05,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            num_kernels: Number of ways to measure closeness, each of which adds an output.
            kernel_size: Number of values that are compared in each of them.
            average: Whether an output is the mean over the other examples, which does not grow
                with the batch, instead of the sum.
            stddev: Standard deviation of the initial direction.
            seed: Seed of the initial direction.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(name=name)
        check_positive_integer(num_kernels, "num_kernels")
        check_positive_integer(kernel_size, "kernel_size")
        check_positive(stddev, "stddev")
        self.num_kernels = num_kernels
        self.kernel_size = kernel_size
        self.average = average
        self._draw = seeded(normal(stddev), seed)

    def _build(self, x: Tensor) -> None:
        columns = self.num_kernels * self.kernel_size
        shape = [static_channels(x, owner=self), columns]
        self.direction = self._variable("direction", self._draw, shape, x.dtype)
        self.log_scale = self._variable("log_scale", tf.zeros, [columns], x.dtype)
        self.bias = self._variable("bias", _minus_one, [self.num_kernels], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        o = tf.cast(closeness(self._distances(x), self.average), x.dtype)
        return tf.concat([x, o + self.bias], axis=-1)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        distances = self._distances(x)
        checks = check_initial_batch(distances, axes=[0, 1], owner=self)
        with tf.control_dependencies(checks):
            scale = _standardizing_scale(distances)
        o = closeness(distances * scale, self.average)
        bias = -tf.reduce_mean(o, axis=0)
        by_column = tf.repeat(tf.math.log(scale), self.kernel_size)
        log_scale = self.log_scale + tf.cast(by_column, x.dtype)
        updates = assign(self.log_scale, log_scale) + assign(self.bias, tf.cast(bias, x.dtype))
        return tf.concat([x, tf.cast(o + bias, x.dtype)], axis=-1), updates

    def _distances(self, x: Tensor) -> Tensor:
        check_rank(x, [2], owner=self)
        check_floating(x.dtype, owner=self)
        check_channels(x, static_size(self.direction, 0), self, "its input, as at the first call")
        direction = tf.convert_to_tensor(self.direction)
        weight = direction * (tf.exp(self.log_scale) / channel_norms(direction))
        return kernel_distances(tf.matmul(x, weight), self.num_kernels)


def _minus_one(shape: Any, dtype: tf.DType) -> Tensor:
    return -tf.ones(shape, dtype)


def _standardizing_scale(distances: Tensor) -> Tensor:
    """What makes the mean distance to the nearest other example 2; 1 where all have a twin."""
    itself = _FAR * tf.eye(tf.shape(distances)[0], dtype=distances.dtype)
    nearest = tf.reduce_min(distances + itself[:, :, tf.newaxis], axis=1)
    mean = tf.reduce_mean(nearest, axis=0)
    return tf.where(mean > 0.0, 2.0 / mean, tf.ones_like(mean))

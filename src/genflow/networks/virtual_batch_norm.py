"""Virtual batch normalisation."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    check_channels,
    check_floating,
    check_positive,
    check_positive_integer,
    static_channels,
)
from genflow.core.log_det import log_det_dtype
from genflow.core.running_statistics import moments
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor


class VirtualBatchNorm(Network):
    """Standardises every example by the moments of a reference batch and of itself.

    The first `num_reference` examples of every batch are the reference batch: run a
    network on `tf.concat([reference, x], axis=0)`, with the same reference always, and
    drop the first outputs. So the moments of the reference follow the current weights.
    With `n = num_reference`,

        y_i = (x_i - mean_i) / sqrt(square_i - mean_i**2 + epsilon) * scale + offset
        mean_i = (n * mean(reference) + mean(x_i)) / (n + 1)
        square_i = (n * mean(reference**2) + mean(x_i**2)) / (n + 1)

    where all means are over positions, and over the examples of the reference. The
    examples of the reference are standardised by its own moments alone. An output depends
    on the reference, but not on its other neighbours, in training and otherwise; nothing is
    averaged over batches.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count and a batch of at least
            `num_reference`.

    Example:
        >>> reference, x = tf.random.normal([8, 4, 4, 3]), tf.random.normal([5, 4, 4, 3])
        >>> network = VirtualBatchNorm(num_reference=8)
        >>> network(tf.concat([reference, x], axis=0))[8:].shape.as_list()
        [5, 4, 4, 3]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.5.
        https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self, num_reference: int, epsilon: float = 1e-5, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            num_reference: Number of examples of the reference batch.
            epsilon: Added to the variance.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(name=name)
        check_positive_integer(num_reference, "num_reference")
        check_positive(epsilon, "epsilon")
        self.num_reference = num_reference
        self.epsilon = epsilon

    def _build(self, x: Tensor) -> None:
        channels = [static_channels(x, owner=self)]
        self.scale = self._variable("scale", tf.ones, channels, x.dtype)
        self.offset = self._variable("offset", tf.zeros, channels, x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_floating(x.dtype, owner=self)
        check_channels(x, static_size(self.scale, 0), self, "its input, as at the first call")
        reference, others = self._parts(tf.cast(x, log_det_dtype(x.dtype)))
        mean, variance = moments(reference)
        parts = [
            self._normalized(reference, mean, variance),
            self._normalized(others, *self._joint_moments(others, mean, variance)),
        ]
        y = tf.cast(tf.concat(parts, axis=0), x.dtype)
        y.set_shape(x.shape)
        return y

    def _parts(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        batch = static_size(x, 0)
        if batch is not None and batch < self.num_reference:
            raise ValueError(
                "`{}` needs a batch that starts with its {} reference examples; got shape "
                "{}.".format(self.name, self.num_reference, x.shape)
            )
        # A slice of a given size: refuses a batch that turns out to be smaller.
        size = [self.num_reference] + [-1] * (x.shape.rank - 1)
        return tf.slice(x, [0] * x.shape.rank, size), x[self.num_reference :]

    def _joint_moments(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tuple[Tensor, Tensor]:
        """The moments of the docstring, from variances: no difference of squares cancels."""
        n = float(self.num_reference)
        positions = list(range(1, x.shape.rank - 1))
        own_mean, own_variance = tf.nn.moments(x, axes=positions, keepdims=True)
        step = (own_mean - mean) / (n + 1.0)
        return mean + step, (n * variance + own_variance) / (n + 1.0) + n * tf.square(step)

    def _normalized(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        scale = tf.math.rsqrt(variance + self.epsilon) * tf.cast(self.scale, x.dtype)
        return (x - mean) * scale + tf.cast(self.offset, x.dtype)

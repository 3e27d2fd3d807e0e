"""From integers to a density on the real numbers."""

import math
from typing import Optional, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Bijection, make_seed
from genflow.core.log_det import log_det_dtype, num_values, per_example
from genflow.core.types import Nest, Seed, Tensor


class Dequantize(Bijection):
    """Adds uniform noise to integers and scales them to an interval of length 1.

    With `u` uniform on [0, 1), computes

        y = (x + u) / 2**num_bits - 1/2        (or without the 1/2)
        log_det = -num_values * num_bits * log(2)

    so a uniform density of `y` costs exactly `num_bits` bits per value. The inverse
    rounds down, and so returns the integers exactly: it undoes the noise whatever it
    was. It maps what lies outside the interval to the nearest integer in range.

    Shapes:
        x: `[batch, ...]`, integers from 0 to `2**num_bits - 1`, of an integer or a
            floating type.
        y: `[batch, ...]`, float32, or the type of `x` if that is a floating one.
        log_det: `[batch]`.

    Example:
        >>> layer = Dequantize(num_bits=8, seed=0)
        >>> images = tf.zeros([2, 32, 32, 3], tf.uint8)
        >>> layer.forward(images).dtype.name
        'float32'

    References:
        Theis, van den Oord and Bethge, A note on the evaluation of generative models,
        2016, section 3.1. https://arxiv.org/abs/1511.01844
    """

    # Two copies of an example in one batch get different noise.
    draws_noise = True

    def __init__(
        self,
        num_bits: int = 8,
        centered: bool = True,
        seed: Seed = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            num_bits: Number of bits of every value.
            centered: Whether `y` lies in [-1/2, 1/2) rather than in [0, 1).
            seed: Of the noise: `None` draws fresh noise at every call, an integer the
                same noise at every call; a function without arguments that returns an
                int32 tensor of shape `[2]` is called at every call, which is how a
                training loop makes the noise a function of seed and step.
            name: Name scope of the layer.

        Raises:
            ValueError: If `num_bits` is not an integer from 1 to 16.
        """
        super().__init__(name=name)
        if not isinstance(num_bits, int) or not 1 <= num_bits <= 16:
            raise ValueError("`num_bits` must be an integer from 1 to 16; got {}.".format(num_bits))
        self.num_bits = num_bits
        self.centered = centered
        self._seed = seed

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        x = x if x.dtype.is_floating else tf.cast(x, tf.float32)
        noise = tf.random.stateless_uniform(tf.shape(x), make_seed(self._seed), dtype=x.dtype)
        noise = tf.minimum(noise, self._largest_noise(x.dtype))
        return (x + noise) / 2.0**self.num_bits - self._offset(), self._log_det(x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        x = tf.floor((y + self._offset()) * 2.0**self.num_bits)
        return tf.clip_by_value(x, 0.0, 2.0**self.num_bits - 1.0), -self._log_det(y)

    def _largest_noise(self, dtype: tf.DType) -> float:
        """So far below 1 that no sum of integer and noise is rounded up to the next integer."""
        epsilon = np.finfo(log_det_dtype(dtype).as_numpy_dtype).eps
        return 1.0 - 2.0 ** (self.num_bits - 1) * float(epsilon)

    def _offset(self) -> float:
        return 0.5 if self.centered else 0.0

    def _log_det(self, x: Tensor) -> Tensor:
        return per_example(-self.num_bits * math.log(2.0) * num_values(x), x)

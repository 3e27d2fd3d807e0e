"""The inverse of a matrix, computed again only when the matrix has changed."""

from typing import Callable, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.core.types import Tensor


class InverseCache(Module):
    """Keeps the inverse of a matrix, together with the matrix it is the inverse of.

    The inverse is computed in float64. It is computed again whenever the matrix differs
    from the kept one, so it is never out of date: sampling many times from fixed
    weights inverts once. Gradients reach the matrix by `d inv(W) = -inv(W) dW inv(W)`.
    """

    def build(self, channels: int, dtype: tf.DType) -> None:
        """Creates the variables; `Invertible1x1Conv` calls this."""
        # All zeros: not a matrix that has an inverse, so it never passes for current.
        square = [channels, channels]
        self.matrix = self._variable("matrix", tf.zeros, square, dtype, trainable=False)
        self.inverse = self._variable("inverse", tf.zeros, square, dtype, trainable=False)

    def __call__(self, matrix: Tensor) -> Tensor:
        """The inverse of `matrix`, `[channels, channels]`."""
        current = tf.stop_gradient(matrix)
        unchanged = tf.reduce_all(tf.equal(current, self.matrix))
        inverse = tf.cond(
            unchanged,
            lambda: tf.convert_to_tensor(self.inverse),
            lambda: self._recomputed(current),
        )
        return _as_inverse_of(matrix, tf.stop_gradient(inverse))

    def _recomputed(self, matrix: Tensor) -> Tensor:
        inverse = tf.cast(tf.linalg.inv(tf.cast(matrix, tf.float64)), matrix.dtype)
        # The inverse first: nothing may read a matrix whose inverse is not there yet.
        with tf.control_dependencies([self.inverse.assign(inverse)]):
            stored = self.matrix.assign(matrix)
        with tf.control_dependencies([stored]):
            return tf.identity(inverse)


@tf.custom_gradient
def _as_inverse_of(matrix: Tensor, inverse: Tensor) -> Tuple[Tensor, Callable]:
    def gradient(upstream: Tensor) -> Tuple[Tensor, Tensor]:
        transposed = tf.transpose(inverse)
        return -tf.matmul(transposed, tf.matmul(upstream, transposed)), tf.zeros_like(inverse)

    return tf.identity(inverse), gradient

"""A square matrix whose every entry is a parameter."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Module, make_seed
from genflow.core.log_det import log_det_dtype
from genflow.core.random import static_seed
from genflow.core.types import Tensor


class FullMatrix(Module):
    """A square matrix, all of whose entries are trained.

    Its `log|det|` comes from a factorisation (`slogdet`), which neither overflows nor
    underflows in float32 where the determinant itself would. It starts as a random
    rotation, whose determinant is 1.

    Example:
        >>> matrix = FullMatrix(seed=0)
        >>> matrix.build(channels=12, dtype=tf.float32)
        >>> matrix.value().shape.as_list(), matrix.log_abs_det().shape.as_list()
        ([12, 12], [])

    References:
        Kingma and Dhariwal, Glow, 2018, section 3.2. https://arxiv.org/abs/1807.03039
    """

    def __init__(self, seed: Optional[int] = None, name: Optional[str] = None) -> None:
        """Constructs the matrix.

        Args:
            seed: Seed of the random rotation.
            name: Name scope of the matrix.
        """
        super().__init__(name=name)
        self.seed = seed

    def build(self, channels: int, dtype: tf.DType) -> None:
        """Creates the variable; `Invertible1x1Conv` calls this."""
        seed = static_seed(self.seed)
        self.weight = self._variable(
            "weight",
            lambda shape, dtype: tf.cast(random_rotation(shape[0], seed), dtype),
            [channels, channels],
            dtype,
        )

    def value(self) -> Tensor:
        """The matrix, `[channels, channels]`."""
        return tf.convert_to_tensor(self.weight)

    def log_abs_det(self) -> Tensor:
        """`log|det|` of the matrix, a scalar."""
        return tf.linalg.slogdet(tf.cast(self.weight, log_det_dtype(self.weight.dtype)))[1]


def random_rotation(size: int, seed: int) -> Tensor:
    """A rotation, uniform over all rotations: float64, `[size, size]`."""
    normal = tf.random.stateless_normal([size, size], make_seed(seed), dtype=tf.float64)
    q, r = tf.linalg.qr(normal)
    # A unique factorisation makes the distribution uniform; a positive determinant makes
    # the orthogonal matrix a rotation, whose sign can then not be lost to a PLU form.
    q *= tf.sign(tf.linalg.diag_part(r))
    sign, _ = tf.linalg.slogdet(q)
    return q * tf.concat([[sign], tf.ones([size - 1], tf.float64)], axis=0)

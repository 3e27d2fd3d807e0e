"""A square matrix kept as the product of triangular factors."""

from typing import Optional

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.core.log_det import log_det_dtype
from genflow.core.random import static_seed
from genflow.core.shapes import static_size
from genflow.core.types import Tensor
from genflow.layers.full_matrix import random_rotation


class PLUMatrix(Module):
    """A square matrix kept as `P @ L @ (U + diag(sign * exp(log_diagonal)))`.

    `P` is a fixed permutation, `L` lower triangular with a unit diagonal, `U` strictly
    upper triangular, `sign` fixed. Hence `log|det| = sum(log_diagonal)`: neither the
    matrix nor its log-determinant needs a determinant, an inverse or a factorisation,
    and the matrix cannot become singular. It starts as the same random rotation as
    `FullMatrix` with the same seed.

    Example:
        >>> matrix = PLUMatrix(seed=0)
        >>> matrix.build(channels=12, dtype=tf.float32)
        >>> matrix.value().shape.as_list(), matrix.log_abs_det().shape.as_list()
        ([12, 12], [])

    References:
        Kingma and Dhariwal, Glow, 2018, equation 10. https://arxiv.org/abs/1807.03039
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
        """Creates the variables; `Invertible1x1Conv` calls this."""
        seed = static_seed(self.seed)

        def factor(name: str, shape: list, trainable: bool = True) -> tf.Variable:
            # Every initialiser factorises the same rotation anew: the factors agree, in
            # whatever order and however often the variables are initialised.
            return self._variable(
                name,
                lambda shape, dtype: tf.cast(_factors(channels, seed)[name], dtype),
                shape,
                dtype,
                trainable,
            )

        square = [channels, channels]
        self.permutation = factor("permutation", square, trainable=False)
        self.lower = factor("lower", square)
        self.upper = factor("upper", square)
        self.sign = factor("sign", [channels], trainable=False)
        self.log_diagonal = factor("log_diagonal", [channels])

    def value(self) -> Tensor:
        """The matrix, `[channels, channels]`."""
        size, dtype = static_size(self.lower, 0), self.lower.dtype
        strictly_lower = tf.constant(np.tril(np.ones([size, size]), -1), dtype)
        lower = self.lower * strictly_lower + tf.eye(size, dtype=dtype)
        diagonal = tf.linalg.diag(self.sign * tf.exp(self.log_diagonal))
        upper = self.upper * tf.transpose(strictly_lower) + diagonal
        return tf.matmul(self.permutation, tf.matmul(lower, upper))

    def log_abs_det(self) -> Tensor:
        """`log|det|` of the matrix, a scalar."""
        log_diagonal = tf.cast(self.log_diagonal, log_det_dtype(self.log_diagonal.dtype))
        return tf.reduce_sum(log_diagonal)


def _factors(size: int, seed: int) -> dict:
    lu, rows = tf.linalg.lu(random_rotation(size, seed))
    diagonal = tf.linalg.diag_part(lu)
    return {
        "permutation": tf.gather(tf.eye(size, dtype=lu.dtype), tf.math.invert_permutation(rows)),
        "lower": tf.linalg.band_part(lu, -1, 0) - tf.linalg.diag(diagonal),
        "upper": tf.linalg.band_part(lu, 0, -1) - tf.linalg.diag(diagonal),
        "sign": tf.sign(diagonal),
        "log_diagonal": tf.math.log(tf.abs(diagonal)),
    }

"""The invertible 1x1 convolution."""

from typing import Optional, Tuple, Union

import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.checks import check_channels, static_channels
from genflow.core.log_det import num_positions, per_example
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.layers.full_matrix import FullMatrix
from genflow.layers.inverse_cache import InverseCache
from genflow.layers.plu_matrix import PLUMatrix


class Invertible1x1Conv(Bijection):
    """Multiplies the channels of every pixel by one square matrix.

    Computes `y = x @ W` over the channels, hence

        log_det = num_positions * log|det W|

    where `num_positions` is `height * width` for images and 1 for vectors. How `W` is
    kept is an argument: `FullMatrix`, or `PLUMatrix`, which needs no determinant and no
    inverse in training and cannot become singular. The inverse of `W` is computed in
    float64 and kept until `W` changes.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
        log_det: `[batch]`.

    Example:
        >>> layer = Invertible1x1Conv(PLUMatrix(seed=0))
        >>> y, log_det = layer.forward_and_log_det(tf.ones([2, 8, 8, 12]))
        >>> y.shape.as_list(), log_det.shape.as_list()
        ([2, 8, 8, 12], [2])

    References:
        Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions,
        2018, section 3.2. https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self, matrix: Optional[Union[FullMatrix, PLUMatrix]] = None, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            matrix: How the matrix is kept, and its seed: `FullMatrix(seed)` or
                `PLUMatrix(seed)`. By default `FullMatrix()`.
            name: Name scope of the layer.

        Raises:
            TypeError: If `matrix` is not such a module.
        """
        super().__init__(name=name)
        if matrix is not None and not hasattr(matrix, "log_abs_det"):
            raise TypeError(
                "`matrix` must be a `FullMatrix` or a `PLUMatrix`; got {!r}.".format(matrix)
            )
        self.matrix = FullMatrix() if matrix is None else matrix
        self.inverse_cache = InverseCache()

    def condition_number(self) -> Tensor:
        """The largest singular value of the matrix over the smallest; 1 is the best.

        Returns:
            A scalar. The inverse loses about `log10` of it in decimal digits.

        Raises:
            ValueError: If the layer has not been called yet.
        """
        if not self._is_built:
            raise ValueError("`{}` has no matrix before its first call.".format(self.name))
        singular_values = tf.linalg.svd(self.matrix.value(), compute_uv=False)
        return tf.reduce_max(singular_values) / tf.reduce_min(singular_values)

    def _build(self, x: Tensor) -> None:
        channels = static_channels(x, owner=self)
        self.matrix.build(channels, x.dtype)
        # Here, not at the first inverse: checkpoints hold the same variables either way.
        self.inverse_cache.build(channels, x.dtype)
        self._floating_dtype = x.dtype

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        return self._multiplied(x, self.matrix.value()), self._log_det(x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        return self._multiplied(y, self.inverse_cache(self.matrix.value())), -self._log_det(y)

    def _log_det(self, x: Tensor) -> Tensor:
        return per_example(num_positions(x) * self.matrix.log_abs_det(), x)

    def _multiplied(self, x: Tensor, matrix: Tensor) -> Tensor:
        channels = static_channels(x, owner=self)
        check_channels(x, static_size(matrix, 0), self, "its input, as at the first call")
        if x.shape.rank == 4:
            return tf.nn.conv2d(x, matrix[tf.newaxis, tf.newaxis], strides=1, padding="VALID")
        y = tf.reshape(tf.matmul(tf.reshape(x, [-1, channels]), matrix), tf.shape(x))
        y.set_shape(x.shape)
        return y

"""Spectral normalisation."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    assign,
    check_channels,
    check_positive,
    check_positive_integer,
    static_channels,
)
from genflow.core.log_det import log_det_dtype
from genflow.core.running_statistics import after
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates
from genflow.networks.initializers import normal, seeded


class SpectralNorm(Network):
    """Divides a weight by its largest singular value, as a matrix `[-1, out_channels]`.

    Hand one to each layer as `reparametrize`: the largest singular value of the weight that
    the layer uses is then 1. It is estimated by power iteration from a stored vector `u`,

        v = normalize(matrix @ u)
        u = normalize(v @ matrix)
        sigma = v @ matrix @ u

    and becomes exact as the calls go on. No gradient flows through `u` and `v`, one does
    through the `matrix` in `sigma`. A training call stores the new `u`, unless the weight is
    zero or not finite; other calls compute the same and store nothing.

    In a graph, two training calls that may run in any order each read the vector before or
    after the other has stored it. Order them by `tf.control_dependencies`.

    Shapes:
        x, y: `[..., out_channels]`: a weight, with a static channel count; no batch axis.

    Example:
        >>> from genflow.networks import Conv
        >>> network = Conv(out_channels=16, reparametrize=SpectralNorm())
        >>> network(tf.ones([2, 8, 8, 3]), training=True).shape.as_list()
        [2, 8, 8, 16]

    References:
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        section 2.1 and appendix A. https://arxiv.org/abs/1802.05957
    """

    differs_in_training = True

    def __init__(
        self, num_iterations: int = 1, epsilon: float = 1e-12, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            num_iterations: Of the power iteration, at every call.
            epsilon: The least that anything is divided by.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(name=name)
        check_positive_integer(num_iterations, "num_iterations")
        check_positive(epsilon, "epsilon")
        self.num_iterations = num_iterations
        self.epsilon = epsilon

    def _build(self, x: Tensor) -> None:
        channels = static_channels(x, owner=self)
        # Any vector will do that is not orthogonal to the one it is to become.
        start = seeded(normal(1.0), seed=0)
        self.vector = self._variable("vector", start, [channels], x.dtype, trainable=False)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        channels = static_size(self.vector, 0)
        check_channels(x, channels, self, "the weight of one layer, as at the first call")
        weight = tf.cast(x, log_det_dtype(x.dtype))
        matrix = tf.reshape(weight, [-1, channels])
        u, v = self._iterated(matrix)
        if training:
            u, v = after((u, v), self._updates(u))
        sigma = tf.reduce_sum(v * tf.linalg.matvec(matrix, u))
        return tf.cast(weight / tf.maximum(sigma, self.epsilon), x.dtype)

    def _iterated(self, matrix: Tensor) -> Tuple[Tensor, Tensor]:
        """The singular vectors after some more iterations, through which no gradient flows."""
        matrix = tf.stop_gradient(matrix)
        u = self._normalized(tf.cast(self.vector, matrix.dtype))
        for _ in range(self.num_iterations):
            v = self._normalized(tf.linalg.matvec(matrix, u))
            u = self._normalized(tf.linalg.matvec(matrix, v, transpose_a=True))
        return u, v

    def _normalized(self, vector: Tensor) -> Tensor:
        norm = tf.sqrt(tf.reduce_sum(tf.square(vector)))
        return vector / tf.maximum(norm, self.epsilon)

    def _updates(self, u: Tensor) -> Updates:
        """By vectors of length 1 only: the stored one would never recover from another."""
        usable = tf.reduce_sum(tf.square(u)) > 0.5
        return assign(self.vector, tf.where(usable, tf.cast(u, self.vector.dtype), self.vector))

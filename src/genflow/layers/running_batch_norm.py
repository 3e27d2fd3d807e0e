"""Batch normalisation as a bijection."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.checks import check_initial_batch, check_positive
from genflow.core.log_det import scaling_log_det
from genflow.core.running_statistics import RunningStatistics, after
from genflow.core.types import Nest, Tensor, Updates


class RunningBatchNorm(Bijection):
    """Standardises every channel by averages of its mean and variance over many batches.

    Computes

        y = (x - mean) / sqrt(variance + epsilon)
        log_det = -num_positions / 2 * sum(log(variance + epsilon))

    where `num_positions` is `height * width` for images and 1 for vectors. In training,
    each batch first moves the averages by

        mean, variance = decay * (mean, variance) + (1 - decay) * (those of the batch)

    and is standardised by the result; the gradient flows through the batch's own share.
    Otherwise, and in the inverse, the averages are what training has left, so that
    neither the density of an example nor its reconstruction depends on its neighbours.
    `initialize` sets the averages to those of its batch.

    The averages lag about `1 / (1 - decay)` batches behind the weights. With a smaller
    `decay` they lag less, and the density of an example depends more on its batch in
    training. With 0 that is the usual batch norm, but then the last batch decides afterwards.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
        log_det: `[batch]`.

    Example:
        >>> layer = RunningBatchNorm()
        >>> y, log_det = layer.forward_and_log_det(tf.ones([2, 4, 4, 3]), training=True)
        >>> y.shape.as_list(), log_det.shape.as_list()
        ([2, 4, 4, 3], [2])

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.7 and appendix E. https://arxiv.org/abs/1605.08803
        Ioffe and Szegedy, Batch Normalization, 2015. https://arxiv.org/abs/1502.03167
    """

    differs_in_training = True

    def __init__(
        self, decay: float = 0.95, epsilon: float = 1e-5, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            decay: Share of the old averages in the new ones, from 0 to less than 1.
            epsilon: Added to the variance.
            name: Name scope of the layer.

        Raises:
            ValueError: If `decay` is not in [0, 1) or `epsilon` is not positive.
        """
        super().__init__(name=name)
        check_positive(epsilon, "epsilon")
        self.epsilon = epsilon
        self.statistics = RunningStatistics(decay, name=self.name)

    def _build(self, x: Tensor) -> None:
        self.statistics.current(x)

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        if not training:
            return self._standardised(x, *self.statistics.current(x))
        mean, variance, updates = self.statistics.update(x, *self.statistics.moments(x))
        return after(self._standardised(x, mean, variance), updates)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        mean, variance = self.statistics.current(y)
        log_scale = self._log_scale(variance)
        x = y * tf.cast(tf.exp(-log_scale), y.dtype) + tf.cast(mean, y.dtype)
        return x, -scaling_log_det(log_scale, y)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        checks = check_initial_batch(x, list(range(x.shape.rank - 1)), owner=self)
        mean, variance = after(self.statistics.moments(x), checks)
        return self._standardised(x, mean, variance)[0], self.statistics.set(x, mean, variance)

    def _standardised(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tuple[Tensor, Tensor]:
        log_scale = self._log_scale(variance)
        y = (x - tf.cast(mean, x.dtype)) * tf.cast(tf.exp(log_scale), x.dtype)
        return y, scaling_log_det(log_scale, x)

    def _log_scale(self, variance: Tensor) -> Tensor:
        return -0.5 * tf.math.log(variance + self.epsilon)

"""Batch normalisation."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_positive, check_several_examples, static_channels
from genflow.core.running_statistics import RunningStatistics, after
from genflow.core.types import Nest, Tensor, Updates


class BatchNorm(Network):
    """Standardises every channel: by the batch in training, else by running averages.

    Computes `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`. In training
    `mean` and `variance` are those of the batch, through which gradients flow, and the
    running averages move by `new = decay * old + (1 - decay) * batch`; with them in the
    place of the batch's an output does not depend on its neighbours. A batch with a
    value that is not finite does not move them. The variance is the mean of the squared
    deviations, of which none is left out for the estimated mean.

    The averages start as mean 0 and variance 1; `initialize` sets them to those of a
    batch. A constant channel becomes 0.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.

    Example:
        >>> network, x = BatchNorm(), tf.random.normal([8, 4, 4, 3])
        >>> network(x, training=True).shape.as_list()
        [8, 4, 4, 3]

    References:
        Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by
        Reducing Internal Covariate Shift, 2015. https://arxiv.org/abs/1502.03167
    """

    differs_in_training = True

    def __init__(
        self,
        decay: float = 0.99,
        epsilon: float = 1e-5,
        affine: bool = True,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            decay: Share of the old running averages in the new ones.
            epsilon: Added to the variance.
            affine: Whether there are a `scale` and an `offset` to learn; what follows
                can make them superfluous.
            name: Name scope of the layer.

        Raises:
            ValueError: If `decay` is not in [0, 1), or `epsilon` is not positive.
        """
        super().__init__(name=name)
        check_positive(epsilon, "epsilon")
        self.statistics = RunningStatistics(decay, name=self.name)
        self.epsilon = epsilon
        self.affine = affine

    def _build(self, x: Tensor) -> None:
        if self.affine:
            channels = [static_channels(x, owner=self)]
            self.scale = self._variable("scale", tf.ones, channels, x.dtype)
            self.offset = self._variable("offset", tf.zeros, channels, x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        if not training:
            return self._normalized(x, *self.statistics.current(x))
        mean, variance = self.statistics.moments(x)
        _, _, updates = self.statistics.update(x, mean, variance)
        # The gradient needs the variance, too: a step that never looks at the output updates.
        mean, variance = after((mean, variance), updates)
        return self._normalized(x, mean, variance)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        moments = self.statistics.moments(x)
        mean, variance = after(moments, check_several_examples(x, owner=self))
        return self._normalized(x, mean, variance), self.statistics.set(x, mean, variance)

    def _normalized(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        scale = tf.math.rsqrt(variance + self.epsilon)
        if self.affine:
            scale *= tf.cast(self.scale, scale.dtype)
        y = tf.cast((tf.cast(x, mean.dtype) - mean) * scale, x.dtype)
        return y + self.offset if self.affine else y

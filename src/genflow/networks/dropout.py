"""Dropout."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network, make_seed
from genflow.core.checks import check_floating
from genflow.core.types import Nest, Seed, Tensor, Updates


class Dropout(Network):
    """Sets values to zero at random in training; the identity otherwise.

    Computes `y = x * mask / (1 - rate)`, where every entry of `mask` is 0 with the
    probability `rate` and else 1; so the mean of `y` over the masks is `x`.

    Shapes:
        x, y: `[batch, ...]`.

    Example:
        >>> Dropout(rate=0.5, seed=0)(tf.ones([2, 3]), training=True).shape.as_list()
        [2, 3]

    References:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from
        Overfitting, 2014, section 10. https://jmlr.org/papers/v15/srivastava14a.html
    """

    def __init__(
        self,
        rate: float,
        seed: Seed = None,
        in_initialize: bool = False,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            rate: Probability of a value to be dropped.
            seed: Of the mask: `None` draws a fresh one at every call, an integer the same
                one at every call; a function without arguments that returns an int32
                tensor of shape `[2]` is called at every call, which is how a training
                loop makes the mask a function of seed and step.
            in_initialize: Whether `initialize` drops, too: then layers that set themselves
                from data are set for what they see in training.
            name: Name scope of the layer.

        Raises:
            ValueError: If `rate` is not in [0, 1).
        """
        super().__init__(name=name)
        if not 0.0 <= rate < 1.0:
            raise ValueError("`rate` must be in [0, 1); got {}.".format(rate))
        self.rate = rate
        self.in_initialize = in_initialize
        self._seed = seed

    @property
    def differs_in_training(self) -> bool:
        """Whether anything is dropped."""
        return self.rate > 0.0

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_floating(x.dtype, owner=self)
        if not (training and self.differs_in_training):
            return x
        # In float32 whatever the type, so that a seed is one mask.
        uniform = tf.random.stateless_uniform(tf.shape(x), make_seed(self._seed))
        return x * (tf.cast(uniform >= self.rate, x.dtype) / (1.0 - self.rate))

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        return self._call(x, context, self.in_initialize), []

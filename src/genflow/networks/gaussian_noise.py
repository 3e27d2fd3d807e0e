"""Gaussian noise."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network, make_seed
from genflow.core.checks import check_floating
from genflow.core.types import Nest, Seed, Tensor, Updates


class GaussianNoise(Network):
    """Adds normal noise in training; the identity otherwise.

    Computes `y = x + stddev * noise`, with standard normal noise for every value. In front
    of a discriminator it keeps the real and the generated images from being told apart by
    what no eye sees.

    Shapes:
        x, y: `[batch, ...]`.

    Example:
        >>> GaussianNoise(stddev=0.1, seed=0)(tf.ones([2, 3]), training=True).shape.as_list()
        [2, 3]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016 (the noise between the
        layers of its discriminators). https://arxiv.org/abs/1606.03498
        Sonderby et al., Amortised MAP Inference for Image Super-resolution, 2016, section 3.2
        (instance noise). https://arxiv.org/abs/1610.04490
    """

    def __init__(
        self,
        stddev: float,
        seed: Seed = None,
        in_initialize: bool = False,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            stddev: Standard deviation of the noise.
            seed: Of the noise: `None` draws a fresh one at every call, an integer the same
                one at every call; a function without arguments that returns an int32
                tensor of shape `[2]` is called at every call, which is how a training
                loop makes the noise a function of seed and step.
            in_initialize: Whether `initialize` adds it, too: then layers that set themselves
                from data are set for what they see in training.
            name: Name scope of the layer.

        Raises:
            ValueError: If `stddev` is negative.
        """
        super().__init__(name=name)
        if not stddev >= 0.0:
            raise ValueError("`stddev` must not be negative; got {}.".format(stddev))
        self.stddev = stddev
        self.in_initialize = in_initialize
        self._seed = seed

    @property
    def differs_in_training(self) -> bool:
        """Whether there is any noise."""
        return self.stddev > 0.0

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_floating(x.dtype, owner=self)
        if not (training and self.differs_in_training):
            return x
        # In float32 whatever the type, so that a seed is one noise.
        noise = tf.random.stateless_normal(tf.shape(x), make_seed(self._seed))
        return x + tf.cast(self.stddev * noise, x.dtype)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        return self._call(x, context, self.in_initialize), []

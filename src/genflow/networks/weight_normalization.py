"""Weight normalisation as what a layer does to its weight."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_positive, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.networks.weight_norm import channel_norms


class WeightNormalization(Network):
    """Gives the weights of every output a length of their own: `y = gain * x / norm(x)`.

    Hand one to each layer as `reparametrize`: the layer's own weight then decides nothing but
    the direction. Unlike `WeightNormConv` and `WeightNormDense` it suits any layer, a
    `ConvTranspose` too, and sets nothing from data: every gain starts as the same number.

    Shapes:
        x, y: `[..., out_channels]`: a weight, with a static channel count; no batch axis.

    Example:
        >>> from genflow.networks import ConvTranspose
        >>> network = ConvTranspose(out_channels=3, reparametrize=WeightNormalization())
        >>> network(tf.ones([2, 8, 8, 16])).shape.as_list()
        [2, 16, 16, 3]

    References:
        Salimans and Kingma, Weight Normalization: A Simple Reparameterization to
        Accelerate Training of Deep Neural Networks, 2016, section 2.
        https://arxiv.org/abs/1602.07868
    """

    def __init__(self, initial_gain: float = 1.0, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            initial_gain: What every gain starts as.
            name: Name scope of the layer.

        Raises:
            ValueError: If `initial_gain` is not positive.
        """
        super().__init__(name=name)
        check_positive(initial_gain, "initial_gain")
        self.initial_gain = initial_gain

    def _build(self, x: Tensor) -> None:
        channels = [static_channels(x, owner=self)]
        self.gain = self._variable("gain", self._initial_gains, channels, x.dtype)

    def _initial_gains(self, shape: list, dtype: tf.DType) -> Tensor:
        return tf.cast(tf.fill(shape, self.initial_gain), dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        channels = static_size(self.gain, 0)
        check_channels(x, channels, self, "the weight of one layer, as at the first call")
        return x * (self.gain / channel_norms(x))

"""Factoring out half of the channels."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Network
from genflow.core.bijection import as_shape
from genflow.core.checks import check_channels, check_pair
from genflow.core.log_det import sum_except_batch, zero_log_det
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates
from genflow.layers.coupling import split_channels


class Split(Bijection):
    """Sends half of the channels out as latents, standardised by what stays.

    With `kept, changed` the two halves of the channels of `x`, computes

        mean, log_scale = split(conditioner(kept, context))
        latent = (changed - mean) * exp(-log_scale)
        log_det = -sum(log_scale)

    and returns the pair `(kept, latent)`. A latent that is standard normal makes
    `changed` normal with that mean and scale: this is Glow's learned prior of the half
    that leaves. Without a conditioner, `latent = changed`.

    Shapes:
        x: `[batch, ..., channels]`, with at least 2 channels.
        kept: `[batch, ..., channels - channels // 2]`.
        latent: `[batch, ..., channels // 2]`.
        conditioner: from the shape of `kept` to `[batch, ..., 2 * (channels // 2)]`;
            the mean comes first.
        log_det: `[batch]`.

    Example:
        >>> from genflow.networks import ZerosConv
        >>> split = Split(ZerosConv(out_channels=12))
        >>> kept, latent = split.forward(tf.ones([2, 16, 16, 12]))
        >>> kept.shape.as_list(), latent.shape.as_list()
        ([2, 16, 16, 6], [2, 16, 16, 6])

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.6. https://arxiv.org/abs/1605.08803
        Kingma and Dhariwal, Glow, 2018, section 2. https://arxiv.org/abs/1807.03039
    """

    def __init__(self, conditioner: Optional[Network] = None, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            conditioner: Network from the kept half to mean and log-scale of the other.
            name: Name scope of the layer.
        """
        super().__init__(name=name)
        self.conditioner = conditioner

    def output_shape(self, input_shape: Nest) -> Tuple[tf.TensorShape, tf.TensorShape]:
        """See `Bijection.output_shape`."""
        shape = as_shape(input_shape).as_list()
        halves = [shape[-1] - shape[-1] // 2, shape[-1] // 2]
        return tuple(tf.TensorShape(shape[:-1] + [half]) for half in halves)

    def input_shape(self, output_shape: Nest) -> tf.TensorShape:
        """See `Bijection.input_shape`."""
        kept, latent = (as_shape(shape).as_list() for shape in output_shape)
        return tf.TensorShape(kept[:-1] + [kept[-1] + latent[-1]])

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        kept, changed = split_channels(x, owner=self)
        if self.conditioner is None:
            return (kept, changed), zero_log_det(x)
        return self._standardised(kept, changed, self.conditioner(kept, context, training))

    def _inverse(self, y: Nest, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        check_pair(y, owner=self)
        kept, latent = y
        if self.conditioner is None:
            return tf.concat([kept, latent], axis=-1), zero_log_det(kept)
        mean, log_scale = self._parameters(self.conditioner(kept, context, training), latent)
        changed = latent * tf.exp(log_scale) + mean
        return tf.concat([kept, changed], axis=-1), sum_except_batch(log_scale)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Nest, Updates]:
        kept, changed = split_channels(x, owner=self)
        if self.conditioner is None:
            return (kept, changed), []
        parameters, updates = self.conditioner.initialize(kept, context)
        return self._standardised(kept, changed, parameters)[0], updates

    def _standardised(
        self, kept: Tensor, changed: Tensor, parameters: Tensor
    ) -> Tuple[Nest, Tensor]:
        mean, log_scale = self._parameters(parameters, changed)
        latent = (changed - mean) * tf.exp(-log_scale)
        return (kept, latent), -sum_except_batch(log_scale)

    def _parameters(self, parameters: Tensor, latent: Tensor) -> Tuple[Tensor, Tensor]:
        check_channels(parameters, 2 * static_size(latent, -1), self, "its conditioner")
        mean, log_scale = tf.split(parameters, 2, axis=-1)
        return mean, log_scale

"""A TensorFlow Probability bijector as a genflow layer."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf
from tensorflow_probability import bijectors as tfb

from genflow.core import Bijection
from genflow.core.bijection import as_shape
from genflow.core.log_det import log_det_dtype, zero_log_det
from genflow.core.types import Nest, Tensor


class TFPLayer(Bijection):
    """Uses a `tfp.bijectors.Bijector` as a layer.

    TensorFlow Probability calls the direction of sampling forward, genflow that of the
    density. The role of the bijector stays the same, so

        y = bijector.inverse(x)
        log_det = bijector.inverse_log_det_jacobian(x)

    and `tfb.Sigmoid()`, which makes data in the unit interval, maps such data to the
    real line here. Wrap the bijector in `tfb.Invert`, or the layer in `Inverse`, for
    the other way round. The context is not used.

    Shapes:
        x, y: `[batch, ...]`, where everything after the batch is one event.
        log_det: `[batch]`.

    Example:
        >>> from tensorflow_probability import bijectors as tfb
        >>> TFPLayer(tfb.Sigmoid()).forward(0.5 * tf.ones([2, 3])).shape.as_list()
        [2, 3]

    References:
        Dillon et al., TensorFlow Distributions, 2017. https://arxiv.org/abs/1711.10604
    """

    def __init__(self, bijector: tfb.Bijector, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            bijector: The bijector, from latent to data.
            name: Name scope of the layer.

        Raises:
            TypeError: If `bijector` is not a TensorFlow Probability bijector.
        """
        super().__init__(name=name)
        if not isinstance(bijector, tfb.Bijector):
            raise TypeError(
                "`bijector` must be a tfp.bijectors.Bijector; got a {}.".format(
                    type(bijector).__name__
                )
            )
        self.bijector = bijector

    def _build(self, x: Tensor) -> None:
        # Bijectors keep their variables in private attributes, which have no path.
        self.variables_of_bijector = list(self.bijector.variables)

    def output_shape(self, input_shape: Nest) -> tf.TensorShape:
        """See `Bijection.output_shape`."""
        shape = as_shape(input_shape)
        return shape[:1].concatenate(self.bijector.inverse_event_shape(shape[1:]))

    def input_shape(self, output_shape: Nest) -> tf.TensorShape:
        """See `Bijection.input_shape`."""
        shape = as_shape(output_shape)
        return shape[:1].concatenate(self.bijector.forward_event_shape(shape[1:]))

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        log_det = self.bijector.inverse_log_det_jacobian(x, event_ndims=x.shape.rank - 1)
        return self.bijector.inverse(x), _per_example(log_det, x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        log_det = self.bijector.forward_log_det_jacobian(y, event_ndims=y.shape.rank - 1)
        return self.bijector.forward(y), _per_example(log_det, y)


def _per_example(log_det: Tensor, x: Tensor) -> Tensor:
    """Bijectors with constant volume change return one number for the whole batch."""
    return tf.cast(log_det, log_det_dtype(x.dtype)) + zero_log_det(x)

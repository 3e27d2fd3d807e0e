"""A genflow bijection as a TensorFlow Probability bijector."""

from typing import Optional, Sequence

import tensorflow.compat.v2 as tf
import tree
from tensorflow_probability import bijectors as tfb

from genflow.core import Bijection
from genflow.core.types import Nest, Tensor


class FlowBijector(tfb.Bijector):
    """Uses a bijection where TensorFlow Probability takes a `tfp.bijectors.Bijector`.

    TensorFlow Probability calls the direction of sampling forward, genflow that of the
    density, so `forward` is the bijection's inverse. The latents, which may be a tuple,
    are joined into one vector: the base distribution of a
    `tfp.distributions.TransformedDistribution` is one over vectors.

    Shapes:
        forward: from `[..., num_values]` to `[...] + event_shape`.
        inverse: from `[...] + event_shape` to `[..., num_values]`.
        log-determinants: `[...]`.

    Example:
        >>> from genflow.layers import ActNorm, Squeeze, Chain
        >>> from tensorflow_probability import distributions as tfd
        >>> bijector = FlowBijector(Chain([Squeeze(), ActNorm()]), event_shape=[4, 4, 1])
        >>> base = tfd.MultivariateNormalDiag(loc=tf.zeros([16]))
        >>> flow = tfd.TransformedDistribution(base, bijector)
        >>> flow.log_prob(tf.ones([5, 4, 4, 1])).shape.as_list()
        [5]

    References:
        Dillon et al., TensorFlow Distributions, 2017. https://arxiv.org/abs/1711.10604
    """

    def __init__(
        self,
        bijection: Bijection,
        event_shape: Sequence[int],
        context: Optional[Nest] = None,
        dtype: tf.DType = tf.float32,
        validate_args: bool = False,
        name: str = "flow_bijector",
    ) -> None:
        """Constructs the bijector.

        Args:
            bijection: From data to latent.
            event_shape: Shape of one example of the data.
            context: Conditioning input, with as many examples as the batches have.
            dtype: Type of data and latents.
            validate_args: As in TensorFlow Probability.
            name: Name of the bijector.

        Raises:
            TypeError: If `bijection` is not a bijection.
        """
        if not isinstance(bijection, Bijection):
            raise TypeError(
                "`bijection` must be a bijection; got a {}.".format(type(bijection).__name__)
            )
        super().__init__(
            dtype=dtype,
            validate_args=validate_args,
            forward_min_event_ndims=1,
            inverse_min_event_ndims=len(event_shape),
            name=name,
        )
        self.bijection = bijection
        self.context = context
        self._data_shape = tf.TensorShape(event_shape)
        self._num_values = self._data_shape.num_elements()

    def _forward(self, z: Tensor) -> Tensor:
        x = self.bijection.inverse(self._unpacked(z), self.context)
        return tf.reshape(x, tf.concat([tf.shape(z)[:-1], self._data_shape], axis=0))

    def _inverse(self, x: Tensor) -> Tensor:
        z = self.bijection.forward(self._batched(x), self.context)
        shape = tf.concat([self._leading(x), [self._num_values]], axis=0)
        return tf.reshape(_packed(z), shape)

    def _forward_log_det_jacobian(self, z: Tensor) -> Tensor:
        _, log_det = self.bijection.inverse_and_log_det(self._unpacked(z), self.context)
        return tf.reshape(log_det, tf.shape(z)[:-1])

    def _inverse_log_det_jacobian(self, x: Tensor) -> Tensor:
        _, log_det = self.bijection.forward_and_log_det(self._batched(x), self.context)
        return tf.reshape(log_det, self._leading(x))

    def _forward_event_shape(self, input_shape: tf.TensorShape) -> tf.TensorShape:
        return input_shape[:-1].concatenate(self._data_shape)

    def _inverse_event_shape(self, output_shape: tf.TensorShape) -> tf.TensorShape:
        return output_shape[: -self._data_shape.rank].concatenate([self._num_values])

    def _forward_event_shape_tensor(self, input_shape: Tensor) -> Tensor:
        return tf.concat([input_shape[:-1], self._data_shape], axis=0)

    def _inverse_event_shape_tensor(self, output_shape: Tensor) -> Tensor:
        return tf.concat([output_shape[: -self._data_shape.rank], [self._num_values]], axis=0)

    def _leading(self, x: Tensor) -> Tensor:
        return tf.shape(x)[: -self._data_shape.rank]

    def _batched(self, x: Tensor) -> Tensor:
        return tf.reshape(x, [-1] + self._data_shape.as_list())

    def _unpacked(self, z: Tensor) -> Nest:
        """`[..., num_values]` to the latents of the bijection."""
        shapes = self.bijection.output_shape(tf.TensorShape([None]).concatenate(self._data_shape))
        leaves = tree.flatten(shapes)
        sizes = [shape[1:].num_elements() for shape in leaves]
        pieces = tf.split(tf.reshape(z, [-1, self._num_values]), sizes, axis=-1)
        latents = [
            tf.reshape(piece, [-1] + shape.as_list()[1:]) for piece, shape in zip(pieces, leaves)
        ]
        return tree.unflatten_as(shapes, latents)


def _packed(z: Nest) -> Tensor:
    """The latents of every example as one vector."""
    leaves = tree.flatten(z)
    flat = [tf.reshape(leaf, [-1, leaf.shape[1:].num_elements()]) for leaf in leaves]
    return tf.concat(flat, axis=-1)

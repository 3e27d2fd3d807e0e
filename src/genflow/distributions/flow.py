"""A distribution made of a bijection and a base distribution."""

import math
from typing import Optional, Sequence, Tuple, Union

import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection, Module
from genflow.core.precision import keep_dtype
from genflow.core.types import Nest, Seed, Tensor, Updates
from genflow.distributions.standard_normal import StandardNormal


class Flow(Module):
    """The distribution of `x` whose latent `z = bijection(x)` follows the base distribution.

    Computes

        log_prob(x) = base.log_prob(z) + log|det dz/dx|
        bits_per_dim(x) = -log_prob(x) / (num_values * log(2))

    where `num_values` is the number of entries of one example. If the bijection starts
    with `Dequantize`, `log_prob` is a lower bound on the log-probability of the
    integers, and `bits_per_dim` an upper bound on what it costs to store them.

    Shapes:
        x: `[batch] + event_shape`.
        z: What the bijection returns: a tensor or a nest of them.
        log_prob, bits_per_dim: `[batch]`.

    Example:
        >>> from genflow.layers import ActNorm, AffineCoupling, Chain
        >>> from genflow.networks import MLP
        >>> layers = [ActNorm(), AffineCoupling(MLP(widths=[16], out_channels=2))]
        >>> flow = Flow(Chain(layers), event_shape=[2])
        >>> flow.log_prob(tf.ones([5, 2])).shape.as_list()
        [5]
        >>> flow.sample(3, temperature=0.7).shape.as_list()
        [3, 2]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        equation 3. https://arxiv.org/abs/1605.08803
    """

    def __init__(
        self,
        bijection: Bijection,
        event_shape: Sequence[int],
        base: Optional[StandardNormal] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the flow.

        Args:
            bijection: From data to latent.
            event_shape: Shape of one example, such as `(32, 32, 3)`.
            base: Distribution of the latent: an object with the methods of
                `StandardNormal`, which is the default.
            name: Name scope of the flow.

        Raises:
            TypeError: If `bijection` is not a bijection.
            ValueError: If `event_shape` is not made of positive integers.
        """
        super().__init__(name=name)
        if not isinstance(bijection, Bijection):
            raise TypeError(
                "`bijection` must be a bijection; got a {}.".format(type(bijection).__name__)
            )
        event_shape = tuple(event_shape)
        if not event_shape or not all(isinstance(n, int) and n > 0 for n in event_shape):
            raise ValueError("`event_shape` must be positive integers; got {}.".format(event_shape))
        self.bijection = bijection
        self.event_shape = event_shape
        self.base = StandardNormal() if base is None else base

    def log_prob(self, x: Tensor, context: Optional[Nest] = None, training: bool = False) -> Tensor:
        """The log-density of `x`, in nats: `[batch]`.

        Args:
            x: `[batch] + event_shape`.
            context: Conditioning input.
            training: Whether layers and networks that differ in training, such as batch
                norm and dropout, behave so. What they give then is for gradients; the
                density of the model is `log_prob(x)` without it.

        Returns:
            `[batch]`.
        """
        return self._log_prob_and_latent(x, context, training)[0]

    def bits_per_dim(
        self, x: Tensor, context: Optional[Nest] = None, training: bool = False
    ) -> Tensor:
        """The negative log-density of `x` in bits per entry: `[batch]`; see `log_prob`."""
        return self.bits_per_dim_and_latent(x, context, training)[0]

    def bits_per_dim_and_latent(
        self, x: Tensor, context: Optional[Nest] = None, training: bool = False
    ) -> Tuple[Tensor, Nest]:
        """What `bits_per_dim` and `encode` return, at the cost of one of them."""
        log_prob, z = self._log_prob_and_latent(x, context, training)
        num_values = 1
        for size in self.event_shape:
            num_values *= size
        with keep_dtype():
            return -log_prob / (num_values * math.log(2.0)), z

    def initialize(self, x: Tensor, context: Optional[Nest] = None) -> Tuple[Nest, Updates]:
        """Sets what is initialised from data; see `Bijection.initialize`."""
        return self.bijection.initialize(self._checked(x), context)

    def encode(self, x: Tensor, context: Optional[Nest] = None) -> Nest:
        """The latent of `x`."""
        return self.bijection.forward(self._checked(x), context)

    def decode(self, z: Nest, context: Optional[Nest] = None) -> Tensor:
        """The data whose latent is `z`."""
        return self.bijection.inverse(z, context)

    def sample(
        self,
        num_samples: int,
        temperature: Union[float, Tensor] = 1.0,
        context: Optional[Nest] = None,
        seed: Seed = None,
        dtype: Optional[tf.DType] = None,
    ) -> Tensor:
        """Draws samples.

        Args:
            num_samples: How many; an integer.
            temperature: Standard deviation of the latent: a number, or `[num_samples]`.
                Below 1, samples are more typical and less varied.
            context: Conditioning input, with `num_samples` examples.
            seed: See `genflow.core.make_seed`.
            dtype: Type of the latent; by default that of the flow's variables, and float32
                before there are any.

        Returns:
            `[num_samples] + event_shape`.
        """
        shape = self.bijection.output_shape(tf.TensorShape((num_samples,) + self.event_shape))
        with keep_dtype():
            z = self.base.sample(shape, temperature, seed, dtype or self._latent_dtype())
        return self.decode(z, context)

    def interpolate(
        self, start: Tensor, end: Tensor, num_points: int, context: Optional[Nest] = None
    ) -> Tensor:
        """Walks on straight lines between the latents of pairs of examples.

        Args:
            start: `[batch] + event_shape`.
            end: `[batch] + event_shape`.
            num_points: How many points on each line, both ends included; at least 2.
            context: Conditioning input of the pairs.

        Returns:
            `[batch, num_points] + event_shape`.

        Raises:
            ValueError: If `num_points` is less than 2.
        """
        if num_points < 2:
            raise ValueError("`num_points` must be at least 2; got {}.".format(num_points))
        z_start, z_end = self.encode(start, context), self.encode(end, context)
        with keep_dtype():
            z = tree.map_structure(lambda a, b: _on_line(a, b, num_points), z_start, z_end)
        if context is not None:
            context = tree.map_structure(lambda leaf: tf.repeat(leaf, num_points, axis=0), context)
        x = self.decode(z, context)
        return tf.reshape(x, (-1, num_points) + self.event_shape)

    def _log_prob_and_latent(
        self, x: Tensor, context: Optional[Nest], training: bool
    ) -> Tuple[Tensor, Nest]:
        z, log_det = self.bijection.forward_and_log_det(self._checked(x), context, training)
        with keep_dtype():
            return self.base.log_prob(z) + log_det, z

    def _latent_dtype(self) -> tf.DType:
        # Running statistics are wider than what they are taken of: they come second.
        variables = self.bijection.trainable_variables + self.bijection.variables
        dtypes = [variable.dtype for variable in variables if variable.dtype.is_floating]
        return dtypes[0] if dtypes else tf.float32

    def _checked(self, x: Tensor) -> Tensor:
        x = tf.convert_to_tensor(x)
        if not x.shape[1:].is_compatible_with(self.event_shape) or x.shape.rank == 0:
            raise ValueError(
                "`{}` takes examples of shape {}; got a batch of shape {}.".format(
                    self.name, self.event_shape, x.shape
                )
            )
        return x


def _on_line(start: Tensor, end: Tensor, num_points: int) -> Tensor:
    """`[batch, ...]` twice to `[batch * num_points, ...]`, the points of a line together."""
    weight = tf.cast(tf.linspace(0.0, 1.0, num_points), start.dtype)
    weight = tf.reshape(weight, [1, -1] + [1] * (start.shape.rank - 1))
    points = (1.0 - weight) * start[:, tf.newaxis] + weight * end[:, tf.newaxis]
    return tf.reshape(points, tf.concat([[-1], tf.shape(start)[1:]], axis=0))

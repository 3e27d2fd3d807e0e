"""The standard normal distribution over a nest of tensors."""

from typing import Union

import tensorflow.compat.v2 as tf
import tree
from tensorflow_probability import distributions as tfd

from genflow.core import fold_in, make_seed
from genflow.core.log_det import log_det_dtype, sum_except_batch
from genflow.core.types import Nest, Seed, Tensor


class StandardNormal:
    """Independent standard normals in every entry of every tensor of a nest.

    Its density is

        log_prob = -sum(z**2 + log(2 * pi)) / 2

    with the sum over all entries of one example, in all tensors of the nest.

    Shapes:
        z: A tensor `[batch, ...]`, or a nest of such tensors.
        log_prob: `[batch]`.

    Example:
        >>> base = StandardNormal()
        >>> z = base.sample((tf.TensorShape([4, 2]), tf.TensorShape([4, 8, 8, 3])), seed=0)
        >>> base.log_prob(z).shape.as_list()
        [4]
    """

    def log_prob(self, z: Nest) -> Tensor:
        """The log-density, in nats.

        Args:
            z: A tensor `[batch, ...]`, or a nest of them.

        Returns:
            `[batch]`, in float32 or wider.
        """
        leaves = [tf.cast(leaf, log_det_dtype(leaf.dtype)) for leaf in tree.flatten(z)]
        return sum(sum_except_batch(_unit_normal(leaf).log_prob(leaf)) for leaf in leaves)

    def sample(
        self,
        shape: Nest,
        temperature: Union[float, Tensor] = 1.0,
        seed: Seed = None,
        dtype: tf.DType = tf.float32,
    ) -> Nest:
        """Draws samples of the given shape.

        Args:
            shape: A `tf.TensorShape`, or an int32 tensor with a shape, including the
                batch axis; or a nest of them.
            temperature: Standard deviation: a number, or `[batch]`, one for each example.
            seed: See `genflow.core.make_seed`.
            dtype: Type of the samples.

        Returns:
            A tensor, or a nest of them.
        """
        seed = make_seed(seed)
        leaves = [
            _drawn(leaf, temperature, fold_in(seed, index), dtype)
            for index, leaf in enumerate(tree.flatten(shape))
        ]
        return tree.unflatten_as(shape, leaves)


def _unit_normal(like: Tensor) -> tfd.Normal:
    return tfd.Normal(loc=tf.zeros([], like.dtype), scale=tf.ones([], like.dtype))


def _drawn(shape: Nest, temperature: Union[float, Tensor], seed: Tensor, dtype: tf.DType) -> Tensor:
    noise = tf.random.stateless_normal(shape, seed, dtype=dtype)
    temperature = tf.cast(temperature, dtype)
    if temperature.shape.rank == 1:
        temperature = tf.reshape(temperature, [-1] + [1] * (noise.shape.rank - 1))
    return temperature * noise

"""What a generator makes images of."""

from typing import Any, Callable, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import make_seed
from genflow.core.types import Seed, Tensor

DrawLatents = Callable[[Sequence[Any], Seed], Tensor]


def normal_latents() -> DrawLatents:
    """Latents from the standard normal.

    Returns:
        A function from a shape and a seed to a float32 tensor.

    Example:
        >>> normal_latents()([4, 100], seed=0).shape.as_list()
        [4, 100]
    """
    return lambda shape, seed: tf.random.stateless_normal(shape, make_seed(seed))


def uniform_latents(low: float = -1.0, high: float = 1.0) -> DrawLatents:
    """Latents that are uniform from `low` to `high`.

    Args:
        low: The lowest value.
        high: What all values are below.

    Returns:
        A function from a shape and a seed to a float32 tensor.

    Raises:
        ValueError: If `low` is not less than `high`.

    Example:
        >>> uniform_latents(0.0, 1.0)([4, 100], seed=0).shape.as_list()
        [4, 100]
    """
    if not low < high:
        raise ValueError("`low` must be less than `high`; got {} and {}.".format(low, high))

    def draw(shape: Sequence[Any], seed: Seed) -> Tensor:
        return low + (high - low) * tf.random.stateless_uniform(shape, make_seed(seed))

    return draw

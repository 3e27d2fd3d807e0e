"""Seeds for stateless random operations.

genflow draws its random numbers by stateless operations: they are a function of a seed
and of nothing else, and the same numbers on TensorFlow 1.15 and 2.x. A seed is a pair
of integers; `fold_in` derives independent seeds from one.
"""

import hashlib
import numbers
import random
import struct
from typing import List, Optional, Union

import tensorflow.compat.v2 as tf

from genflow.core.types import Seed, Tensor


def make_seed(seed: Seed = None) -> Tensor:
    """Turns what a `seed` argument may be into the pair that stateless operations take.

    Args:
        seed: An integer; or a tensor of two integers, which is returned; or a function
            that returns such a tensor, for a seed that changes from call to call; or
            `None`, for a seed that is fresh every time the operation runs (and follows
            `tf.random.set_seed` if that has been called).

    Returns:
        An int32 tensor of shape `[2]`.

    Raises:
        ValueError: If a tensor does not have the shape `[2]`, or does not hold integers.

    Example:
        >>> make_seed(7).shape.as_list()
        [2]
    """
    if callable(seed):
        seed = seed()
    if seed is None:
        return tf.random.uniform([2], tf.int32.min, tf.int32.max, dtype=tf.int32)
    if isinstance(seed, numbers.Integral):
        return tf.constant(_digest(int(seed)))
    seed = tf.convert_to_tensor(seed)
    if seed.shape.as_list() != [2] or not seed.dtype.is_integer:
        raise ValueError(
            "`seed` must be an integer, or two integers in a tensor of shape [2]; got {} of "
            "shape {}.".format(seed.dtype.name, seed.shape)
        )
    return tf.cast(seed, tf.int32)


def fold_in(seed: Tensor, purpose: Union[str, int, Tensor]) -> Tensor:
    """Derives a seed for one purpose, index or step from another seed.

    Args:
        seed: An int32 tensor of shape `[2]`.
        purpose: A string, an integer, or an integer scalar tensor.

    Returns:
        An int32 tensor of shape `[2]`, independent of those for other purposes.

    Example:
        >>> fold_in(make_seed(0), "dequantize").shape.as_list()
        [2]
    """
    if isinstance(purpose, (str, numbers.Integral)):
        purpose = purpose if isinstance(purpose, str) else int(purpose)
        # Marked, or purpose 1 of seed 0 would be purpose 0 of seed 1.
        offset = tf.constant(_digest(("purpose", purpose)))
    else:
        step = tf.cast(tf.convert_to_tensor(purpose), tf.int32)
        offset = tf.stack([step, tf.ones_like(step)])
    return tf.random.stateless_uniform(
        [2], seed + offset, minval=tf.int32.min, maxval=tf.int32.max, dtype=tf.int32
    )


def static_seed(seed: Optional[int] = None) -> int:
    """An integer seed, for use where one is needed while the graph is built.

    Args:
        seed: An integer, which is returned; or `None`, for one that follows
            `tf.random.set_seed` if that has been called, and is fresh otherwise.

    Returns:
        An integer.

    Raises:
        TypeError: If `seed` is anything else.
    """
    if isinstance(seed, numbers.Integral):
        return int(seed)
    if seed is not None:
        raise TypeError("`seed` must be an integer or None; got a {}.".format(type(seed).__name__))
    graph_seed, op_seed = tf.compat.v1.get_seed(None)
    if op_seed is None:
        return random.SystemRandom().getrandbits(62)
    high, low = _digest((graph_seed, op_seed))
    return abs(high) << 31 | abs(low)


def host_seed(seed: int, *purposes: Union[str, int]) -> List[int]:
    """A seed pair computed in Python, to be fed where a `[2]` seed tensor is expected.

    Args:
        seed: An integer.
        *purposes: What the random numbers are for; strings and integers.

    Returns:
        Two integers that fit int32.
    """
    return _digest((int(seed),) + purposes)


def child_seeds(seed: Optional[int], count: int) -> List[int]:
    """Integer seeds for the parts of a module, from the module's own.

    Args:
        seed: An integer or `None`, as for `static_seed`.
        count: How many.

    Returns:
        A list of `count` integers.

    Example:
        >>> len(set(child_seeds(0, count=3)))
        3
    """
    parent = static_seed(seed)
    pairs = [_digest((parent, index)) for index in range(count)]
    return [abs(high) << 31 | abs(low) for high, low in pairs]


def _digest(value: object) -> List[int]:
    """Two int32 from any printable value; unlike `hash`, the same in every process."""
    return list(struct.unpack("<2i", hashlib.sha256(repr(value).encode()).digest()[:8]))

"""Fewer bits for every pixel value."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


def reduce_bits(images: Tensor, num_bits: int) -> Tensor:
    """Keeps the `num_bits` highest of the 8 bits of every value.

    Computes `floor(images / 2**(8 - num_bits))`, so values run from 0 to
    `2**num_bits - 1`.

    Args:
        images: `[batch, ...]` uint8.
        num_bits: From 1 to 8.

    Returns:
        `[batch, ...]` float32.

    Raises:
        ValueError: If `num_bits` is not an integer from 1 to 8.

    Example:
        >>> reduce_bits(tf.zeros([2, 8, 8, 3], tf.uint8), num_bits=5).dtype.name
        'float32'

    References:
        Kingma and Dhariwal, Glow, 2018, section 6. https://arxiv.org/abs/1807.03039
    """
    _check(num_bits)
    return tf.floor(tf.cast(images, tf.float32) / 2.0 ** (8 - num_bits))


def expand_bits(values: Tensor, num_bits: int) -> Tensor:
    """Maps values from 0 to `2**num_bits - 1` back to the scale of 8 bits.

    Computes `values * 2**(8 - num_bits)`, clipped to 0 to 255.

    Args:
        values: `[batch, ...]`, of a floating type, without fractions.
        num_bits: From 1 to 8.

    Returns:
        `[batch, ...]` uint8.

    Raises:
        ValueError: If `num_bits` is not an integer from 1 to 8.

    Example:
        >>> expand_bits(tf.zeros([2, 8, 8, 3]), num_bits=5).dtype.name
        'uint8'

    References:
        Kingma and Dhariwal, Glow, 2018, section 6. https://arxiv.org/abs/1807.03039
    """
    _check(num_bits)
    scaled = tf.clip_by_value(values * 2.0 ** (8 - num_bits), 0.0, 255.0)
    return tf.cast(scaled, tf.uint8)


def _check(num_bits: int) -> None:
    if not isinstance(num_bits, int) or not 1 <= num_bits <= 8:
        raise ValueError("`num_bits` must be an integer from 1 to 8; got {}.".format(num_bits))

"""Pixel values between those of files and those that a generator makes."""

from typing import Tuple

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor

Range = Tuple[float, float]


def to_range(images: Tensor, value_range: Range) -> Tensor:
    """Maps 0 to 255 linearly to a range: `low + (high - low) * images / 255`.

    Args:
        images: `[batch, ...]`, uint8.
        value_range: What 0 and 255 become.

    Returns:
        `[batch, ...]` float32.

    Example:
        >>> to_range(tf.zeros([2, 8, 8, 3], tf.uint8), (-1.0, 1.0)).dtype.name
        'float32'
    """
    low, high = value_range
    return low + (high - low) / 255.0 * tf.cast(images, tf.float32)


def from_range(values: Tensor, value_range: Range) -> Tensor:
    """Maps a range back to 0 to 255: the inverse of `to_range`, rounded and clipped.

    Args:
        values: `[batch, ...]`, of a floating type.
        value_range: What becomes 0 and 255.

    Returns:
        `[batch, ...]` uint8.

    Example:
        >>> from_range(tf.zeros([2, 8, 8, 3]), (-1.0, 1.0)).dtype.name
        'uint8'
    """
    low, high = value_range
    scaled = tf.round((tf.cast(values, tf.float32) - low) * (255.0 / (high - low)))
    return tf.cast(tf.clip_by_value(scaled, 0.0, 255.0), tf.uint8)

"""Images of another size: by the nearest pixel, or linear between pixels.

A pixel is a square whose value stands at its centre. Either way every axis is resized by a
product with a matrix, for any floating type and any size, known or not: the same numbers on
every TensorFlow, and derivatives of every order.
"""

from typing import Any, Callable, Tuple

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_positive_integer, describe
from genflow.core.shapes import size as size_of
from genflow.core.types import Tensor

# From images, and the height and width wanted, to images.
Resize = Callable[[Tensor, Tuple[Any, Any]], Tensor]


def nearest(x: Tensor, size: Tuple[Any, Any]) -> Tensor:
    """Gives every pixel of the result the value of the pixel of `x` in which its centre lies.

    Args:
        x: `[batch, height, width, channels]`.
        size: Height and width of the result: integers, or integer scalar tensors.

    Returns:
        Images of the given size and the type of `x`.

    Raises:
        ValueError: If `x` is not of rank 4.

    Example:
        >>> nearest(tf.ones([2, 4, 4, 3]), (8, 7)).shape.as_list()
        [2, 8, 7, 3]
    """
    return _resized(x, size, _nearest_matrix)


def bilinear(x: Tensor, size: Tuple[Any, Any]) -> Tensor:
    """Interpolates linearly between the centres of pixels; constant beyond the outermost.

    Args:
        x: `[batch, height, width, channels]`.
        size: Height and width of the result: integers, or integer scalar tensors.

    Returns:
        Images of the given size and the type of `x`.

    Raises:
        ValueError: If `x` is not of rank 4.

    Example:
        >>> bilinear(tf.ones([2, 4, 4, 3]), (8, 7)).shape.as_list()
        [2, 8, 7, 3]
    """
    return _resized(x, size, _bilinear_matrix)


def check_size(size: Tuple[int, int]) -> Tuple[int, int]:
    """Refuses what is not the height and width of an image."""
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError("`size` must be (height, width); got {}.".format(size))
    for side in size:
        check_positive_integer(side, "size")
    return tuple(size)


def _resized(x: Tensor, size: Tuple[Any, Any], make_matrix: Callable) -> Tensor:
    x = tf.convert_to_tensor(x)
    if x.shape.rank != 4:
        raise ValueError(
            "`x` must be images [batch, height, width, channels]; got {}.".format(describe(x))
        )
    batch, height, width, channels = (size_of(x, axis) for axis in range(4))
    new_height, new_width = size
    rows = tf.cast(make_matrix(height, new_height), x.dtype)
    columns = tf.cast(make_matrix(width, new_width), x.dtype)
    y = tf.matmul(rows, tf.reshape(x, tf.stack([batch, height, width * channels])))
    y = tf.matmul(columns, tf.reshape(y, tf.stack([batch * new_height, width, channels])))
    return tf.reshape(y, tf.stack([batch, new_height, new_width, channels]))


def _nearest_matrix(old: Any, new: Any) -> Tensor:
    return tf.one_hot((2 * tf.range(new) + 1) * old // (2 * new), old, dtype=tf.float64)


def _bilinear_matrix(old: Any, new: Any) -> Tensor:
    """Of the centres of the new pixels, in units of the old, to the old on either side."""
    numerators = tf.cast((2 * tf.range(new) + 1) * old - new, tf.float64)
    centres = numerators / tf.cast(2 * new, tf.float64)
    centres = tf.clip_by_value(centres, 0.0, tf.cast(old - 1, tf.float64))
    distances = tf.abs(centres[:, tf.newaxis] - tf.cast(tf.range(old), tf.float64))
    return tf.maximum(1.0 - distances, 0.0)

"""Images of half the size, by averages."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


def average_pool(x: Tensor) -> Tensor:
    """Gives every pixel of the result the mean of the square of 2x2 pixels that it stands for.

    Where a side is odd, the last row or column is averaged over what there is.

    Args:
        x: `[batch, height, width, channels]`.

    Returns:
        `[batch, ceil(height / 2), ceil(width / 2), channels]`.

    Example:
        >>> average_pool(tf.ones([2, 8, 7, 3])).shape.as_list()
        [2, 4, 4, 3]
    """
    return tf.nn.avg_pool2d(x, ksize=2, strides=2, padding="SAME")

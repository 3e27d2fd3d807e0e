"""Masks: which values of an example a masked coupling keeps.

A mask is a function from the shape of one example, `[..., channels]`, to booleans that are
broadcast to it: true where a value is kept. Sizes of the shape are integers, or scalar tensors
where they are not known when the graph is built.
"""

from typing import Callable, Sequence, Union

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor

Shape = Sequence[Union[int, Tensor]]
Mask = Callable[[Shape], Tensor]


def check_mask(mask: Mask) -> Mask:
    """Refuses what is no function; returns the mask."""
    if not callable(mask):
        raise TypeError(
            "`mask` must be a function of a shape, such as `checkerboard_mask`; got a {}: pass "
            "`lambda shape: mask`.".format(type(mask).__name__)
        )
    return mask


def checkerboard_mask(shape: Shape) -> Tensor:
    """Keeps the pixels whose coordinates have an odd sum.

    Args:
        shape: `[height, width, channels]`, or any number of axes before the channels.

    Returns:
        `[height, width, 1]` booleans.

    Raises:
        ValueError: If there is no axis but the channels.

    Example:
        >>> checkerboard_mask([4, 6, 3]).shape.as_list()
        [4, 6, 1]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.4 and figure 3. https://arxiv.org/abs/1605.08803
    """
    num_axes = len(shape) - 1
    if num_axes < 1:
        raise ValueError(
            "`checkerboard_mask` needs positions, such as height and width, before the channels; "
            "got the shape {}: take `channel_mask`.".format(list(shape))
        )
    total = tf.zeros([1] * (num_axes + 1), tf.int32)
    for axis in range(num_axes):
        along = [1] * (num_axes + 1)
        along[axis] = -1
        total += tf.reshape(tf.range(shape[axis]), along)
    return tf.equal(total % 2, 1)


def channel_mask(shape: Shape) -> Tensor:
    """Keeps the first half of the channels; the larger one, if their number is odd.

    Args:
        shape: `[..., channels]`.

    Returns:
        `[channels]` booleans.

    Raises:
        ValueError: If there is one channel only.

    Example:
        >>> channel_mask([4, 6, 3]).shape.as_list()
        [3]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.4. https://arxiv.org/abs/1605.08803
    """
    channels = shape[-1]
    if isinstance(channels, int) and channels < 2:
        raise ValueError(
            "`channel_mask` needs at least 2 channels to divide; got the shape {}.".format(
                list(shape)
            )
        )
    return tf.range(channels) < channels - channels // 2


def complement(mask: Mask) -> Mask:
    """The mask that keeps what another one changes.

    Args:
        mask: A mask.

    Returns:
        A mask.

    Example:
        >>> complement(checkerboard_mask)([4, 6, 3]).shape.as_list()
        [4, 6, 1]
    """
    check_mask(mask)

    def complemented(shape: Shape) -> Tensor:
        return tf.logical_not(mask(shape))

    return complemented

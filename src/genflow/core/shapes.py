"""Sizes of axes, the same on TensorFlow 1.15 (where `shape[i]` is no integer) and 2.x."""

from typing import Optional, Union

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


def static_size(x: Union[Tensor, tf.Variable], axis: int) -> Optional[int]:
    """The size of an axis as an integer, or `None` where it is not known statically."""
    return x.shape.as_list()[axis]


def size(x: Tensor, axis: int) -> Union[int, Tensor]:
    """The size of an axis: an integer where it is known statically, else a tensor."""
    known = static_size(x, axis)
    return tf.shape(x)[axis] if known is None else known

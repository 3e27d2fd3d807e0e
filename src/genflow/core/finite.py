"""Whether numbers are finite, by their size."""

from typing import List, Optional

import tensorflow.compat.v2 as tf
import tree

from genflow.core.types import Nest, Tensor


def is_finite(x: Tensor, dtype: Optional[tf.DType] = None) -> Tensor:
    """Whether every value is less than the largest number of its type, and of another one.

    An Ascend 910 has that number in the place of infinity, and no value that is not a number.

    Args:
        x: Floating.
        dtype: The other type, if it is to be asked for.

    Returns:
        A boolean scalar. Nothing is as small as a value that is not a number.

    Example:
        >>> bool(is_finite(tf.constant([1.0, 65504.0])))
        True
        >>> bool(is_finite(tf.constant([1.0, 65504.0]), tf.float16))
        False
    """
    largest = min(float(kind.max) for kind in (x.dtype, dtype or x.dtype))
    return tf.reduce_all(tf.abs(x) < largest)


def floating_leaves(nest: Nest) -> List[Tensor]:
    """The tensors of a nest that can be other than finite."""
    leaves = [tf.convert_to_tensor(leaf) for leaf in tree.flatten(nest) if leaf is not None]
    return [leaf for leaf in leaves if leaf.dtype.is_floating]

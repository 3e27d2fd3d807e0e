"""The log-determinant of a bijection by automatic differentiation."""

from typing import Optional

import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor


def num_values(nest: Nest) -> int:
    """Entries of one example, in all tensors of a nest `[batch, ...]`."""
    return sum(leaf.shape[1:].num_elements() for leaf in tree.flatten(nest))


def jacobian(bijection: Bijection, x: Nest, context: Optional[Nest]) -> Tensor:
    """The Jacobian of the forward direction at one example.

    The example is repeated once for each entry of the output, and each copy is
    differentiated with respect to its own entry: one pass, in graphs and eagerly, on
    every TensorFlow, for any bijection that treats the examples of a batch separately.

    Args:
        bijection: The bijection.
        x: Tensors `[1, ...]`.
        context: Tensors `[1, ...]`, or `None`.

    Returns:
        `[values, values]`; row `i` is the gradient of entry `i` of the output.
    """
    size = num_values(x)
    x = tree.map_structure(lambda leaf: tf.repeat(leaf, size, axis=0), x)
    if context is not None:
        context = tree.map_structure(lambda leaf: tf.repeat(leaf, size, axis=0), context)
    leaves = tree.flatten(x)
    with tf.GradientTape() as tape:
        for leaf in leaves:
            tape.watch(leaf)
        own_entries = tf.reduce_sum(tf.linalg.diag_part(_flat(bijection.forward(x, context))))
    return _flat(tape.gradient(own_entries, leaves, unconnected_gradients="zero"))


def corner(nest: Nest, limit: int) -> Optional[Nest]:
    """The first example; of an image, a corner that has at most `limit` values.

    Args:
        nest: Tensors `[batch, ...]`.
        limit: Largest number of values of the example.

    Returns:
        Tensors `[1, ...]`; or `None` if there is no such corner.
    """
    nest = tree.map_structure(lambda leaf: leaf[:1], nest)
    while num_values(nest) > limit:
        if not tf.is_tensor(nest) or nest.shape.rank != 4:
            return None
        height, width = static_size(nest, 1), static_size(nest, 2)
        if height % 2 or width % 2:
            return None
        nest = nest[:, : height // 2, : width // 2]
    return nest


def corner_of_context(context: Optional[Nest], x: Nest) -> Optional[Nest]:
    """The part of the context that belongs to a corner `x`: images are cut alike."""
    if context is None:
        return None

    def cut(leaf: Tensor) -> Tensor:
        if leaf.shape.rank != 4 or not tf.is_tensor(x):
            return leaf[:1]
        return leaf[:1, : static_size(x, 1), : static_size(x, 2)]

    return tree.map_structure(cut, context)


def _flat(nest: Nest) -> Tensor:
    """`[batch, values]` of all tensors of a nest."""
    leaves = [tf.reshape(leaf, [tf.shape(leaf)[0], -1]) for leaf in tree.flatten(nest)]
    return tf.concat(leaves, axis=1)

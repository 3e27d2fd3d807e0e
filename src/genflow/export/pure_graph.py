"""What a frozen graph may hold: functions from numbers to numbers, and nothing else."""

from typing import Any, Iterable, List

import tensorflow.compat.v2 as tf

from genflow.export.pure_operations import PURE_OPERATIONS, STRING_ATTRIBUTES

_PLACEHOLDERS = {"Placeholder", "PlaceholderV2"}


def check_nodes(nodes: Iterable[Any], inputs: Iterable[str], owner: str) -> None:
    """Refuses nodes that might do more than compute numbers from numbers.

    To be asked before a graph is imported, since importing computes what shapes depend on.
    What is known to be harmless is allowed: some operations, without text, such as the
    names of files, and without functions, variables, tables and iterators.

    Args:
        nodes: The nodes of a `GraphDef`.
        inputs: The names of the placeholders that are known.
        owner: What messages call the graph.

    Raises:
        ValueError: If there is another node, or a placeholder that nothing is known of.
    """
    nodes, known = list(nodes), set(inputs)
    for node in nodes:
        if node.op not in PURE_OPERATIONS:
            raise ValueError(
                "{} must compute numbers from numbers, by operations that are known to do nothing "
                "else; its operation {!r} is a {}. (Layers must be called with `training=False`, "
                "not `training=True`, and without `tf.cond` and `tf.function`.)".format(
                    owner, node.name, node.op
                )
            )
    for node in nodes:
        _check_attributes(node, owner)
        if node.op in _PLACEHOLDERS and node.name not in known:
            raise ValueError(
                "{} depends on the placeholder {!r}; name it among the `inputs`.".format(
                    owner, node.name
                )
            )


def _check_attributes(node: Any, owner: str) -> None:
    for name, value in sorted(node.attr.items()):
        if not _is_harmless(name, value):
            raise ValueError(
                "{} must compute numbers from numbers; its operation {!r}, a {}, has text, "
                "functions or other things than numbers as `{}`.".format(
                    owner, node.name, node.op, name
                )
            )


def _is_harmless(name: str, value: Any) -> bool:
    """Whether an attribute is made of numbers, shapes and types of numbers, or a known word."""
    if value.HasField("func") or len(value.list.func):
        return False
    if (value.s or any(value.list.s)) and name not in STRING_ATTRIBUTES:
        return False
    return all(_is_number(dtype) for dtype in _types(value))


def _types(value: Any) -> List[int]:
    types = list(value.list.type) + [tensor.dtype for tensor in value.list.tensor]
    if value.HasField("type"):
        types.append(value.type)
    if value.HasField("tensor"):
        types.append(value.tensor.dtype)
    return types


def _is_number(number: int) -> bool:
    try:
        dtype = tf.as_dtype(number)
    except TypeError:  # Of a newer TensorFlow.
        return False
    return dtype.is_floating or dtype.is_integer or dtype.is_complex or dtype.is_bool

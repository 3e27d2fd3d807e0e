"""What a frozen graph may hold: functions from numbers to numbers, and nothing that runs code."""

from typing import Any, Iterable

import tensorflow.compat.v2 as tf

_RUNS_PYTHON = {"EagerPyFunc", "PyFunc", "PyFuncStateless"}
_PLACEHOLDERS = {"Placeholder", "PlaceholderV2"}


def check_nodes(nodes: Iterable[Any], owner: str) -> None:
    """Refuses nodes that call functions or run Python; asked before anything is imported.

    Args:
        nodes: The nodes of a `GraphDef`.
        owner: What messages call the graph.

    Raises:
        ValueError: If there is such a node.
    """
    for node in nodes:
        if node.op in _RUNS_PYTHON:
            raise ValueError(
                "{} must not run Python, but its operation {!r} is a {}.".format(
                    owner, node.name, node.op
                )
            )
        if any(_names_functions(value) for value in node.attr.values()):
            raise ValueError(
                "{} must not call functions, as `tf.cond` and `tf.function` do, but its operation "
                "{!r}, a {}, does.".format(owner, node.name, node.op)
            )


def check_operations(operations: Iterable[tf.Operation], inputs: Iterable[str], owner: str) -> None:
    """Refuses operations on anything but numbers, and placeholders that nothing is known of.

    What reads or writes files has names of files, which are strings; variables, tables and
    iterators are resources.

    Args:
        operations: Those of the graph.
        inputs: The names of the placeholders that are known.
        owner: What messages call the graph.

    Raises:
        ValueError: If there is such an operation.
    """
    known = set(inputs)
    for op in operations:
        for tensor in list(op.inputs) + op.outputs:
            if not _is_number(tensor.dtype.base_dtype):
                raise ValueError(
                    "{} must compute numbers from numbers, but its operation {!r}, a {}, deals "
                    "with {}. (Layers must be called with `training=False`, not "
                    "`training=True`.)".format(owner, op.name, op.type, tensor.dtype.name)
                )
        if op.type in _PLACEHOLDERS and op.name not in known:
            raise ValueError(
                "{} depends on the placeholder {!r}; name it among the `inputs`.".format(
                    owner, op.name
                )
            )


def _names_functions(value: Any) -> bool:
    return value.HasField("func") or len(value.list.func) > 0


def _is_number(dtype: tf.DType) -> bool:
    return dtype.is_floating or dtype.is_integer or dtype.is_complex or dtype.is_bool

"""Where shapes begin to be unknown in a graph."""

from typing import FrozenSet, List, NamedTuple, Set

import tensorflow.compat.v2 as tf

from genflow.ascend.graph_rules import CONTROL_FLOW_V1

_SHAPES = frozenset(["Shape", "ShapeN", "Size", "Rank"])
_WITHOUT_SHAPE = frozenset(["resource", "variant", "string"])


class DynamicShapes(NamedTuple):
    """What is found of unknown shapes.

    Attributes:
        sources: The operations at which unknown shapes begin; not those after them.
        control_flow: Control flow of version 1 that comes after a source.
        constants: The names of the operations that are computed before the graph runs.
    """

    sources: List[tf.Operation]
    control_flow: List[tf.Operation]
    constants: FrozenSet[str]


def find_dynamic_shapes(operations: List[tf.Operation]) -> DynamicShapes:
    """Finds where shapes are known only when the graph runs.

    A shape that TensorFlow does not infer, but computes from constants before the graph runs,
    which is on the host, is static.

    Args:
        operations: Of a graph, in the order in which they were made.

    Example:
        >>> with tf.Graph().as_default() as graph:
        ...     x = tf.compat.v1.placeholder(tf.float32, [None], name="x")
        ...     y = tf.exp(x, name="y")
        >>> [operation.name for operation in find_dynamic_shapes(graph.get_operations()).sources]
        ['x']
    """
    sources, control_flow = [], []
    constants: Set[tf.Operation] = set()  # What is known before the graph runs,
    folded: Set[tf.Operation] = set()  # ... whose shape is, though it is not inferred,
    after: Set[tf.Operation] = set()  # ... and what comes after an unknown shape,
    waits: Set[tf.Operation] = set()  # ... or waits for what does.
    for operation in operations:
        inputs = [tensor.op for tensor in operation.inputs]
        is_known = all(_is_known(tensor) for tensor in operation.outputs)
        if _is_constant(operation, inputs, constants):
            constants.add(operation)
        elif any(made in after for made in inputs):
            after.add(operation)
        elif not is_known and any(made in constants or made in folded for made in inputs):
            folded.add(operation)
        elif not is_known:
            after.add(operation)
            sources.append(operation)
        if operation in after or any(m in waits for m in inputs + list(operation.control_inputs)):
            waits.add(operation)
            if operation.type in CONTROL_FLOW_V1:
                control_flow.append(operation)
    names = frozenset(operation.name for operation in constants)
    return DynamicShapes(sources, control_flow, names)


def _is_constant(
    operation: tf.Operation, inputs: List[tf.Operation], constants: Set[tf.Operation]
) -> bool:
    if operation.type == "Const":
        return True
    if operation.type in _SHAPES and all(_is_known(tensor) for tensor in operation.inputs):
        return True
    is_computed = bool(inputs) and all(made in constants for made in inputs)
    return is_computed and not operation.op_def.is_stateful


def _is_known(tensor: tf.Tensor) -> bool:
    return tensor.dtype.base_dtype.name in _WITHOUT_SHAPE or tensor.shape.is_fully_defined()

"""The operations of a graph, and of the functions that they call, in one form."""

from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set

import tensorflow.compat.v2 as tf

from genflow.ascend.graph_rules import FUNCTION_CALLS, MATRIX

_DEFINED = MATRIX | {"Const"}


class Node(NamedTuple):
    """An operation.

    Attributes:
        name: Its name; in a function, after that of the function and a slash.
        type: Its type, such as "MatMul".
        dtypes: The names of the types of its inputs and outputs; in a function, of those types
            that are attributes of it.
        definition: Its `NodeDef`, if it is a constant or an operation on matrices.
        ends_in_double: In a function: whether it is a cast to float64 whose result is taken by
            casts only.
    """

    name: str
    type: str
    dtypes: FrozenSet[str]
    definition: Any = None
    ends_in_double: bool = False


def needed_operations(graph: tf.Graph, fetches: Any = None) -> List[tf.Operation]:
    """The operations of a graph that run when something is fetched.

    Args:
        graph: The graph.
        fetches: What is fetched: a tensor, an operation, a variable or a name, or a nest of
            them; `None` for all operations.

    Returns:
        The operations in the order in which they were made.

    Raises:
        ValueError: If something fetched is of another graph, or the graph has no such name.
        TypeError: If it is none of these.

    Example:
        >>> with tf.Graph().as_default() as graph:
        ...     x = tf.constant(1.0, name="x")
        ...     y, z = tf.exp(x, name="y"), tf.sin(x, name="z")
        >>> [operation.name for operation in needed_operations(graph, y)]
        ['x', 'y']
    """
    operations = graph.get_operations()
    if fetches is None:
        return operations
    needed, waiting = set(), fetched_operations(graph, fetches)
    while waiting:
        operation = waiting.pop()
        if operation not in needed:
            needed.add(operation)
            waiting += [tensor.op for tensor in operation.inputs]
            waiting += operation.control_inputs
    return [operation for operation in operations if operation in needed]


def fetched_operations(graph: tf.Graph, fetches: Any = None) -> List[tf.Operation]:
    """The operations whose results are fetched.

    Args:
        graph: See `needed_operations`.
        fetches: See `needed_operations`; none are fetched with `None`.

    Raises:
        ValueError: See `needed_operations`.
        TypeError: See `needed_operations`.
    """
    elements = [] if fetches is None else tf.nest.flatten(fetches)
    if any(element is None for element in elements):
        raise TypeError(
            "`fetches` must be tensors, operations or names; got None among them: leave it out."
        )
    try:
        found = [graph.as_graph_element(element) for element in elements]
    except KeyError as error:
        raise ValueError(
            "`fetches` must be in the graph: {} Give the tensor itself, or a name as its `name` "
            "has it.".format(error.args[0])
        ) from error
    return [getattr(element, "op", element) for element in found]


def nodes_of(graph: tf.Graph, operations: List[tf.Operation]) -> Iterator[Node]:
    """The operations as nodes, each followed by what is in the functions that it calls.

    Functions are looked into where they are parts of the graph, as the branches of a condition
    and the body of a loop are; those of data sets, which run on the host, are not.

    Args:
        graph: The graph.
        operations: Those of its operations that are of interest.
    """
    calls = any(operation.type in FUNCTION_CALLS for operation in operations)
    library = graph.as_graph_def().library.function if calls else []
    functions = {function.signature.name: function for function in library}
    seen: Set[str] = set()
    for operation in operations:
        tensors = list(operation.inputs) + list(operation.outputs)
        dtypes = frozenset(tensor.dtype.base_dtype.name for tensor in tensors)
        definition = operation.node_def if operation.type in _DEFINED else None
        yield Node(operation.name, operation.type, dtypes, definition)
        if operation.type in FUNCTION_CALLS:
            yield from _called(operation.node_def, functions, seen)


def _called(definition: Any, functions: Dict[str, Any], seen: Set[str]) -> Iterator[Node]:
    """The nodes of the functions that an operation calls, unless they have been seen."""
    for value in definition.attr.values():
        called = [value.func.name] if value.HasField("func") else []
        called += [function.name for function in value.list.func]
        for name in called:
            if name in functions and name not in seen:
                seen.add(name)
                yield from _inside(functions[name], functions, seen)


def _inside(function: Any, functions: Dict[str, Any], seen: Set[str]) -> Iterator[Node]:
    # Inputs are the names of tensors, as `exp:y:0`, or of arguments.
    taken = {
        name.split(":")[0] for node in function.node_def if node.op != "Cast" for name in node.input
    }
    for node in function.node_def:
        name = "{}/{}".format(function.signature.name, node.name)
        definition = node if node.op in _DEFINED else None
        is_last = node.name not in taken and _makes_double(node)
        yield Node(name, node.op, frozenset(_attribute_types(node)), definition, is_last)
        if node.op in FUNCTION_CALLS:
            yield from _called(node, functions, seen)


def _makes_double(node: Any) -> bool:
    return node.op == "Cast" and node.attr["DstT"].type == tf.float64.as_datatype_enum


def _attribute_types(node: Any) -> Iterator[str]:
    for value in node.attr.values():
        numbers = list(value.list.type) + ([value.type] if value.HasField("type") else [])
        for number in numbers:
            dtype = _dtype_name(number)
            if dtype is not None:
                yield dtype


def _dtype_name(number: int) -> Optional[str]:
    try:
        return tf.as_dtype(number).base_dtype.name
    except TypeError:  # Of a newer TensorFlow.
        return None

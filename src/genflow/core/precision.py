"""Which operations keep their type when a runtime computes in mixed precision."""

import contextlib
from typing import Any, Container, Dict, Iterable, Iterator, Optional

import tensorflow.compat.v2 as tf

# What Ascend's adapter reads. The other one is for `keep_gradients` only.
KEPT, RELEASED = "_keep_dtype", "_may_be_reduced"
# What `tf.custom_gradient` leaves in a graph, and what takes the time inside its gradients.
_CUSTOM = "IdentityN"
_PRODUCTS = ("BatchMatMulV2", "Conv2DBackpropFilter", "Conv2DBackpropInput", "MatMul")


@contextlib.contextmanager
def keep_dtype() -> Iterator[None]:
    """A context whose operations keep their type under mixed precision.

    It marks them in the graph with the attribute that Ascend's adapter gives them in its
    `keep_dtype_scope`; `genflow.ascend.session` makes the other runtimes heed it too. By itself
    it changes nothing, nor does it where operations are executed eagerly.

    Bijections, distributions and the losses of trainers are in such a context; networks are not,
    wherever they are called. So log-determinants, inverses, priors and losses stay in float32,
    and convolutions and matrix products of networks may be reduced.

    Example:
        >>> with tf.Graph().as_default():
        ...     with keep_dtype():
        ...         y = tf.exp(tf.ones([2]))
        >>> y.op.get_attr("_keep_dtype")
        1
    """
    with _marked({KEPT: 1, RELEASED: None}):
        yield


@contextlib.contextmanager
def release_dtype() -> Iterator[None]:
    """A context whose operations may be reduced, though it is inside `keep_dtype`."""
    with _marked({KEPT: None, RELEASED: 1}):
        yield


def keep_gradients(operations: Iterable[tf.Operation]) -> None:
    """Marks the gradients of operations that keep their type, which TensorFlow does not.

    A gradient is treated as what it is the gradient of, and a sum of gradients keeps its type if
    one of them does. In a `tf.custom_gradient`, as of `reversible` and `recompute`, what a
    gradient belongs to is not recorded: there all of them keep their type but for the products
    of convolutions and matrices whose other factors are made in networks. The layers that are
    computed again there are treated as they were the first time.

    Args:
        operations: That `tf.gradients`, or an optimizer, has just added to the graph.
    """
    kept, names = _attribute(1), set()
    for operation in operations:
        if _mark(operation) is None:
            names.add(operation.name)
            if _gradient_is_kept(operation, names):
                operation._set_attr(KEPT, kept)


def is_kept(operation: tf.Operation) -> bool:
    """Whether an operation bears the mark of `keep_dtype`."""
    return _mark(operation) == KEPT


def _gradient_is_kept(operation: tf.Operation, gradients: Container[str]) -> bool:
    # The operation of which it was made as a part of the gradient.
    forward = operation._original_op
    if operation.type == "AddN" and forward is None:
        return any(is_kept(x.op) for x in operation.inputs)
    if forward is None:
        return True
    if forward.type == _CUSTOM and operation.type in _PRODUCTS:
        factors = {_mark(x.op) for x in operation.inputs if x.op.name not in gradients}
        return RELEASED not in factors or KEPT in factors
    return is_kept(forward)


def _mark(operation: tf.Operation) -> Optional[str]:
    for name in (KEPT, RELEASED):
        try:
            operation.get_attr(name)
        except ValueError:
            continue
        return name
    return None


@contextlib.contextmanager
def _marked(marks: Dict[str, Optional[int]]) -> Iterator[None]:
    if tf.executing_eagerly():
        yield
        return
    graph = tf.compat.v1.get_default_graph()
    # What is not there cannot be taken away.
    there = graph._attr_scope_map
    attributes = {
        name: None if value is None else _attribute(value)
        for name, value in marks.items()
        if value is not None or name in there
    }
    with graph._attr_scope(attributes):
        yield


def _attribute(value: int) -> Any:
    return tf.compat.v1.AttrValue(i=value)

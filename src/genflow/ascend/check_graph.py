"""What the Ascend 910 has not, or not as a CPU has it, in a graph."""

import fnmatch
import functools
import json
import os
from typing import Any, Container, Dict, Iterator, List, NamedTuple, Optional

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.ascend import graph_rules as rules
from genflow.ascend.graph_nodes import Node, fetched_operations, needed_operations, nodes_of
from genflow.ascend.graph_rules import Rule
from genflow.ascend.graph_shapes import find_dynamic_shapes
from genflow.ascend.precision import npu_precision
from genflow.ascend.precision_modes import REDUCING
from genflow.core.precision import KEPT

_NUM_NAMES = 3  # In a message.
_NO_TYPES = frozenset(["variant", "complex64", "complex128", "bfloat16"])
_HALF = frozenset(["float16", "bfloat16"])


class Finding(NamedTuple):
    """Something of a graph that the device does not do as a CPU does.

    Attributes:
        name: Of the operation.
        type: Of the operation.
        rule: What is said of it, in a word.
        severity: "error" if it fails there or gives wrong numbers; "warning" if it works, but
            slowly or not as it seems; "note" if it runs on the host, as it should.
        advice: What to do.
    """

    name: str
    type: str
    rule: str
    severity: str
    advice: str


def check_graph(
    graph: tf.Graph,
    fetches: Any = None,
    supported: Optional[Container[str]] = None,
    precision: Optional[str] = None,
) -> List[Finding]:
    """Lists the operations that the Ascend 910 has not, or only on a CPU, or not in their type.

    What is known is in the documentation of the TF Adapter, and is not everything: what is not
    listed has not been tried on a device. On a host with CANN, its own list of operations is
    looked at, too.

    Args:
        graph: The graph; the functions of conditions and loops in it are looked into, those of
            data sets are not.
        fetches: What `session.run` will be asked for, a nest of tensors and operations, to look
            at what runs then only; `None` to look at the whole graph.
        supported: The types of operations that the device has; by default those that the CANN of
            this host lists, if there is one.
        precision: What the session will compute in, as that of `genflow.ascend.session`. With a
            mixed precision, operations on matrices must keep their type, as those within
            `genflow.core.keep_dtype` do; what a mixed list says is not known here.

    Returns:
        What was found, in the order of the graph.

    Raises:
        ValueError: If something fetched is of another graph, or the graph has no such name; or if
            there is no such precision.
        TypeError: If something fetched is no part of a graph.

    Example:
        >>> with tf.Graph().as_default() as graph:
        ...     x = tf.compat.v1.placeholder(tf.float64, [2, 2], name="x")
        ...     y = tf.linalg.inv(x, name="y")
        >>> [(finding.name, finding.rule, finding.severity) for finding in check_graph(graph)]
        [('x', 'double', 'error'), ('y', 'matrix_on_ai_cpu', 'warning'), ...]
    """
    npu_precision(precision)  # Refuses what is none.
    if supported is None:
        supported = supported_operations()
    operations = needed_operations(graph, fetches)
    shapes = find_dynamic_shapes(operations)
    more: Dict[str, List[Rule]] = {}
    for found, rule in (
        (shapes.sources, rules.DYNAMIC),
        (shapes.control_flow, rules.DYNAMIC_V1),
        (_ends_in_double(operations, fetched_operations(graph, fetches)), rules.DOUBLE),
        (_zeroed(operations) if fetches is not None else [], rules.ITERATOR_WITH_VARIABLES),
    ):
        for operation in found:
            more.setdefault(operation.name, []).append(rule)
    findings = []
    for node in nodes_of(graph, operations):
        broken = list(_broken_rules(node, supported, node.name in shapes.constants))
        if precision in REDUCING and _is_reduced(node):
            broken.append(rules.REDUCED_MATRIX)
        for rule in broken + more.get(node.name, []):
            findings.append(Finding(node.name, node.type, rule.name, rule.severity, rule.advice))
    return findings


def require_npu_graph(
    graph: tf.Graph,
    fetches: Any = None,
    supported: Optional[Container[str]] = None,
    precision: Optional[str] = None,
) -> None:
    """Refuses a graph that would fail on the Ascend 910, or give wrong numbers there.

    Args:
        graph: See `check_graph`.
        fetches: See `check_graph`.
        supported: See `check_graph`.
        precision: See `check_graph`.

    Raises:
        ValueError: If there are findings of the severity "error". The message lists them all.

    Example:
        >>> with tf.Graph().as_default() as graph:
        ...     z = tf.compat.v1.placeholder(tf.complex64, [2], name="z")
        >>> require_npu_graph(graph)
        Traceback (most recent call last):
        ValueError: The graph does not fit the Ascend 910:
          error, no_such_type: Placeholder z: The device has no such type: ...
    """
    findings = check_graph(graph, fetches, supported, precision)
    found = [finding for finding in findings if finding.severity == rules.ERROR]
    if found:
        lines = ["  " + line for line in describe_findings(found, None).splitlines()]
        raise ValueError("The graph does not fit the Ascend 910:\n" + "\n".join(lines))


def describe_findings(findings: List[Finding], num_names: Optional[int] = _NUM_NAMES) -> str:
    """A line for each rule and type of operation, errors first.

    Args:
        findings: What `check_graph` returns.
        num_names: How many operations are named in each line; `None` for all.

    Example:
        >>> print(describe_findings([Finding("x", "Qr", "matrix", "warning", "Use PLU.")]))
        warning, matrix: Qr x: Use PLU.
    """
    groups: Dict[tuple, List[str]] = {}
    for finding in findings:
        groups.setdefault(finding._replace(name=""), []).append(finding.name)
    ordered = sorted(groups.items(), key=lambda item: rules.SEVERITIES.index(item[0].severity))
    return "\n".join(
        "{}, {}: {} {}: {}".format(
            group.severity, group.rule, group.type, _listed(names, num_names), group.advice
        )
        for group, names in ordered
    )


def supported_operations(path: Optional[str] = None) -> Optional[Container[str]]:
    """The types of operations that a CANN has for the device, by its own list.

    Args:
        path: Of its `npu_supported_ops.json`; by default the one under `ASCEND_OPP_PATH`, or
            under `/usr/local/Ascend/opp`.

    Returns:
        The types; `None` if no `path` is given and there is no list.

    Raises:
        ValueError: If the file is no such list.

    Example:
        >>> supported_operations()  # On a machine without CANN.
    """
    if path is None:
        opp = os.environ.get("ASCEND_OPP_PATH") or "/usr/local/Ascend/opp"
        parts = ["built-in", "framework", "tensorflow", "npu_supported_ops.json"]
        path = os.path.join(opp, *parts)
        if not os.path.exists(path):
            return None
    try:
        with open(path, encoding="utf-8") as file:
            listed = json.load(file)
    except ValueError as error:
        raise ValueError("{} is not JSON ({}): install CANN anew.".format(path, error)) from error
    if not isinstance(listed, dict):
        raise ValueError(  # noqa: TRY004 - a bad file, not a bad argument
            "{} must be a JSON object with operations as keys; got a {}.".format(
                path, type(listed).__name__
            )
        )
    return frozenset(listed)


def _broken_rules(
    node: Node, supported: Optional[Container[str]], is_constant: bool
) -> Iterator[Rule]:
    """What there is to say of an operation by itself."""
    rule = _type_rule(node.type)
    is_listed = supported is None or node.type in supported or node.type in rules.STRUCTURE
    if rule is not None and not (rule.unless_listed and supported is not None and is_listed):
        yield rule
    if rule is not None and rule.name in ("queue", "data_set", "make_iterator"):
        return  # All else follows from that.
    if not is_constant:  # What uses a constant of a wrong type is found.
        yield from _dtype_rules(node)
    if node.type == "Const" and not _is_finite(node.definition):
        yield rules.NOT_FINITE
    if rule is None and not (is_listed or is_constant or "string" in node.dtypes):
        yield rules.NOT_LISTED


@functools.lru_cache(maxsize=None)
def _type_rule(op_type: str) -> Optional[Rule]:
    for rule in rules.TYPE_RULES:
        if any(fnmatch.fnmatchcase(op_type, pattern) for pattern in rule.types):
            return rule
    return None


def _dtype_rules(node: Node) -> Iterator[Rule]:
    type_rule = _type_rule(node.type)
    is_matrix = type_rule is not None and type_rule.name == "matrix_on_ai_cpu"
    if is_matrix and node.dtypes & _HALF:
        yield rules.HALF_MATRIX
    elif node.dtypes & _NO_TYPES:
        yield rules.NO_TYPE
    if "float64" in node.dtypes and is_matrix:
        yield rules.DOUBLE_MATRIX
    elif "float64" in node.dtypes and (node.type != "Cast" or node.ends_in_double):
        yield rules.DOUBLE  # Of other casts, what takes the result is found.
    if "string" in node.dtypes:
        yield rules.TEXT


def _is_finite(definition: Any) -> bool:
    tensor = definition.attr["value"].tensor
    dtype = tf.as_dtype(tensor.dtype)
    if not dtype.is_floating:
        return True
    return bool(np.all(np.isfinite(tf.make_ndarray(tensor).astype(np.float64))))


def _is_reduced(node: Node) -> bool:
    """Whether mixed precision would reduce an operation on matrices, which nothing hinders."""
    if node.type not in rules.MATRIX or "float32" not in node.dtypes:
        return False
    mark = node.definition.attr.get(KEPT)
    return mark is None or mark.i != 1


def _ends_in_double(
    operations: List[tf.Operation], fetched: List[tf.Operation]
) -> Iterator[tf.Operation]:
    """The casts to float64 whose result is fetched, or taken by nothing that is found itself."""
    taken = {
        tensor.op
        for operation in operations
        if operation.type != "Cast"
        for tensor in operation.inputs
    }
    for operation in operations:
        if operation.type == "Cast" and operation.outputs[0].dtype.base_dtype == tf.float64:
            if operation in fetched or operation not in taken:
                yield operation


def _zeroed(operations: List[tf.Operation]) -> List[tf.Operation]:
    """The assignments that run together with the initializer of an iterator."""
    if not any(operation.type == "MakeIterator" for operation in operations):
        return []
    return [operation for operation in operations if operation.type in rules.ASSIGNMENTS]


def _listed(names: List[str], num_names: Optional[int]) -> str:
    shown = ", ".join(names if num_names is None else names[:num_names])
    left = 0 if num_names is None else len(names) - num_names
    return shown + (" and {} more".format(left) if left > 0 else "")

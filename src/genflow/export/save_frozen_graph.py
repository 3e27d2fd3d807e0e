"""Writing a part of a graph into a file, with its variables as constants."""

import hashlib
import json
import keyword
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.export.frozen_manifest import OWN_FIELDS, VERSION, manifest_path, specs_to_json
from genflow.export.pure_graph import check_nodes
from genflow.whole_file import whole_file

_OWNER = "What is frozen"
# What stands for the value of a variable: of a resource variable, or of one of the old kind.
_READS = {"ReadVariableOp", "Variable", "VariableV2"}


def save_frozen_graph(
    path: str,
    session: tf.compat.v1.Session,
    inputs: Dict[str, Tensor],
    outputs: Dict[str, Tensor],
    manifest: Optional[Dict[str, Any]] = None,
) -> str:
    """Writes the function from some tensors to others into a file, for `FrozenGraph`.

    The file is a `GraphDef` with placeholders called `<input>:0`, with the shapes of the
    inputs (so make the size of the batch unknown), and with results called `<output>:0`.
    Variables are constants in it, with the values that they have in the session. Of the
    graph there is nothing in it but what the outputs need; what comes before an input is
    cut off. Beside it is the manifest, `<path>.json`, with names, shapes, types, the SHA-256
    of the file, and what the caller adds.

    Both are replaced only when the new ones are complete. A file that one TensorFlow has
    written is read by the other if that has the operations.

    Args:
        path: The file, `*.pb`.
        session: With the values of the variables. Its graph is not changed.
        inputs: What can be fed, by names for it; Python names, since they become arguments.
            They need not be placeholders.
        outputs: What is computed, by names for it.
        manifest: More fields for the manifest, anything that is JSON.

    Returns:
        The SHA-256 of the file, as 64 hexadecimal digits.

    Raises:
        ValueError: If a name cannot be one; if an output depends on something else than the
            inputs, or an input is not used; if the graph between them does something else
            than to compute numbers from numbers; or if `manifest` has a field that is taken.
        OSError: If the files cannot be written.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "double.pb")
        >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        ...     x = tf.compat.v1.placeholder(tf.float32, [None, 3])
        ...     sha256 = save_frozen_graph(path, session, {"x": x}, {"y": 2.0 * x})
        >>> sorted(os.listdir(os.path.dirname(path))), len(sha256)
        (['double.pb', 'double.pb.json'], 64)
    """
    fields = dict(manifest or {})
    for field in OWN_FIELDS:
        if field in fields:
            raise ValueError(
                "`manifest` must not have the field {!r}, which is taken.".format(field)
            )
    _check_names(inputs, outputs)
    graph = _frozen(session, inputs, outputs)
    contents = _portable(graph).SerializeToString(deterministic=True)
    sha256 = hashlib.sha256(contents).hexdigest()
    fields.update(version=VERSION, sha256=sha256)
    fields.update(inputs=specs_to_json(_specs(graph, inputs)))
    fields.update(outputs=specs_to_json(_specs(graph, outputs)))
    text = json.dumps(fields, indent=1, sort_keys=True)
    with whole_file(path, "wb") as file, whole_file(manifest_path(path)) as manifest_file:
        file.write(contents)
        manifest_file.write(text)
    return sha256


def _specs(graph: tf.Graph, names: Iterable[str]) -> Dict[str, tf.TensorSpec]:
    tensors = {name: graph.get_tensor_by_name(name + ":0") for name in names}
    return {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in tensors.items()}


def _check_names(inputs: Dict[str, Tensor], outputs: Dict[str, Tensor]) -> None:
    if not outputs:
        raise ValueError("`outputs` must name at least one tensor; got none.")
    seen = set()
    for name in list(inputs) + list(outputs):
        if not _is_name(name):
            raise ValueError(
                "The names of inputs and outputs must be Python names; got {!r}.".format(name)
            )
        if name.lower() in seen:  # Names in a graph differ by more than that.
            raise ValueError(
                "The names of inputs and outputs must differ; got {!r} twice.".format(name.lower())
            )
        seen.add(name.lower())


def _is_name(name: Any) -> bool:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        return False
    return name[0] != "_" and all(ord(letter) < 128 for letter in name)


def _frozen(
    session: tf.compat.v1.Session, inputs: Dict[str, Tensor], outputs: Dict[str, Tensor]
) -> tf.Graph:
    """A new graph with what is between the inputs and the outputs, and nothing else."""
    part = _between(inputs, outputs)
    graph_def = _extract(session.graph, part.operations)
    # The last first: rather what updates a variable than the variable.
    check_nodes(reversed(graph_def.node), [], _OWNER)
    values = session.run(part.reads)
    with tf.Graph().as_default() as graph:
        replaced = {}
        for name, tensor in sorted(inputs.items()):
            dtype = tensor.dtype.base_dtype
            replaced[tensor.name] = tf.compat.v1.placeholder(dtype, tensor.shape, name)
        for name in sorted(values):
            constant = tf.constant(values[name], name="variable")
            replaced.update({read: constant for read in part.read_by[name]})
        computed = sorted({tensor.name for tensor in outputs.values()} - set(replaced))
        used = {key: value for key, value in replaced.items() if key in _consumed(graph_def)}
        results = tf.compat.v1.import_graph_def(graph_def, used, computed, name="graph")
        replaced.update(zip(computed, results))
        for name, tensor in outputs.items():
            tf.identity(replaced[tensor.name], name=name)
    return graph


class _Part(NamedTuple):
    """A part of a graph.

    Attributes:
        operations: The names of its operations.
        reads: By the name of a variable's tensor, a tensor with its value,
        read_by: ... and the names of all tensors with its value, which are not in the part.
    """

    operations: Set[str]
    reads: Dict[str, Tensor]
    read_by: Dict[str, List[str]]


def _between(inputs: Dict[str, Tensor], outputs: Dict[str, Tensor]) -> _Part:
    """What the outputs are computed with, from the inputs and the values of variables."""
    cut, reached = {tensor.name for tensor in inputs.values()}, set()
    part, todo = _Part(set(), {}, {}), []

    def reach(tensors: Iterable[Tensor]) -> None:
        reached.update(tensor.name for tensor in tensors)
        todo.extend(tensor.op for tensor in tensors if tensor.name not in cut)

    reach(list(outputs.values()))
    while todo:
        op = todo.pop()
        if op.type in _READS:
            variable = op.inputs[0] if op.inputs else op.outputs[0]
            part.reads.setdefault(variable.name, _plain_read(op))
            readers = part.read_by.setdefault(variable.name, [])
            if op.outputs[0].name not in readers:
                readers.append(op.outputs[0].name)
        elif op.name not in part.operations:
            part.operations.add(op.name)
            reach(list(op.inputs))
            todo.extend(op.control_inputs)
    for name, tensor in inputs.items():
        if tensor.name not in reached:
            raise ValueError(
                "No output depends on the input {!r}: leave it out of `inputs`.".format(name)
            )
    return part


def _plain_read(read: tf.Operation) -> Tensor:
    """A read of the same variable that waits for nothing, which an update might be."""
    if read.control_inputs:
        for other in read.inputs[0].consumers():
            if other.type == read.type and not other.control_inputs:
                return other.outputs[0]
    return read.outputs[0]


def _extract(graph: tf.Graph, operations: Set[str]) -> tf.compat.v1.GraphDef:
    """Some nodes of a graph, without devices and what else holds in that graph only."""
    whole = graph.as_graph_def()
    part = tf.compat.v1.GraphDef(versions=whole.versions)
    for node in whole.node:
        if node.name in operations:
            copy = part.node.add()
            copy.CopyFrom(node)
            copy.device = ""
            for name in [name for name in copy.attr if name.startswith("_")]:
                del copy.attr[name]
    return part


def _consumed(graph_def: tf.compat.v1.GraphDef) -> Set[str]:
    """The names of the tensors that nodes take, of which GraphDef leaves out a `:0`."""
    names = {name for node in graph_def.node for name in node.input}
    return {name if ":" in name else name + ":0" for name in names}


def _portable(graph: tf.Graph) -> tf.compat.v1.GraphDef:
    """The graph, without attributes that have their default, which others may not know."""
    graph_def = graph.as_graph_def()
    for node in graph_def.node:
        for attr in graph.get_operation_by_name(node.name).op_def.attr:
            has_default = attr.HasField("default_value") and attr.name in node.attr
            if has_default and node.attr[attr.name] == attr.default_value:
                del node.attr[attr.name]
    return graph_def

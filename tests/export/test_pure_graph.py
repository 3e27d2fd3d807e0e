"""Files that anybody may have made: what is in them is refused before it is computed."""

import hashlib
import json
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as v1
import tensorflow.compat.v2 as tf
import tree
from tensorflow.python.framework import op_def_registry

from genflow.export import FrozenGraph
from genflow.export.pure_graph import check_nodes
from genflow.export.pure_operations import PURE_OPERATIONS, STRING_ATTRIBUTES
from genflow.export.save_frozen_graph import _between, _extract
from tests.conformance.cases import NETWORKS


def forged(folder, graph_def):
    """Writes any graph with the output `y`, and a manifest that goes with it."""
    path = str(folder / "forged.pb")
    contents = graph_def if isinstance(graph_def, bytes) else graph_def.SerializeToString()
    with open(path, "wb") as file:
        file.write(contents)
    output = {"y": {"shape": None, "dtype": "float32"}}
    fields = {"version": 1, "inputs": {}, "outputs": output}
    with open(path + ".json", "w") as file:
        json.dump(dict(fields, sha256=hashlib.sha256(contents).hexdigest()), file)
    return path


def value_of(value):
    kinds = {bytes: "s", bool: "b", int: "i", v1.AttrValue.ListValue: "list"}
    if isinstance(value, tf.DType):
        return v1.AttrValue(type=value.as_datatype_enum)
    if isinstance(value, np.ndarray):
        return v1.AttrValue(tensor=tf.make_tensor_proto(value))
    if isinstance(value, tf.TensorShape):
        return v1.AttrValue(shape=value.as_proto())
    return v1.AttrValue(**{kinds[type(value)]: value})


def node(name, op, *inputs, **attributes):
    attributes = {name: value_of(value) for name, value in attributes.items()}
    return v1.NodeDef(name=name, op=op, input=inputs, attr=attributes)


def constant(name, value):
    dtype = tf.string if isinstance(value, bytes) else tf.as_dtype(value.dtype)
    return node(name, "Const", dtype=dtype, value=np.array(value))


def graph(*nodes):
    return v1.GraphDef(node=nodes, versions=tf.Graph().as_graph_def().versions)


def reading(file):
    return graph(
        constant("file", file),
        node("read", "ReadFile", "file"),
        node("sizes", "DecodeRaw", "read", out_type=tf.int32),
        constant("ones", np.ones([4], np.float32)),
        node("y", "Reshape", "ones", "sizes", T=tf.float32, Tshape=tf.int32),
    )


def mapping(file):
    region = node(
        "y", "ImmutableConst", dtype=tf.float32, shape=tf.TensorShape([1]), memory_region_name=file
    )
    return graph(region)


def dumping(file):
    urls = v1.AttrValue.ListValue(s=[b"file://" + file + b"-dumped"])
    dump = node("y", "DebugIdentity", "one", T=tf.float32, tensor_name=b"x:0", debug_urls=urls)
    return graph(constant("one", np.ones([], np.float32)), dump)


def aborting(file):
    return graph(
        node("abort", "Abort", error_msg=file),
        constant("one", np.ones([], np.float32)),
        node("y", "Identity", "one", "^abort", T=tf.float32),
    )


HOSTILE = {"ReadFile": reading, "ImmutableConst": mapping, "DebugIdentity": dumping}


@pytest.mark.parametrize("operation", sorted(HOSTILE))
def test_nothing_is_read_or_written(tmp_path, operation):
    file, values = tmp_path / "file", np.int32([2, 2])
    file.write_bytes(values.tobytes())
    before = sorted(os.listdir(str(tmp_path)))
    hostile = HOSTILE[operation](str(file).encode())
    path = forged(tmp_path, hostile)

    with pytest.raises(ValueError, match="'.*' is a {}".format(operation)):
        FrozenGraph(path)()
    assert sorted(os.listdir(str(tmp_path))) == before + ["forged.pb", "forged.pb.json"]


def test_the_process_goes_on(tmp_path):
    with pytest.raises(ValueError, match="'abort' is a Abort"):
        FrozenGraph(forged(tmp_path, aborting(b"Gone.")))()


@pytest.mark.parametrize("operation", sorted(HOSTILE))
def test_it_is_refused_before_it_is_imported(tmp_path, monkeypatch, operation):
    """What shapes depend on is computed by importing."""

    def fail(*_, **__):
        pytest.fail("It is imported.")

    monkeypatch.setattr(tf.compat.v1, "import_graph_def", fail)

    with pytest.raises(ValueError, match=operation):
        FrozenGraph(forged(tmp_path, HOSTILE[operation](b"/no/such/file")))


def foreign_graphs():
    with tf.Graph().as_default() as python:
        tf.identity(tf.numpy_function(lambda: np.float32(1), [], tf.float32), name="y")
    with tf.Graph().as_default() as variable:
        tf.identity(tf.Variable(lambda: 1.0), name="y")
    one = constant("one", np.ones([], np.float32))
    return {
        "PyFunc": python.as_graph_def(),
        "VarHandleOp": variable.as_graph_def(),
        "'y' is a FromTheFuture": graph(node("y", "FromTheFuture")),
        "does not accept": graph(one, node("y", "Identity", "one", T=tf.int32)),
        "no graph": b"not a graph at all",
    }


@pytest.mark.parametrize("message", sorted(foreign_graphs()))
def test_rejects_graphs_that_are_no_functions_of_numbers(tmp_path, message):
    with pytest.raises(ValueError, match=message):
        FrozenGraph(forged(tmp_path, foreign_graphs()[message]))


def test_rejects_functions_inside_a_graph(tmp_path):
    graph_def = v1.GraphDef()
    graph_def.library.function.add().signature.name = "hidden"

    with pytest.raises(ValueError, match="'hidden'"):
        FrozenGraph(forged(tmp_path, graph_def))


STRING = tf.string.as_datatype_enum
ListValue = v1.AttrValue.ListValue


@pytest.mark.parametrize(
    "value",
    [
        v1.AttrValue(s=b"grpc://example.org"),
        v1.AttrValue(list=ListValue(s=[b"", b"file:///tmp"])),
        v1.AttrValue(func=v1.NameAttrList(name="hidden")),
        v1.AttrValue(list=ListValue(func=[v1.NameAttrList()])),
        v1.AttrValue(type=STRING),
        v1.AttrValue(type=tf.resource.as_datatype_enum),
        v1.AttrValue(type=tf.variant.as_datatype_enum),
        v1.AttrValue(type=9999),
        v1.AttrValue(list=ListValue(type=[tf.float32.as_datatype_enum, STRING])),
        v1.AttrValue(tensor=tf.make_tensor_proto("text")),
        v1.AttrValue(list=ListValue(tensor=[tf.make_tensor_proto("text")])),
    ],
    ids=repr,
)
def test_rejects_attributes(value):
    bad = v1.NodeDef(name="y", op="Identity", attr={"_hidden": value})

    with pytest.raises(ValueError, match=r"The file .* 'y', a Identity, has .* as `_hidden`"):
        check_nodes([bad], [], "The file")


def test_allows_numbers_and_known_words():
    attributes = {"T": tf.bfloat16, "data_format": b"NHWC", "padding": b"SAME", "s": b""}
    attributes["value"], attributes["shape"] = np.ones([2]), tf.TensorShape([None, 3])
    attributes["list"] = ListValue(type=[tf.complex64.as_datatype_enum, tf.bool.as_datatype_enum])

    check_nodes([node("y", "Conv2D", **attributes)], [], "The file")


def definition(operation):
    """What TensorFlow knows of an operation, if it knows it."""
    if hasattr(op_def_registry, "get"):
        return op_def_registry.get(operation)
    return op_def_registry.get_registered_ops().get(operation)


def faults(operation):
    """What of its definition is no function from numbers to numbers."""
    found = definition(operation)
    if found is None:
        return [] if tf.__version__.startswith("1.") else ["unknown"]
    arguments = list(found.input_arg) + list(found.output_arg)
    types = {tf.as_dtype(argument.type) for argument in arguments if argument.type}
    words = {attr.name for attr in found.attr if "string" in attr.type}
    kinds = {attr.type for attr in found.attr}
    tests = {
        "has state": found.is_stateful and operation not in NOT_ALWAYS_EQUAL,
        "other types": types & {tf.string, tf.resource, tf.variant},
        "changes variables": any(argument.is_ref for argument in arguments),
        "calls functions": kinds & {"func", "list(func)"},
        "has text": words - STRING_ATTRIBUTES - {"bad_indices_policy"},
    }
    return [fault for fault, found in tests.items() if found]


# Marked as having a state, for chance, for the machine that they run on, or for ending a run.
NOT_ALWAYS_EQUAL = {
    "CheckNumerics",
    "RandomStandardNormal",
    "RandomUniform",
    "RandomUniformInt",
    "StatelessRandomGetAlg",
    "TruncatedNormal",
}


def test_pure_operations_are_defined_on_numbers():
    found = {operation: faults(operation) for operation in PURE_OPERATIONS}

    assert {operation: wrong for operation, wrong in found.items() if wrong} == {}
    assert "other types" in faults("ReadFile")
    assert "has text" in faults("ImmutableConst")
    assert "calls functions" in faults("StatelessIf")


@pytest.mark.parametrize("case", NETWORKS, ids=repr)
def test_every_network_can_be_frozen(case):
    with tf.Graph().as_default() as whole:
        inputs = tree.map_structure(
            lambda array: v1.placeholder(array.dtype, (None,) + array.shape[1:]),
            case.arguments(dtype=np.float32),
        )
        part = _between({}, {"y": case.make()(*inputs)})
        nodes = _extract(whole, part.operations).node

    check_nodes(nodes, [tensor.op.name for tensor in tree.flatten(inputs)], case.name)

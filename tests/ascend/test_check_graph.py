import json

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.ascend import (
    Finding,
    check_graph,
    describe_findings,
    require_npu_graph,
    supported_operations,
)
from genflow.ascend.graph_rules import RULES, SEVERITIES, TYPE_RULES
from genflow.core import keep_dtype

v1 = tf.compat.v1


@pytest.fixture
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def rules_of(graph, fetches=None, **options):
    """The rules by the names of the operations."""
    found = {}
    for finding in check_graph(graph, fetches, **options):
        found.setdefault(finding.name, []).append(finding.rule)
    return found


def test_finds_nothing_in_what_the_device_does_well(graph):
    x = v1.placeholder(tf.float32, [8, 4, 4, 3])
    kernel = tf.Variable(np.zeros([3, 3, 3, 5], np.float32))
    loss = tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")) ** 2)
    update = v1.train.AdamOptimizer(0.1).minimize(loss)
    assert check_graph(graph, [update, loss]) == []


def py_func(x):
    return v1.py_func(lambda value: value, [x], tf.float32)


def table(x):
    values = tf.constant([1], tf.int64)
    made = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(values, values), 0)
    return made.lookup(tf.cast(x, tf.int64))


def queue(x):
    made = v1.FIFOQueue(3, [tf.float32], [[3, 3]])
    return made.dequeue()


@pytest.mark.parametrize(
    ("make", "rule", "severity", "op_type"),
    [
        (queue, "queue", "error", "QueueDequeueV2"),
        (py_func, "python_function", "warning", "PyFunc"),
        (table, "table", "warning", "LookupTableFindV2"),
        (tf.math.is_finite, "never_fires", "warning", "IsFinite"),
        (tf.math.is_inf, "never_fires", "warning", "IsInf"),
        (tf.math.is_nan, "never_fires", "warning", "IsNan"),
        (lambda x: tf.debugging.check_numerics(x, "x"), "never_fires", "warning", None),
        (tf.linalg.inv, "matrix_on_ai_cpu", "warning", "MatrixInverse"),
        (tf.linalg.det, "matrix_on_ai_cpu", "warning", "MatrixDeterminant"),
        (tf.linalg.slogdet, "matrix_on_ai_cpu", "warning", "LogMatrixDeterminant"),
        (tf.linalg.cholesky, "matrix_on_ai_cpu", "warning", "Cholesky"),
        (tf.linalg.qr, "matrix_on_ai_cpu", "warning", "Qr"),
        (lambda x: v1.summary.histogram("x", x), "outfeed", "warning", "HistogramSummary"),
        (lambda x: tf.cast(x, tf.complex64) * 1j, "no_such_type", "error", "Mul"),
        (lambda x: tf.signal.fft(tf.cast(x, tf.complex64)), "no_such_type", "error", "FFT"),
        (lambda x: tf.cast(x, tf.bfloat16) * 2, "no_such_type", "error", "Mul"),
        (lambda x: tf.cast(x, tf.float64) * 2, "double", "error", "Mul"),
        (lambda x: tf.linalg.inv(tf.cast(x, tf.float64)), "double_matrix", "warning", None),
        (tf.strings.as_string, "text", "note", "AsString"),
        (lambda x: x * np.inf, "not_finite", "error", "Const"),
        (lambda x: x * np.nan, "not_finite", "error", "Const"),
        (lambda x: tf.where(x > 0), "dynamic_shape", "warning", "Where"),
    ],
)
def test_finds(graph, make, rule, severity, op_type):
    made = make(v1.placeholder(tf.float32, [3, 3]))
    found = [f for f in check_graph(graph, made) if f.rule == rule]
    assert found
    assert {f.severity for f in found} == {severity}
    assert all(f.advice for f in found)
    assert op_type is None or op_type in {f.type for f in found}


def test_finds_matrices_of_half_precision(graph):
    """TensorFlow makes none by itself; a mixed-precision rewrite may."""
    definition = v1.GraphDef()
    node = definition.node.add(name="inverse", op="MatrixInverse", input=["x"])
    node.attr["T"].type = tf.float16.as_datatype_enum
    x = definition.node.add(name="x", op="Placeholder")
    x.attr["dtype"].type = tf.float16.as_datatype_enum
    x.attr["shape"].shape.CopyFrom(tf.TensorShape([2, 2]).as_proto())
    try:
        tf.graph_util.import_graph_def(definition, name="")
    except (AttributeError, ValueError):
        pytest.skip("this TensorFlow has no matrices of half precision")
    assert rules_of(graph)["inverse"] == ["matrix_on_ai_cpu", "half_matrix"]


def test_looks_only_at_what_is_fetched(graph):
    x = v1.placeholder(tf.float32, [2, 2])
    bad, good = tf.linalg.inv(x, name="bad"), tf.exp(x, name="good")
    with tf.control_dependencies([bad]):
        after = tf.identity(good, name="after")
    assert list(rules_of(graph)) == ["bad"]
    assert rules_of(graph, [good]) == {}
    assert list(rules_of(graph, {"after": after})) == ["bad"]
    assert list(rules_of(graph, "bad:0")) == ["bad"]


def test_rejects_fetches_of_another_graph(graph):
    with tf.Graph().as_default():
        other = tf.constant(1.0)
    with pytest.raises(ValueError, match="is not an element of this graph"):
        check_graph(graph, other)


@pytest.mark.parametrize("with_another", [True, False])
def test_rejects_fetches_that_are_none(graph, with_another):
    x = v1.placeholder(tf.float32, [])
    with pytest.raises(TypeError, match="`fetches` must be .*; got None among them"):
        check_graph(graph, [x, None] if with_another else [None])


@pytest.mark.parametrize("name", ["nothere", "nothere:0"])
def test_rejects_a_name_that_the_graph_has_not(graph, name):
    with pytest.raises(ValueError, match="`fetches` must be in the graph: .*nothere"):
        check_graph(graph, name)


@pytest.mark.parametrize(
    ("function", "is_found"),
    [
        (lambda x: tf.cast(tf.cast(x, tf.float64), tf.float32), True),
        (lambda x: tf.cast(tf.linalg.inv(tf.cast(x, tf.float64)), tf.float32), False),
        (lambda x: tf.cast(tf.cast(x, tf.float16), tf.float32), False),
    ],
)
def test_finds_a_cast_to_double_inside_a_function(graph, function, is_found):
    x = v1.placeholder(tf.float32, [2, 2])
    y = tf.function(function)(x)
    found = [f for f in check_graph(graph, y) if f.rule == "double" and f.type == "Cast"]
    assert len(found) == is_found
    assert all(finding.severity == "error" for finding in found)


def test_finds_a_cast_to_double_that_is_fetched_or_cast_back(graph):
    x = v1.placeholder(tf.float32, [2, 2])
    double = tf.cast(x, tf.float64, name="double")
    back = tf.cast(double, tf.float32, name="back")
    inverse = tf.linalg.inv(double, name="inverse")
    assert rules_of(graph, double) == {"double": ["double"]}
    assert rules_of(graph, back) == {"double": ["double"]}
    assert "double" not in rules_of(graph, inverse)
    assert rules_of(graph, [double, inverse])["double"] == ["double"]


@pytest.mark.parametrize("precision", ["allow_mix_precision", "mixed_float16", "force_fp16"])
def test_mixed_precision_reduces_a_matrix_that_does_not_keep_its_type(graph, precision):
    x = v1.placeholder(tf.float32, [2, 2])
    with keep_dtype():
        kept = tf.linalg.inv(x, name="kept")
    reduced = tf.linalg.inv(x, name="reduced")
    require_npu_graph(graph, [kept, reduced])
    require_npu_graph(graph, [kept, reduced], precision="allow_fp32_to_fp16")
    require_npu_graph(graph, kept, precision=precision)
    assert rules_of(graph, reduced, precision=precision) == {
        "reduced": ["matrix_on_ai_cpu", "reduced_matrix"]
    }
    with pytest.raises(ValueError, match="reduced_matrix: MatrixInverse reduced: "):
        require_npu_graph(graph, [kept, reduced], precision=precision)
    with pytest.raises(ValueError, match="`precision` must be a value of precision_mode"):
        check_graph(graph, precision="mixed")


def test_looks_into_branches_and_bodies(graph):
    x = v1.placeholder(tf.float32, [2, 2])
    is_v2 = v1.control_flow_v2_enabled()
    v1.enable_control_flow_v2()
    try:
        y = tf.cond(x[0, 0] > 0, lambda: tf.linalg.inv(x), lambda: x * np.inf)
        z = tf.while_loop(lambda z: z[0, 0] < 1, lambda z: [tf.linalg.det(z) * z], [x])
    finally:
        if not is_v2:
            v1.disable_control_flow_v2()
    found = {finding.type: finding for finding in check_graph(graph, [y, z])}
    assert set(found) == {"MatrixInverse", "Const", "MatrixDeterminant"}
    assert found["Const"].rule == "not_finite"
    assert found["MatrixInverse"].name.split("/")[0] != "MatrixInverse"


def test_does_not_look_into_data_sets(graph):
    pairs = tf.data.Dataset.range(4).map(
        lambda i: v1.py_func(lambda v: v, [tf.cast(i, tf.float64)], tf.float64)
    )
    iterator = v1.data.make_initializable_iterator(
        pairs.map(lambda x: tf.reshape(tf.cast(x, tf.float32), [])).batch(2, drop_remainder=True)
    )
    loss = tf.exp(iterator.get_next())
    assert {f.severity for f in check_graph(graph)} == {"note"}
    assert {f.rule for f in check_graph(graph, loss)} == {"data_set"}


def test_finds_an_iterator_that_is_initialized_with_the_variables(graph):
    weight = tf.Variable(2.0)
    data = tf.data.Dataset.range(4)
    iterator = v1.data.make_initializable_iterator(data)
    together = tf.group(iterator.initializer, weight.initializer)
    assert {f.severity for f in check_graph(graph, iterator.initializer)} == {"note"}
    assert check_graph(graph, weight.initializer) == []
    wrong = [f for f in check_graph(graph, together) if f.severity == "error"]
    assert [f.rule for f in wrong] == ["iterator_with_variables"]
    # The whole graph always holds both, and is never run as a whole.
    assert all(f.severity == "note" for f in check_graph(graph))


def test_finds_an_unknown_batch_once_where_it_begins(graph):
    x = v1.placeholder(tf.float32, [None, 3], name="x")
    weight = tf.Variable([1.0, 2.0, 3.0])
    loss = tf.reduce_mean(tf.exp(x * weight))
    tf.gradients(loss, weight)
    assert rules_of(graph) == {"x": ["dynamic_shape"]}


def test_shapes_that_are_computed_from_constants_are_static(graph):
    """The gradient of a broadcast has an inferred shape only after constants are folded."""
    x = v1.placeholder(tf.float32, [8, 3])
    weight = tf.Variable([1.0, 2.0, 3.0])
    tf.gradients(tf.reduce_mean((x * weight - weight) ** 2), weight)
    assert check_graph(graph) == []


def cond_v1(x):
    is_v2 = v1.control_flow_v2_enabled()
    v1.disable_control_flow_v2()
    try:
        return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.constant(1.0), lambda: tf.constant(0.0))
    finally:
        if is_v2:
            v1.enable_control_flow_v2()


@pytest.mark.parametrize(("batch", "is_wrong"), [(4, False), (None, True)])
def test_finds_old_control_flow_where_shapes_are_dynamic(graph, batch, is_wrong):
    y = cond_v1(v1.placeholder(tf.float32, [batch, 3]))
    found = [f for f in check_graph(graph, y) if f.severity == "error"]
    assert [(f.type, f.rule) for f in found] == is_wrong * [("Merge", "v1_control_flow")]


def test_takes_the_list_of_the_device_into_account(graph, tmp_path, monkeypatch):
    x = tf.exp(v1.placeholder(tf.float32, [2]), name="x")
    y = tf.sin(x, name="y")
    assert rules_of(graph, y, supported={"Exp"}) == {"y": ["not_listed"]}
    opp = tmp_path / "built-in" / "framework" / "tensorflow"
    opp.mkdir(parents=True)
    listed = {"Sin": {"isGray": False, "isHeavy": False}}
    (opp / "npu_supported_ops.json").write_text(json.dumps(listed))
    monkeypatch.setenv("ASCEND_OPP_PATH", str(tmp_path))
    assert supported_operations() == {"Sin"}
    assert rules_of(graph, y) == {"x": ["not_listed"]}


def test_old_random_numbers_are_drawn_on_the_host_unless_listed(graph):
    definition = v1.GraphDef()
    shape = definition.node.add(name="shape", op="Const")
    shape.attr["value"].tensor.CopyFrom(tf.make_tensor_proto([2]))
    shape.attr["dtype"].type = tf.int32.as_datatype_enum
    definition.node.add(name="x", op="StatelessRandomUniform", input=["shape", "shape_1"])
    seed = definition.node.add(name="shape_1", op="Const")
    seed.attr["value"].tensor.CopyFrom(tf.make_tensor_proto([2, 3]))
    seed.attr["dtype"].type = tf.int32.as_datatype_enum
    definition.node[1].attr["Tseed"].type = tf.int32.as_datatype_enum
    tf.graph_util.import_graph_def(definition, name="")
    assert rules_of(graph) == {"x": ["random_on_host"]}
    assert rules_of(graph, supported={"StatelessRandomUniform"}) == {}


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_rejects_what_is_no_list(tmp_path, text):
    path = tmp_path / "npu_supported_ops.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="npu_supported_ops.json (is not JSON|must be a JSON)"):
        supported_operations(str(path))


def test_require_lists_errors_and_nothing_else(graph):
    x = v1.placeholder(tf.float32, [2, 2])
    tf.math.is_finite(x)
    require_npu_graph(graph)
    for index in range(5):
        tf.multiply(tf.cast(x, tf.float64), 2.0, name="double_{}".format(index))
    with pytest.raises(ValueError, match="does not fit the Ascend 910") as caught:
        require_npu_graph(graph)
    assert all("double_{}".format(index) in str(caught.value) for index in range(5))
    assert "IsFinite" not in str(caught.value)


def test_descriptions_put_errors_first_and_count_the_rest():
    findings = [Finding(name, "Exp", "slow", "warning", "Wait.") for name in "abcde"]
    findings.append(Finding("f", "Log", "wrong", "error", "Do not."))
    assert describe_findings(findings).splitlines() == [
        "error, wrong: Log f: Do not.",
        "warning, slow: Exp a, b, c and 2 more: Wait.",
    ]
    assert describe_findings([]) == ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_source_and_advice(rule):
    assert rule.source
    assert rule.advice.endswith(".")
    assert rule.severity in SEVERITIES
    assert bool(rule.types) == (rule in TYPE_RULES)


def test_rules_have_different_names():
    assert len({rule.name for rule in RULES}) == len(RULES)

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.ascend import apply_precision, hold_dtypes, npu_precision, precision
from genflow.core import keep_dtype

ConfigProto = tf.compat.v1.ConfigProto
MODES = [
    "allow_fp32_to_bf16",
    "allow_fp32_to_fp16",
    "allow_mix_precision",
    "allow_mix_precision_bf16",
    "allow_mix_precision_fp16",
    "cube_fp16in_fp32out",
    "force_fp16",
    "force_fp32",
    "must_keep_origin_dtype",
]
MODES_V2 = ["cube_hif8", "fp16", "mixed_bfloat16", "mixed_float16", "mixed_hif8", "origin"]
HALF = ["allow_mix_precision", "allow_mix_precision_fp16", "force_fp16", "fp16", "mixed_float16"]
BRAIN = ["allow_mix_precision_bf16", "mixed_bfloat16"]
HAS_FIELD = precision._cpu_field() is not None


def applied(name, backend, config=None):
    config = ConfigProto() if config is None else config
    return apply_precision(config, name, backend), config.graph_options.rewrite_options


@pytest.fixture
def new_cpu(monkeypatch):
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: True)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)


@pytest.mark.parametrize("name", MODES + MODES_V2)
def test_an_npu_computes_in_what_its_option_says(name):
    (key,) = npu_precision(name)
    wide = ["force_fp32", "must_keep_origin_dtype", "origin"]
    brain = BRAIN + ["allow_fp32_to_bf16"]
    expected = "float32" if name in wide else "bfloat16" if name in brain else "float16"

    assert precision.npu_dtype({key: name, "use_off_line": True}) == expected
    assert precision.npu_dtype({"use_off_line": True}) == "float16"


@pytest.mark.parametrize("name", MODES + MODES_V2)
@pytest.mark.parametrize("backend", ["npu", "gpu", "cpu"])
def test_every_name_is_accepted_everywhere(name, backend):
    found, _ = applied(name, backend)

    assert name in found.description
    assert (found.dtype == "npu") == (backend == "npu")


@pytest.mark.parametrize("backend", ["npu", "gpu", "cpu"])
@pytest.mark.parametrize("name", [None, ""])
def test_no_name_changes_nothing(name, backend):
    config = ConfigProto()
    found = apply_precision(config, name, backend)

    assert config == ConfigProto()
    assert not found.is_rewritten


def test_an_npu_gets_an_option():
    assert {name: list(npu_precision(name)) for name in MODES + MODES_V2} == dict(
        {name: ["precision_mode"] for name in MODES},
        **{name: ["precision_mode_v2"] for name in MODES_V2},
    )
    config = ConfigProto()
    apply_precision(config, "allow_mix_precision", "npu")
    assert config == ConfigProto()


@pytest.mark.parametrize("name", MODES + MODES_V2)
def test_a_gpu_reduces_to_float16(name):
    found, rewriting = applied(name, "gpu")

    assert found.is_rewritten == (name in HALF)
    assert found.dtype == ("float16" if name in HALF else "float32")
    assert (rewriting.auto_mixed_precision == rewriting.ON) == (name in HALF)


@pytest.mark.skipif(not HAS_FIELD, reason="TensorFlow 1.15 has no mixed precision on a CPU")
@pytest.mark.parametrize("name", MODES + MODES_V2)
def test_a_cpu_reduces_to_bfloat16(name, new_cpu):
    found, rewriting = applied(name, "cpu")

    assert found.is_rewritten == (name in HALF + BRAIN)
    assert found.dtype == ("bfloat16" if name in HALF + BRAIN else "float32")
    is_on = getattr(rewriting, precision._cpu_field()) == rewriting.ON
    assert is_on == (name in HALF + BRAIN)


@pytest.mark.skipif(HAS_FIELD, reason="of TensorFlow 1.15")
def test_an_old_tensorflow_says_why_not(new_cpu):
    found, _ = applied("allow_mix_precision", "cpu")

    assert found.description == (
        "float32, for this TensorFlow has no mixed precision on a CPU (allow_mix_precision)"
    )


@pytest.mark.skipif(not HAS_FIELD, reason="TensorFlow 1.15 has another reason")
def test_another_cpu_says_why_not(new_cpu, monkeypatch):
    config = ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    assert "lets no graph be rewritten" in applied("fp16", "cpu", config)[0].description
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert "TF_ENABLE_ONEDNN_OPTS is off" in applied("fp16", "cpu")[0].description
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: False)
    assert "this CPU has no instructions" in applied("fp16", "cpu")[0].description


def test_bfloat16_on_a_gpu_is_float32():
    assert "float16 only" in applied("mixed_bfloat16", "gpu")[0].description


def test_rejects_another_name():
    with pytest.raises(ValueError, match="`precision` must be a value of precision_mode .*'half'"):
        apply_precision(ConfigProto(), "half", "cpu")


def test_the_marks_are_those_of_the_core():
    with tf.Graph().as_default() as graph:
        with keep_dtype():
            kept = tf.exp(tf.zeros([2]))
            compared = kept > 1.0
            counted = tf.range(3) + 1
        free = tf.exp(kept)
        assert hold_dtypes(graph) == len(graph.get_operations())

    for tensor in (kept, compared):
        assert tensor.op.get_attr("_grappler_do_not_remove")
    for tensor in (free, counted):  # What is not float32 is left to be simplified.
        with pytest.raises(ValueError, match="_grappler_do_not_remove"):
            tensor.op.get_attr("_grappler_do_not_remove")


def rewritten_types(holds):
    """The types of the two products, as they are run."""
    config = ConfigProto()
    apply_precision(config, "allow_mix_precision", "cpu")
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [64, 64])
        h = tf.nn.relu(tf.matmul(x, x, name="free"))
        with keep_dtype():
            y = tf.reduce_sum(tf.matmul(h, h + 1.0, name="held"))
        if holds:
            hold_dtypes(graph)
        return run_and_see(y, x, config)


def run_and_see(y, x, config):
    v1 = tf.compat.v1
    seen, options = v1.RunMetadata(), v1.RunOptions(output_partition_graphs=True)
    with v1.Session(config=config) as session:
        session.run(y, {x: np.ones([64, 64], np.float32)}, options, seen)
    nodes = {n.name: n for partition in seen.partition_graphs for n in partition.node}
    return [tf.dtypes.as_dtype(nodes[name].attr["T"].type).name for name in ("free", "held")]


@pytest.mark.skipif(
    not HAS_FIELD or not precision.cpu_has_bfloat16(), reason="no bfloat16 on this machine"
)
def test_the_graph_that_runs_holds_what_is_marked():
    assert rewritten_types(holds=True) == ["bfloat16", "float32"]
    # It is the mark that does it.
    assert rewritten_types(holds=False)[1] == "bfloat16"

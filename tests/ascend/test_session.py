import logging

import pytest
import tensorflow.compat.v1 as tf
import tensorflow.compat.v2 as tf2

from genflow.ascend import (
    BackendError,
    BackendSession,
    MixedList,
    host_config,
    npu_system,
    session,
    session_config,
    write_mixed_list,
)
from genflow.core.precision import keep_dtype

SYSTEM = ["NPUInit", "NPUShutdown"]


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch, no_ranks):
    """What the process remembers of its NPU, forgotten."""
    monkeypatch.setattr(npu_system, "_OPEN", [])
    monkeypatch.setattr(npu_system, "_FIRST", {})
    monkeypatch.setenv("JOB_ID", "10087")


@pytest.fixture
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def entries(opened):
    return {
        entry.name: {key: value for key, value in entry.parameter_map.items()}
        for entry in opened._config.graph_options.rewrite_options.custom_optimizers
    }


def is_closed(opened):
    try:
        opened.run(tf.constant(1.0))
    except RuntimeError as error:
        return "closed" in str(error)
    return False


def test_a_session_is_the_default_one_and_closes(graph):
    y = tf.constant(2.0) * 3.0
    with session("cpu") as opened:
        assert isinstance(opened, BackendSession)
        assert tf.get_default_session() is opened
        assert tf.get_default_graph() is opened.graph is graph
        assert y.eval() == 6.0
    assert is_closed(opened)


def test_a_graph_may_be_given(graph):
    with tf.Graph().as_default() as other:
        y = tf.constant(3.0)
    with session("cpu", graph=other) as opened:
        assert opened.run(y) == 3.0


def test_the_callers_configuration_holds_and_is_not_changed(graph):
    config = tf.ConfigProto(intra_op_parallelism_threads=3)
    with session("cpu", config=config) as opened:
        assert opened._config.intra_op_parallelism_threads == 3
        assert opened._config.device_count["GPU"] == 0
        assert "GPU" in opened._config.device_count
    assert config == tf.ConfigProto(intra_op_parallelism_threads=3)


def test_a_session_is_closed_after_an_error_which_passes(graph):
    with pytest.raises(ZeroDivisionError), session("cpu") as opened:
        raise ZeroDivisionError
    assert is_closed(opened)


def test_says_once_what_it_runs_on(graph, caplog):
    with caplog.at_level(logging.INFO, "genflow"), session("cpu"):
        pass
    (record,) = caplog.records
    assert record.getMessage() == (
        "Session on cpu (/device:CPU:0): cpu: asked for. Precision: float32. Options of the NPU: "
        "none."
    )


def test_options_of_an_npu_are_checked_anywhere_and_without_effect_elsewhere(graph, caplog):
    with caplog.at_level(logging.WARNING, "genflow"), session(
        "cpu", hcom_parallel=True, options={"deterministic": 1}, product="910"
    ) as opened:
        assert opened.effective_options == {}
        assert entries(opened) == {}
    assert caplog.records[0].getMessage().endswith("no effect: deterministic, hcom_parallel.")
    with pytest.raises(ValueError, match="hcom_parallel"), session("cpu", hcom_paralel=True):
        pass
    with pytest.raises(TypeError, match="`hcom_parallel`"), session("cpu", hcom_parallel=1):
        pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"config": {}}, "`config` must be a tf.compat.v1.ConfigProto; got a dict"),
        ({"graph": 3}, "`graph` must be a tf.Graph; got a int"),
        ({"options": 3}, "`options` must be a dict of options by key; got a int"),
    ],
)
def test_names_an_argument_of_another_type(graph, arguments, message):
    with pytest.raises(TypeError, match=message), session("cpu", **arguments):
        pass


def test_a_precision_is_given_once(graph):
    with pytest.raises(ValueError, match="`precision` stands for `precision_mode`"), session(
        "cpu", "allow_mix_precision", options={"precision_mode": "force_fp32"}
    ):
        pass


def test_another_backend_may_have_a_precision_that_the_910_has_not(graph, stand_in):
    with session("cpu", "mixed_bfloat16") as opened:
        assert "mixed_bfloat16" in opened.precision.description
    stand_in()
    with pytest.raises(ValueError, match="mixed_bfloat16"), session("npu", "mixed_bfloat16"):
        pass


@pytest.mark.parametrize(
    ("precision", "options", "message"),
    [
        ("allow_fp32_to_bf16", {"modify_mixlist": "ops_info.json"}, "`modify_mixlist` needs mixed"),
        ("mixed_hif8", {"cann": "7.0.0"}, "`precision_mode_v2"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*not supported yet")
def test_a_precision_that_some_have_is_checked_with_the_rest(
    graph, precision, options, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_mixed_list("ops_info.json", MixedList(black_add=["ReduceSumD"]))
    for product in ({}, {"product": "910"}, {"product": "950"}):
        with session("cpu", precision, **product):
            pass
    with pytest.raises(ValueError, match=message), session("cpu", precision, **options):
        pass


def test_asking_for_an_npu_without_one_is_one_error(graph):
    with pytest.raises(BackendError, match="There is no NPU. What was tried: npu: npu_bridge is"):
        with session("npu"):
            pass


def test_an_npu_is_started_and_ended_in_the_session(graph, stand_in):
    recorder = stand_in()
    y = tf.constant(2.0) * 3.0
    with session("npu", "allow_mix_precision", hcom_parallel=True) as opened:
        assert recorder.calls == ["NPUInit"]
        assert opened.run(y) == 6.0
        assert opened.backend.name == "npu"
        assert opened.effective_options == {
            "hcom_parallel": True,
            "precision_mode": "allow_mix_precision",
            "use_off_line": True,
        }
        assert opened.precision.dtype == "npu"
        assert "allow_mix_precision" in opened.precision.description
        found = entries(opened)
        assert list(found) == ["NpuOptimizer"]
        assert found["NpuOptimizer"]["precision_mode"].s == b"allow_mix_precision"
        assert found["NpuOptimizer"]["use_off_line"].b is True
        assert opened._config.allow_soft_placement
    assert recorder.calls == SYSTEM
    assert is_closed(opened)


def test_the_line_of_the_log_has_the_options_that_hold(graph, stand_in, caplog):
    stand_in()
    with caplog.at_level(logging.INFO, "genflow"), session("npu", session_device_id=3) as opened:
        pass
    (record,) = caplog.records
    assert "Session on npu (npu:3)" in record.getMessage()
    assert "'session_device_id': 3" in record.getMessage()
    assert opened.backend.device == "npu:3"


@pytest.mark.parametrize("option", [{"use_off_line": False}, {"job": "ps"}, {"job": "default"}])
@pytest.mark.parametrize("place", ["argument", "options", "config"])
@pytest.mark.filterwarnings("ignore:.*keeps the graph on the host")
def test_a_session_on_an_npu_runs_nothing_on_the_host(graph, stand_in, option, place):
    recorder = stand_in()
    given = {"argument": option, "options": {"options": option}}.get(place)
    given = given or {"config": session_config(options=option)}
    ((key, value),) = option.items()
    message = "`{}={!r}` keeps the graph on the host, and this session would be on".format(
        key, value
    )
    with pytest.raises(ValueError, match=message + ".* the backend 'cpu'"), session("npu", **given):
        pass
    assert recorder.calls == []
    with session("cpu", **given) as opened:
        assert opened.backend.name == "cpu"


def test_an_npu_is_ended_after_an_error_which_passes(graph, stand_in):
    recorder = stand_in()
    with pytest.raises(ZeroDivisionError), session("npu") as opened:
        raise ZeroDivisionError
    assert recorder.calls == SYSTEM
    assert is_closed(opened)


def test_an_npu_that_does_not_end_hides_no_error(graph, stand_in, caplog):
    recorder = stand_in("shutdown_fails")
    with pytest.raises(ZeroDivisionError), session("npu") as opened:
        raise ZeroDivisionError
    assert recorder.calls == SYSTEM
    assert is_closed(opened)
    assert "was not ended" in caplog.text
    with pytest.raises(tf.errors.OpError), session("npu"):
        pass


def test_an_npu_that_does_not_start_is_one_error(graph, stand_in):
    recorder = stand_in("init_fails")
    with pytest.raises(BackendError, match="does not start .*NPUInit failed.*npu-smi info"):
        with session("npu"):
            pass
    assert recorder.calls == ["NPUInit"]
    assert npu_system._OPEN == []


def test_a_graph_has_one_pair_of_operations_for_the_system(graph, stand_in):
    recorder = stand_in()
    with session("npu"):
        pass
    count = len(graph.get_operations())
    with session("npu"):
        pass
    assert len(graph.get_operations()) == count
    assert recorder.calls == 2 * SYSTEM


def test_the_operations_of_the_system_are_of_no_scope(graph, stand_in):
    stand_in()
    x = tf.placeholder(tf.float32, [])
    with tf.name_scope("outer"), tf.control_dependencies([x]), session("npu"):
        names = {op.name for op in graph.get_operations() if "system" in op.name}
    assert {"genflow_initialize_system", "genflow_shutdown_system"} <= names


def test_a_finalized_graph_is_refused_where_it_would_have_to_change(graph, stand_in):
    recorder = stand_in()
    graph.finalize()
    with pytest.raises(RuntimeError, match="this one is finalized: open the session before"):
        with session("npu"):
            pass
    assert recorder.calls == []


def test_a_session_within_another_shares_the_system(graph, stand_in):
    recorder = stand_in()
    with session("npu"):
        with session("npu"):
            assert recorder.calls == ["NPUInit"]
        assert recorder.calls == ["NPUInit"]
    assert recorder.calls == SYSTEM


def test_other_options_beside_an_open_session_are_refused(graph, stand_in):
    recorder = stand_in()
    message = "precision_mode was 'force_fp32', is 'allow_mix_precision'"
    with session("npu", "force_fp32"):
        with pytest.raises(ValueError, match=message), session("npu", "allow_mix_precision"):
            pass
    assert recorder.calls == SYSTEM


def test_other_options_after_another_session_are_warned_of(graph, stand_in, caplog):
    stand_in()
    with session("npu", "force_fp32"):
        pass
    with session("npu", "force_fp32"):
        assert not caplog.records
    with session("npu"):
        assert "precision_mode was 'force_fp32', is None" in caplog.text


def test_the_environment_is_checked_before_there_is_a_session(graph, stand_in, monkeypatch):
    recorder = stand_in()
    monkeypatch.setenv("RANK_SIZE", "8")
    with pytest.raises(ValueError, match="8 processes need RANK_ID"), session("npu"):
        pass
    assert recorder.calls == []
    # Elsewhere it is nobody's concern.
    with session("cpu"):
        pass


def test_a_session_on_the_cpu_stays_there_whoever_imported_what(graph, stand_in):
    stand_in()
    import npu_bridge.npu_init  # noqa: F401

    # This is what the import does.
    with tf.Session() as plain:
        assert list(entries(plain)) == ["NpuOptimizer"]
        assert "use_off_line" not in entries(plain)["NpuOptimizer"]
    with session("cpu") as opened:
        (parameters,) = entries(opened).values()
        assert list(parameters) == ["use_off_line"]
        assert parameters["use_off_line"].WhichOneof("value") == "b"
        assert parameters["use_off_line"].b is False


def test_an_entry_for_the_npu_in_the_callers_configuration_is_not_for_the_cpu(graph):
    config = tf.ConfigProto()
    rewriting = config.graph_options.rewrite_options
    rewriting.custom_optimizers.add().name = "NpuOptimizer"
    with session("cpu", config=config) as opened:
        assert entries(opened) == {}
    assert len(rewriting.custom_optimizers) == 1


def test_options_of_an_npu_in_the_callers_configuration_are_as_others(graph, caplog):
    config = session_config("allow_mix_precision", hcom_parallel=True)
    with caplog.at_level(logging.WARNING, "genflow"), session("cpu", config=config, product="910"):
        pass
    assert caplog.records[0].getMessage().endswith("no effect: hcom_parallel, precision_mode.")
    (entry,) = config.graph_options.rewrite_options.custom_optimizers
    entry.parameter_map["precision_mode"].s = b"fast"
    with pytest.raises(ValueError, match="`precision_mode` must be one of"):
        with session("cpu", config=config):
            pass


def test_a_configuration_for_the_host_is_nothing_to_speak_of(graph, stand_in, caplog):
    stand_in()
    import npu_bridge  # noqa: F401

    config = host_config("cpu")
    assert len(config.graph_options.rewrite_options.custom_optimizers) == 1
    with caplog.at_level(logging.WARNING, "genflow"), session("cpu", config=config):
        assert not caplog.records


def test_a_session_on_a_gpu_takes_memory_as_it_needs_it(graph, monkeypatch):
    monkeypatch.setattr(tf2.config.experimental, "list_physical_devices", lambda kind: ["one"])
    with session("gpu") as opened:
        assert opened._config.gpu_options.allow_growth
        assert opened.backend.device == "/device:GPU:0"


def test_what_keeps_its_type_is_held_also_if_it_is_made_later(graph):
    with keep_dtype():
        first = tf.exp(tf.constant([1.0]))
    with session("cpu") as opened:
        opened.precision = opened.precision._replace(dtype="bfloat16")
        opened.run(first)
        assert first.op.get_attr("_grappler_do_not_remove")
        with keep_dtype():
            second = tf.exp(first)
        opened.run(second)
        assert second.op.get_attr("_grappler_do_not_remove")


@pytest.mark.parametrize("method", ["make_callable", "partial_run"])
def test_what_keeps_its_type_is_held_however_it_is_run(graph, method):
    with keep_dtype():
        y = tf.exp(tf.constant([1.0]))
    with session("cpu") as opened:
        opened.precision = opened.precision._replace(dtype="bfloat16")
        if method == "make_callable":
            opened.make_callable(y)()
        else:
            opened.partial_run(opened.partial_run_setup([y]), y)
        assert y.op.get_attr("_grappler_do_not_remove")

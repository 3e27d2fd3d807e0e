import inspect
import json
import os
import pathlib

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from genflow.ascend import OPTIONS, effective_options, session_config

MANUAL, NO_MEM_OPT, OFF = 2, 1, 2


def config_with(*entries):
    """A configuration with custom optimizers, each (name, {(key, field): value})."""
    config = tf.ConfigProto()
    for name, parameters in entries:
        entry = config.graph_options.rewrite_options.custom_optimizers.add()
        if name is not None:
            entry.name = name
        for (key, field), value in parameters.items():
            setattr(entry.parameter_map[key], field, value)
    return config


def names_of(config):
    return [entry.name for entry in config.graph_options.rewrite_options.custom_optimizers]


def test_sets_what_the_adapter_needs_beside_the_options():
    config = session_config()
    rewriting = config.graph_options.rewrite_options

    assert names_of(config) == ["NpuOptimizer"]
    assert effective_options(config) == {"use_off_line": True}
    assert (rewriting.remapping, rewriting.memory_optimization) == (OFF, MANUAL)
    assert config.graph_options.optimizer_options.global_jit_level == -1
    assert config.allow_soft_placement
    assert not config.log_device_placement


def test_sets_it_on_a_callers_configuration_too_and_keeps_the_rest():
    config = config_with(("NpuOptimizer", {("precision_mode", "s"): b"force_fp32"}))
    config.allow_soft_placement = False
    config.inter_op_parallelism_threads = 3
    config.device_count["NPU"] = 1
    config.graph_options.optimizer_options.global_jit_level = 1

    assert session_config(hcom_parallel=False, config=config) is config

    rewriting = config.graph_options.rewrite_options
    assert (rewriting.remapping, rewriting.memory_optimization) == (OFF, MANUAL)
    assert config.graph_options.optimizer_options.global_jit_level == -1
    assert config.allow_soft_placement
    assert (config.inter_op_parallelism_threads, config.device_count["NPU"]) == (3, 1)
    assert names_of(config) == ["NpuOptimizer"]
    assert effective_options(config) == {
        "hcom_parallel": False,
        "precision_mode": "force_fp32",
        "use_off_line": True,
    }


def test_a_callers_true_off_of_the_memory_optimiser_stays():
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.memory_optimization = NO_MEM_OPT

    session_config(config=config)

    assert config.graph_options.rewrite_options.memory_optimization == NO_MEM_OPT


@pytest.mark.parametrize(
    "field",
    [
        "function_optimization",
        "constant_folding",
        "shape_optimization",
        "arithmetic_optimization",
        "loop_optimization",
        "dependency_optimization",
        "layout_optimizer",
    ],
)
def test_rejects_a_configuration_without_a_pass_that_the_adapter_needs(field):
    config = tf.ConfigProto()
    setattr(config.graph_options.rewrite_options, field, OFF)

    with pytest.raises(
        ValueError, match=r"`config` must leave .*\.{} on, .* got OFF".format(field)
    ):
        session_config(config=config)


def test_rejects_a_configuration_that_names_the_only_passes():
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.optimizers.append("constfold")

    with pytest.raises(ValueError, match=r"`config` must leave .*\.optimizers empty, .*constfold"):
        session_config(config=config)


@pytest.mark.parametrize("field", ["disable_model_pruning", "disable_meta_optimizer"])
def test_rejects_a_configuration_that_disables_passes(field):
    config = tf.ConfigProto()
    setattr(config.graph_options.rewrite_options, field, True)

    with pytest.raises(
        ValueError, match=r"`config` must leave .*\.{} False, .* got True".format(field)
    ):
        session_config(config=config)


def test_reads_a_configuration_as_the_adapters_documentation_writes_it():
    config = tf.ConfigProto(allow_soft_placement=True)
    entry = config.graph_options.rewrite_options.custom_optimizers.add()
    entry.name = "NpuOptimizer"
    entry.parameter_map["precision_mode"].s = b"allow_mix_precision"
    before = config.SerializeToString(deterministic=True)

    assert effective_options(config) == {
        "precision_mode": "allow_mix_precision",
        "use_off_line": True,
    }
    assert config.SerializeToString(deterministic=True) == before
    assert effective_options(tf.ConfigProto()) == {}


def test_it_may_be_done_again():
    config = session_config("force_fp32", graph_run_mode=1)
    before = config.SerializeToString(deterministic=True)

    session_config("force_fp32", config=config)

    assert config.SerializeToString(deterministic=True) == before


def test_every_argument_is_an_option_and_none_by_default():
    parameters = inspect.signature(session_config).parameters
    own = {"options", "product", "cann", "config", "others"}

    assert set(parameters) - own <= set(OPTIONS)
    assert list(parameters)[0] == "precision_mode"
    for name in set(parameters) - own:
        assert parameters[name].default is None
        assert "\n        {}: ".format(name) in session_config.__doc__


def test_options_by_argument_by_key_and_by_any_other_argument_are_the_same():
    options = {"hcom_parallel": True, "op_execute_timeout": 90, "external_weight": True}

    by_key, by_argument = session_config(options=options), session_config(**options)

    assert by_key == by_argument
    assert effective_options(by_key) == dict(options, use_off_line=True)


def test_what_is_none_is_left_out():
    config = session_config(None, hcom_parallel=None, external_weight=None, options={"job": None})

    assert effective_options(config) == {"use_off_line": True}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("sump_mode", "dump_mode"),
        ("autotune_tune_mode", "auto_tune_mode"),
        ("precison_mode", "precision_mode"),
        ("use_offline", "use_off_line"),
        ("Precision_Mode", "precision_mode"),
        ("hccl_algorithm", "HCCL_algorithm"),
        ("enable_dump_debug_mode", "enable_dump_debug"),
    ],
)
def test_rejects_an_unknown_key_and_names_the_nearest(key, meant):
    expected = "There is no option '{}': did you mean '{}'".format(key, meant)

    for value in [True, None]:
        with pytest.raises(ValueError, match=expected):
            session_config(options={key: value})
        with pytest.raises(ValueError, match=expected):
            session_config(**{key: value})
    with pytest.raises(ValueError, match=expected):
        session_config(config=config_with(("NpuOptimizer", {(key, "b"): True})))


def test_rejects_a_key_that_is_like_none():
    with pytest.raises(ValueError, match="There is no option 'zzz': `genflow.ascend.OPTIONS` has"):
        session_config(options={"zzz": 1})
    with pytest.raises(TypeError, match="The key of an option must be a str; got 3"):
        session_config(options={3: 1})


def test_rejects_an_option_that_is_given_twice():
    with pytest.raises(
        ValueError, match="`hcom_parallel` must be given once; got True .* and True"
    ):
        session_config(hcom_parallel=True, options={"hcom_parallel": True})
    with pytest.raises(ValueError, match="`precision_mode` must be given once; got 'force_fp32'"):
        session_config("force_fp32", options={"precision_mode": "force_fp16"})
    with pytest.raises(ValueError, match="`external_weight` must be given once"):
        session_config(external_weight=True, options={"external_weight": True})


def test_rejects_an_argument_that_a_configuration_contradicts():
    config = session_config("force_fp32")

    with pytest.raises(
        ValueError, match="'allow_mix_precision' as an argument and 'force_fp32' in"
    ):
        session_config("allow_mix_precision", config=config)


def test_checks_what_a_configuration_has():
    config = config_with(("NpuOptimizer", {("graph_run_mode", "i"): 2}))
    with pytest.raises(ValueError, match="`graph_run_mode` must be one of 0, 1; got 2"):
        session_config(config=config)

    config = config_with(("NpuOptimizer", {("precision_mode", "s"): b"force_fp32"}))
    with pytest.raises(ValueError, match="`precision_mode` excludes `precision_mode_v2`"):
        session_config(precision_mode_v2="origin", config=config)


def test_rejects_the_int_that_would_keep_the_graph_on_the_host():
    config = config_with(("NpuOptimizer", {("use_off_line", "i"): 1}))

    message = r"`use_off_line` must be a bool, in the field `\.b`; got the field `\.i`.*read False"
    with pytest.raises(TypeError, match=message):
        session_config(config=config)


def test_rejects_an_option_without_a_value():
    config = config_with(("NpuOptimizer", {}))
    entry = config.graph_options.rewrite_options.custom_optimizers[0]
    assert entry.parameter_map["precision_mode"].s == b""  # Reading makes it.

    with pytest.raises(ValueError, match=r"`precision_mode` must have a value; .* field `\.s`"):
        session_config(config=config)


def test_rejects_text_that_is_no_text():
    config = config_with(("NpuOptimizer", {("job", "s"): b"\xff"}))

    with pytest.raises(ValueError, match="`job` must be text in UTF-8"):
        session_config(config=config)


@pytest.mark.parametrize("path", ["Köln", "東京"])
def test_text_beyond_ascii_comes_back(path, tmp_path):
    folder = tmp_path / path
    folder.mkdir()

    config = session_config(enable_dump=True, dump_path=folder)

    assert effective_options(config)["dump_path"] == str(folder)


def test_two_entries_that_agree_become_one():
    first = {("precision_mode", "s"): b"force_fp32", ("hcom_parallel", "b"): True}
    second = {("precision_mode", "s"): b"force_fp32", ("graph_run_mode", "i"): 1}
    config = config_with(("NpuOptimizer", first), (None, {}), ("NpuOptimizer", second))

    session_config(config=config)

    assert names_of(config) == ["NpuOptimizer"]
    assert effective_options(config) == {
        "graph_run_mode": 1,
        "hcom_parallel": True,
        "precision_mode": "force_fp32",
        "use_off_line": True,
    }


def test_rejects_two_entries_that_contradict_each_other():
    entries = [
        ("NpuOptimizer", {("precision_mode", "s"): mode}) for mode in [b"force_fp32", b"force_fp16"]
    ]

    with pytest.raises(ValueError, match="`precision_mode` must be given once; `config` has"):
        session_config(config=config_with(*entries))


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        (None, "name it so"),
        ("npuoptimizer", "name it so"),
        ("NPUOptimizer", "name it so"),
        ("NpuOptimizer ", "name it so"),
        ("GradFusionOptimizer", "take it out"),
    ],
)
def test_rejects_a_second_custom_optimizer(name, remedy):
    config = config_with((name, {("hcom_parallel", "b"): True}), ("NpuOptimizer", {}))

    with pytest.raises(ValueError, match="`config` must have no custom optimizer but .*" + remedy):
        session_config(config=config)
    with pytest.raises(ValueError, match="`config` must have no custom optimizer but"):
        effective_options(config)


def test_a_refused_configuration_is_as_it_was():
    config = config_with((None, {}), ("NpuOptimizer", {("hcom_parallel", "b"): True}))
    before = config.SerializeToString(deterministic=True)

    with pytest.raises(ValueError, match="`dump_mode`"):
        session_config(dump_mode="all", config=config)

    assert config.SerializeToString(deterministic=True) == before


@pytest.mark.filterwarnings("error::UserWarning")
def test_a_configuration_refused_for_a_warning_is_as_it_was():
    config = config_with((None, {}), ("NpuOptimizer", {("hcom_parallel", "b"): True}))
    before = config.SerializeToString(deterministic=True)

    with pytest.raises(UserWarning, match="`auto_tune_mode` is deprecated"):
        session_config(auto_tune_mode="RL,GA", config=config)

    assert config.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize("config", [{}, "config", session_config().graph_options])
def test_rejects_what_is_no_configuration(config):
    with pytest.raises(TypeError, match="`config` must be a tf.compat.v1.ConfigProto; got a"):
        session_config(config=config)


@pytest.mark.parametrize(
    ("path", "rule"),
    [("a\0b", "text without NUL; got 'a.x00b'"), ("a\udcff", "text that UTF-8 has")],
)
@pytest.mark.parametrize("key", ["modify_mixlist", "op_compiler_cache_dir", "dump_path", "job"])
def test_rejects_text_that_the_adapter_would_not_get(key, path, rule):
    with pytest.raises(ValueError, match="`{}` must be {}".format(key, rule)):
        session_config(options={key: path})


def test_rejects_options_that_are_no_dict():
    with pytest.raises(TypeError, match="`options` must be a dict of options by key; got a list"):
        session_config(options=[("hcom_parallel", True)])


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (0, "0"),
        (range(3, 6), "3-5"),
        (range(3, 4), "3"),
        (range(0, 6, 2), "0|2|4"),
        ([0, range(3, 6), 10], "0|3-5|10"),
        ((3, 5), "3|5"),
        ("0|3-5", "0|3-5"),
        (range(100, 300), "100-299"),
    ],
)
def test_steps_may_be_numbers_and_ranges(steps, text, tmp_path):
    config = session_config(enable_dump=True, dump_path=tmp_path, dump_step=steps)

    assert effective_options(config)["dump_step"] == text


@pytest.mark.parametrize(
    "steps", [[], range(0), -1, [-1], range(0, 202, 2), "3-3", "0||1", "1,2", "|".join("1" * 101)]
)
def test_rejects_steps_that_are_none(steps, tmp_path):
    with pytest.raises(ValueError, match="`dump_step` must "):
        session_config(enable_dump=True, dump_path=tmp_path, dump_step=steps)


def test_a_hundred_parts_of_steps_are_allowed(tmp_path):
    session_config(enable_dump=True, dump_path=tmp_path, dump_step=list(range(100)))


def test_options_of_profiling_may_be_a_dict(tmp_path):
    options = {"output": str(tmp_path), "training_trace": "on", "task_trace": "on", "fp_point": ""}

    config = session_config(profiling_mode=True, profiling_options=options)

    assert json.loads(effective_options(config)["profiling_options"]) == options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{", "write a JSON object, or give a dict"),
        ("[]", "write a JSON object, or give a dict; this is a list"),
        ('{"hccl": true}', "hccl must be text; got True"),
        ({"task_trace": "on"}, "task_trace 'on' needs training_trace 'on'"),
        ({"aicpu": "yes"}, "aicpu must be one of 'on', 'off'; got 'yes'"),
        ({"aic_metrics": "Pipe"}, "aic_metrics must be one of 'ArithmeticUtilization'"),
        ({"storage_limit": "200"}, "storage_limit must be text such as '200MB'"),
        ({"training_traces": "on"}, "there is no 'training_traces': did you mean 'training_trace'"),
        ({"output": "no such folder"}, "output must be a folder that can be read and written"),
    ],
)
def test_rejects_options_of_profiling_that_the_profiler_would(options, message):
    with pytest.raises(ValueError, match="`profiling_options` must be JSON; got .*" + message):
        session_config(profiling_mode=True, profiling_options=options)


def test_integers_of_numpy_are_integers():
    config = session_config(graph_run_mode=np.int64(1))

    assert effective_options(config)["graph_run_mode"] == 1
    with pytest.raises(TypeError, match="`graph_run_mode` must be an int; got True: write 1"):
        session_config(graph_run_mode=True)


def test_paths_may_be_objects(tmp_path):
    path = pathlib.Path(tmp_path) / "ops_info.json"
    path.write_text('{"black-list": {"to-add": ["Log"]}}')

    config = session_config("allow_mix_precision", modify_mixlist=path)

    assert effective_options(config)["modify_mixlist"] == os.fspath(path)


@pytest.mark.parametrize("contents", [b"[]", b"{", b"", b"\xff{}", b"[" * 100000])
def test_rejects_files_that_are_no_json_object(contents, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(contents)

    with pytest.raises(ValueError, match="`modify_mixlist` must be the file of a mixed list; got"):
        session_config("allow_mix_precision", modify_mixlist=path)
    with pytest.raises(ValueError, match="`fusion_switch_file` must be a file with a JSON object"):
        session_config(fusion_switch_file=path)


def test_rejects_a_member_of_a_mixed_list_that_nothing_would_read(tmp_path):
    path = tmp_path / "ops_info.json"
    path.write_text('{"black_list": {"to-add": ["Log"]}}')

    with pytest.raises(ValueError, match="`modify_mixlist` must be .* did you mean 'black-list'"):
        session_config("allow_mix_precision", modify_mixlist=path)


def test_rejects_a_folder_that_may_not_be_written(monkeypatch, tmp_path):
    # By the answer alone: an administrator may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)

    with pytest.raises(
        ValueError, match="`dump_path` must be .*: it may not be used: change its mode"
    ):
        session_config(enable_dump=True, dump_path=tmp_path)


def test_says_how_to_write_a_value_of_another_type():
    messages = {
        "use_off_line": (1, "must be True or False; got 1: write True or False"),
        "graph_run_mode": (True, "must be an int; got True: write 1"),
        "aoe_mode": (2, "must be a str; got 2: write '2'"),
        "jit_compile": (False, "must be a str; got False: write 'false'"),
    }
    for key, (value, message) in messages.items():
        with pytest.raises(TypeError, match="`{}` {}".format(key, message)):
            session_config(options={key: value})

"""What must hold between options, and between options, products and releases."""

import os
import warnings

import pytest

from genflow.ascend import effective_options, session_config

SHAPES = {"input_shape": "data:-1,3;label:-1", "dynamic_dims": "1,1;2,2", "dynamic_node_type": 1}
LOOPS = {"iterations_per_loop": 10, "enable_data_pre_proc": True}

# What is refused, and what a sentence must say of it.
REFUSED = {
    "both precision modes": (
        {"precision_mode": "force_fp32", "precision_mode_v2": "origin"},
        "`precision_mode` excludes `precision_mode_v2`; got `precision_mode='force_fp32'` and "
        "`precision_mode_v2='origin'`: give one of them",
    ),
    "a mixed list alone": (
        {"modify_mixlist": "JSON"},
        "`modify_mixlist` needs mixed precision: .* got no `precision_mode` and no",
    ),
    "a mixed list without mixed precision": (
        {"modify_mixlist": "JSON", "precision_mode": "allow_fp32_to_fp16"},
        "`modify_mixlist` needs mixed precision: `precision_mode` allow_mix_precision or .*"
        "got `precision_mode='allow_fp32_to_fp16'`",
    ),
    "a mixed list in the new way without mixed precision": (
        {"modify_mixlist": "JSON", "precision_mode_v2": "fp16"},
        "`modify_mixlist` needs mixed precision",
    ),
    "own types where types are kept": (
        {"customize_dtypes": "FILE", "precision_mode": "must_keep_origin_dtype"},
        "`customize_dtypes` has no effect where all types are kept",
    ),
    "own types where types are kept in the new way": (
        {"customize_dtypes": "FILE", "precision_mode_v2": "origin"},
        "`customize_dtypes` has no effect where all types are kept",
    ),
    "accelerated training with mixed precision": (
        {
            "experimental_accelerate_train_mode": "fast|step|0.9",
            "precision_mode": "allow_mix_precision",
        },
        "`experimental_accelerate_train_mode` needs `precision_mode`",
    ),
    "both dumps": (
        {"enable_dump": True, "enable_dump_debug": True, "dump_path": "FOLDER"},
        "`enable_dump` excludes `enable_dump_debug`.*The adapter would not notice",
    ),
    "a dump without a path": (
        {"enable_dump": True},
        "`enable_dump` needs `dump_path`; got no `dump_path`",
    ),
    "an overflow dump without a path": (
        {"enable_dump_debug": True},
        "`enable_dump_debug` needs `dump_path`; got no `dump_path`",
    ),
    "a path without a dump": (
        {"dump_path": "FOLDER"},
        "`dump_path` has no effect without `enable_dump` or `enable_dump_debug`",
    ),
    "steps with an overflow dump": (
        {"dump_step": "1", "enable_dump_debug": True, "dump_path": "FOLDER"},
        "`dump_step` has no effect without `enable_dump`",
    ),
    "a dump mode alone": ({"dump_mode": "all"}, "`dump_mode` has no effect without"),
    "dumped data alone": ({"dump_data": "stats"}, "`dump_data` has no effect without"),
    "a dumped layer alone": ({"dump_layer": "conv"}, "`dump_layer` has no effect without"),
    "quantised dumps alone": ({"quant_dumpable": "1"}, "`quant_dumpable` has no effect without"),
    "an overflow mode with a data dump": (
        {"dump_debug_mode": "all", "enable_dump": True, "dump_path": "FOLDER"},
        "`dump_debug_mode` has no effect without `enable_dump_debug`",
    ),
    "options of profiling without it": (
        {"profiling_options": "{}"},
        "`profiling_options` has no effect without `profiling_mode`; got no `profiling_mode`",
    ),
    "iterations in mixed computing": (
        dict(LOOPS, mix_compile_mode=True),
        "`iterations_per_loop` excludes `mix_compile_mode=True`; got `iterations_per_loop=10`",
    ),
    "iterations with an iterator on the host": (
        {"iterations_per_loop": 10},
        "`iterations_per_loop` above 1 needs `enable_data_pre_proc=True`",
    ),
    "iterations with lazy recompilation": (
        dict(LOOPS, dynamic_input=True, dynamic_graph_execute_mode="lazy_recompile"),
        "`dynamic_graph_execute_mode` 'lazy_recompile' needs `iterations_per_loop=1`.*end the pro",
    ),
    "a dynamic mode without dynamic input": (
        {"dynamic_graph_execute_mode": "lazy_recompile"},
        "`dynamic_graph_execute_mode` has no effect without `dynamic_input`",
    ),
    "ranges without dynamic input": (
        {"dynamic_inputs_shape_range": "data:[1]"},
        "`dynamic_inputs_shape_range` has no effect without `dynamic_input`",
    ),
    "shapes without profiles": (
        {key: SHAPES[key] for key in ["input_shape", "dynamic_node_type"]},
        "`input_shape` goes with .* got no `dynamic_dims`: .*The adapter would end the process",
    ),
    "profiles alone": (
        {"dynamic_dims": "1;2"},
        "`dynamic_dims` goes with .* got no `input_shape` and no `dynamic_node_type`",
    ),
    "a node type alone": ({"dynamic_node_type": 0}, "`dynamic_node_type` goes with"),
    "profiles of another length": (
        dict(SHAPES, dynamic_dims="1;2"),
        "`dynamic_dims` must have a size for each -1 of `input_shape`, 2; got 1",
    ),
    "shapes in mixed computing": (
        dict(SHAPES, mix_compile_mode=True),
        "`input_shape` excludes `mix_compile_mode=True`",
    ),
    "hybrid compilation alone": (
        {"compile_hybrid_mode": 1},
        "`compile_hybrid_mode` 1 needs `dynamic_node_type=1`",
    ),
    "hybrid compilation with a data set": (
        dict(SHAPES, dynamic_node_type=0, compile_hybrid_mode=1),
        "`compile_hybrid_mode` 1 needs `dynamic_node_type=1`.*got `dynamic_node_type=0`",
    ),
    "types for no implementation": (
        {"optypelist_for_implmode": "Pooling"},
        "`optypelist_for_implmode` has no effect without `op_select_implmode`.*end the process",
    ),
    "two ways to compress": (
        {"enable_compress_weight": True, "compress_weight_conf": "FILE"},
        "`enable_compress_weight` excludes `compress_weight_conf`.*The adapter would end the proc",
    ),
    "variables on the host": (
        {"variable_placement": "Host"},
        "`variable_placement` 'Host' needs `mix_compile_mode=True`; got no `mix_compile_mode`",
    ),
    "a range of operations without mixed computing": (
        {"in_out_pair": "[[['a'], ['b']]]", "mix_compile_mode": False},
        "`in_out_pair` .* needs `mix_compile_mode=True`; got `mix_compile_mode=False`",
    ),
    "a flag of no range": ({"in_out_pair_flag": False}, "`in_out_pair_flag` has no effect"),
    "a folder for no tuning": ({"work_path": "FOLDER"}, "`work_path` has no effect without `aoe_"),
    "a file for no tuning": ({"aoe_config_file": "FILE"}, "`aoe_config_file` has no effect"),
    "a split for no tuning": ({"distribute_config": "FILE"}, "`distribute_config` has no effect"),
    "a long timeout": (
        {"hccl_timeout": 17341},
        "`hccl_timeout` must be at most 17340 seconds on a 910; got 17341",
    ),
}
# What goes together, though some of it looks like the former.
ACCEPTED = {
    "a mixed list with mixed precision": {
        "modify_mixlist": "JSON",
        "precision_mode": "allow_mix_precision",
    },
    "a mixed list in the new way": {"modify_mixlist": "JSON", "precision_mode_v2": "mixed_float16"},
    "own types": {"customize_dtypes": "FILE", "precision_mode": "allow_mix_precision"},
    "a dump that is off": {"enable_dump": False, "dump_step": "1", "dump_path": "FOLDER"},
    "one dump, the other off": {
        "enable_dump": True,
        "enable_dump_debug": False,
        "dump_path": "FOLDER",
    },
    "profiling that is off": {"profiling_mode": False, "profiling_options": "{}"},
    "one iteration in mixed computing": {"iterations_per_loop": 1, "mix_compile_mode": True},
    "no hybrid compilation": {"compile_hybrid_mode": 0},
    "one way to compress": {"compress_weight_conf": "FILE"},
    "compression that is off": {"enable_compress_weight": False, "compress_weight_conf": "FILE"},
    "variables on the device": {"variable_placement": "Device"},
    "variables on the host": {"variable_placement": "Host", "mix_compile_mode": True},
    "tuning": {"aoe_mode": "2", "work_path": "FOLDER"},
    "fast training": {
        "experimental_accelerate_train_mode": "fast|step|0.9",
        "precision_mode": "must_keep_origin_dtype",
    },
}
# What is warned of.
WARNED = {
    "half precision in training": (
        {"precision_mode": "force_fp16"},
        "`precision_mode='force_fp16'` is for inference",
    ),
    "frozen variables in training": ({"frozen_variable": True}, "`frozen_variable=True` is for in"),
    "buffers in training": ({"buffer_optimize": "off_optimize"}, "`buffer_optimize='off_opt"),
    "dynamic shapes in training": (SHAPES, "`input_shape=.* is for inference"),
    "small channels": (
        {"enable_small_channel": 0, "graph_run_mode": 0},
        "`enable_small_channel=0` has no effect",
    ),
    "two implementations": (
        {"op_precision_mode": "FILE", "op_select_implmode": "high_precision"},
        "`op_precision_mode` wins over `op_select_implmode`",
    ),
    "options of a graph on the host": (
        {"use_off_line": False, "hcom_parallel": True},
        "`use_off_line=False` keeps the graph on the host",
    ),
    "a job on the host": ({"job": "ps"}, "`job='ps'` keeps the graph on the host"),
    "a timeout between multiples": ({"hccl_timeout": 100}, "`hccl_timeout=100` is kept as a mult"),
    "a short timeout": (
        {"hccl_timeout": 68, "stream_sync_timeout": 68000},
        "`stream_sync_timeout=68000` ms must exceed `hccl_timeout=68` s",
    ),
    "an unknown key of profiling": (
        {"profiling_mode": True, "profiling_options": '{"l2": "on"}'},
        "`profiling_options` has a key that is not known, 'l2'",
    ),
}
QUIET = {
    "half precision in inference": {"precision_mode": "force_fp16", "graph_run_mode": 0},
    "live variables in training": {"frozen_variable": False},
    "small channels in training": {"enable_small_channel": 0},
    "a graph on the host": {"use_off_line": False},
    "a worker": {"job": "worker"},
    "a timeout": {"hccl_timeout": 1836, "stream_sync_timeout": 1836001},
    "no limit": {"hccl_timeout": 1836, "stream_sync_timeout": -1},
}


def by_name(cases):
    return [pytest.param(case, id=name.replace(" ", "_")) for name, case in cases.items()]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ["AOE_MODE", "PROFILING_MODE"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def real(tmp_path):
    """A function that puts paths in place of what stands for them."""
    paths = {"JSON": tmp_path / "ops_info.json", "FILE": tmp_path / "file", "FOLDER": tmp_path}
    paths["JSON"].write_text('{"black-list": {"to-add": ["Log"]}}')
    paths["FILE"].write_text("")
    return lambda options: {
        key: str(paths.get(value, value)) if isinstance(value, str) else value
        for key, value in options.items()
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", by_name(REFUSED))
def test_rejects_what_does_not_go_together(case, real):
    options, message = case
    with pytest.raises(ValueError, match=message):
        session_config(options=real(options))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("options", by_name(ACCEPTED))
def test_accepts_what_goes_together(options, real):
    options = real(options)

    assert effective_options(session_config(options=options)) == dict(options, use_off_line=True)


@pytest.mark.parametrize("case", by_name(WARNED))
def test_warns_of_what_is_not_meant(case, real):
    options, message = case
    with pytest.warns(UserWarning, match=message):
        session_config(options=real(options))


@pytest.mark.parametrize("options", by_name(QUIET))
def test_is_quiet_otherwise(options, real):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session_config(options=real(options))


def test_variables_stand_for_options_that_the_adapter_reads_there(monkeypatch, tmp_path):
    monkeypatch.setenv("AOE_MODE", "2")
    monkeypatch.setenv("PROFILING_MODE", "true")

    config = session_config(work_path=tmp_path, profiling_options={"task_time": "on"})

    assert effective_options(config)["work_path"] == str(tmp_path)


def test_a_variable_that_turns_profiling_off_does_not_stand_for_it(monkeypatch):
    monkeypatch.setenv("PROFILING_MODE", "false")
    with pytest.raises(ValueError, match="`profiling_options` has no effect without"):
        session_config(profiling_options={"task_time": "on"})


def test_tuning_needs_a_folder_to_write_even_where_none_is_given(monkeypatch):
    session_config(aoe_mode="2")

    # By the answer alone: an administrator may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: path != "./")
    with pytest.raises(ValueError, match="`work_path` must be a folder .* where `aoe_mode` is set"):
        session_config(aoe_mode="2")


@pytest.mark.parametrize(
    ("key", "value", "products"),
    [
        ("precision_mode", "allow_mix_precision_bf16", {"A2", "A3", "950"}),
        ("precision_mode", "allow_fp32_to_bf16", {"A2", "A3", "950"}),
        ("precision_mode", "allow_mix_precision_fp16", {"910", "A2", "A3", "950"}),
        ("precision_mode_v2", "mixed_bfloat16", {"A2", "A3", "950"}),
        ("precision_mode_v2", "mixed_hif8", {"950"}),
        ("precision_mode_v2", "cube_hif8", {"950"}),
        ("variable_use_1g_huge_page", 1, {"A2", "A3", "950"}),
        ("input_batch_cpy", True, {"A2", "A3", "950"}),
        ("aicore_num", "24|48", {"A2", "A3"}),
        ("aoe_mode", "1", {"910", "950"}),
        ("aoe_mode", "2", {"910", "A2", "A3", "950"}),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_value_is_for_some_products_only(key, value, products):
    for product in ["910", "A2", "A3", "950"]:
        if product in products:
            session_config(options={key: value}, product=product)
        else:
            expected = "`{}` must be left out on a {}; got {!r}".format(key, product, value)
            with pytest.raises(ValueError, match=expected.replace("|", r"\|")):
                session_config(options={key: value}, product=product)


def test_only_a_910_tells_kinds_of_overflow_apart(tmp_path):
    options = dict(enable_dump_debug=True, dump_path=tmp_path)

    session_config(dump_debug_mode="aicore_overflow", **options)
    session_config(dump_debug_mode="all", product="A2", **options)
    with pytest.raises(ValueError, match="`dump_debug_mode` must be left out on a A2.*only 910"):
        session_config(dump_debug_mode="aicore_overflow", product="A2", **options)


@pytest.mark.parametrize("product", ["910B", "ascend910", 910, None])
def test_rejects_a_product_that_is_none(product):
    with pytest.raises(ValueError, match="`product` must be one of '910', 'A2', 'A3', '950'; got"):
        session_config(product=product)


def test_an_option_between_known_releases_is_warned_of():
    options = {"oo_level": "O1"}

    with pytest.raises(
        ValueError, match="`oo_level` would have no effect: CANN has it since 9.0.0"
    ):
        session_config(options=options, cann="7.0.0")
    with pytest.warns(UserWarning, match="`oo_level` may be unknown to CANN 8.0.0, which is older"):
        session_config(options=options, cann="8.0.0")
    session_config(options=options, cann="9.0.0")
    session_config(options=options)


def test_a_removed_option_is_let_through_where_it_is_known():
    options = {"es_cluster_config": "cluster"}

    session_config(options=options, cann="7.0.0")
    with pytest.warns(UserWarning, match="`es_cluster_config` may be unknown to CANN 8.0.0, which"):
        session_config(options=options, cann="8.0.0")


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [("3", "5.0.2", "6.0.0"), ("mdat", "7.0.0", "9.0.0"), ("mdat", "6.0.RC1", "5.1.RC2")],
)
def test_a_value_is_for_some_releases_only(value, good, bad):
    session_config(aoe_mode=value, cann=good)
    with pytest.raises(ValueError, match="`aoe_mode='{}'` would have no effect".format(value)):
        session_config(aoe_mode=value, cann=bad)
    with pytest.raises(ValueError, match="`aoe_mode='{}'` would have no effect".format(value)):
        session_config(aoe_mode=value)


def test_a_mode_that_is_not_supported_yet_is_warned_of():
    with pytest.warns(UserWarning, match="'precision_mode_v2=mixed_hif8'|not supported yet"):
        session_config(precision_mode_v2="mixed_hif8", product="950")


def test_old_releases_take_a_mixed_list_with_one_mode_only(real):
    (path,) = real({"modify_mixlist": "JSON"}).values()
    options = dict(modify_mixlist=path, cann="6.0.0")

    session_config("allow_mix_precision", **options)
    with pytest.warns(UserWarning, match="may be unknown"):
        session_config("allow_mix_precision_fp16", cann="6.0.0")
    with pytest.raises(ValueError, match="`precision_mode` allow_mix_precision; got"):
        session_config("allow_mix_precision_fp16", **options)

"""What each option takes and what it does not: written from the adapter, not from genflow's table.

FOLDER, FILE, JSON_FILE and BROKEN_JSON_FILE stand for what a test makes.
"""

from typing import Any, Dict, List, NamedTuple


class Sample(NamedTuple):
    """Values of one option.

    Attributes:
        type: The field of an `AttrValue` that the adapter reads.
        good: Values that it takes; for those with a list, all of them.
        bad: One of the right type that it must not get; none for a bool.
        needs: Other options that it goes with.
        target: The product and the release of CANN that have it.
    """

    type: str
    good: List[Any]
    bad: Any
    needs: Dict[str, Any] = {}
    target: Dict[str, str] = {}


SAMPLES = {
    "use_off_line": Sample("b", [True, False], None),
    "mix_compile_mode": Sample("b", [True, False], None),
    "iterations_per_loop": Sample("i", [1, 10], 0, needs={"enable_data_pre_proc": True}),
    "enable_data_pre_proc": Sample("b", [True, False], None),
    "lower_functional_ops": Sample("b", [True, False], None),
    "graph_run_mode": Sample("i", [0, 1], 2),
    "job": Sample("s", ["worker", "localhost"], ""),
    "task_index": Sample("i", [0, 3], -1),
    "session_device_id": Sample("i", [0, 7], -1),
    "device_type": Sample("s", ["any"], ""),
    "soc_config": Sample("s", ["Ascend910A"], " "),
    "in_out_pair": Sample(
        "s", ["[[['a'], ['b']]]"], "a, b", needs={"mix_compile_mode": True, "graph_run_mode": 0}
    ),
    "in_out_pair_flag": Sample(
        "b",
        [True, False],
        None,
        needs={"in_out_pair": "[[['a'], ['b']]]", "mix_compile_mode": True, "graph_run_mode": 0},
    ),
    "const_input": Sample("s", ["a"], ""),
    "frozen_variable": Sample("b", [True, False], None, needs={"graph_run_mode": 0}),
    "precision_mode": Sample(
        "s",
        [
            "force_fp32",
            "allow_fp32_to_fp16",
            "force_fp16",
            "must_keep_origin_dtype",
            "allow_mix_precision",
            "cube_fp16in_fp32out",
            "allow_mix_precision_fp16",
            "allow_mix_precision_bf16",
            "allow_fp32_to_bf16",
        ],
        "allow_mixed_precision",
        target={"product": "A2"},
    ),
    "precision_mode_v2": Sample(
        "s",
        [
            "fp16",
            "origin",
            "cube_fp16in_fp32out",
            "mixed_float16",
            "mixed_bfloat16",
            "cube_hif8",
            "mixed_hif8",
        ],
        "mixed",
        target={"product": "950"},
    ),
    "modify_mixlist": Sample(
        "s", ["JSON_FILE"], "BROKEN_JSON_FILE", needs={"precision_mode": "allow_mix_precision"}
    ),
    "customize_dtypes": Sample("s", ["FILE"], "FOLDER/none.cfg"),
    "op_select_implmode": Sample(
        "s",
        [
            "high_precision",
            "high_performance",
            "high_precision_for_all",
            "high_performance_for_all",
        ],
        "high_precision_",
    ),
    "optypelist_for_implmode": Sample(
        "s",
        ["Pooling", "Pooling,SoftmaxV2,LRN"],
        "Pooling,,LRN",
        needs={"op_select_implmode": "high_precision"},
    ),
    "op_precision_mode": Sample("s", ["FILE"], "FOLDER/none.ini"),
    "deterministic": Sample("i", [0, 1], 2),
    "experimental_accelerate_train_mode": Sample(
        "s", ["fast|step|0.9", "fast1|loss|1.05"], "faster|step|0.9"
    ),
    "enable_dump": Sample("b", [True, False], None, needs={"dump_path": "FOLDER"}),
    "dump_path": Sample("s", ["FOLDER"], "FOLDER/none", needs={"enable_dump": True}),
    "dump_step": Sample(
        "s", ["0", "0|3-5|10", "3-4"], "5-3", needs={"enable_dump": True, "dump_path": "FOLDER"}
    ),
    "dump_mode": Sample(
        "s",
        ["input", "output", "all"],
        "outputs",
        needs={"enable_dump": True, "dump_path": "FOLDER"},
    ),
    "dump_data": Sample(
        "s", ["tensor", "stats"], "stat", needs={"enable_dump": True, "dump_path": "FOLDER"}
    ),
    "dump_layer": Sample(
        "s", ["conv", "conv_1 conv_2"], "", needs={"enable_dump": True, "dump_path": "FOLDER"}
    ),
    "enable_dump_debug": Sample("b", [True, False], None, needs={"dump_path": "FOLDER"}),
    "dump_debug_mode": Sample(
        "s",
        ["aicore_overflow", "atomic_overflow", "all"],
        "overflow",
        needs={"enable_dump_debug": True, "dump_path": "FOLDER"},
    ),
    "enable_exception_dump": Sample("i", [0, 1, 2], 3),
    "quant_dumpable": Sample(
        "s",
        ["0", "1"],
        "2",
        needs={"enable_dump": True, "dump_path": "FOLDER", "graph_run_mode": 0},
    ),
    "profiling_mode": Sample("b", [True, False], None),
    "profiling_options": Sample(
        "s",
        [
            '{"output": "FOLDER", "training_trace": "on", "task_trace": "on"}',
            '{"aic_metrics": "PipeUtilization", "storage_limit": "200MB"}',
        ],
        '{"output": "FOLDER/none"}',
        needs={"profiling_mode": True},
    ),
    "fp_point": Sample("s", ["any"], "", target={"cann": "20.2"}),
    "bp_point": Sample("s", ["any"], "", target={"cann": "20.2"}),
    "variable_placement": Sample("s", ["Device", "Host"], "host", needs={"mix_compile_mode": True}),
    "graph_memory_max_size": Sample("s", ["27917287424"], "26 * 1024**3"),
    "variable_memory_max_size": Sample("s", ["5368709120"], "5 GB"),
    "static_memory_policy": Sample("i", [0, 2, 3, 4], 1),
    "atomic_clean_policy": Sample("i", [0, 1], 2),
    "memory_optimization_policy": Sample("s", ["MemoryPriority"], ""),
    "variable_use_1g_huge_page": Sample("i", [0, 1, 2], 3, target={"product": "A2"}),
    "external_weight": Sample("b", [True, False], None),
    "input_fusion_size": Sample("i", [0, 131072, 33554432], 33554433),
    "input_batch_cpy": Sample("b", [True, False], None, target={"product": "A3"}),
    "hcom_parallel": Sample("b", [True, False], None),
    "hcom_multi_mode": Sample("b", [True, False], None),
    "is_tailing_optimization": Sample("b", [True, False], None),
    "local_rank_id": Sample("i", [0, 7], 8),
    "local_device_list": Sample("s", ["0", "0,1,2"], "0;1"),
    "HCCL_algorithm": Sample("s", ["level0:fullmesh"], ""),
    "hccl_timeout": Sample("i", [68, 1836, 17340], 0),
    "op_wait_timeout": Sample("i", [0, 120], -1),
    "op_execute_timeout": Sample("i", [0, 90], -1),
    "graph_exec_timeout": Sample("i", [-1, 600000], -2),
    "stream_sync_timeout": Sample("i", [-1, 600000], -2),
    "event_sync_timeout": Sample("i", [-1, 600000], -2),
    "aoe_mode": Sample("s", ["1", "2", "4"], "5"),
    "work_path": Sample("s", ["FOLDER"], "FOLDER/none", needs={"aoe_mode": "2"}),
    "aoe_config_file": Sample("s", ["FILE"], "FOLDER/none", needs={"aoe_mode": "2"}),
    "distribute_config": Sample("s", ["FILE"], "FOLDER/none", needs={"aoe_mode": "2"}),
    "auto_tune_mode": Sample("s", ["RL,GA", "GA"], "RA"),
    "mstune_mode": Sample("s", ["any"], "", target={"cann": "5.0.1"}),
    "op_tune_mode": Sample("s", ["any"], "", target={"cann": "5.0.1"}),
    "op_debug_level": Sample("i", [0, 1, 2, 3, 4], 5),
    "op_debug_config": Sample("s", ["FILE"], "FOLDER/none"),
    "debug_dir": Sample("s", ["FOLDER", "FOLDER/new"], "FILE"),
    "export_compile_stat": Sample("i", [0, 1, 2], 3),
    "op_compiler_cache_mode": Sample("s", ["enable", "force", "disable"], "enable_"),
    "op_compiler_cache_dir": Sample("s", ["FOLDER", "FOLDER/new"], "FILE"),
    "graph_compiler_cache_dir": Sample("s", ["FOLDER"], "FOLDER/none"),
    "jit_compile": Sample("s", ["true", "false", "auto"], "true_"),
    "aicore_num": Sample("s", ["24|48"], "24,48", target={"product": "A2"}),
    "oo_constant_folding": Sample("b", [True, False], None),
    "oo_level": Sample("s", ["O1", "O3"], "3"),
    "optimization_switch": Sample("s", ["pass_1:on", "pass_1:on;pass_2:off"], "pass_1=on"),
    "fusion_switch_file": Sample("s", ["JSON_FILE"], "BROKEN_JSON_FILE"),
    "buffer_optimize": Sample(
        "s", ["l2_optimize", "off_optimize"], "off", needs={"graph_run_mode": 0}
    ),
    "enable_compress_weight": Sample("b", [True, False], None),
    "compress_weight_conf": Sample("s", ["FILE"], "FOLDER/none"),
    "topo_sorting_mode": Sample("i", [0, 1], 2147483648),
    "insert_op_file": Sample("s", ["FILE"], "FOLDER/none"),
    "enable_small_channel": Sample("i", [0, 1], 2),
    "enable_scope_fusion_passes": Sample("s", ["PassA", "PassA,PassB"], "PassA, PassB"),
    "stream_max_parallel_num": Sample("s", ["DNN_VM_AICPU:10,AIcoreEngine:1"], "DNN_VM_AICPU=10"),
    "graph_max_parallel_model_num": Sample("i", [1, 4], 0, needs={"graph_run_mode": 0}),
    "auto_multistream_parallel_mode": Sample(
        "s", ["cv", "LoadBalance:2", "MainStream:1"], "LoadBalance"
    ),
    "variable_format_optimize": Sample("b", [True, False], None),
    "ac_parallel_enable": Sample("s", ["0", "1"], "0_"),
    "input_shape": Sample(
        "s",
        ["data:1,1,40,-1;label:1,-1"],
        "data",
        needs={"dynamic_dims": "20,20;40,40", "dynamic_node_type": 1, "graph_run_mode": 0},
    ),
    "dynamic_dims": Sample(
        "s",
        ["20,20;40,40"],
        "20,20;40",
        needs={"input_shape": "data:-1,-1", "dynamic_node_type": 1, "graph_run_mode": 0},
    ),
    "dynamic_node_type": Sample(
        "i", [0, 1], 2, needs={"input_shape": "data:-1", "dynamic_dims": "1;2", "graph_run_mode": 0}
    ),
    "compile_hybrid_mode": Sample(
        "i",
        [0, 1],
        2,
        needs={
            "input_shape": "data:-1",
            "dynamic_dims": "1;2",
            "dynamic_node_type": 1,
            "graph_run_mode": 0,
        },
    ),
    "compile_dynamic_mode": Sample("b", [True, False], None),
    "shape_generalization_mode": Sample("s", ["STRICT", "FULL", "ADAPTIVE"], "STRICT_"),
    "all_tensor_not_empty": Sample("b", [True, False], None),
    "dynamic_input": Sample("b", [True, False], None),
    "dynamic_graph_execute_mode": Sample(
        "s", ["dynamic_execute", "lazy_recompile"], "lazy", needs={"dynamic_input": True}
    ),
    "dynamic_inputs_shape_range": Sample(
        "s", ["getnext:[128,3~5],[64];data:[128]"], "getnext:128", needs={"dynamic_input": True}
    ),
    "resource_config_path": Sample("s", ["FILE"], "FOLDER/none"),
    "graph_parallel_option_path": Sample("s", ["FILE"], "FOLDER/none"),
    "enable_graph_parallel": Sample("b", [True, False], None),
    "graph_slice": Sample("s", ["auto", "manual"], "auto_"),
    "experimental_logical_device_cluster_deploy_mode": Sample("s", ["LB", "SINGLE"], "LB_"),
    "experimental_logical_device_id": Sample("s", ["0:0:0"], ""),
    "experimental_model_deploy_mode": Sample("s", ["SPLIT"], ""),
    "experimental_model_deploy_devicelist": Sample("s", ["0:0:0"], ""),
    "es_cluster_config": Sample("s", ["any"], "", target={"cann": "7.0.0"}),
    "min_group_size": Sample("b", [], None),
    "enable_reduce_precision": Sample("b", [], None),
}

"""What must hold between options."""

import os
from typing import Any, Mapping

from genflow.ascend.cann_release import is_before
from genflow.ascend.option_checks import Target
from genflow.ascend.option_refusals import conflict
from genflow.ascend.options import OPTIONS, Value
from genflow.ascend.precision_modes import MIXED

Options = Mapping[str, Value]

_KEPT_MODES = ("must_keep_origin_dtype", "origin")
_LONGEST_HCCL_TIMEOUT = 17340

# Options that only another one makes effective. That one may be off, for scripts in which a flag
# sets it; but where it is missing, it was forgotten.
_SWITCHES = {
    "dump_step": ["enable_dump"],
    "dump_mode": ["enable_dump"],
    "dump_data": ["enable_dump"],
    "dump_layer": ["enable_dump"],
    "quant_dumpable": ["enable_dump"],
    "dump_debug_mode": ["enable_dump_debug"],
    "dump_path": ["enable_dump", "enable_dump_debug"],
    "profiling_options": ["profiling_mode"],
    "in_out_pair_flag": ["in_out_pair"],
    "optypelist_for_implmode": ["op_select_implmode"],
    "dynamic_graph_execute_mode": ["dynamic_input"],
    "dynamic_inputs_shape_range": ["dynamic_input"],
    "work_path": ["aoe_mode"],
    "aoe_config_file": ["aoe_mode"],
    "distribute_config": ["aoe_mode"],
}
# The adapter reads these variables where the option is missing.
_VARIABLES = {"profiling_mode": "PROFILING_MODE", "aoe_mode": "AOE_MODE"}
_DYNAMIC_SHAPE = ("input_shape", "dynamic_dims", "dynamic_node_type")


def check_rules(options: Options, target: Target) -> None:
    """Refuses options that do not go together.

    Args:
        options: Their values, which have passed `check_option`.
        target: What they are meant for.

    Raises:
        ValueError: If a rule is broken.

    Example:
        >>> check_rules({"precision_mode": "force_fp32", "dump_step": "0"}, Target())
        Traceback (most recent call last):
        ValueError: `dump_step` has no effect without `enable_dump`; got no `enable_dump`: set...
    """
    for rule in _RULES:
        rule(options, target)


def value_that_holds(options: Options, key: str) -> Any:
    """Returns the value of an option, which is its default where it is missing.

    Args:
        options: The values that were given.
        key: Of the option.

    Example:
        >>> value_that_holds({}, "iterations_per_loop")
        1
    """
    return options.get(key, OPTIONS[key].default)


def _given(options: Options, *keys: str) -> str:
    """Says what some options are."""
    return " and ".join(
        "`{}={!r}`".format(key, options[key]) if key in options else "no `{}`".format(key)
        for key in keys
    )


def _switches(options: Options, target: Target) -> None:
    for key, switches in _SWITCHES.items():
        if key in options and not any(_is_said(options, switch) for switch in switches):
            rule = "has no effect without {}".format(_or(switches))
            remedy = "set that too, or leave it out"
            consequence = "abort" if key == "optypelist_for_implmode" else "none"
            raise ValueError(conflict(key, rule, _given(options, *switches), remedy, consequence))


def _is_said(options: Options, key: str) -> bool:
    said = os.environ.get(_VARIABLES.get(key, ""), "")
    return key in options or (said == "true" if key == "profiling_mode" else bool(said))


def _or(keys: Any) -> str:
    return " or ".join("`{}`".format(key) for key in keys)


def _one_precision(options: Options, target: Target) -> None:
    both = ("precision_mode", "precision_mode_v2")
    if all(key in options for key in both):
        rule = "excludes `precision_mode_v2`"
        raise ValueError(
            conflict(both[0], rule, _given(options, *both), "give one of them", "error")
        )


def _mixed_list(options: Options, target: Target) -> None:
    if "modify_mixlist" not in options:
        return
    modes, modes_v2 = (
        [value for value in OPTIONS[key].values if value in MIXED]
        for key in ("precision_mode", "precision_mode_v2")
    )
    if target.cann is not None and is_before(target.cann, "6.3.RC1"):
        modes, modes_v2 = modes[:1], []
    is_mixed = options.get("precision_mode") in modes
    if not is_mixed and options.get("precision_mode_v2") not in modes_v2:
        rule = "needs mixed precision: `precision_mode` {}".format(" or ".join(modes))
        if modes_v2:
            rule += ", or `precision_mode_v2` {}".format(" or ".join(modes_v2))
        got = _given(options, "precision_mode", "precision_mode_v2")
        remedy = "set one of these, or leave it out"
        raise ValueError(conflict("modify_mixlist", rule, got, remedy, "error"))


def _own_types(options: Options, target: Target) -> None:
    for key in ["precision_mode", "precision_mode_v2"]:
        if "customize_dtypes" in options and options.get(key) in _KEPT_MODES:
            rule = "has no effect where all types are kept"
            remedy = "leave one of them out"
            raise ValueError(
                conflict("customize_dtypes", rule, _given(options, key), remedy, "none")
            )


def _accelerated_training(options: Options, target: Target) -> None:
    key, allowed = "experimental_accelerate_train_mode", ("allow_fp32_to_fp16",) + _KEPT_MODES
    for mode in ["precision_mode", "precision_mode_v2"]:
        if key in options and options.get(mode, allowed[0]) not in allowed:
            rule = "needs `precision_mode` {} or {}, `precision_mode_v2` {}, or none".format(
                *allowed
            )
            raise ValueError(conflict(key, rule, _given(options, mode), "leave one of them out"))


def _dumps(options: Options, target: Target) -> None:
    switches = ("enable_dump", "enable_dump_debug")
    if all(value_that_holds(options, key) for key in switches):
        rule = "excludes `enable_dump_debug`, by the documentation of CANN"
        remedy = "dump data in one run and overflow in another"
        raise ValueError(conflict("enable_dump", rule, _given(options, *switches), remedy, "none"))
    for key in switches:
        if value_that_holds(options, key) and "dump_path" not in options:
            remedy = "give a folder that is there"
            raise ValueError(
                conflict(key, "needs `dump_path`", _given(options, "dump_path"), remedy, "error")
            )


def _loops(options: Options, target: Target) -> None:
    if value_that_holds(options, "iterations_per_loop") == 1:
        return
    excluded = [
        ("mix_compile_mode", True, "excludes `mix_compile_mode=True`", "give up one of them"),
        ("enable_data_pre_proc", False, "above 1 needs `enable_data_pre_proc=True`", "set that"),
    ]
    for key, value, rule, remedy in excluded:
        if value_that_holds(options, key) is value:
            got = _given(options, "iterations_per_loop", key)
            raise ValueError(conflict("iterations_per_loop", rule, got, remedy))
    is_lazy = options.get("dynamic_graph_execute_mode") == "lazy_recompile"
    if options.get("dynamic_input") and is_lazy:
        rule = "'lazy_recompile' needs `iterations_per_loop=1`"
        got = _given(options, "iterations_per_loop")
        raise ValueError(
            conflict("dynamic_graph_execute_mode", rule, got, "give up one of them", "abort")
        )


def _mixed_computing(options: Options, target: Target) -> None:
    is_mixed = value_that_holds(options, "mix_compile_mode")
    for key in ["variable_placement", "in_out_pair"]:
        if not is_mixed and options.get(key, "Device") != "Device":
            rule = "{!r} needs `mix_compile_mode=True`".format(options[key])
            got = _given(options, "mix_compile_mode")
            consequence = "error" if key == "in_out_pair" else ""
            remedy = "set that, or leave it out"
            raise ValueError(conflict(key, rule, got, remedy, consequence))
    if is_mixed and "input_shape" in options:
        got = _given(options, "mix_compile_mode", "input_shape")
        rule = "excludes `mix_compile_mode=True`"
        raise ValueError(conflict("input_shape", rule, got, "give up one of them", "abort"))


def _dynamic_shapes(options: Options, target: Target) -> None:
    given = [key for key in _DYNAMIC_SHAPE if key in options]
    if given and len(given) < len(_DYNAMIC_SHAPE):
        missing = [key for key in _DYNAMIC_SHAPE if key not in options]
        rule = "goes with `{}`, `{}` and `{}` only".format(*_DYNAMIC_SHAPE)
        got = _given(options, *missing)
        raise ValueError(conflict(given[0], rule, got, "give all three or none", "abort"))
    if given:
        _check_profiles(options["input_shape"], options["dynamic_dims"])
    if options.get("compile_hybrid_mode") == 1 and options.get("dynamic_node_type") != 1:
        rule = "1 needs `dynamic_node_type=1`, `input_shape` and `dynamic_dims`"
        got = _given(options, "dynamic_node_type")
        raise ValueError(
            conflict("compile_hybrid_mode", rule, got, "give them, or mode 0", "error")
        )


def _check_profiles(shapes: Any, profiles: Any) -> None:
    """Refuses profiles that do not have one size for each that is unknown."""
    inputs = [part.rsplit(":", 1)[1].split(",") for part in shapes.split(";")]
    unknown = sum(sizes.count("-1") for sizes in inputs)
    sizes = profiles.split(";")[0].count(",") + 1
    if sizes != unknown:
        rule = "must have a size for each -1 of `input_shape`, {}".format(unknown)
        got = "{} in each profile of {!r}".format(sizes, profiles)
        raise ValueError(conflict("dynamic_dims", rule, got, "give as many"))


def _compressed_weights(options: Options, target: Target) -> None:
    keys = ("enable_compress_weight", "compress_weight_conf")
    if value_that_holds(options, keys[0]) and keys[1] in options:
        rule = "excludes `compress_weight_conf`"
        raise ValueError(
            conflict(keys[0], rule, _given(options, *keys), "give one of them", "abort")
        )


def _tuning(options: Options, target: Target) -> None:
    folder = value_that_holds(options, "work_path")
    if "aoe_mode" in options and not os.access(folder, os.R_OK | os.W_OK):
        rule = "must be a folder to read and write where `aoe_mode` is set"
        raise ValueError(conflict("work_path", rule, repr(folder), "give one", "abort"))


def _timeouts(options: Options, target: Target) -> None:
    timeout = options.get("hccl_timeout", 0)
    if target.product == "910" and timeout > _LONGEST_HCCL_TIMEOUT:
        rule = "must be at most {} seconds on a 910".format(_LONGEST_HCCL_TIMEOUT)
        raise ValueError(conflict("hccl_timeout", rule, str(timeout), "lower it"))


_RULES = (
    _switches,
    _one_precision,
    _mixed_list,
    _own_types,
    _accelerated_training,
    _dumps,
    _loops,
    _mixed_computing,
    _dynamic_shapes,
    _compressed_weights,
    _tuning,
    _timeouts,
)

"""A session's configuration for an Ascend NPU."""

import os
import warnings
from typing import Any, Dict, List, Mapping, Optional, Union

import tensorflow.compat.v2 as tf

from genflow.ascend.dump_steps import DumpSteps, dump_steps_text
from genflow.ascend.npu_optimizer import read_options, write_options
from genflow.ascend.option_checks import Target, check_option, check_target, find_option
from genflow.ascend.option_refusals import refusal
from genflow.ascend.option_rules import check_rules
from genflow.ascend.option_warnings import rule_warnings
from genflow.ascend.options import Option, Value
from genflow.ascend.profiling_options import profiling_text
from genflow.ascend.rewriting import check_rewriting, set_rewriting

Path = Union[str, "os.PathLike[str]"]

_OWN_ARGUMENTS = ("options", "product", "cann", "config", "others")


def session_config(
    precision_mode: Optional[str] = None,
    *,
    precision_mode_v2: Optional[str] = None,
    modify_mixlist: Optional[Path] = None,
    customize_dtypes: Optional[Path] = None,
    op_precision_mode: Optional[Path] = None,
    deterministic: Optional[int] = None,
    use_off_line: Optional[bool] = None,
    graph_run_mode: Optional[int] = None,
    mix_compile_mode: Optional[bool] = None,
    iterations_per_loop: Optional[int] = None,
    enable_data_pre_proc: Optional[bool] = None,
    session_device_id: Optional[int] = None,
    enable_dump: Optional[bool] = None,
    enable_dump_debug: Optional[bool] = None,
    dump_path: Optional[Path] = None,
    dump_step: Optional[DumpSteps] = None,
    dump_mode: Optional[str] = None,
    dump_debug_mode: Optional[str] = None,
    enable_exception_dump: Optional[int] = None,
    profiling_mode: Optional[bool] = None,
    profiling_options: Optional[Union[str, Mapping[str, str]]] = None,
    hcom_parallel: Optional[bool] = None,
    hccl_timeout: Optional[int] = None,
    op_wait_timeout: Optional[int] = None,
    op_execute_timeout: Optional[int] = None,
    stream_sync_timeout: Optional[int] = None,
    event_sync_timeout: Optional[int] = None,
    aoe_mode: Optional[str] = None,
    work_path: Optional[Path] = None,
    auto_tune_mode: Optional[str] = None,
    op_compiler_cache_mode: Optional[str] = None,
    op_compiler_cache_dir: Optional[Path] = None,
    fusion_switch_file: Optional[Path] = None,
    static_memory_policy: Optional[int] = None,
    atomic_clean_policy: Optional[int] = None,
    memory_optimization_policy: Optional[str] = None,
    variable_placement: Optional[str] = None,
    options: Optional[Mapping[str, Any]] = None,
    product: str = "910",
    cann: Optional[str] = None,
    config: Optional[tf.compat.v1.ConfigProto] = None,
    **others: Any,
) -> tf.compat.v1.ConfigProto:
    """Makes the configuration of a session on an NPU, or refuses it.

    Needs no `npu_bridge`. The adapter itself looks at options at the first `session.run` only.
    A bad value raises an error there, or ends the process; or it is passed over in silence, as is
    an unknown key, and an int where a bool belongs keeps the whole graph on the host. Here each of
    these is an error that names the key, the rule, what was given and what to do. What is allowed
    and most likely not meant is warned of.

    Each argument has the name of its option; what is none is left to CANN. Every other option of
    `genflow.ascend.OPTIONS` is a keyword argument as well, or stands in `options`.

    Beside the options it sets what the adapter's documentation demands: no remapping, manual
    memory optimisation, no XLA, soft placement.

    Args:
        precision_mode: Such as `"allow_mix_precision"`.
        precision_mode_v2: Such as `"mixed_float16"`, in place of the former.
        modify_mixlist: Path of the `ops_info.json` that says which operations keep their type.
        customize_dtypes: Path of a file that sets the types of single operations.
        op_precision_mode: Path of a file that sets the accuracy of single operations.
        deterministic: 1 for the same result on every run.
        use_off_line: Whether the graph runs on the NPU; so it does by default.
        graph_run_mode: 0 for inference, 1 for training.
        mix_compile_mode: Whether operations without an NPU kernel may stay on the host.
        iterations_per_loop: Updates of the weights in one `session.run`.
        enable_data_pre_proc: Whether the iterator is on the NPU, as several updates need it.
        session_device_id: Logical number of the NPU.
        enable_dump: Whether to dump data.
        enable_dump_debug: Whether to dump where values overflow.
        dump_path: Where to: a folder that is there.
        dump_step: Which steps: a step, a `range`, or a list of both; or text such as `"0|3-5"`.
        dump_mode: `"input"`, `"output"` or `"all"`.
        dump_debug_mode: `"aicore_overflow"`, `"atomic_overflow"` or `"all"`.
        enable_exception_dump: 0, 1 or 2.
        profiling_mode: Whether to profile.
        profiling_options: What, as a dict such as `{"output": "profiles", "task_time": "on"}`.
        hcom_parallel: Whether gradients are reduced while others are computed.
        hccl_timeout: Seconds that devices wait for each other.
        op_wait_timeout: Seconds that an operation waits.
        op_execute_timeout: Seconds that an operation takes at most.
        stream_sync_timeout: Milliseconds; -1 without limit.
        event_sync_timeout: Milliseconds; -1 without limit.
        aoe_mode: `"1"`, `"2"` or `"4"`: tune subgraphs, operations or the splitting of gradients.
        work_path: Where tuning leaves its files: a folder that is there.
        auto_tune_mode: `"RL,GA"`; deprecated.
        op_compiler_cache_mode: `"enable"`, `"force"` or `"disable"`.
        op_compiler_cache_dir: Where compiled operations are kept.
        fusion_switch_file: Path of a file that switches fusions on and off.
        static_memory_policy: 0, 2, 3 or 4.
        atomic_clean_policy: 0 or 1.
        memory_optimization_policy: Such as `"MemoryPriority"`.
        variable_placement: `"Device"` or `"Host"`.
        options: Any options by key. An option may be given once only, here or there.
        product: `"910"`, `"A2"`, `"A3"` or `"950"`: some values are not for all of them.
        cann: The release of CANN, such as `"8.0.RC3"`, if options are to be checked for it.
        config: A configuration to change in place; by default a new one. The options that it
            has are checked and kept. They must not say something else than the arguments.
        **others: Any other options.

    Returns:
        The configuration, with exactly one custom optimizer: `NpuOptimizer`.

    Raises:
        TypeError: If a value has another type than its option.
        ValueError: If there is no such option; if a value is none of its values; if options do not
            go together; if an option is given twice; if `config` turns off what the adapter needs,
            or has another custom optimizer. The `config` is then as it was.

    Example:
        >>> config = session_config("allow_mix_precision", hcom_parallel=True)
        >>> [entry.name for entry in config.graph_options.rewrite_options.custom_optimizers]
        ['NpuOptimizer']
        >>> session_config("allow_mixed_precision")
        Traceback (most recent call last):
        ValueError: `precision_mode` must be one of 'force_fp32', 'allow_fp32_to_fp16', ...
    """
    arguments = dict(locals())  # First: what was passed, and nothing else.
    named = {key: value for key, value in arguments.items() if key not in _OWN_ARGUMENTS}
    target = Target(product, cann)
    check_target(target)
    check_config(config)
    check_options(options)
    config = tf.compat.v1.ConfigProto() if config is None else config
    given = _joined(_joined(_said(named), _said(others)), _said(options or {}))
    together = _merged(read_options(config), given)
    messages = _check(together, target)
    check_rewriting(config)
    for message in messages:
        warnings.warn(message, stacklevel=2)
    together.setdefault("use_off_line", True)  # As the adapter takes it, said so that it is seen.
    write_options(config, together)
    set_rewriting(config)
    return config


def check_config(config: Any) -> None:
    """Refuses what is no configuration.

    Args:
        config: Of a session, or none.

    Raises:
        TypeError: If it is something else.

    Example:
        >>> check_config(tf.compat.v1.ConfigProto())
    """
    if config is not None and not isinstance(config, tf.compat.v1.ConfigProto):
        raise TypeError(
            "`config` must be a tf.compat.v1.ConfigProto; got a {}: give one, or leave it "
            "out.".format(type(config).__name__)
        )


def check_options(options: Any) -> None:
    """Refuses what is no dict of options.

    Args:
        options: Options by key, or none.

    Raises:
        TypeError: If it is something else.

    Example:
        >>> check_options({"hcom_parallel": True})
    """
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(
            "`options` must be a dict of options by key; got a {}: write it as "
            "{{'hcom_parallel': True}}.".format(type(options).__name__)
        )


def _said(options: Mapping[str, Any]) -> Dict[str, Value]:
    """The options that are not none, as the adapter takes them."""
    values = {key: _as_value(find_option(key), value) for key, value in options.items()}
    return {key: value for key, value in values.items() if value is not None}


def _as_value(option: Option, value: Any) -> Optional[Value]:
    """The value of an option that may be given as an object: steps, a dict, a path."""
    if value is None:
        return None
    if option.kind == "dump_step":
        return dump_steps_text(value)
    if option.kind == "profiling":
        return profiling_text(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _joined(options: Dict[str, Value], others: Dict[str, Value]) -> Dict[str, Value]:
    for key in others:
        if key in options:
            raise ValueError(
                "`{}` must be given once; got {!r} as an argument and {!r} in `options`: leave "
                "one out.".format(key, options[key], others[key])
            )
    return dict(options, **others)


def _merged(own: Dict[str, Value], given: Dict[str, Value]) -> Dict[str, Value]:
    """The options of the configuration and the arguments, which may say the same."""
    for key in given:
        if key in own and own[key] != given[key]:
            raise ValueError(
                "`{}` must be given once; got {!r} as an argument and {!r} in `config`: leave "
                "one out.".format(key, given[key], own[key])
            )
    return dict(own, **given)


def _check_text(option: Option, value: Value) -> None:
    """Refuses text that the adapter, which is of C++, would not get as it is."""
    if not isinstance(value, str):
        return
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        remedy = "take another name, without the characters {!r}".format(
            value[error.start : error.end]
        )
        raise ValueError(refusal(option, "text that UTF-8 has", value, remedy)) from error
    if "\0" in value:
        raise ValueError(refusal(option, "text without NUL", value, "take it out"))


def _check(options: Dict[str, Value], target: Target) -> List[str]:
    """Refuses options; returns what to warn of once all of them have passed."""
    for key in sorted(options):
        _check_text(find_option(key), options[key])
    messages = [
        message
        for key in sorted(options)
        for message in check_option(find_option(key), options[key], target)
    ]
    check_rules(options, target)
    return messages + list(rule_warnings(options, target))

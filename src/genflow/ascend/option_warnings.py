"""What is allowed between options, and most likely not meant."""

from typing import Iterator

from genflow.ascend.option_checks import Target
from genflow.ascend.option_rules import Options, value_that_holds
from genflow.ascend.options import OPTIONS

_HCCL_TIMEOUT_UNIT = 68


def rule_warnings(options: Options, target: Target) -> Iterator[str]:
    """Finds options that have no effect beside others, or are not for training.

    Args:
        options: Their values, which have passed `check_rules`.
        target: What they are meant for.

    Yields:
        Warnings.

    Example:
        >>> list(rule_warnings({"precision_mode": "force_fp16"}, Target()))
        ["`precision_mode='force_fp16'` is for inference: give `graph_run_mode=0` where that is..."]
    """
    for find in _FINDERS:
        yield from find(options, target)


def _implementation_modes(options: Options, target: Target) -> Iterator[str]:
    if "op_precision_mode" in options and "op_select_implmode" in options:
        yield "`op_precision_mode` wins over `op_select_implmode`: leave the latter out."


def _inference(options: Options, target: Target) -> Iterator[str]:
    for key, value in options.items():
        values = OPTIONS[key].inference_only
        if ("*" in values or value in values) and value_that_holds(options, "graph_run_mode") != 0:
            yield "`{}={!r}` is for inference: give `graph_run_mode=0` where that is meant.".format(
                key, value
            )
    if (
        options.get("enable_small_channel") == 0
        and value_that_holds(options, "graph_run_mode") == 0
    ):
        yield "`enable_small_channel=0` has no effect: `graph_run_mode=0` makes it 1."


def what_keeps_on_host(options: Options) -> str:
    """The option for which the adapter leaves the whole graph on the host; none, if no one does.

    Args:
        options: Their values.

    Example:
        >>> what_keeps_on_host({"job": "ps"}), what_keeps_on_host({"job": "localhost"})
        ("job='ps'", '')
    """
    if options.get("use_off_line") is False:
        return "use_off_line=False"
    if options.get("job") in ("ps", "default"):
        return "job={!r}".format(options["job"])
    return ""


def _host_only(options: Options, target: Target) -> Iterator[str]:
    keeps = what_keeps_on_host(options)
    if keeps and options != {"use_off_line": False}:
        yield "`{}` keeps the graph on the host: the other options have no effect.".format(keeps)


def _timeouts(options: Options, target: Target) -> Iterator[str]:
    timeout, wait = options.get("hccl_timeout", 0), options.get("stream_sync_timeout", -1)
    if target.product == "910" and timeout % _HCCL_TIMEOUT_UNIT:
        yield "`hccl_timeout={}` is kept as a multiple of 68 seconds.".format(timeout)
    if timeout and wait != -1 and wait <= 1000 * timeout:
        yield "`stream_sync_timeout={}` ms must exceed `hccl_timeout={}` s between devices.".format(
            wait, timeout
        )


def _not_supported_yet(options: Options, target: Target) -> Iterator[str]:
    if options.get("precision_mode_v2") in ("cube_hif8", "mixed_hif8"):
        yield "CANN 9.0 says of `precision_mode_v2={}` that it is not supported yet.".format(
            options["precision_mode_v2"]
        )


_FINDERS = (_implementation_modes, _inference, _host_only, _timeouts, _not_supported_yet)

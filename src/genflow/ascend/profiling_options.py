"""What `profiling_options` may say."""

import json
import os
import re
from typing import Any, List, Mapping, Optional

from genflow.ascend.option_refusals import nearest

_SWITCH = ("on", "off")
_TASKS = ("on", "off", "l0", "l1")
_METRICS = (
    "ArithmeticUtilization",
    "PipeUtilization",
    "Memory",
    "MemoryL0",
    "MemoryUB",
    "ResourceConflictRatio",
    "L2Cache",
)
_VALUES = {
    "training_trace": _SWITCH,
    "task_trace": _TASKS,
    "task_time": _TASKS,
    "hccl": _SWITCH,
    "aicpu": _SWITCH,
    "msproftx": _SWITCH,
    "aic_metrics": _METRICS,
}
_LIKENESS = 0.8  # Of a key that is misspelt, rather than one that other releases have.
# The others may be any text.
_KEYS = tuple(_VALUES) + ("output", "storage_limit", "fp_point", "bp_point", "ge_api")


def profiling_text(options: Any) -> Any:
    """Writes options of profiling as the adapter takes them.

    Args:
        options: A dict; anything else is returned as it is.

    Raises:
        TypeError: If a key or a value is no text.

    Example:
        >>> profiling_text({"task_time": "on"})
        '{"task_time": "on"}'
    """
    if not isinstance(options, Mapping):
        return options
    for key, value in options.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(
                "`profiling_options` must be a dict of texts; got {!r}: {!r}: write it as "
                "'training_trace': 'on'.".format(key, value)
            )
    return json.dumps(dict(options), sort_keys=True)


def profiling_fault(text: str) -> Optional[str]:
    """What is wrong with the options of profiling; none if nothing is.

    The adapter passes them on as they are. Keys that are not known here are let through, for
    CANN has had others: see `unknown_profiling_keys`.

    Args:
        text: A JSON object of texts.

    Example:
        >>> profiling_fault('{"output": ".", "training_trace": "on", "task_trace": "on"}') is None
        True
        >>> profiling_fault('{"task_trace": "on"}')
        "task_trace 'on' needs training_trace 'on'"
    """
    try:
        options = json.loads(text)
    except (ValueError, RecursionError) as error:
        return "write a JSON object, or give a dict ({})".format(error)
    if not isinstance(options, dict):
        return "write a JSON object, or give a dict; this is a {}".format(type(options).__name__)
    for key, value in options.items():
        fault = _value_fault(key, value)
        if fault is not None:
            return fault
    if options.get("task_trace", "off") != "off" and options.get("training_trace") != "on":
        return "task_trace {!r} needs training_trace 'on'".format(options["task_trace"])
    return None


def unknown_profiling_keys(text: str) -> List[str]:
    """Returns the keys that are not known.

    Args:
        text: A JSON object of texts.

    Example:
        >>> unknown_profiling_keys('{"output": ".", "l2": "on"}')
        ['l2']
    """
    return [key for key in json.loads(text) if key not in _KEYS]


def _value_fault(key: str, value: Any) -> Optional[str]:
    if not isinstance(value, str):
        return "{} must be text; got {!r}".format(key, value)
    if key in _VALUES and value not in _VALUES[key]:
        choices = ", ".join(repr(choice) for choice in _VALUES[key])
        return "{} must be one of {}; got {!r}".format(key, choices, value)
    if key == "storage_limit" and not re.fullmatch(r"\d+MB", value):
        return "storage_limit must be text such as '200MB'; got {!r}".format(value)
    if key == "output" and not (os.path.isdir(value) and os.access(value, os.R_OK | os.W_OK)):
        return "output must be a folder that can be read and written; make {!r}".format(value)
    meant = None if key in _KEYS else nearest(key, _KEYS, _LIKENESS)
    if meant is not None:
        return "there is no {!r}: did you mean {!r}?".format(key, meant)
    return None

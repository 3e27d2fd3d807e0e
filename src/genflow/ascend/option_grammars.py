"""What the texts of options must look like."""

import ast
import re
from typing import Any, NamedTuple, Optional

_INTEGERS = r"\d+(,\d+)*"
_SHAPE = r"(-1|\d+)(,(-1|\d+))*"
_BOUNDS = r"\[[^\[\]]*\]"
_MAX_DUMP_PARTS = 100
_PROFILES = range(2, 101)


class Grammar(NamedTuple):
    """What a text must look like.

    Attributes:
        pattern: A regular expression for all of it.
        rule: The same in words.
        remedy: What to do about a text that is different.
    """

    pattern: str
    rule: str
    remedy: str

    def fault(self, text: str) -> Optional[str]:
        """What is wrong with a text; none if nothing is."""
        return None if re.fullmatch(self.pattern, text) else self.remedy


GRAMMARS = {
    "text": Grammar(r"(?s).*\S.*", "text that is not empty", "leave it out, or say what it is"),
    "comma_list": Grammar(
        r"[^,\s]+(,[^,\s]+)*", "names with commas between them", "write it as 'Pooling,LRN'"
    ),
    "device_list": Grammar(
        _INTEGERS, "numbers of devices with commas between them", "write it as '0,1,2'"
    ),
    "bytes": Grammar(
        r"\d+", "a number of bytes as text", "write the number itself, as str(26 * 1024**3)"
    ),
    "tuners": Grammar(
        r"RL|GA|RL,GA|GA,RL", "'RL', 'GA' or both", "write it as 'RL,GA', or use `aoe_mode`"
    ),
    "core_counts": Grammar(r"\d+\|\d+", "numbers of cube and vector cores", "write it as '24|48'"),
    "level": Grammar(r"O\d", "a level of optimisation", "write it as 'O1' or 'O3'"),
    "switches": Grammar(
        r"[^:;\s]+:(on|off)(;[^:;\s]+:(on|off))*",
        "names of passes, each with on or off",
        "write it as 'pass_1:on;pass_2:off'",
    ),
    "stream_counts": Grammar(
        r"\w+:\d+(,\w+:\d+)*",
        "names of engines, each with a number of streams",
        "write it as 'DNN_VM_AICPU:10,AIcoreEngine:1'",
    ),
    "multistream": Grammar(
        r"cv|(LoadBalance|MainStream):\d+",
        "'cv', 'LoadBalance:n' or 'MainStream:n' with a number n",
        "write one of these",
    ),
    "shape_range": Grammar(
        r"[^:;]+:{0}(,{0})*(;[^:;]+:{0}(,{0})*)*".format(_BOUNDS),
        "names of inputs, each with its ranges in brackets",
        "write it as 'getnext:[128,3~5],[64];data:[128]'",
    ),
    "accelerate": Grammar(
        r"fast1?\|(step|loss)\|\d+(\.\d+)?",
        "'fast' or 'fast1', 'step' or 'loss', and a number",
        "write it as 'fast|step|0.9'",
    ),
}


def dump_step_fault(text: str) -> Optional[str]:
    """What is wrong with the steps to dump; none if nothing is.

    Args:
        text: Steps and ranges of steps.

    Example:
        >>> dump_step_fault("0|3-5|10") is None
        True
        >>> dump_step_fault("5-3")
        "in '5-3' the first step must be before the second"
    """
    parts = text.split("|")
    if len(parts) > _MAX_DUMP_PARTS:
        return "give fewer of its {} parts".format(len(parts))
    for part in parts:
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if match is None:
            return "write it as '0|3-5|10'; {!r} is neither a step nor a range".format(part)
        if match.group(2) and int(match.group(1)) >= int(match.group(2)):
            return "in {!r} the first step must be before the second".format(part)
    return None


def input_shape_fault(text: str) -> Optional[str]:
    """What is wrong with the shapes of inputs; none if nothing is.

    Args:
        text: Names of inputs, each with its shape.

    Example:
        >>> input_shape_fault("data:1,1,40,-1;label:1,-1") is None
        True
        >>> input_shape_fault("data")
        "write it as 'data:1,40,-1;label:1,-1'; 'data' has no shape"
    """
    for part in text.split(";"):
        if not re.fullmatch(r"(?s).+:" + _SHAPE, part):
            return "write it as 'data:1,40,-1;label:1,-1'; {!r} has no shape".format(part)
    return None


def dynamic_dims_fault(text: str) -> Optional[str]:
    """What is wrong with the profiles of dynamic sizes; none if nothing is.

    Args:
        text: Profiles, each with the sizes that stand for the -1 of `input_shape`.

    Example:
        >>> dynamic_dims_fault("20,20;40,40") is None
        True
        >>> dynamic_dims_fault("20,20")
        'give from 2 to 100 profiles, with semicolons between them; this is 1'
    """
    profiles = text.split(";")
    if len(profiles) not in _PROFILES:
        return "give from 2 to 100 profiles, with semicolons between them; this is {}".format(
            len(profiles)
        )
    for profile in profiles:
        if not re.fullmatch(_INTEGERS, profile):
            return "write it as '20,20;40,40'; {!r} is not a list of sizes".format(profile)
    sizes = sorted({profile.count(",") + 1 for profile in profiles})
    if len(sizes) > 1:
        return "give every profile as many sizes; these have {}".format(sizes)
    return None


def python_list_fault(text: str) -> Optional[str]:
    """What is wrong with the text of a list; none if nothing is.

    Args:
        text: A list as Python writes it.

    Example:
        >>> python_list_fault("[[['input'], ['output']]]") is None
        True
        >>> python_list_fault("input, output")
        "write it as str([[['input'], ['output']]])"
    """
    return None if _is_list(text) else "write it as str([[['input'], ['output']]])"


def _is_list(text: str) -> bool:
    try:
        value: Any = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return isinstance(value, list) and bool(value)

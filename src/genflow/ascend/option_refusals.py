"""The words in which options are refused."""

import difflib
from typing import Any, Iterable, Optional

from genflow.ascend.options import Option

_CONSEQUENCES = {
    "none": "The adapter would not notice.",
    "error": "The adapter would raise an error at the first session.run.",
    "abort": "The adapter would end the process.",
    "clamp": "The adapter would change it.",
}


def refusal(option: Option, rule: str, value: Any, remedy: str) -> str:
    """Says what is wrong with the value of an option.

    Args:
        option: The option.
        rule: What its value must be.
        value: What it is.
        remedy: What to do.

    Example:
        >>> from genflow.ascend import OPTIONS
        >>> print(refusal(OPTIONS["dump_mode"], "'input' or 'output'", "in", "write one of them"))
        `dump_mode` must be 'input' or 'output'; got 'in': write one of them. The adapter would end
        the process.
    """
    return "`{}` must be {}; got {!r}: {}. {}".format(
        option.key, rule, value, remedy, _CONSEQUENCES[option.on_invalid]
    )


def conflict(key: str, rule: str, got: str, remedy: str, on_invalid: str = "") -> str:
    """Says what is wrong with an option beside others.

    Args:
        key: Of the option.
        rule: What must hold.
        got: What holds.
        remedy: What to do.
        on_invalid: What the adapter would do: see `Option`; empty if that is not known.

    Example:
        >>> print(conflict("dump_step", "needs `enable_dump`", "none", "set that", "none"))
        `dump_step` needs `enable_dump`; got none: set that. The adapter would not notice.
    """
    message = "`{}` {}; got {}: {}.".format(key, rule, got, remedy)
    return message + " " + _CONSEQUENCES[on_invalid] if on_invalid else message


def nearest(name: Any, names: Iterable[Any], likeness: float = 0.6) -> Optional[str]:
    """Returns the name that is most like one which is none of them.

    Args:
        name: What was given.
        names: What there is.
        likeness: How like it must be, from 0 to 1.

    Example:
        >>> from genflow.ascend import OPTIONS
        >>> nearest("sump_mode", OPTIONS), nearest("RL", OPTIONS)
        ('dump_mode', None)
    """
    by_folded = {str(candidate).casefold(): str(candidate) for candidate in names}
    matches = difflib.get_close_matches(str(name).casefold(), list(by_folded), n=1, cutoff=likeness)
    return by_folded[matches[0]] if matches else None


def suggestion(name: Any, names: Iterable[Any], otherwise: str) -> str:
    """Returns the remedy for a name that is none of some.

    Args:
        name: What was given.
        names: What there is.
        otherwise: The remedy if none is like it.

    Example:
        >>> suggestion("outputs", ["input", "output"], "write one of these")
        "did you mean 'output'?"
    """
    candidate = nearest(name, names)
    return otherwise if candidate is None else "did you mean {!r}?".format(candidate)

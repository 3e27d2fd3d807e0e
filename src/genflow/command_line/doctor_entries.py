"""What `genflow doctor` finds, and how it is said."""

from typing import Any, Callable, Dict, Iterable, List, NamedTuple

OK, MISSING, WARNING, ERROR = "ok", "missing", "warning", "error"


class Entry(NamedTuple):
    """Something that was looked at.

    Attributes:
        section: What it belongs to.
        name: What was looked at.
        status: "ok"; "missing" if it is not there, and need not be; "warning" if it is there, but
            not as it should be; "error" if it is there and does not work.
        value: What was found.
        advice: What to do, if anything.
    """

    section: str
    name: str
    status: str
    value: str
    advice: str = ""


def looked_at(section: str, name: str, look: Callable[[], Iterable[Entry]]) -> List[Entry]:
    """What a look finds; an error, if looking fails.

    Args:
        section: Of the error.
        name: Of the error.
        look: Returns what it finds.

    Example:
        >>> looked_at("Host", "memory", lambda: 1 / 0)[0].value
        'ZeroDivisionError: division by zero'
    """
    try:
        return list(look())
    except Exception as error:  # A piece that is broken is what is looked for.
        return [Entry(section, name, ERROR, in_words(error))]


def in_words(error: BaseException) -> str:
    """An error in one line, with its class."""
    return "{}: {}".format(type(error).__name__, " ".join(str(error).split()))


def works(entries: Iterable[Entry]) -> bool:
    """Whether what is there works.

    Args:
        entries: All that was found.

    Example:
        >>> works([Entry("Devices", "npu", MISSING, "npu_bridge is not installed")])
        True
    """
    return all(entry.status != ERROR for entry in entries)


def as_text(entries: Iterable[Entry]) -> str:
    """The entries for people, in the order in which they came.

    Args:
        entries: All that was found.

    Example:
        >>> print(as_text([Entry("Devices", "gpu", MISSING, "none", "install a driver")]))
        Devices
          missing  gpu: none
                   -> install a driver
    """
    lines, section = [], None
    for entry in entries:
        if entry.section != section:
            lines += [""] if lines else []
            lines.append(entry.section)
            section = entry.section
        lines.append("  {:<8} {}: {}".format(entry.status, entry.name, entry.value))
        if entry.advice:
            lines.append("  {:<8} -> {}".format("", entry.advice))
    return "\n".join(lines)


def as_json(entries: Iterable[Entry]) -> Dict[str, Any]:
    """The entries for programs: what `json.dumps` takes.

    Args:
        entries: All that was found.

    Example:
        >>> as_json([Entry("Devices", "gpu", MISSING, "none")])["works"]
        True
    """
    found = list(entries)
    return {"works": works(found), "entries": [dict(entry._asdict()) for entry in found]}

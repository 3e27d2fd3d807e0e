"""The file that changes which operations Ascend's mixed precision reduces: ops_info.json."""

import collections
import json
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

from genflow.ascend.option_refusals import suggestion
from genflow.whole_file import whole_file

Types = Tuple[str, ...]

_LISTS = {"black-list": "black", "white-list": "white", "gray-list": "gray"}
_CHANGES = {"to-add": "add", "to-remove": "remove"}
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


class MixedList(NamedTuple):
    """Changes of the lists by which mixed precision decides, as types of operations.

    The types are those of Ascend's graph engine, many of which end in D, as `ReduceSumD` for
    TensorFlow's `Sum`. What is in the black list is never reduced to float16, what is in the
    white list always; what is in the gray list, where all that is taken from another one goes,
    is reduced if what comes before it is.

    Example:
        >>> MixedList(black_add=("ReduceSumD", "Log")).white_remove
        ()
    """

    black_add: Types = ()
    black_remove: Types = ()
    white_add: Types = ()
    white_remove: Types = ()
    gray_add: Types = ()
    gray_remove: Types = ()


def write_mixed_list(path: str, mixed_list: MixedList) -> None:
    """Writes the file that the option `modify_mixlist` is given.

    It appears under its name only when it is whole.

    Args:
        path: Of the file, such as `"ops_info.json"`.
        mixed_list: What it says.

    Raises:
        ValueError: If nothing is changed, a type is no name of an operation, or types contradict
            each other.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "ops_info.json")
        >>> write_mixed_list(path, MixedList(black_add=["MatMulV2"]))
        >>> with open(path) as file:
        ...     print(file.read().strip())
        {
          "black-list": {
            "to-add": [
              "MatMulV2"
            ]
          }
        }
    """
    content = {}  # type: Dict[str, Dict[str, List[str]]]
    for member, kind in _LISTS.items():
        for change, verb in _CHANGES.items():
            types = getattr(mixed_list, "{}_{}".format(kind, verb))
            if types:
                content.setdefault(member, {})[change] = (
                    list(types) if isinstance(types, (list, tuple)) else types
                )
    _checked(content, "`mixed_list`")
    with whole_file(path) as file:
        json.dump(content, file, indent=2)
        file.write("\n")


def read_mixed_list(path: str) -> MixedList:
    """Reads and checks such a file, which the adapter does not.

    Args:
        path: Of the file.

    Returns:
        What it says.

    Raises:
        ValueError: If it is not what the file must be; the message names the place.
        OSError: If it cannot be read.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "ops_info.json")
        >>> write_mixed_list(path, MixedList(white_remove=["Add"]))
        >>> read_mixed_list(path).white_remove
        ('Add',)
    """
    try:
        return _checked(_read(path), path)
    except RecursionError as error:
        raise ValueError("{} must not be nested so deeply: {}.".format(path, error)) from error


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        try:
            return json.load(file, object_pairs_hook=_members)
        except ValueError as error:
            raise ValueError(
                "{} must be JSON, which has no comments, and each member once: {}.".format(
                    path, error
                )
            ) from error


def _members(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    twice = _repeated(name for name, _ in pairs)
    if twice:
        raise ValueError("an object has {} twice".format(_joined(twice)))
    return dict(pairs)


def _checked(content: Any, source: str) -> MixedList:
    """What a file says, if it is right."""
    _check_members(content, _LISTS, source)
    fields = {}
    for member, changes in content.items():
        place = "{}: {!r}".format(source, member)
        _check_members(changes, _CHANGES, place)
        for change, types in changes.items():
            _check_types(types, "{}: {!r}".format(place, change))
            fields["{}_{}".format(_LISTS[member], _CHANGES[change])] = tuple(types)
    made = MixedList(**fields)
    if not any(made):
        raise ValueError(
            "{} must change a list; it changes none: name a type of operation, or go without a "
            "mixed list.".format(source)
        )
    _check_contradictions(made, source)
    return made


def _check_members(content: Any, known: Dict[str, str], place: str) -> None:
    is_object = isinstance(content, dict)
    if not is_object:
        raise ValueError(
            "{} must be an object with any of {}; got {!r}: write it in braces.".format(
                place, _joined(known), content
            )
        )
    for member in content:
        if member not in known:
            raise ValueError(
                "{} may have {} only; got {!r}, which nothing would read: {}".format(
                    place, _joined(known), member, suggestion(member, known, "take it out.")
                )
            )


def _check_types(types: Any, place: str) -> None:
    is_list = isinstance(types, list)
    if not is_list:
        raise ValueError(
            "{} must be a list of types of operations; got {!r}: write it in brackets.".format(
                place, types
            )
        )
    for name in types:
        if not isinstance(name, str) or not _TYPE.match(name):
            raise ValueError(
                "{} must have types of operations, such as 'ReduceSumD'; got {!r}: write the type, "
                "not the name, of an operation of Ascend's graph engine.".format(place, name)
            )
    twice = _repeated(types)
    if twice:
        raise ValueError("{} has {} twice: leave one out.".format(place, _joined(twice)))


def _repeated(names: Iterable[str]) -> List[str]:
    return sorted(name for name, count in collections.Counter(names).items() if count > 1)


def _check_contradictions(made: MixedList, source: str) -> None:
    added = {}  # type: Dict[str, str]
    for kind in _LISTS.values():
        add, remove = (set(getattr(made, "{}_{}".format(kind, verb))) for verb in ("add", "remove"))
        for name in sorted(add):
            if name in remove:
                raise ValueError(
                    "{} both adds {!r} to the {} list and removes it: leave one of them "
                    "out.".format(source, name, kind)
                )
            if name in added:
                raise ValueError(
                    "{} adds {!r} to the {} and to the {} list, but an operation is in one: leave "
                    "one of them out.".format(source, name, added[name], kind)
                )
            added[name] = kind


def _joined(names: Any) -> str:
    return ", ".join(repr(name) for name in names)

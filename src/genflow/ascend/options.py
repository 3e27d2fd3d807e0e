"""The options of a session on an NPU, as the adapter of TensorFlow 1.15 reads them."""

import json
import pkgutil
from types import MappingProxyType
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple, Union

from genflow.ascend.cann_release import Lifetime

Value = Union[bool, int, str]


class Option(NamedTuple):
    """One option of a session on an NPU.

    Attributes:
        key: Its name.
        group: What it is about, such as `"dump"`.
        type: The field of an `AttrValue` that the adapter reads: `"b"`, `"i"` or `"s"`.
        kind: What its values are: the name of a check, such as `"one_of"` or `"directory"`.
        on_invalid: What the adapter does about a bad value: `"none"`, `"error"` at the first
            `session.run`, `"abort"` of the process, or `"clamp"`.
        values: All its values, for the kind `"one_of"`.
        least: The smallest value, for the kind `"integer"`; none without a bound.
        most: The largest, likewise.
        default: What holds without it; none if that is up to CANN, or nothing.
        lifetime: The releases that have it.
        value_lifetimes: The releases that have a value, for values that not all of them have.
        products: The products that have a value, for values that not all of them have; `"*"`
            stands for every value.
        inference_only: The values that are for inference; `"*"` stands for every value.
        deprecated: Why not to use it any more; none if there is no such reason.
        note: What else to know.
    """

    key: str
    group: str
    type: str
    kind: str
    on_invalid: str
    values: Tuple[Value, ...] = ()
    least: Optional[int] = None
    most: Optional[int] = None
    default: Optional[Value] = None
    lifetime: Lifetime = Lifetime()
    value_lifetimes: Mapping[Value, Lifetime] = MappingProxyType({})
    products: Mapping[Value, Tuple[str, ...]] = MappingProxyType({})
    inference_only: Tuple[Value, ...] = ()
    deprecated: Optional[str] = None
    note: str = ""


def _read_table() -> Mapping[str, Option]:
    """Reads the table that lies beside this file."""
    table = json.loads(pkgutil.get_data(__package__, "option_table.json").decode("utf-8"))
    options = [_option(dict(row)) for row in table["options"]]
    return MappingProxyType({option.key: option for option in options})


def _option(row: Dict[str, Any]) -> Option:
    row["lifetime"] = Lifetime(**{name: row.pop(name, None) for name in Lifetime._fields})
    lifetimes = row.pop("value_lifetimes", {})
    row["value_lifetimes"] = {value: Lifetime(**fields) for value, fields in lifetimes.items()}
    row["products"] = {value: tuple(names) for value, names in row.pop("products", {}).items()}
    for field in ["values", "inference_only"]:
        row[field] = tuple(row.get(field, ()))
    return Option(**row)


OPTIONS = _read_table()

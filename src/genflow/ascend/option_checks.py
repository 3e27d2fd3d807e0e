"""Checks of the value of one option."""

import numbers
from typing import Any, Iterator, NamedTuple, Optional

from genflow.ascend.cann_release import release_order
from genflow.ascend.option_grammars import (
    GRAMMARS,
    dump_step_fault,
    dynamic_dims_fault,
    input_shape_fault,
    python_list_fault,
)
from genflow.ascend.option_paths import PATH_CHECKS
from genflow.ascend.option_refusals import refusal, suggestion
from genflow.ascend.option_releases import check_release
from genflow.ascend.options import OPTIONS, Option, Value
from genflow.ascend.profiling_options import profiling_fault, unknown_profiling_keys

PRODUCTS = ("910", "A2", "A3", "950")
TYPES = {"b": (bool, "True or False"), "i": (int, "an int"), "s": (str, "a str")}
_LARGEST = 2**31 - 1  # The adapter keeps integers in 32 bits.
_TEXT_FAULTS = {
    "dump_step": ("at most 100 steps and ranges of steps", dump_step_fault),
    "input_shape": ("the shape of each input", input_shape_fault),
    "dynamic_dims": ("profiles of sizes", dynamic_dims_fault),
    "python_list": ("the text of a Python list", python_list_fault),
    "profiling": ("JSON", profiling_fault),
}


class Target(NamedTuple):
    """What options are meant for.

    Attributes:
        product: One of `PRODUCTS`.
        cann: The release of CANN; none if that is not known.
    """

    product: str = "910"
    cann: Optional[str] = None


def check_target(target: Target) -> None:
    """Refuses a product or a release that is none.

    Args:
        target: What options are meant for.

    Raises:
        ValueError: If there is no such product, or no such release.
        TypeError: If the release is no text.

    Example:
        >>> check_target(Target("910", "8.0.0"))
    """
    if target.product not in PRODUCTS:
        raise ValueError(
            "`product` must be one of {}; got {!r}: {}.".format(
                _listed(PRODUCTS), target.product, "give the one of the host"
            )
        )
    if target.cann is not None:
        release_order(target.cann)


def find_option(key: str) -> Option:
    """Returns the option of a key.

    Args:
        key: Its name.

    Raises:
        TypeError: If the key is no text.
        ValueError: If there is no such option.

    Example:
        >>> find_option("sump_mode")
        Traceback (most recent call last):
        ValueError: There is no option 'sump_mode': did you mean 'dump_mode'? The adapter would...
    """
    if not isinstance(key, str):
        raise TypeError("The key of an option must be a str; got {!r}.".format(key))
    if key not in OPTIONS:
        otherwise = "`genflow.ascend.OPTIONS` has all there are."
        raise ValueError(
            "There is no option {!r}: {} The adapter would not notice.".format(
                key, suggestion(key, OPTIONS, otherwise)
            )
        )
    return OPTIONS[key]


def check_option(option: Option, value: Any, target: Target) -> Iterator[str]:
    """Refuses the value of an option where it would not do what it says.

    Args:
        option: The option.
        value: Its value.
        target: What it is meant for.

    Yields:
        Warnings.

    Raises:
        TypeError: If the value has another type.
        ValueError: If it is no value of the option, or not of this product or release.

    Example:
        >>> list(check_option(OPTIONS["graph_run_mode"], 1, Target()))
        []
    """
    check_type(option, value)
    _check_value(option, value)
    _check_product(option, value, target.product)
    yield from check_release(option, option.lifetime, option.key, target.cann)
    if value in option.value_lifetimes:
        name = "{}={!r}".format(option.key, value)
        yield from check_release(option, option.value_lifetimes[value], name, target.cann)
    if option.deprecated:
        yield "`{}` is deprecated: {}.".format(option.key, option.deprecated)
    if option.kind == "profiling":
        for key in unknown_profiling_keys(value):
            yield "`profiling_options` has a key that is not known, {!r}.".format(key)


def check_type(option: Option, value: Any) -> None:
    """Refuses a value that does not fit the field that the adapter reads.

    Args:
        option: The option.
        value: Its value.

    Raises:
        TypeError: If it has another type.

    Example:
        >>> check_type(OPTIONS["use_off_line"], 1)
        Traceback (most recent call last):
        TypeError: `use_off_line` must be True or False; got 1: write True or False. The adapter...
    """
    expected, rule = TYPES[option.type]
    is_flag = isinstance(value, bool)
    fits = isinstance(value, numbers.Integral) if expected is int else isinstance(value, expected)
    if not fits or is_flag != (expected is bool):
        raise TypeError(refusal(option, rule, value, _as_type(option, value)))


def _as_type(option: Option, value: Any) -> str:
    """How to write a value of another type."""
    if option.type == "b":
        return "write True or False"
    if option.type == "i":
        return "write {}".format(int(value)) if isinstance(value, bool) else "write an int"
    if isinstance(value, bool):
        return "write {!r}".format(str(value).lower()) if "true" in option.values else "write text"
    return "write {!r}".format(str(value)) if isinstance(value, numbers.Number) else "write text"


def _check_value(option: Option, value: Value) -> None:
    """Refuses what has the right type and is no value of the option."""
    if option.kind == "one_of":
        _check_choice(option, value)
    elif option.kind == "integer":
        _check_integer(option, value)
    elif option.kind in _TEXT_FAULTS:
        rule, fault = _TEXT_FAULTS[option.kind]
        _refuse_fault(option, rule, value, fault(value))
    elif option.kind in GRAMMARS:
        grammar = GRAMMARS[option.kind]
        _refuse_fault(option, grammar.rule, value, grammar.fault(value))
    elif option.kind != "bool":
        PATH_CHECKS[option.kind](option, value)


def _refuse_fault(option: Option, rule: str, value: Value, fault: Optional[str]) -> None:
    if fault is not None:
        raise ValueError(refusal(option, rule, value, fault))


def _check_choice(option: Option, value: Value) -> None:
    if value not in option.values:
        current = [v for v in option.values if v not in option.value_lifetimes]
        current += [v for v, lifetime in option.value_lifetimes.items() if not lifetime.until]
        remedy = "write one of these"
        if isinstance(value, str):
            remedy = suggestion(value, option.values, remedy)
        raise ValueError(refusal(option, "one of " + _listed(current), value, remedy))


def _check_integer(option: Option, value: int) -> None:
    least = -_LARGEST if option.least is None else option.least
    most = _LARGEST if option.most is None else option.most
    if not least <= value <= most:
        rule = "an int from {} to {}".format(least, most)
        raise ValueError(refusal(option, rule, value, "write one between these"))


def _check_product(option: Option, value: Value, product: str) -> None:
    for name in ["*", value]:
        products = option.products.get(name, PRODUCTS)
        if product not in products:
            rule = "left out on a {}".format(product)
            remedy = "only {} {} it; give `product=` if this is one".format(
                " and ".join(products), "have" if len(products) > 1 else "has"
            )
            raise ValueError(refusal(option, rule, value, remedy))


def _listed(values: Any) -> str:
    return ", ".join(repr(value) for value in values)

"""What is expected of the measurements of a layer."""

from typing import Any, Dict, NamedTuple, Optional

import numpy as np
import tree

from genflow.core import Bijection
from genflow.core.types import Nest
from genflow.testing.report import LayerReport


class BijectionError(AssertionError):
    """A layer does not keep the contract of a bijection; the message names it.

    Example:
        >>> issubclass(BijectionError, AssertionError)
        True
    """


class Limits(NamedTuple):
    """The largest errors that pass; that of the log-determinant is for each value."""

    round_trip: float
    log_det: float
    condition_number: float


def judge(path: str, bijection: Bijection, values: Dict[str, Any], limits: Limits) -> LayerReport:
    """Turns the measured arrays of one layer into a row of the report.

    Args:
        path: Attribute path of the layer.
        bijection: The layer.
        values: What `genflow.testing.measurement` computed, as arrays.
        limits: The largest errors that pass.

    Returns:
        The row.

    Raises:
        BijectionError: If the layer exceeds a limit.
    """
    try:
        _check_forward(values)
        return LayerReport(
            path,
            type(bijection).__name__,
            _round_trip_error(values, limits),
            _log_det_error(values, limits),
            _condition_number(values, limits),
        )
    except _Failure as failure:
        message = "{} (`{}`, a {}): {}".format(
            path or "the bijection itself", bijection.name, type(bijection).__name__, failure
        )
    raise BijectionError(message)


class _Failure(Exception):
    """What is wrong, before it is known where."""


def _check_forward(values: Dict[str, Any]) -> None:
    batch = tree.flatten(values["x"])[0].shape[0]
    for name in ("log_det", "inverse_log_det"):
        if values[name].shape != (batch,):
            raise _Failure(
                "`{}` must have the shape [{}]; got {}.".format(
                    name, batch, list(values[name].shape)
                )
            )
    if not all(
        np.all(np.isfinite(leaf)) for leaf in tree.flatten([values["y"], values["log_det"]])
    ):
        raise _Failure("`forward` returned values that are not finite.")


def _round_trip_error(values: Dict[str, Any], limits: Limits) -> float:
    error = _largest_difference(values["restored"], values["x"])
    if not error <= limits.round_trip:
        raise _Failure(
            "`inverse(forward(x))` differs from `x` by {:.2g}; at most {:.2g} is allowed.".format(
                error, limits.round_trip
            )
        )
    difference = np.max(np.abs(values["inverse_log_det"] + values["log_det"]))
    if not difference / _num_values(values["x"]) <= limits.log_det:
        raise _Failure(
            "the log-determinant of `inverse` is not minus that of `forward`: {} and {}.".format(
                values["inverse_log_det"], values["log_det"]
            )
        )
    return error


def _log_det_error(values: Dict[str, Any], limits: Limits) -> Optional[float]:
    if "jacobian" not in values:
        return None
    jacobian, log_det = values["jacobian"], float(values["corner_log_det"][0])
    expected = np.linalg.slogdet(jacobian.astype(np.float64))[1]
    error = abs(log_det - expected) / _num_values(values["corner"])
    if not error <= limits.log_det:
        raise _Failure(
            "log_det is {:.6g}, but that of the Jacobian is {:.6g}: a difference of {:.2g} for "
            "each value, where {:.2g} is allowed.".format(log_det, expected, error, limits.log_det)
        )
    return error


def _condition_number(values: Dict[str, Any], limits: Limits) -> Optional[float]:
    if "condition_number" not in values:
        return None
    condition = float(values["condition_number"])
    if not condition <= limits.condition_number:
        raise _Failure(
            "the condition number of its matrix is {:.2g}; at most {:.2g} is allowed. "
            "`PLUMatrix` cannot become singular.".format(condition, limits.condition_number)
        )
    return condition


def _num_values(nest: Nest) -> int:
    return max(1, sum(int(np.prod(leaf.shape[1:])) for leaf in tree.flatten(nest)))


def _largest_difference(a: Nest, b: Nest) -> float:
    tree.assert_same_structure(a, b)
    pairs = zip(tree.flatten(a), tree.flatten(b))
    return max(float(np.max(np.abs(p - q))) if p.size else 0.0 for p, q in pairs)

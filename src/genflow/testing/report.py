"""What a check of a bijection found."""

from typing import List, NamedTuple, Optional


class LayerReport(NamedTuple):
    """What was measured on one layer.

    Attributes:
        path: Attribute path from the bijection that was checked; empty for itself.
        layer: Class of the layer.
        round_trip_error: Largest `|inverse(forward(x)) - x|`.
        log_det_error: Difference of the log-determinant from that of the autodiff
            Jacobian, in nats for each value; `None` where the Jacobian was too large.
        condition_number: That of the layer's matrix, if it has one.

    Example:
        >>> LayerReport("layers/0", "ActNorm", 1e-7, 1e-9, None).layer
        'ActNorm'
    """

    path: str
    layer: str
    round_trip_error: float
    log_det_error: Optional[float]
    condition_number: Optional[float]


class Report:
    """What was measured on every layer of a bijection, parts before the whole.

    `str(report)` is a table; `report.layers` are its rows, each a `LayerReport`.

    Example:
        >>> report = Report([LayerReport("", "ActNorm", 1e-7, 1e-9, None)])
        >>> len(report.layers)
        1
    """

    def __init__(self, layers: List[LayerReport]) -> None:
        """Constructs the report from its rows."""
        self.layers = layers

    def __str__(self) -> str:
        """A table with one line for each layer."""
        width = max(len(_name(row)) for row in self.layers)
        lines = ["{:<{w}}  round trip   log_det   condition".format("layer", w=width)]
        for row in self.layers:
            lines.append(
                "{:<{w}}  {:>10}  {:>8}  {:>10}".format(
                    _name(row),
                    _number(row.round_trip_error),
                    _number(row.log_det_error),
                    _number(row.condition_number),
                    w=width,
                )
            )
        return "\n".join(lines)


def _name(row: LayerReport) -> str:
    return "{} ({})".format(row.path, row.layer) if row.path else row.layer


def _number(value: Optional[float]) -> str:
    return "-" if value is None else "{:.1e}".format(value)

"""The learning curve of a run."""

from typing import List

import numpy as np

from genflow.training.images import save_figure
from genflow.training.log_points import log_points
from genflow.training.run_log import read_log


def save_learning_curve(
    log_path: str, path: str, metric: str = "bits_per_dim", unit: str = "bits/dim"
) -> None:
    """Draws training and held-out values of a metric against the step.

    Reads `train_<metric>` and `test_<metric>` from the log. The axis is cut so that the
    first steps do not flatten the rest.

    Args:
        log_path: File of JSON lines, as `RunLog` writes it.
        path: PNG file to write.
        metric: Name of the metric.
        unit: Label of the vertical axis.

    Raises:
        ValueError: If the log has no value of the metric.

    Example:
        >>> import os, tempfile
        >>> from genflow.training import RunLog
        >>> folder = tempfile.mkdtemp()
        >>> log_path = os.path.join(folder, "log.jsonl")
        >>> for step in range(3):
        ...     RunLog(log_path).write({"step": step, "train_bits_per_dim": 5.0 - step})
        >>> save_learning_curve(log_path, os.path.join(folder, "curve.png"))
    """
    from matplotlib.figure import Figure

    records = read_log(log_path)
    figure = Figure(figsize=(7, 4), dpi=100)
    axes = figure.add_subplot(111)
    shown = []
    for prefix, label, style in (("train", "training batch", "-"), ("test", "held out", "o-")):
        steps, values = log_points(records, "{}_{}".format(prefix, metric))
        if len(steps):
            axes.plot(steps, values, style, label=label, linewidth=1, markersize=4)
            shown.append(values)
    if not shown:
        raise ValueError("{} has no value of {}.".format(log_path, metric))
    axes.set_ylim(*_limits(shown))
    axes.set_xlabel("step")
    axes.set_ylabel(unit)
    axes.grid(True, alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def _limits(curves: List[np.ndarray]) -> List[float]:
    values = np.concatenate([curve[len(curve) // 20 :] for curve in curves])
    values = values[np.isfinite(values)]
    if not len(values):
        return [0.0, 1.0]
    low, high = values.min(), np.percentile(values, 98)
    margin = 0.05 * (high - low) + 1e-3
    return [low - margin, high + 3 * margin]

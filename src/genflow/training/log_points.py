"""The points of a curve, from the log of a run."""

from typing import Any, Dict, List, Tuple

import numpy as np


def log_points(records: List[Dict[str, Any]], key: str) -> Tuple[np.ndarray, np.ndarray]:
    """Reads the steps at which a log has a value, in order, and the values.

    A run that went on from a checkpoint has some steps twice: the last one counts.

    Shapes:
        steps, values: `[num_points]`, float64.

    Args:
        records: What `read_log` returns.
        key: Of the value.

    Returns:
        The steps and the values.

    Example:
        >>> records = [{"step": 2, "loss": 0.5}, {"step": 1, "loss": 0.75}, {"step": 3}]
        >>> log_points(records, "loss")[0].tolist()
        [1.0, 2.0]
    """
    points = {r["step"]: r[key] for r in records if _is_number(r, "step") and _is_number(r, key)}
    steps, values = np.array(sorted(points.items()), np.float64).reshape([-1, 2]).T
    return steps, values


def _is_number(record: Dict[str, Any], key: str) -> bool:
    return isinstance(record.get(key), (int, float))

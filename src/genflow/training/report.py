"""What happened after a step of training."""

from typing import Dict, NamedTuple, Optional


class Report(NamedTuple):
    """What was measured and drawn after a step of training.

    Attributes:
        results: What was measured, by metric; `None` if nothing was.
        pictures: Paths by what they show; `None` if nothing was drawn.
        is_best: Whether the held-out loss, or the FID, is the lowest so far.
        evaluation_seconds: How long the evaluation took, and keeping the best.
        drawing_seconds: How long the pictures took.
    """

    results: Optional[Dict[str, float]] = None
    pictures: Optional[Dict[str, str]] = None
    is_best: bool = False
    evaluation_seconds: float = 0.0
    drawing_seconds: float = 0.0

"""Optimizers in the form Glow uses them, and learning-rate schedules."""

from genflow.optimizers.adamax import Adamax
from genflow.optimizers.linear_warmup import linear_warmup

__all__ = ["Adamax", "linear_warmup"]

"""Optimizers in the form Glow uses them, learning-rate schedules, and weight averaging."""

from genflow.optimizers.adamax import Adamax
from genflow.optimizers.linear_decay import linear_decay
from genflow.optimizers.linear_warmup import linear_warmup
from genflow.optimizers.weight_average import WeightAverage

__all__ = ["Adamax", "WeightAverage", "linear_decay", "linear_warmup"]

"""The training loop, what it writes, and the pictures of a run."""

from genflow.training.flags import flag, parse_flags
from genflow.training.flow_trainer import FlowTrainer
from genflow.training.images import image_grid, save_labelled_rows
from genflow.training.learning_curve import save_learning_curve
from genflow.training.loop import CheckpointError, Update, run_loop
from genflow.training.pixel_bits import expand_bits, reduce_bits
from genflow.training.run_config import ConfigurationError, keep_config
from genflow.training.run_log import RunLog, read_log
from genflow.training.savers import make_saver

__all__ = [
    "CheckpointError",
    "ConfigurationError",
    "FlowTrainer",
    "RunLog",
    "Update",
    "expand_bits",
    "flag",
    "image_grid",
    "keep_config",
    "make_saver",
    "parse_flags",
    "read_log",
    "reduce_bits",
    "run_loop",
    "save_labelled_rows",
    "save_learning_curve",
]

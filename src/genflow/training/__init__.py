"""The training loop, what it writes, and the pictures of a run."""

from genflow.training.checkpoint_files import CheckpointError, latest_checkpoint
from genflow.training.checkpoints import Checkpoints
from genflow.training.epoch_log import EpochLog
from genflow.training.flags import flag, parse_flags
from genflow.training.flow_report import Report
from genflow.training.flow_trainer import FlowTrainer
from genflow.training.images import image_grid, save_labelled_rows
from genflow.training.learning_curve import save_learning_curve
from genflow.training.loop import NonFiniteError, run_loop
from genflow.training.minimizer import Minimizer, Update
from genflow.training.named_state import named_state
from genflow.training.pixel_bits import expand_bits, reduce_bits
from genflow.training.run_config import (
    ConfigurationError,
    check_checkpoint_config,
    check_config,
    keep_config,
)
from genflow.training.run_log import RunLog, read_log
from genflow.training.schedules import every
from genflow.training.stop_signals import StopSignals, TrainingStopped
from genflow.training.tensorboard_log import TensorBoardLog

__all__ = [
    "CheckpointError",
    "Checkpoints",
    "ConfigurationError",
    "EpochLog",
    "FlowTrainer",
    "Minimizer",
    "NonFiniteError",
    "Report",
    "RunLog",
    "StopSignals",
    "TensorBoardLog",
    "TrainingStopped",
    "Update",
    "check_checkpoint_config",
    "check_config",
    "every",
    "expand_bits",
    "flag",
    "image_grid",
    "keep_config",
    "latest_checkpoint",
    "named_state",
    "parse_flags",
    "read_log",
    "reduce_bits",
    "run_loop",
    "save_labelled_rows",
    "save_learning_curve",
]

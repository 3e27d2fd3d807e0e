"""The training loop, what it writes, and the pictures of a run."""

from genflow.training.checkpoint_files import CheckpointError, latest_checkpoint
from genflow.training.checkpoints import Checkpoints
from genflow.training.command import print_encoding, print_summary, run_command
from genflow.training.epoch_log import EpochLog
from genflow.training.flag_checks import check_count, check_halvings
from genflow.training.flags import check_flags, flag, parse_flags
from genflow.training.flow_trainer import FlowTrainer
from genflow.training.gan_curve import save_gan_curves
from genflow.training.gan_loss import GanLoss
from genflow.training.gan_pictures import GanPictures
from genflow.training.gan_round import GanRound
from genflow.training.gan_trainer import GanTrainer
from genflow.training.gif import save_gif
from genflow.training.images import image_grid, save_labelled_rows, save_tiles
from genflow.training.iteration_log import IterationLog
from genflow.training.latent_sweeps import (
    dimension_sweep,
    linear_interpolation,
    spherical_interpolation,
)
from genflow.training.learning_curve import save_learning_curve
from genflow.training.loop import NonFiniteError, run_loop
from genflow.training.minimizer import Minimizer, Update
from genflow.training.named_state import named_state
from genflow.training.pixel_bits import expand_bits, reduce_bits
from genflow.training.pixel_range import from_range, to_range
from genflow.training.reconstruction import Reconstruction
from genflow.training.report import Report
from genflow.training.run_config import (
    ConfigurationError,
    check_checkpoint_config,
    check_config,
    keep_config,
)
from genflow.training.run_flags import RunFlags, name_of_run, names_of_flags
from genflow.training.run_log import RunLog, read_log
from genflow.training.saturation import find_saturated_layer
from genflow.training.schedules import every
from genflow.training.semi_supervised_loss import FeatureMatching, Fooling, SemiSupervisedLoss
from genflow.training.session_flags import (
    SessionFlags,
    check_session_flags,
    loss_scale_from_flags,
    session_beside,
    session_from_flags,
)
from genflow.training.stop_signals import StopSignals, TrainingStopped
from genflow.training.tensorboard_log import TensorBoardLog
from genflow.training.trained_gan import TrainedGan
from genflow.training.update_schedules import Ratio, Turns

__all__ = [
    "CheckpointError",
    "Checkpoints",
    "ConfigurationError",
    "EpochLog",
    "FeatureMatching",
    "FlowTrainer",
    "Fooling",
    "GanLoss",
    "GanPictures",
    "GanRound",
    "GanTrainer",
    "IterationLog",
    "Minimizer",
    "NonFiniteError",
    "Ratio",
    "Reconstruction",
    "Report",
    "RunFlags",
    "RunLog",
    "SemiSupervisedLoss",
    "SessionFlags",
    "StopSignals",
    "TensorBoardLog",
    "TrainedGan",
    "TrainingStopped",
    "Turns",
    "Update",
    "check_checkpoint_config",
    "check_config",
    "check_count",
    "check_flags",
    "check_halvings",
    "check_session_flags",
    "dimension_sweep",
    "every",
    "expand_bits",
    "find_saturated_layer",
    "flag",
    "from_range",
    "image_grid",
    "keep_config",
    "latest_checkpoint",
    "linear_interpolation",
    "loss_scale_from_flags",
    "name_of_run",
    "named_state",
    "names_of_flags",
    "parse_flags",
    "print_encoding",
    "print_summary",
    "read_log",
    "reduce_bits",
    "run_command",
    "run_loop",
    "save_gan_curves",
    "save_gif",
    "save_labelled_rows",
    "save_learning_curve",
    "save_tiles",
    "session_beside",
    "session_from_flags",
    "spherical_interpolation",
    "to_range",
]

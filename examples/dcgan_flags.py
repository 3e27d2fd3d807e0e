"""The flags of `dcgan_mnist.py`."""

import dataclasses
import os
from typing import List

from genflow.training import (
    RunFlags,
    check_flags,
    check_session_flags,
    flag,
    name_of_run,
    names_of_flags,
)

_DATA_SETS = "mnist, digits (which come with scikit-learn), or a folder of images in --data_dir"


@dataclasses.dataclass
class OriginalFlags:
    """The flags of the original and of its Ascend port, under their names."""

    epoch: int = flag(25, "epochs to train", at_least=1)
    learning_rate: float = flag(0.0002, "of Adam, for both networks", above=0)
    beta1: float = flag(0.5, "decay of Adam's first moment", at_least=0, below=1)
    train_size: int = flag(0, "images to train on; 0 for all (inf in the original)", at_least=0)
    batch_size: int = flag(64, "images in each update", at_least=2)
    input_height: int = flag(108, "height that --crop cuts out of the middle", at_least=1)
    input_width: int = flag(0, "width that --crop cuts out; 0 for --input_height", at_least=0)
    output_height: int = flag(
        0, "height of the images made; 0 for 64, or that of mnist and digits", at_least=0
    )
    output_width: int = flag(0, "width of the images made; 0 for --output_height", at_least=0)
    dataset: str = flag("mnist", _DATA_SETS + ": celebA, lsun, or yours (celebA in the original)")
    input_fname_pattern: str = flag("*.jpg", "which files of the folder are images")
    data_dir: str = flag(
        "",
        "folder with the data (default: GENFLOW_DATA_DIR, or ./data if it is there, or a cache)",
    )
    out_dir: str = flag("./out", "folder of the runs")
    out_name: str = flag("", "folder of the run in --out_dir; by default named after its flags")
    checkpoint_dir: str = flag("checkpoint", "folder of the checkpoints, in that of the run")
    sample_dir: str = flag("samples", "folder of the sample grids, in that of the run")
    train: bool = flag(False, "train; goes on by itself with a run that is there")
    crop: bool = flag(False, "cut the middle out of the images before they are resized")
    visualize: bool = flag(False, "draw grids, sweeps through the latents and their animations")
    export: bool = flag(False, "write a checkpoint of the generator alone: export_b<batch size>")
    freeze: bool = flag(False, "write the generator as a frozen graph: frozen_b<batch size>")
    sample_freq: int = flag(200, "updates between sample grids; 0 for none on the way", at_least=0)
    z_dim: int = flag(100, "size of the latents", at_least=1)
    z_dist: str = flag(
        "uniform_signed",
        "latents are uniform from -1 to 1, normal, or uniform from 0 to 1",
        choices=["uniform_signed", "normal01", "uniform_unsigned"],
    )
    G_img_sum: bool = flag(False, "show the sample grids in TensorBoard, too")


@dataclasses.dataclass
class Config(RunFlags, OriginalFlags):
    """The flags: those of the original, those of every run, then those that neither has."""

    steps_checkpoint: int = flag(
        200, "updates between checkpoints", aliases=["ckpt_freq"], at_least=1
    )
    checkpoints: int = flag(
        2,
        "how many of the last checkpoints stay; of 1, the default of the original, it makes 2, for "
        "one must be whole while the next is written",
        aliases=["max_to_keep"],
        at_least=1,
    )
    unconditional: bool = flag(False, "do not tell the networks the classes of mnist and digits")
    loss: str = flag(
        "non_saturating",
        "what the two networks minimise; the original has the first",
        choices=[
            "non_saturating",
            "minimax",
            "least_squares",
            "wasserstein",
            "hinge",
            "relativistic_average",
        ],
    )
    penalty: str = flag(
        "none", "on the discriminator's gradient", choices=["none", "wgan_gp", "dragan", "r1"]
    )
    penalty_weight: float = flag(
        0.0, "factor of --penalty; 0 for that of its paper: 10, and 5 for r1", at_least=0
    )
    label_smoothing: float = flag(
        0.0,
        "how far below 1 the target of real images is (cross-entropy only)",
        at_least=0,
        below=1,
    )
    discriminator_updates: int = flag(1, "updates of the discriminator in each step", at_least=1)
    generator_updates: int = flag(
        2,
        "updates of the generator in each step, on the latents that the discriminator saw",
        at_least=1,
    )
    average_decay: float = flag(
        0.999,
        "of the average of the generator's weights, which makes all images but those of training; "
        "0 for none, as in the original",
        at_least=0,
        below=1,
    )
    num_samples: int = flag(100, "images in a sample grid (64 in the original)", at_least=1)
    channels: int = flag(
        0, "1 for gray images, 3 for colour; 0 for those of the first file", choices=[0, 1, 3]
    )
    n_fid: int = flag(
        10000, "images that FID and the other measures are made of; 0 for no measures", at_least=0
    )
    fid_freq: int = flag(0, "updates between measures; 0 for only at the end", at_least=0)
    extractor: str = flag(
        "",
        "frozen graph that gives the features of images; by default a classifier that is trained "
        "on the labels of the data set, if it has any",
    )
    seed: int = flag(0, "of everything random", at_least=0)


# What may differ when the same run goes on.
MAY_CHANGE = (
    names_of_flags(RunFlags)
    + (
        "epoch learning_rate beta1 data_dir out_dir out_name checkpoint_dir sample_dir train "
        "visualize export freeze sample_freq num_samples G_img_sum n_fid fid_freq extractor"
    ).split()
)

_BUILT_IN = ("mnist", "digits")
# Of which precision and recall can be told.
_FEWEST = 4
_CROSS_ENTROPY = ("non_saturating", "minimax", "relativistic_average")


def may_change(config: Config) -> List[str]:
    """The flags that may differ when the run goes on: also those that say nothing."""
    names = list(MAY_CHANGE)
    if not config.crop:
        names += ["input_height", "input_width"]
    if config.dataset in _BUILT_IN:  # They have one size.
        names += ["output_height", "output_width", "input_fname_pattern", "channels"]
    return names


def check(config: Config) -> None:
    """Refuses flags out of range, and what the original takes and this one cannot do."""
    check_flags(config)
    check_session_flags(config)
    if not (config.train or config.visualize or config.export or config.freeze):
        raise ValueError("Say what to do: --train, --visualize, --export or --freeze.")
    for name in ("out_name", "checkpoint_dir", "sample_dir"):
        _check_name(name, getattr(config, name))
    _check_data(config)
    _check_loss(config)


def _check_name(name: str, value: str) -> None:
    if os.path.isabs(value) or ".." in value.replace(os.sep, "/").split("/"):
        raise ValueError("--{} must be a name within --out_dir; got {}.".format(name, value))


def _check_data(config: Config) -> None:
    if config.crop and config.dataset in _BUILT_IN:
        raise ValueError(
            "--crop is for folders of images; got --dataset {}: leave it out.".format(
                config.dataset
            )
        )
    if config.download and config.dataset != "mnist":
        raise ValueError(
            "--download is for --dataset mnist; got {}: for celebA and lsun there is `genflow data "
            "download`.".format(config.dataset)
        )
    if 0 < config.n_fid < _FEWEST:
        raise ValueError("--n_fid must be 0 or at least {}; got {}.".format(_FEWEST, config.n_fid))


def _check_loss(config: Config) -> None:
    if config.label_smoothing and config.loss not in _CROSS_ENTROPY:
        raise ValueError(
            "--label_smoothing is for losses of cross-entropy; got --loss {}: leave it out.".format(
                config.loss
            )
        )
    if config.loss == "wasserstein" and config.penalty == "none":
        raise ValueError(
            "--loss wasserstein needs a discriminator whose gradient is bounded: pass --penalty "
            "wgan_gp too."
        )


def is_digits(config: Config) -> bool:
    """Whether the networks are those of the original for digits."""
    return config.dataset in _BUILT_IN


def is_conditional(config: Config) -> bool:
    """Whether the networks are told the classes."""
    return is_digits(config) and not config.unconditional


def run_dir(config: Config) -> str:
    """The folder of the run; unless --out_name says it, its name says what is not the default."""
    if config.out_name:
        return os.path.join(config.out_dir, config.out_name)
    name = name_of_run(config, [config.dataset.strip("/")], may_change(config) + ["dataset"])
    return os.path.join(config.out_dir, name)

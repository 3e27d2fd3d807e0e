"""The flags of `improved_gan_mnist.py`."""

import dataclasses
import os
import re
from typing import NamedTuple, Tuple

from genflow.gan.latents import DrawLatents, uniform_latents
from genflow.training import (
    RunFlags,
    check_flags,
    check_session_flags,
    flag,
    name_of_run,
    names_of_flags,
)

_DATA_SETS = (
    "MNIST, FASHION_MNIST, SVHN, CIFAR10, digits (which come with scikit-learn), or a folder: of "
    "records in three splits, or with the data.hdf5 of the original"
)


@dataclasses.dataclass
class OriginalFlags:
    """The flags of the original and of its Ascend port, under their names."""

    debug: bool = flag(False, "show where in the program an error came from")
    prefix: str = flag("default", "first word of the name of the folder of the run")
    train_dir: str = flag(
        "",
        "folder of the run; by default one in ./train_dir, named after the flags",
        aliases=["train_url"],
    )
    checkpoint: str = flag(
        "",
        "checkpoint of another run, or its folder, to start a new run from, whose steps count; "
        "with --evaluate, what to measure: a checkpoint, the folder of a run, or `best` in it",
    )
    dataset: str = flag("MNIST", _DATA_SETS)
    dump_result: bool = flag(False, "write generated images to samples_<step>.hdf5, too")
    batch_size: int = flag(
        0,
        "real images in each update; 0 for that of the preset: 200 in paper, half of them with "
        "labels, and 32 in port",
        at_least=0,
    )
    n_z: int = flag(0, "size of the latents; 0 for that of the preset, 100 or 128", at_least=0)
    norm_type: str = flag(
        "batch", "norm of both networks (port only)", choices=["batch", "instance", "None"]
    )
    deconv_type: str = flag(
        "bilinear",
        "how the generator doubles height and width (port only)",
        choices=["bilinear", "nn", "transpose"],
    )
    log_step: int = flag(10, "updates between lines on the console", at_least=1)
    test_sample_step: int = flag(
        1000,
        "updates between evaluations on all validation images; 0 for only at the end (every 100 "
        "on a batch of them in the original)",
        at_least=0,
    )
    output_save_step: int = flag(
        1000, "updates between pictures; 0 for only at the end", at_least=0
    )
    max_sample: int = flag(
        5000,
        "how many images --dump_result writes (in the original, of no effect: what its help calls "
        "the number of samples that the model can see)",
        at_least=1,
    )
    learning_rate_g: float = flag(
        0.0,
        "of Adam for the generator; 0 for that of the preset: 0.003 (MNIST) or 0.0003 in paper; "
        "0.001 in port, which the original used whatever it was told",
        at_least=0,
    )
    learning_rate_d: float = flag(0.0, "the same for the discriminator", at_least=0)
    update_rate: int = flag(
        1, "updates of the generator for each one of the discriminator", at_least=1
    )
    data_id: str = flag(
        "",
        "numbers of the test images to look at with --evaluate, as 3 14 15 or 3,14,15; all by "
        "default",
        takes_words=True,
    )


@dataclasses.dataclass
class Config(RunFlags, OriginalFlags):
    """The flags: those of the original, those of every run, then those that neither has."""

    data_dir: str = flag(
        "",
        "folder with the data (default: GENFLOW_DATA_DIR, or a cache folder)",
        aliases=["data_url"],
    )
    steps: int = flag(
        20000, "updates to make (45000 in the port)", aliases=["max_training_steps"], at_least=1
    )
    steps_log: int = flag(
        100,
        "updates between lines of log.jsonl, and points in TensorBoard",
        aliases=["write_summary_step"],
        at_least=1,
    )
    steps_checkpoint: int = flag(
        1000, "updates between checkpoints", aliases=["ckpt_save_step"], at_least=1
    )
    preset: str = flag(
        "paper",
        "networks, losses and their numbers: those of the paper for images of this kind, or those "
        "of the published TensorFlow code and its Ascend port, which use every label",
        choices=["paper", "port"],
    )
    labels_per_class: int = flag(
        -1,
        "training images of each class whose label is used, at least 10, chosen by the seed; 0 for "
        "all; -1 for that of the preset: 10 (400 of CIFAR10, 100 of SVHN) in paper, all in port",
        at_least=-1,
    )
    supervised_only: bool = flag(
        False, "train the discriminator alone, on the labels alone: what a GAN is compared with"
    )
    unlabelled_weight: float = flag(
        1.0, "of the losses without labels (unlabeled_weight of the authors' code)", at_least=0
    )
    feature_distance: str = flag(
        "",
        "of the mean features that the generator matches (paper only); by default l2 for gray "
        "images and l1 for others",
        choices=["", "l1", "l2"],
    )
    label_smoothing: float = flag(
        0.0, "how far below 1 the target of real images is", at_least=0, below=1
    )
    minibatch_discrimination: bool = flag(
        False,
        "minibatch discrimination before the last layer, and a generator that is to be taken for "
        "real (paper, colour images only)",
    )
    reconstruction_weight: float = flag(
        -1.0,
        "at the start, of a loss between generated images and real ones, which is gone after 1500 "
        "steps; 0 for none, -1 for that of the preset: 0 in paper, 10 in port",
        at_least=-1,
    )
    shift: int = flag(
        0,
        "largest shift, in pixels, by which training images are moved at random; none in the paper",
        at_least=0,
    )
    decay_from: float = flag(
        -1.0,
        "share of the updates after which the learning rates fall to 0, linearly; 1 for never, -1 "
        "for that of the preset: 0.5 in paper, 1 in port",
        at_least=-1,
    )
    average_decay: float = flag(
        -1.0,
        "of the averages of the weights, which judge and draw; 0 for none, -1 for that of the "
        "preset: 0.999 in paper, 0 in port",
        at_least=-1,
        below=1,
    )
    transposed: bool = flag(
        False, "height and width are exchanged in data.hdf5, as in the original's CIFAR-10"
    )
    n_valid: int = flag(
        5000,
        "training images to hold out for validation; at most a tenth of them is",
        at_least=10,
    )
    num_samples: int = flag(100, "images in a sample grid", at_least=1)
    evaluate: bool = flag(
        False, "no training: measure the accuracy of a trained run on the test images"
    )
    seed: int = flag(0, "of everything random, also of which labels are used", at_least=0)


# What may differ when the same run goes on in its folder,
MAY_CHANGE = (
    names_of_flags(RunFlags)
    + (
        "debug prefix train_dir checkpoint dump_result log_step test_sample_step output_save_step "
        "max_sample learning_rate_g learning_rate_d data_id data_dir num_samples evaluate"
    ).split()
)
# ... but has a folder of its own by default: with it, a run is another one from its start.
_NAMED = ("learning_rate_g", "learning_rate_d", "clip_norm")


class Numbers(NamedTuple):
    """Those of a preset.

    Attributes:
        batch_size: Real images in an update.
        n_z: Size of the latents.
        draw_latents: Draws them.
        value_range: Of the pixels.
        learning_rate: Of Adam.
        epsilon: Of Adam.
        clip_norm: Of the gradients; 0 for none.
        init_batch_size: For data-dependent initialisation.
        decay_from: Share of the updates after which the rates fall.
        average_decay: Of the averages of the weights; 0 for none.
        reconstruction_weight: See `genflow.training.Reconstruction`; 0 for none.
    """

    batch_size: int
    n_z: int
    draw_latents: DrawLatents
    value_range: Tuple[float, float]
    learning_rate: float
    epsilon: float
    clip_norm: float
    init_batch_size: int
    decay_from: float
    average_decay: float
    reconstruction_weight: float


# The epsilon: the authors have the square of this one, under the root. With TensorFlow's default of
# 1e-8 the generator may come apart after some thousand updates.
PAPER_GRAY = Numbers(
    batch_size=200,
    n_z=100,
    draw_latents=uniform_latents(0.0, 1.0),
    value_range=(0.0, 1.0),
    learning_rate=0.003,
    epsilon=1e-4,
    clip_norm=0.0,
    init_batch_size=500,
    decay_from=0.5,
    average_decay=0.999,
    reconstruction_weight=0.0,
)
PAPER_COLOUR = PAPER_GRAY._replace(value_range=(-1.0, 1.0), learning_rate=0.0003)
PORT = Numbers(
    batch_size=32,
    n_z=128,
    draw_latents=uniform_latents(-1.0, 1.0),
    value_range=(-1.0, 1.0),
    learning_rate=0.001,
    epsilon=1e-8,
    clip_norm=20.0,
    init_batch_size=0,
    decay_from=1.0,
    average_decay=0.0,
    reconstruction_weight=10.0,
)
# What says that a number is that of the preset: 0, or where 0 means none, anything below.
_NONE_IS_PRESET = ("batch_size", "n_z", "clip_norm")
_BELOW_ZERO_IS_PRESET = ("decay_from", "average_decay", "reconstruction_weight")


def with_flags(numbers: Numbers, config: Config) -> Numbers:
    """The numbers, but for those that flags say."""
    said = [name for name in _NONE_IS_PRESET if getattr(config, name)]
    said += [name for name in _BELOW_ZERO_IS_PRESET if getattr(config, name) >= 0]
    return numbers._replace(**{name: getattr(config, name) for name in said})


# A flag, its value, the flags that then have no effect, and what to do.
_WITHOUT_EFFECT = [
    (
        "supervised_only",
        True,
        "unlabelled_weight label_smoothing feature_distance update_rate learning_rate_g n_z "
        "reconstruction_weight num_samples dump_result max_sample deconv_type",
        "leave it out",
    ),
    ("preset", "paper", "norm_type deconv_type", "pass --preset port, or leave it out"),
    (
        "preset",
        "port",
        "feature_distance minibatch_discrimination",
        "pass --preset paper, or leave it out",
    ),
    ("minibatch_discrimination", True, "feature_distance", "leave it out"),
    ("dump_result", False, "max_sample", "pass that too, or leave it out"),
]


def check(config: Config) -> None:
    """Refuses flags out of range, and those that mean nothing together."""
    check_flags(config)
    check_session_flags(config)
    _check_values(config)
    _check_effects(config)
    if config.data_id and not config.evaluate:
        raise ValueError("--data_id is for --evaluate: pass that too, or leave it out.")
    if config.data_id and config.minibatch_discrimination:
        raise ValueError(
            "--data_id is not for --minibatch_discrimination, with which what an image is taken "
            "for depends on the images beside it: leave it out."
        )


def _check_values(config: Config) -> None:
    """Refuses what no flag by itself can be."""
    if 0 < config.labels_per_class < 10:
        raise ValueError(
            "--labels_per_class must be at least 10, or 0 for all; got {}.".format(
                config.labels_per_class
            )
        )
    for name in _BELOW_ZERO_IS_PRESET:
        value = getattr(config, name)
        if -1 < value < 0 or name == "decay_from" and value > 1:
            raise ValueError(
                "--{} must be {}, or -1 for that of the preset; got {}.".format(
                    name, "in [0, 1]" if name == "decay_from" else "at least 0", value
                )
            )
    if not re.match(r"[\w.=-]+$", config.prefix):
        raise ValueError(
            "--prefix must be letters, digits and any of _.=-; got {!r}.".format(config.prefix)
        )
    if os.path.basename(os.path.normpath(config.train_dir)) == "best":
        raise ValueError(
            "--train_dir must not be called best, which is where a run keeps its best checkpoint; "
            "got {}.".format(config.train_dir)
        )


def _check_effects(config: Config) -> None:
    """Refuses flags that have no effect with others."""
    defaults = Config()
    for cause, value, names, remedy in _WITHOUT_EFFECT:
        if getattr(config, cause) != value:
            continue
        which = "--" + cause if isinstance(value, bool) else "--{} {}".format(cause, value)
        for name in names.split():
            if getattr(config, name) != getattr(defaults, name):
                raise ValueError(
                    "--{} has no effect {} {}: {}.".format(
                        name, "without" if value is False else "with", which, remedy
                    )
                )


def run_dir(config: Config) -> str:
    """The folder of the run; unless --train_dir says it, its name says what is not the default."""
    if config.train_dir:
        return config.train_dir
    unnamed = [name for name in MAY_CHANGE if name not in _NAMED] + ["dataset"]
    return os.path.join("train_dir", name_of_run(config, [config.prefix, config.dataset], unnamed))

"""Glow on CIFAR-10, or on other small images.

Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions, 2018.
https://arxiv.org/abs/1807.03039

Runs:
    # A small model on photographs that come with scikit-learn: nothing to download.
    python examples/glow_cifar10.py --problem photos --depth 4 --width 64 --max_minutes 3

    # The same on CIFAR-10, found in --data_dir or GENFLOW_DATA_DIR, or downloaded.
    python examples/glow_cifar10.py --depth 4 --width 128 --learntop --flow_coupling 1 --download

    # The published model; takes days on a GPU.
    python examples/glow_cifar10.py --depth 32 --width 512 --learntop --flow_coupling 1

The folder of the run (--logdir) then holds a sample grid at several temperatures,
reconstructions, the learning curve, the log and the checkpoints. The same command with
the same --logdir goes on with the run.
"""

import dataclasses
import sys
from typing import List, Optional, Sequence, Tuple

from genflow.core import Bijection
from genflow.core.random import child_seeds
from genflow.core.types import Seed
from genflow.data import ImageSet, load_cifar10, load_digits, load_photo_patches
from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    Chain,
    Dequantize,
    FullMatrix,
    Invertible1x1Conv,
    LearnedPrior,
    MultiScale,
    Permute,
    PLUMatrix,
    Split,
    Squeeze,
    reversed_order,
    shuffled_order,
)
from genflow.networks import ContextBias, GlowConditioner, Sum, ZerosConv
from genflow.optimizers import Adamax, linear_warmup
from genflow.training import FlowTrainer, flag, keep_config, parse_flags

# What may differ when the same --logdir goes on with a run.
MAY_CHANGE = (
    "logdir data_dir download lr steps steps_warmup steps_log epochs epochs_warmup "
    "epochs_full_valid max_minutes"
).split()


@dataclasses.dataclass
class Config:
    """The flags, under the names of the original."""

    problem: str = flag(
        "cifar10",
        "images to train on; auto is cifar10 if it is at hand, else photos",
        choices=["auto", "cifar10", "photos", "digits"],
    )
    data_dir: str = flag("", "folder with the data; default: GENFLOW_DATA_DIR or the cache")
    download: bool = flag(False, "download the data if it is not there")
    logdir: str = flag("./logs", "folder of the run")
    seed: int = flag(0, "of everything random")
    n_train: int = flag(0, "training images to use; 0 or -1 for all")
    n_test: int = flag(0, "held-out images to use; 0 or -1 for all")
    n_batch_train: int = flag(50, "images in each update")
    n_batch_init: int = flag(256, "images for data-dependent initialisation")
    n_bits_x: int = flag(8, "bits of every pixel value")
    n_levels: int = flag(3, "levels")
    depth: int = flag(32, "steps in each level")
    width: int = flag(512, "channels of the couplings' hidden layers")
    flow_permutation: int = flag(2, "0 reverse, 1 shuffle, 2 invertible 1x1 convolution", [0, 1, 2])
    flow_coupling: int = flag(0, "0 additive, 1 affine", choices=[0, 1])
    plu: bool = flag(False, "keep the 1x1 convolutions as triangular factors")
    learntop: bool = flag(False, "learn the top prior")
    ycond: bool = flag(False, "let the top prior depend on the class")
    lr: float = flag(0.001, "learning rate after the warm-up")
    beta1: float = flag(0.9, "decay of the average gradient")
    polyak_epochs: float = flag(1.0, "sets the decay of the largest gradient")
    epochs: int = flag(100, "passes over the training images")
    epochs_warmup: float = flag(10.0, "length of the warm-up")
    epochs_full_valid: float = flag(5.0, "passes between reports")
    steps: int = flag(0, "updates to make, instead of epochs")
    steps_warmup: int = flag(0, "length of the warm-up in updates, instead of epochs")
    steps_log: int = flag(50, "updates between lines of the log")
    max_minutes: float = flag(0.0, "stop training after this time; 0 for no limit")


def load_data(config: Config) -> Tuple[ImageSet, ImageSet]:
    """The training and the held-out images."""
    train, test = (load_split(config, split) for split in ("train", "test"))
    sizes = [n if n > 0 else len(s) for n, s in ((config.n_train, train), (config.n_test, test))]
    return train.take(sizes[0]), test.take(sizes[1])


def load_split(config: Config, split: str) -> ImageSet:
    """The images of one split."""
    if config.problem == "photos":
        return load_photo_patches(split)
    if config.problem == "digits":
        return load_digits(split, scale=2)
    try:
        return load_cifar10(split, config.data_dir or None, config.download)
    except FileNotFoundError:
        if config.problem != "auto":
            raise
        print("No CIFAR-10 at hand: taking photographs that need no download.")
        return load_photo_patches(split)


def check_flags(config: Config, image_shape: Sequence[int]) -> None:
    """Refuses flags that no model can be made of."""
    for name in ("depth", "width", "n_levels", "n_batch_train", "polyak_epochs", "steps_log"):
        if not getattr(config, name) > 0:
            raise ValueError("--{} must be positive; got {}.".format(name, getattr(config, name)))
    if any(size % 2**config.n_levels for size in image_shape[:2]):
        raise ValueError(
            "--n_levels {} halves images that many times; those of {} are {}x{}.".format(
                config.n_levels, config.problem, *image_shape[:2]
            )
        )


def make_model(config: Config, image_shape: Sequence[int], noise_seed: Seed = None) -> Flow:
    """Assembles the flow."""
    levels, channels = [], image_shape[-1]
    seeds = child_seeds(config.seed, config.n_levels)
    for level, seed in enumerate(seeds):
        channels *= 4
        steps = [make_step(config, channels, child) for child in child_seeds(seed, config.depth)]
        last = level + 1 == config.n_levels
        end = make_top_prior(config, channels) if last else [Split(ZerosConv(channels))]
        levels.append(Chain([Squeeze()] + steps + end))
        channels //= 2
    dequantize = Dequantize(config.n_bits_x, seed=noise_seed)
    return Flow(Chain([dequantize, MultiScale(levels)]), image_shape)


def make_step(config: Config, channels: int, seed: int) -> Bijection:
    """One step of flow: actnorm, permutation, coupling."""
    mixing_seed, conditioner_seed = child_seeds(seed, 2)
    matrix = PLUMatrix if config.plu else FullMatrix
    permutation = [
        lambda: Permute(reversed_order),
        lambda: Permute(shuffled_order(mixing_seed)),
        lambda: Invertible1x1Conv(matrix(mixing_seed)),
    ][config.flow_permutation]()
    coupling, outputs = [(AdditiveCoupling, channels // 2), (AffineCoupling, channels)][
        config.flow_coupling
    ]
    conditioner = GlowConditioner(config.width, outputs, seed=conditioner_seed)
    return Chain([ActNorm(log_scale_factor=3.0), permutation, coupling(conditioner)])


def make_top_prior(config: Config, channels: int) -> List[Bijection]:
    """The prior of the coarsest latent; the standard normal needs no layer."""
    networks = [ZerosConv(2 * channels)] if config.learntop else []
    networks += [ContextBias(2 * channels)] if config.ycond else []
    return [LearnedPrior(Sum(networks))] if networks else []


def train(config: Config) -> dict:
    """Trains the model; returns what it reached and where the pictures are."""
    train_set, test_set = load_data(config)
    check_flags(config, train_set.images.shape[1:])
    steps_per_epoch = -(-len(train_set) // config.n_batch_train)
    num_steps = config.steps or config.epochs * steps_per_epoch
    warmup = config.steps_warmup or config.epochs_warmup * steps_per_epoch
    beta2 = 1.0 - 1.0 / (steps_per_epoch * config.polyak_epochs)
    keep_config(config.logdir, config, may_change=MAY_CHANGE)
    trainer = FlowTrainer(
        lambda noise_seed: make_model(config, train_set.images.shape[1:], noise_seed),
        lambda step: Adamax(linear_warmup(config.lr, step, warmup), config.beta1, beta2),
        train_set,
        test_set,
        config.logdir,
        batch_size=config.n_batch_train,
        init_batch_size=config.n_batch_init,
        num_bits=config.n_bits_x,
        class_conditional=config.ycond,
        seed=config.seed,
    )
    print("{:,} parameters, {:,} training images".format(trainer.num_parameters, len(train_set)))
    return trainer.train(
        num_steps,
        report_every=max(1, int(config.epochs_full_valid * steps_per_epoch)),
        log_every=config.steps_log,
        max_seconds=60.0 * config.max_minutes or None,
    )


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags, trains, and says what was made."""
    config = parse_flags(Config, argv, description=__doc__)
    try:
        summary = train(config)
    except (OSError, ValueError, FloatingPointError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped; the same command goes on from here: {}".format(config.logdir))
    print("Held-out bits/dim after {num_steps} steps: {test_bits_per_dim:.4f}".format(**summary))
    print("Look at:")
    for name, path in summary["pictures"].items():
        print("  {:<20}{}".format(name, path))


if __name__ == "__main__":
    main(sys.argv[1:])

r"""RealNVP on CIFAR-10, or on other images.

Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016.
https://arxiv.org/abs/1605.08803

Runs:
    # A small model on photographs that come with scikit-learn: nothing to download.
    python examples/realnvp_cifar10.py --data_set photos --width 32 --num_blocks 2 \\
        --max_minutes 5 --save_dir runs/photos

    # The same on CIFAR-10, found in --data_dir or GENFLOW_DATA_DIR, or downloaded.
    python examples/realnvp_cifar10.py --width 32 --num_blocks 2 --batch_size 32 --download \\
        --save_dir runs/small

    # The full model, by the published line; on 2 cores an epoch takes hours.
    python examples/realnvp_cifar10.py --save_interval=2 --load_params=0 --nr_gpu=1

    # The model of the original code, with its 5,911,688 parameters.
    python examples/realnvp_cifar10.py --preset original --save_dir runs/original

The folder of the run (--save_dir) then holds a sample grid at several temperatures,
reconstructions, held-out images with their bits/dim, the learning curve, the logs and the
checkpoints. The same command with --load_params=1 goes on with the run; Ctrl-C and SIGTERM
lose nothing.
"""

import dataclasses
import functools
import sys
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Network, child_seeds, fold_in, make_seed
from genflow.core.types import Nest, Seed, Tensor
from genflow.data import (
    ImageSource,
    RandomFlip,
    load_cifar10,
    load_digits,
    load_imagenet32,
    load_photo_patches,
)
from genflow.distributions import Flow
from genflow.layers import (
    Chain,
    Dequantize,
    ExpScale,
    LearnedTanhScale,
    Logit,
    MaskedAffineCoupling,
    MultiScale,
    Permute,
    RunningBatchNorm,
    Split,
    Squeeze,
    channel_mask,
    checkerboard_mask,
    checkerboard_order,
    complement,
    swapped_order,
)
from genflow.networks import BatchNorm, ResidualConditioner, WeightNormConv, kernel_norm
from genflow.training import (
    FlowTrainer,
    IterationLog,
    Minimizer,
    check_config,
    check_count,
    check_halvings,
    every,
    keep_config,
    loss_scale_from_flags,
    parse_flags,
    print_summary,
    run_command,
    session_from_flags,
)
from realnvp_flags import MAY_CHANGE, Config, check

GO_ON = "--load_params=1"

# From the configuration, the number of channels, the seed of the weights and that of dropout.
MakeConditioner = Callable[[Config, int, int, Seed], Network]


class Preset(NamedTuple):
    """What the paper and the original code do differently."""

    make_conditioner: MakeConditioner
    make_scale_map: Callable
    has_norm: bool  # After each coupling.
    order: Callable  # Of the channels, the second half of which leaves at the end of a scale.
    alpha: float  # Of the logit.
    flips: bool  # Training images.


def paper_conditioner(config: Config, channels: int, seed: int, dropout_seed: Seed) -> Network:
    """A residual network with a gain for every channel and unbounded shifts."""
    return residual(config, channels, seed, dropout_seed)


def residual(config: Config, channels: int, seed: int, dropout_seed: Seed, **convs: Any) -> Network:
    """The residual network of both presets, which take other convolutions."""
    return ResidualConditioner(
        config.width,
        2 * channels,
        config.num_blocks,
        make_norm=functools.partial(BatchNorm, config.norm_decay, affine=False),
        dropout_rate=config.dropout_p,
        dropout_seed=dropout_seed,
        seed=seed,
        **convs,
    )


class OriginalConditioner(Network):
    """A residual network with one gain for every kernel, no bias, and bounded outputs.

    Computes `factor * tanh(residual(x))` for shifts and log-scales alike, where the scalar
    `factor` is a weight of one number, normalised: plus or minus its gain.

    Shapes:
        x: `[batch, height, width, channels]`.
        y: `[batch, height, width, 2 * channels]`.
    """

    def __init__(self, config: Config, channels: int, seed: int, dropout_seed: Seed) -> None:
        """Constructs the network; see `paper_conditioner`."""
        super().__init__()
        conv = functools.partial(WeightNormConv, norm=kernel_norm, use_bias=False)
        output = functools.partial(conv, init_scale=0.1)
        self.residual = residual(
            config, channels, seed, dropout_seed, make_conv=conv, make_output=output
        )

    def _build(self, x: Tensor) -> None:
        self.direction = self._variable("direction", tf.ones, [1], x.dtype)
        self.gain = self._variable("gain", tf.ones, [1], x.dtype)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        return self._bounded(self.residual(x, training=training))

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> tuple:
        y, updates = self.residual.initialize(x)
        return self._bounded(y), updates

    def _bounded(self, y: Tensor) -> Tensor:
        factor = self.gain * self.direction / tf.norm(self.direction)
        return factor * tf.tanh(y)


PRESETS = {
    "paper": Preset(
        make_conditioner=paper_conditioner,
        make_scale_map=LearnedTanhScale,
        has_norm=True,
        order=checkerboard_order,
        alpha=0.05,
        flips=True,
    ),
    "original": Preset(
        make_conditioner=OriginalConditioner,
        make_scale_map=ExpScale,
        has_norm=False,
        order=swapped_order,
        alpha=1e-5,
        flips=False,
    ),
}


def make_model(config: Config, image_shape: Sequence[int], noise_seed: Seed = None) -> Flow:
    """Assembles the flow."""
    preset, channels = PRESETS[config.preset], image_shape[-1]
    num_couplings = 6 * (config.num_scales - 1) + 4
    seeds = iter(child_seeds(config.seed, num_couplings))

    def couplings(mask: Callable, count: int, channels: int) -> List[Bijection]:
        layers = []
        for index in range(count):
            alternating = complement(mask) if index % 2 else mask
            layers += make_coupling(config, alternating, channels, next(seeds), noise_seed)
        return layers

    levels = []
    for _ in range(config.num_scales - 1):
        fine = couplings(checkerboard_mask, 3, channels)
        coarse = couplings(channel_mask, 3, 4 * channels)
        factor_out = [Permute(preset.order), Split()]
        levels.append(Chain(fine + [Squeeze(channel_major=False)] + coarse + factor_out))
        channels *= 2
    levels.append(Chain(couplings(checkerboard_mask, 4, channels)))
    preprocessing = [
        Dequantize(centered=False, seed=noise_seed),
        Logit(config.alpha or preset.alpha),
    ]
    return Flow(Chain(preprocessing + [MultiScale(levels)]), image_shape)


def make_coupling(
    config: Config, mask: Callable, channels: int, seed: int, noise_seed: Seed
) -> List[Bijection]:
    """One coupling, and the norm that follows it."""
    preset = PRESETS[config.preset]
    conditioner = preset.make_conditioner(
        config, channels, seed, lambda: fold_in(make_seed(noise_seed), "coupling/{}".format(seed))
    )
    coupling = MaskedAffineCoupling(conditioner, mask, preset.make_scale_map())
    return [coupling] + ([RunningBatchNorm(config.norm_decay)] if preset.has_norm else [])


def load_data(config: Config, split: str) -> ImageSource:
    """The images of --data_set."""
    data_dir = config.data_dir or None
    return {
        "cifar": lambda: load_cifar10(split, data_dir, config.download),
        "imagenet": lambda: load_imagenet32(split, data_dir),
        "photos": lambda: load_photo_patches(split),
        "digits": lambda: load_digits(split, scale=2),
    }[config.data_set]()


def make_minimizer(config: Config) -> Minimizer:
    """Adam with its default moments, and a rate that falls with every update."""

    def make_optimizer(step: Tensor) -> tf.compat.v1.train.Optimizer:
        return tf.compat.v1.train.AdamOptimizer(learning_rate(config, step))

    return Minimizer(
        make_optimizer, config.clip_norm or None, loss_scale=loss_scale_from_flags(config)
    )


def learning_rate(config: Config, step: Tensor) -> Tensor:
    """Of the update after so many others."""
    return config.learning_rate * config.lr_decay ** tf.cast(step, tf.float32)


def make_trainer(config: Config, train_set: ImageSource, test_set: ImageSource) -> FlowTrainer:
    """Everything that training needs."""
    check_images(config, train_set, test_set)
    flips = PRESETS[config.preset].flips and config.data_set == "cifar"

    return FlowTrainer(
        lambda noise_seed: make_model(config, test_set.image_shape, noise_seed),
        make_minimizer(config),
        train_set,
        test_set.take(config.n_test) if config.n_test else test_set,
        config.save_dir,
        batch_size=config.batch_size,
        init_batch_size=config.init_batch_size,
        augment=RandomFlip() if flips else None,
        num_parallel=4,
        num_samples=config.sample_batch_size,
        restore_path=config.restore_path or None,
        keep=config.checkpoints,
        config=dataclasses.asdict(config),
        open_session=session_from_flags(config),
        seed=config.seed,
    )


def check_images(config: Config, train_set: ImageSource, test_set: ImageSource) -> None:
    """Refuses images that the scales cannot halve, or that are too few."""
    halvings, sides = config.num_scales - 1, test_set.image_shape[:2]
    check_halvings("num_scales", config.num_scales, halvings, test_set.image_shape)
    if min(sides) < 2 * 2**halvings:
        raise ValueError(
            "--num_scales {} leaves single pixels of images of {}x{}, where no checkerboard has "
            "two colours: lower it by 1.".format(config.num_scales, *sides)
        )
    for name, images in (
        ("batch_size", train_set),
        ("init_batch_size", train_set),
        ("n_test", test_set),
    ):
        check_count(name, getattr(config, name), images, getattr(config, name))


def saves(config: Config, epoch: int) -> bool:
    """Whether the original saves after an epoch, counted from 1."""
    return (epoch - 1) % config.save_interval == 0


def train(config: Config) -> dict:
    """Trains the model; returns what it reached and where the pictures are."""
    check(config)
    resume, restore_path = bool(config.load_params), config.restore_path
    run = (config.save_dir, config, MAY_CHANGE, resume, restore_path, GO_ON)
    check_config(*run)
    train_set, test_set = load_data(config, "train"), load_data(config, "test")
    trainer = make_trainer(config, train_set, test_set)
    print(
        "{:,} parameters, {:,} images of {}, from update {} on".format(
            trainer.num_parameters, len(train_set), train_set.name, trainer.checkpoints.step
        )
    )
    epoch = len(train_set) // config.batch_size
    log = IterationLog(config.save_dir, config.data_set, epoch, trainer.state, trainer.write)
    return trainer.train(
        config.steps or config.max_epochs * epoch,
        evaluate_at=every(epoch),
        sample_at=lambda step: step % epoch == 0 and saves(config, step // epoch),
        log_every=config.steps_log,
        checkpoint_every=config.steps_checkpoint,
        max_seconds=60.0 * config.max_minutes or None,
        observers=[log],
        when_open=lambda: keep_config(*run),
    )


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags, trains, and says what was made."""
    config = parse_flags(Config, argv, description=__doc__)
    print_summary(run_command(lambda: train(config), how_to_go_on=GO_ON))


if __name__ == "__main__":
    main(sys.argv[1:])

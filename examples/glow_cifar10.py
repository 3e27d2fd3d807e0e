r"""Glow on CIFAR-10, or on other images.

Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions, 2018.
https://arxiv.org/abs/1807.03039

Runs:
    # A small model on photographs that come with scikit-learn: nothing to download.
    python examples/glow_cifar10.py --problem photos --depth 4 --width 64 --max_minutes 3

    # The same on CIFAR-10, found in --data_dir or GENFLOW_DATA_DIR, or downloaded.
    python examples/glow_cifar10.py --depth 4 --width 128 --learntop --flow_coupling 1 --download

    # The published model; takes days on a GPU.
    python examples/glow_cifar10.py --depth 32 --width 512 --learntop --flow_coupling 1

    # A model of the digits of MNIST, class by class, that also tells them apart.
    python examples/glow_cifar10.py --problem mnist --depth 4 --width 128 --flow_coupling 1 \\
        --ycond --weight_y 0.01

    # What has been trained encodes and decodes the held-out images: inference.npz
    python examples/glow_cifar10.py <the flags of the run> --inference

The folder of the run (--logdir) then holds a sample grid at several temperatures,
reconstructions, the learning curve, the logs and the checkpoints. The same command with
--resume goes on with the run; Ctrl-C and SIGTERM lose nothing.
"""

import dataclasses
import os
import sys
from typing import Callable, List, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Network, child_seeds
from genflow.core.types import Nest, Seed, Tensor
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
    recompute,
    reversed_order,
    shuffled_order,
)
from genflow.networks import ContextBias, GlowConditioner, Sum, ZerosConv, ZerosDense
from genflow.optimizers import Adamax, linear_warmup
from genflow.training import (
    EpochLog,
    FlowTrainer,
    Minimizer,
    check_checkpoint_config,
    check_config,
    keep_config,
    loss_scale_from_flags,
    parse_flags,
    print_encoding,
    print_summary,
    run_command,
    session_from_flags,
)
from glow_data import Data, load_data
from glow_flags import MAY_CHANGE, Config, Schedule, check, check_data


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
    layers = [ActNorm(log_scale_factor=3.0), permutation, coupling(conditioner)]
    return Chain(layers, backprop=recompute if config.gradient_checkpointing else None)


def make_top_prior(config: Config, channels: int) -> List[Bijection]:
    """The prior of the coarsest latent; the standard normal needs no layer."""
    networks = [ZerosConv(2 * channels)] if config.learntop else []
    networks += [ContextBias(2 * channels)] if config.ycond else []
    return [LearnedPrior(Sum(networks))] if networks else []


class TopClassifier(Network):
    """Classes from the spatial mean of the coarsest latent.

    The latent is taken as it is before its prior, which knows the class.
    """

    def __init__(self, flow: Flow, num_classes: int) -> None:
        """Constructs the classifier of a flow that `make_model` has made with --ycond."""
        super().__init__()
        self._prior = flow.bijection.layers[-1].levels[-1].layers[-1]
        self.linear = ZerosDense(num_classes)

    def _call(self, x: Nest, context: Optional[Nest], training: bool) -> Tensor:
        top = self._prior.inverse(x[-1], context)
        return self.linear(tf.reduce_mean(top, axis=[1, 2]))


def make_minimizer(config: Config, schedule: Schedule) -> Minimizer:
    """The optimizer and what belongs to it."""
    make = {"adamax": Adamax}.get(config.optimizer, tf.compat.v1.train.AdamOptimizer)

    def make_optimizer(step: Tensor) -> tf.compat.v1.train.Optimizer:
        rate = linear_warmup(config.lr, step, schedule.num_warmup_steps)
        return make(rate, config.beta1, schedule.decay, epsilon=1e-8)

    return Minimizer(
        make_optimizer,
        config.clip_norm or None,
        config.weight_decay,
        average_decay=schedule.decay,
        loss_scale=loss_scale_from_flags(config),
    )


def make_trainer(
    config: Config, data: Data, initialize: Optional[Callable] = None, resume: bool = True
) -> FlowTrainer:
    """Everything that training and inference need."""
    schedule = Schedule(config, data)
    num_classes, image_shape = data.train.num_classes, data.test.image_shape
    return FlowTrainer(
        lambda noise_seed: make_model(config, image_shape, noise_seed),
        make_minimizer(config, schedule),
        data.train,
        data.test.take(config.n_test) if config.n_test > 0 else data.test,
        config.logdir,
        batch_size=schedule.batch_size(config.n_batch_train),
        test_batch_size=schedule.batch_size(config.n_batch_test),
        init_batch_size=schedule.batch_size(config.n_batch_init),
        num_bits=config.n_bits_x,
        class_conditional=config.ycond,
        make_classifier=(lambda flow: TopClassifier(flow, num_classes))
        if config.weight_y
        else None,
        classifier_weight=config.weight_y,
        augment=data.augment,
        num_parallel=config.pmap,
        use_average=config.polyak,
        num_samples=config.n_grid,
        sample_batch_size=config.n_sample or None,
        restore_path=config.restore_path or None,
        resume=resume,
        keep=config.checkpoints,
        config=dataclasses.asdict(config),
        open_session=session_from_flags(config),
        initialize=initialize,
        seed=config.seed,
    )


def train(config: Config) -> dict:
    """Trains the model; returns what it reached and where the pictures are."""
    check(config)
    data = load_data(config)
    check_data(config, data)
    run = (config.logdir, config, MAY_CHANGE, config.resume, config.restore_path)
    check_config(*run)
    schedule, trainer = Schedule(config, data), make_trainer(config, data)
    print("{:,} parameters, {:,} training images".format(trainer.num_parameters, len(data.train)))
    log = EpochLog(
        config.logdir,
        dataclasses.asdict(config),
        schedule.steps_per_epoch,
        trainer.batch_size,
        trainer.state,
        trainer.checkpoints.step if trainer.checkpoints.goes_on else None,
        config.n_batch_train,
        schedule.prints,
        config.verbose,
        trainer.write,
    )
    return trainer.train(
        schedule.num_steps,
        schedule.evaluates_at,
        schedule.samples_at,
        log_every=config.steps_log,
        checkpoint_every=config.steps_checkpoint,
        max_seconds=60.0 * config.max_minutes or None,
        observers=[log],
        when_open=lambda: keep_config(*run),
    )


def infer(config: Config) -> dict:
    """Encodes and decodes the held-out images with the weights of a run."""
    check(config)
    data = load_data(config)
    check_data(config, data)
    check_checkpoint_config(config.restore_path or config.logdir, config, MAY_CHANGE)
    trainer = make_trainer(config, data, resume=not config.restore_path)
    return trainer.infer(os.path.join(config.logdir, "inference.npz"))


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags, trains, and says what was made."""
    config = parse_flags(Config, argv, description=__doc__)
    if config.inference:
        print_encoding(run_command(lambda: infer(config)))
    else:
        print_summary(run_command(lambda: train(config), how_to_go_on="--resume"))


if __name__ == "__main__":
    main(sys.argv[1:])

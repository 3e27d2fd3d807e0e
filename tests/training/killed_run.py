"""One process of a training that a test kills: python -m tests.training.killed_run ..."""

import argparse
import functools
import os

import tensorflow.compat.v2 as tf

from genflow import ascend
from genflow.core import Network
from genflow.data import RandomAffine, load_digits
from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AffineCoupling,
    Chain,
    Dequantize,
    Invertible1x1Conv,
    LearnedPrior,
    MultiScale,
    Split,
    Squeeze,
    recompute,
)
from genflow.networks import ContextBias, GlowConditioner, Sum, ZerosConv, ZerosDense
from genflow.optimizers import Adamax, linear_warmup
from genflow.training import EpochLog, FlowTrainer, Minimizer, every


def make_flow(noise_seed):
    def step(channels):
        coupling = AffineCoupling(GlowConditioner(8, channels, seed=channels))
        return Chain([ActNorm(), Invertible1x1Conv(), coupling], backprop=recompute)

    tf.compat.v1.set_random_seed(0)
    levels = [
        Chain([Squeeze(), step(4), Split(ZerosConv(4))]),
        Chain([Squeeze(), step(8), LearnedPrior(Sum([ZerosConv(16), ContextBias(16)]))]),
    ]
    return Flow(Chain([Dequantize(seed=noise_seed), MultiScale(levels)]), [8, 8, 1])


class Classifier(Network):
    def __init__(self, flow):
        super().__init__()
        self.linear = ZerosDense(10)

    def _call(self, x, context, training):
        return self.linear(tf.reduce_mean(x[-1], axis=[1, 2]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run_dir")
    parser.add_argument("num_steps", type=int)
    parser.add_argument("--kill_at", type=int, default=-1)
    arguments = parser.parse_args()
    one_thread = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=1, inter_op_parallelism_threads=1
    )
    minimizer = Minimizer(
        lambda step: Adamax(linear_warmup(0.01, step, 5)), clip_norm=2.0, average_decay=0.9
    )
    trainer = FlowTrainer(
        make_flow,
        minimizer,
        load_digits("train").take(100),
        load_digits("test").take(40),
        arguments.run_dir,
        batch_size=12,
        init_batch_size=40,
        class_conditional=True,
        make_classifier=Classifier,
        classifier_weight=0.1,
        augment=RandomAffine(shift=0.1, rotation=10.0),
        num_parallel=2,
        use_average=True,
        open_session=functools.partial(ascend.session, "cpu", config=one_thread),
        show_progress=False,
    )

    def say(step, metrics, report):
        print("made", step, flush=True)
        if step == arguments.kill_at:
            os.kill(os.getpid(), 9)

    first_step = trainer.checkpoints.step if trainer.checkpoints.goes_on else None
    log = EpochLog(arguments.run_dir, {}, 7, 12, trainer.state, first_step)
    trainer.train(
        arguments.num_steps,
        evaluate_at=every(6),
        sample_at=every(0),
        log_every=5,
        checkpoint_every=4,
        observers=[log, say],
    )


if __name__ == "__main__":
    main()

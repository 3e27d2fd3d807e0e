"""How near a training step of Glow or RealNVP is to the machine's limit.

The limit is taken to be the time of the couplings' convolutions alone: the same shapes,
forward and backward, with nothing between them. Both are timed in turn in one process,
so that what else the machine does touches both; the result is their ratio.

Run:
    python benchmarks/step_time.py --model glow --depth 4 --width 128
    python benchmarks/step_time.py --model realnvp --num_blocks 2 --width 32 --batch_size 12
"""

import dataclasses
import os
import sys
import time
from typing import Any, Callable, List, NamedTuple, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "examples"))

import glow_cifar10
import realnvp_cifar10
from genflow.distributions import Flow
from genflow.optimizers import Adamax
from genflow.training import flag, parse_flags

IMAGE_SHAPE = (32, 32, 3)


@dataclasses.dataclass
class Config:
    """The flags."""

    model: str = flag("glow", "whose step is timed", choices=["glow", "realnvp"])
    depth: int = flag(4, "steps in each level, of Glow")
    num_blocks: int = flag(2, "residual blocks in each coupling, of RealNVP")
    width: int = flag(128, "channels of the couplings' hidden layers")
    batch_size: int = flag(50, "images in each update")
    plu: bool = flag(False, "keep the 1x1 convolutions of Glow as triangular factors")
    rounds: int = flag(20, "how often each is timed")


class Conditioner(NamedTuple):
    """The convolutions of a coupling: side of the images, and (size, inputs, outputs) of each."""

    side: int
    kernels: List[Tuple[int, int, int]]


def main() -> None:
    """Prints the median times and their ratio."""
    config = parse_flags(Config, description=__doc__)
    make_flow, conditioners = {"glow": glow, "realnvp": real_nvp}[config.model](config)
    step = training_step(config, make_flow)
    convolutions = bare_convolutions(config, conditioners)
    times = np.array([[timed(step), timed(convolutions)] for _ in range(config.rounds)])
    full, bare = np.median(times[2:], axis=0)
    low, high = np.percentile(times[2:, 0] / times[2:, 1], [25, 75])
    print("training step {:.3f} s, convolutions alone {:.3f} s".format(full, bare))
    print("ratio {:.2f}, quartiles {:.2f} to {:.2f}".format(full / bare, low, high))


def glow(config: Config) -> Tuple[Callable[[], Flow], List[Conditioner]]:
    """The model of `examples/glow_cifar10.py`, and its couplings."""
    flags = glow_cifar10.Config(
        depth=config.depth, width=config.width, plu=config.plu, flow_coupling=1, learntop=True
    )
    width, conditioners = config.width, []
    for level in range(3):
        channels = 12 * 2**level
        kernels = [(3, channels // 2, width), (1, width, width), (3, width, channels)]
        conditioners += [Conditioner(16 // 2**level, kernels)] * config.depth
    return lambda: glow_cifar10.make_model(flags, IMAGE_SHAPE, noise_seed=0), conditioners


def real_nvp(config: Config) -> Tuple[Callable[[], Flow], List[Conditioner]]:
    """The model of `examples/realnvp_cifar10.py`, and its couplings."""
    flags = realnvp_cifar10.Config(num_blocks=config.num_blocks, width=config.width)
    width, conditioners = config.width, []
    for side, channels, count in ((32, 3, 3), (16, 12, 3), (16, 6, 4)):
        blocks = [(3, width, width)] * (2 * config.num_blocks)
        kernels = [(1, channels, width)] + blocks + [(1, width, 2 * channels)]
        conditioners += [Conditioner(side, kernels)] * count
    return lambda: realnvp_cifar10.make_model(flags, IMAGE_SHAPE, noise_seed=0), conditioners


def training_step(config: Config, make_flow: Callable[[], Flow]) -> Callable[[], None]:
    """One update of a model."""
    with tf.Graph().as_default() as graph:
        flow = make_flow()
        x = tf.constant(
            np.random.RandomState(0).randint(0, 256, (config.batch_size,) + IMAGE_SHAPE)
        )
        x = tf.compat.v1.placeholder_with_default(x, x.shape)
        loss = tf.reduce_mean(flow.bits_per_dim(x, training=True))
        optimizer = Adamax(1e-3)
        return in_session(graph, optimizer.minimize(loss, var_list=flow.trainable_variables))


def bare_convolutions(config: Config, conditioners: List[Conditioner]) -> Callable[[], None]:
    """Forward and backward of the convolutions of all couplings."""
    with tf.Graph().as_default() as graph:
        gradients = []
        for conditioner in conditioners:
            gradients += coupling_gradients(config.batch_size, conditioner)
        # Fetched, not grouped: what nothing reads is optimised away.
        return in_session(graph, [tf.reduce_max(gradient) for gradient in gradients])


def coupling_gradients(batch_size: int, conditioner: Conditioner) -> List[Any]:
    """The gradients of convolutions with respect to their kernels and the input."""
    random = np.random.RandomState(0)

    def variable(*shape: int) -> tf.Variable:
        return tf.Variable(random.standard_normal(shape).astype(np.float32))

    side, inputs = conditioner.side, conditioner.kernels[0][1]
    x = variable(batch_size, side, side, inputs)
    kernels = [variable(size, size, *channels) for size, *channels in conditioner.kernels]
    y = tf.convert_to_tensor(x)
    for weights in kernels:
        y = tf.nn.conv2d(y, weights, strides=1, padding="SAME")
    return tf.compat.v1.gradients(y, kernels + [x], grad_ys=tf.ones_like(y) * y)


def in_session(graph: tf.Graph, operation: Any) -> Callable[[], None]:
    """A function that runs an operation in a session of its own."""
    session = tf.compat.v1.Session(graph=graph)
    with graph.as_default():
        session.run(tf.compat.v1.global_variables_initializer())
    return lambda: session.run(operation)


def timed(function: Callable[[], None]) -> float:
    """Seconds that a call takes."""
    start = time.time()
    function()
    return time.time() - start


if __name__ == "__main__":
    main()

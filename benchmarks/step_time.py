"""How near a training step of Glow is to the machine's limit.

The limit is taken to be the time of the couplings' convolutions alone: the same shapes,
forward and backward, with nothing between them. Both are timed in turn in one process,
so that what else the machine does touches both; the result is their ratio.

Run:
    python benchmarks/step_time.py --depth 4 --width 128
"""

import dataclasses
import os
import sys
import time
from typing import Any, Callable, List

import numpy as np
import tensorflow.compat.v2 as tf

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "examples"))

import glow_cifar10
from genflow.optimizers import Adamax
from genflow.training import flag, parse_flags

IMAGE_SHAPE = (32, 32, 3)


@dataclasses.dataclass
class Config:
    """The flags."""

    depth: int = flag(4, "steps in each level")
    width: int = flag(128, "channels of the couplings' hidden layers")
    n_batch_train: int = flag(50, "images in each update")
    plu: bool = flag(False, "keep the 1x1 convolutions as triangular factors")
    rounds: int = flag(20, "how often each is timed")


def main() -> None:
    """Prints the median times and their ratio."""
    config = parse_flags(Config, description=__doc__)
    step, convolutions = training_step(config), bare_convolutions(config)
    times = np.array([[timed(step), timed(convolutions)] for _ in range(config.rounds)])
    full, bare = np.median(times[2:], axis=0)
    low, high = np.percentile(times[2:, 0] / times[2:, 1], [25, 75])
    print("training step {:.3f} s, convolutions alone {:.3f} s".format(full, bare))
    print("ratio {:.2f}, quartiles {:.2f} to {:.2f}".format(full / bare, low, high))


def training_step(config: Config) -> Callable[[], None]:
    """One update of the model of `examples/glow_cifar10.py`."""
    flags = glow_cifar10.Config(
        depth=config.depth, width=config.width, plu=config.plu, flow_coupling=1, learntop=True
    )
    with tf.Graph().as_default() as graph:
        flow = glow_cifar10.make_model(flags, IMAGE_SHAPE, noise_seed=0)
        x = tf.constant(
            np.random.RandomState(0).randint(0, 256, (config.n_batch_train,) + IMAGE_SHAPE)
        )
        loss = tf.reduce_mean(flow.bits_per_dim(tf.compat.v1.placeholder_with_default(x, x.shape)))
        optimizer = Adamax(1e-3)
        return in_session(graph, optimizer.minimize(loss, var_list=flow.trainable_variables))


def bare_convolutions(config: Config) -> Callable[[], None]:
    """Forward and backward of the convolutions of all couplings."""
    with tf.Graph().as_default() as graph:
        gradients = []
        for level in range(3):
            side, channels = 16 // 2**level, 12 * 2**level
            for _ in range(config.depth):
                gradients += coupling_gradients(config, side, channels)
        # Fetched, not grouped: what nothing reads is optimised away.
        return in_session(graph, [tf.reduce_max(gradient) for gradient in gradients])


def coupling_gradients(config: Config, side: int, channels: int) -> List[Any]:
    """The gradients of three convolutions with respect to their kernels and the input."""
    random = np.random.RandomState(0)

    def kernel(size: int, inputs: int, outputs: int) -> tf.Variable:
        return tf.Variable(random.standard_normal([size, size, inputs, outputs]).astype(np.float32))

    shape = [config.n_batch_train, side, side, channels // 2]
    x = tf.Variable(random.standard_normal(shape).astype(np.float32))
    kernels = [
        kernel(3, channels // 2, config.width),
        kernel(1, config.width, config.width),
        kernel(3, config.width, channels),
    ]
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

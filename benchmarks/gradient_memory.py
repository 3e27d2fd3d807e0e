"""What a flow step costs in memory and time, by how its gradients are computed.

Builds a stack of Glow's flow steps, each a `Chain` with the `backprop` in question, and runs
loss and gradients in a session:

- peak memory, for several depths, each in a process of its own; what a step adds is the slope
  from the smallest depth to the largest;
- time, of the largest depth, in turn in one process, so that what else the machine does
  touches all alike.

Run:
    python benchmarks/gradient_memory.py --depth 16 --width 128
"""

import dataclasses
import os
import resource
import subprocess
import sys
import time
from typing import Any, Callable

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AffineCoupling,
    Chain,
    Invertible1x1Conv,
    PLUMatrix,
    recompute,
    reversible,
)
from genflow.networks import GlowConditioner
from genflow.training import flag, parse_flags

BACKPROPS = {"all": None, "recompute": recompute, "reversible": reversible}


@dataclasses.dataclass
class Config:
    """The flags."""

    depth: int = flag(16, "steps in the largest stack; the others have a quarter and a half")
    width: int = flag(128, "channels of the couplings' hidden layers")
    side: int = flag(16, "height and width of the images")
    channels: int = flag(12, "channels of the images")
    batch: int = flag(50, "images")
    rounds: int = flag(10, "how often each is timed")
    only: str = flag("", "measure the memory of this one, at this depth, and end")


def main() -> None:
    """Prints a table."""
    config = parse_flags(Config, description=__doc__)
    if config.only:
        print(peak_growth(config))
        return
    depths = [config.depth // 4, config.depth // 2, config.depth]
    # These first: a process inherits the largest memory of the one that starts it.
    all_peaks = [[in_own_process(name, depth) for depth in depths] for name in BACKPROPS]
    times = seconds(config)
    for name, peaks, values in zip(BACKPROPS, all_peaks, times.T):
        slope = (peaks[-1] - peaks[0]) / (depths[-1] - depths[0])
        grown = ", ".join("{} steps {:.0f}".format(*pair) for pair in zip(depths, peaks))
        print("{}: {} MB; {:.1f} MB for each step".format(name, grown, slope))
        quartiles = np.percentile(values, [25, 50, 75])
        print("    {1:.3f} s, quartiles {0:.3f} to {2:.3f}".format(*quartiles))
        low, middle, high = np.percentile(values / times[:, 0], [25, 50, 75])
        print("    time ratio {:.2f}, quartiles {:.2f} to {:.2f}".format(middle, low, high))


def in_own_process(name: str, depth: int) -> float:
    """The peak memory of one stack, in MB over what there was before the first run."""
    # A flag that is given twice has the last value.
    command = [sys.executable] + sys.argv + ["--only", name, "--depth", str(depth)]
    # Large blocks go back to the system when they are freed; else glibc keeps the gaps, and the
    # peak is that of the gaps.
    environment = dict(os.environ, MALLOC_MMAP_THRESHOLD_="65536")
    output = subprocess.check_output(command, stderr=subprocess.DEVNULL, env=environment)
    return float(output.split()[-1])


def peak_growth(config: Config) -> float:
    """The same, in this process."""
    run = gradients(config, config.only)
    before = peak()
    for _ in range(3):
        run()
    return peak() - before


def peak() -> float:
    """The largest memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def seconds(config: Config) -> np.ndarray:
    """`[rounds, backprops]`, the first two rounds left out."""
    runs = [gradients(config, name) for name in BACKPROPS]
    return np.array([[timed(run) for run in runs] for _ in range(config.rounds + 2)])[2:]


def timed(run: Callable[[], Any]) -> float:
    """Seconds."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def gradients(config: Config, name: str) -> Callable[[], Any]:
    """A function that runs the loss and the gradients of every variable once."""
    shape = (config.side, config.side, config.channels)
    with tf.Graph().as_default():
        flow = Flow(stack(config, BACKPROPS[name]), shape)
        x = tf.compat.v1.placeholder(tf.float32, (None,) + shape)
        loss = tf.reduce_mean(flow.bits_per_dim(x))
        found = tf.compat.v1.gradients(loss, flow.trainable_variables)
        # Sums, so that fetching them copies nothing.
        fetches = [loss] + [tf.reduce_sum(gradient) for gradient in found]
        session = tf.compat.v1.Session()
        session.run(tf.compat.v1.global_variables_initializer())
    images = np.random.RandomState(0).standard_normal((config.batch,) + shape)
    return lambda: session.run(fetches, {x: images.astype(np.float32)})


def stack(config: Config, backprop: Any) -> Chain:
    """Flow steps as Glow has them: each recomputes, or the stack of them reverses."""
    inner, outer = (None, backprop) if backprop is reversible else (backprop, None)
    steps = []
    for seed in range(config.depth):
        layers = [
            ActNorm(log_scale_factor=3.0),
            Invertible1x1Conv(PLUMatrix(seed=seed)),
            AffineCoupling(GlowConditioner(config.width, config.channels, seed=seed)),
        ]
        steps.append(Chain(layers, backprop=inner))
    return Chain(steps, backprop=outer)


if __name__ == "__main__":
    main()

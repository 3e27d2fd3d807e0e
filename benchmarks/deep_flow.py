"""How exactly a deep Glow inverts, and how exact its log-determinant is.

Builds the flow of `examples/glow_cifar10.py`, adds noise to every trained weight, so that
no coupling is the identity, initialises it on images, and measures on other images

- the largest round-trip error, in units of the data (pixel values span 1) and in those
  of the latent, in the given type;
- the largest difference between the log-determinant and that of the autodiff Jacobian, in
  float64, on a corner of the images, in nats and per value.

Run:
    python benchmarks/deep_flow.py --depth 32 --width 512
"""

import dataclasses
import os
import sys

import numpy as np
import tensorflow.compat.v2 as tf
import tree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "examples"))

import glow_cifar10
from genflow.core import Bijection
from genflow.data import load_cifar10, load_photo_patches
from genflow.testing.jacobian import jacobian
from genflow.testing.perturbation import perturbed
from genflow.training import flag, parse_flags


@dataclasses.dataclass
class Config:
    """The flags."""

    depth: int = flag(32, "steps in each level")
    width: int = flag(512, "channels of the couplings' hidden layers")
    plu: bool = flag(False, "keep the 1x1 convolutions as triangular factors")
    noise: float = flag(0.005, "standard deviation of the noise on every weight")
    corner: int = flag(8, "side of the images on which the Jacobian is computed")
    seed: int = flag(0, "of the weights")


def main() -> None:
    """Prints both measurements."""
    config = parse_flags(Config, description=__doc__)
    images = _images()
    error, latent_error = _round_trip(config, images)
    print(
        "round trip, float32: {:.1e} in the data, {:.1e} in the latent".format(error, latent_error)
    )
    difference, per_value = _log_det(config, images)
    print(
        "log_det against autodiff, float64: {:.1e} nats, {:.1e} per value".format(
            difference, per_value
        )
    )


def _images() -> np.ndarray:
    """64 images with values in [-1/2, 1/2), dequantised."""
    try:
        images = load_cifar10("test").take(64).images
    except FileNotFoundError:
        images = load_photo_patches("test").take(64).images
    noise = np.random.RandomState(0).uniform(size=images.shape)
    return (images + noise) / 256.0 - 0.5


def _flow(config: Config) -> Bijection:
    flags = glow_cifar10.Config(
        depth=config.depth,
        width=config.width,
        plu=config.plu,
        seed=config.seed,
        flow_coupling=1,
        learntop=True,
    )
    dequantize_and_levels = glow_cifar10.make_model(flags, (32, 32, 3)).bijection
    return dequantize_and_levels.layers[1]


def _in_session(config: Config, images: np.ndarray, build: object) -> list:
    """Runs what `build` makes of the flow and a placeholder, with perturbed weights."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        flow = _flow(config)
        x = tf.compat.v1.placeholder(images.dtype, (None,) + images.shape[1:])
        _, updates = flow.initialize(x)
        outputs = build(flow, x)
        session.run(tf.compat.v1.global_variables_initializer())
        with perturbed(flow, config.noise, session.run, session):
            session.run(updates, {x: images[:32]})
            return session.run(outputs, {x: images[32:]})


def _round_trip(config: Config, images: np.ndarray) -> tuple:
    def build(flow: Bijection, x: tf.Tensor) -> list:
        z = flow.forward(x)
        restored = flow.inverse(z)
        return [restored, z, flow.forward(restored)]

    images = images.astype(np.float32)
    restored, z, again = _in_session(config, images, build)
    latent = [np.max(np.abs(a - b)) for a, b in zip(tree.flatten(z), tree.flatten(again))]
    return np.max(np.abs(restored - images[32:])), max(latent)


def _log_det(config: Config, images: np.ndarray) -> tuple:
    def build(flow: Bijection, x: tf.Tensor) -> list:
        first = x[:1]
        return [flow.forward_and_log_det(first)[1], jacobian(flow, first, None)]

    corner = images[:, : config.corner, : config.corner]
    log_det, matrix = _in_session(config, corner, build)
    difference = abs(log_det[0] - np.linalg.slogdet(matrix)[1])
    return difference, difference / len(matrix)


if __name__ == "__main__":
    main()

"""The networks and the losses of `improved_gan_mnist.py`."""

import functools
from typing import Dict, Tuple

import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core import Network
from genflow.core.types import Seed, Tensor
from genflow.data import ImageSource
from genflow.gan import (
    DeconvGenerator,
    DenseDiscriminator,
    DenseGenerator,
    PooledDiscriminator,
    ResizeGenerator,
    StridedDiscriminator,
)
from genflow.networks import (
    BatchNorm,
    ConvTranspose,
    Identity,
    InstanceNorm,
    MinibatchDiscrimination,
    ResizeConv,
    WeightNormalization,
    bilinear,
    glorot_uniform,
    nearest,
    truncated_normal,
)
from genflow.training import FeatureMatching, GanRound, SemiSupervisedLoss
from improved_gan_flags import Config

_NORMS = {
    "batch": functools.partial(BatchNorm, epsilon=1e-3),
    "instance": functools.partial(InstanceNorm, epsilon=1e-6),
    "None": Identity,
}
_UPSAMPLINGS = {
    "bilinear": functools.partial(ResizeConv, resize=bilinear, initializer=glorot_uniform()),
    "nn": functools.partial(ResizeConv, resize=nearest, initializer=glorot_uniform()),
    "transpose": functools.partial(
        ConvTranspose, kernel_size=3, initializer=truncated_normal(0.01)
    ),
}
_DISTANCES = {"l1": losses.mean_absolute_distance, "l2": losses.mean_squared_distance}
# Of the port: the weight of the reconstruction at the start, and the step at which it is gone.
_RECONSTRUCTION, _RECONSTRUCTION_STEPS = 10.0, 1500.0


def make_generator(config: Config, image_shape: Tuple[int, int, int]) -> Network:
    """The generator of the preset, for images of this kind."""
    if config.preset == "port":
        return ResizeGenerator(
            image_shape,
            make_upsample=_UPSAMPLINGS[config.deconv_type],
            make_norm=_NORMS[config.norm_type],
            seed=config.seed,
        )
    if image_shape[-1] == 1:
        return DenseGenerator(image_shape, seed=config.seed)
    return DeconvGenerator(
        image_shape,
        widths=(512, 256, 128),
        make_last_reparametrize=WeightNormalization,
        seed=config.seed,
    )


def make_discriminator(config: Config, images: ImageSource, noise_seed: Seed) -> Network:
    """The discriminator that belongs to the generator."""
    num_classes, seed = images.num_classes, config.seed + 1
    if config.preset == "port":
        return StridedDiscriminator(
            num_outputs=num_classes + 1,
            make_norm=_NORMS[config.norm_type],
            make_last_norm=Identity if config.norm_type == "instance" else None,
            seed=seed,
        )
    if images.image_shape[-1] == 1:
        return DenseDiscriminator(num_outputs=num_classes, seed=seed, noise_seed=noise_seed)
    return PooledDiscriminator(
        widths=(64, 128) if config.dataset == "SVHN" else (96, 192),
        num_outputs=num_classes,
        make_minibatch=MinibatchDiscrimination if config.minibatch_discrimination else Identity,
        seed=seed,
        noise_seed=noise_seed,
    )


def make_loss(config: Config, image_shape: Tuple[int, int, int]) -> SemiSupervisedLoss:
    """What both minimise."""
    weight = 0.0 if config.supervised_only else config.unlabelled_weight
    if config.preset == "port":
        # Its terms are added, not averaged.
        return SemiSupervisedLoss(
            port_generator_loss, tf.identity, 2.0 * weight, config.label_smoothing, 0.1
        )
    distance = config.feature_distance or ("l2" if image_shape[-1] == 1 else "l1")
    # Faster, and the same but where images are compared with each other.
    is_joint = not config.minibatch_discrimination
    return SemiSupervisedLoss(
        FeatureMatching(_DISTANCES[distance], is_joint),
        losses.append_fake_logit,
        weight,
        config.label_smoothing,
        is_joint=is_joint,
    )


def port_generator_loss(game: GanRound) -> Tuple[Tensor, Dict[str, Tensor]]:
    """The port's: saturating, and at first a Huber loss between images that do not belong together.

    Its logarithm is of the sigmoid of the last logit, though the discriminator takes the softmax.
    """
    class_logits = game.judge(game.fake)
    done = tf.cast(game.step, tf.float32) / _RECONSTRUCTION_STEPS
    weight = _RECONSTRUCTION * tf.clip_by_value(1.0 - done, 0.0, 1.0)
    adversarial = losses.minimax_generator_loss(-class_logits[:, -1])
    loss = adversarial + weight * losses.huber_loss(game.real, game.fake)
    return loss, {"reconstruction_weight": weight}

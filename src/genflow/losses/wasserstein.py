"""The Wasserstein loss."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.losses.logits import checked_logits, checked_pair


def wasserstein_generator_loss(fake_logits: Tensor) -> Tensor:
    """How low the critic rates generated images.

    Computes `-mean(fake_logits)`.

    Shapes:
        fake_logits: any, such as `[batch]`, `[batch, 1]` or `[batch, height, width, 1]`.

    Args:
        fake_logits: What the discriminator, here called a critic, returns for generated images.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else.

    Raises:
        TypeError: If the logits are not of a floating type.

    Example:
        >>> wasserstein_generator_loss(tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Arjovsky, Chintala and Bottou, Wasserstein GAN, 2017, algorithm 1.
        https://arxiv.org/abs/1701.07875
    """
    return -tf.reduce_mean(checked_logits(fake_logits, "fake_logits"))


def wasserstein_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """How much higher the critic rates generated images than real ones.

    Computes `mean(fake_logits) - mean(real_logits)`; it has no lower bound. Its negative
    estimates the Wasserstein distance, up to a factor, only while the critic is held to a
    Lipschitz bound: by `wgan_gp_penalty`, say, or by spectral normalisation.

    Shapes:
        real_logits, fake_logits: `[batch, ...]`, alike but for the size of the batch.

    Args:
        real_logits: What the critic returns for real images,
        fake_logits: ... and for generated images.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the shapes differ in more than the size of the batch.
        TypeError: If the logits are not of one floating type.

    Example:
        >>> wasserstein_discriminator_loss(tf.ones([8, 1]), tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Arjovsky, Chintala and Bottou, Wasserstein GAN, 2017, algorithm 1.
        https://arxiv.org/abs/1701.07875
    """
    real_logits, fake_logits = checked_pair(real_logits, fake_logits)
    return tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)

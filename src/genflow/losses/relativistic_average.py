"""The relativistic average loss."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.losses.logits import checked_pair, mean_cross_entropy, real_target


def relativistic_average_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The cross-entropy that calls generated images more real than real ones.

    Computes

        mean(-log(sigmoid(fake_logits - mean(real_logits))))
            + mean(-log(1 - sigmoid(real_logits - mean(fake_logits))))

    Unlike the other families', it needs the real images, too: their logits must come from the
    same discriminator with the same weights.

    Shapes:
        real_logits, fake_logits: `[batch, ...]`, alike but for the size of the batch.

    Args:
        real_logits: What the discriminator returns for real images,
        fake_logits: ... and for generated images.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else, as are the
        means in the formula.

    Raises:
        ValueError: If the shapes differ in more than the size of the batch.
        TypeError: If the logits are not of one floating type.

    Example:
        >>> logits = tf.zeros([8, 1])
        >>> relativistic_average_generator_loss(logits, logits).shape.as_list()
        []

    References:
        Jolicoeur-Martineau, The relativistic discriminator: a key element missing from
        standard GAN, 2018. https://arxiv.org/abs/1807.00734
    """
    real_logits, fake_logits = checked_pair(real_logits, fake_logits)
    # The discriminator's loss with real and generated images in each other's place.
    return relativistic_average_discriminator_loss(fake_logits, real_logits)


def relativistic_average_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """The cross-entropy of calling real images more real than the average generated one.

    With `target = 1 - label_smoothing` and the logits against the average of the other kind,
    `real = real_logits - mean(fake_logits)` and `fake = fake_logits - mean(real_logits)`,
    computes

        mean(-target * log(sigmoid(real)) - (1 - target) * log(1 - sigmoid(real)))
            + mean(-log(1 - sigmoid(fake)))

    Shapes:
        real_logits, fake_logits: `[batch, ...]`, alike but for the size of the batch.

    Args:
        real_logits: What the discriminator returns for real images,
        fake_logits: ... and for generated images.
        label_smoothing: How far the target of real images is below 1.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else, as are the
        means in the formula.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1), or the shapes differ in more than
            the size of the batch.
        TypeError: If the logits are not of one floating type.

    Example:
        >>> logits = tf.zeros([8, 1])
        >>> relativistic_average_discriminator_loss(logits, logits).shape.as_list()
        []

    References:
        Jolicoeur-Martineau, The relativistic discriminator: a key element missing from
        standard GAN, 2018. https://arxiv.org/abs/1807.00734
    """
    target = real_target(label_smoothing)
    real_logits, fake_logits = checked_pair(real_logits, fake_logits)
    real = real_logits - tf.reduce_mean(fake_logits)
    fake = fake_logits - tf.reduce_mean(real_logits)
    return mean_cross_entropy(real, target) + mean_cross_entropy(fake, 0.0)

"""The hinge loss."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.losses.logits import checked_logits, checked_pair


def hinge_generator_loss(fake_logits: Tensor) -> Tensor:
    """How low the discriminator rates generated images.

    Computes `-mean(fake_logits)`: the margin is the discriminator's alone.

    Shapes:
        fake_logits: any, such as `[batch]`, `[batch, 1]` or `[batch, height, width, 1]`.

    Args:
        fake_logits: What the discriminator returns for generated images.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else.

    Raises:
        TypeError: If the logits are not of a floating type.

    Example:
        >>> hinge_generator_loss(tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Lim and Ye, Geometric GAN, 2017. https://arxiv.org/abs/1705.02894
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        equation 17. https://arxiv.org/abs/1802.05957
    """
    return -tf.reduce_mean(checked_logits(fake_logits, "fake_logits"))


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """How far the logits are from being on their side of a margin.

    Computes `mean(max(0, 1 - real_logits)) + mean(max(0, 1 + fake_logits))`, which is 0 once
    every real image has a logit of at least 1 and every generated one of at most -1.

    Shapes:
        real_logits, fake_logits: `[batch, ...]`, alike but for the size of the batch.

    Args:
        real_logits: What the discriminator returns for real images,
        fake_logits: ... and for generated images.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the shapes differ in more than the size of the batch.
        TypeError: If the logits are not of one floating type.

    Example:
        >>> hinge_discriminator_loss(tf.ones([8, 1]), tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Lim and Ye, Geometric GAN, 2017. https://arxiv.org/abs/1705.02894
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        equation 16. https://arxiv.org/abs/1802.05957
    """
    real_logits, fake_logits = checked_pair(real_logits, fake_logits)
    real_loss = tf.reduce_mean(tf.nn.relu(1.0 - real_logits))
    return real_loss + tf.reduce_mean(tf.nn.relu(1.0 + fake_logits))

"""The least-squares loss."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.losses.logits import checked_logits, checked_pair


def least_squares_generator_loss(fake_logits: Tensor, target: float = 1.0) -> Tensor:
    """Half the squared distance of the generated images' logits from a target.

    Computes `0.5 * mean((fake_logits - target)**2)`.

    Shapes:
        fake_logits: any, such as `[batch]`, `[batch, 1]` or `[batch, height, width, 1]`.

    Args:
        fake_logits: What the discriminator returns for generated images.
        target: What the generator wants it to return, `c` in the paper: 1 with the targets 0
            and 1 of the discriminator, 0 with its targets -1 and 1.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else.

    Raises:
        TypeError: If the logits are not of a floating type.

    Example:
        >>> least_squares_generator_loss(tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Mao et al., Least Squares Generative Adversarial Networks, 2017, equations 8 and 9.
        https://arxiv.org/abs/1611.04076
    """
    return _half_mean_square(checked_logits(fake_logits, "fake_logits"), target)


def least_squares_discriminator_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    real_target: float = 1.0,
    fake_target: float = 0.0,
) -> Tensor:
    """Half the squared distances of the logits from a target each for real and generated.

    Computes

        0.5 * mean((real_logits - real_target)**2) + 0.5 * mean((fake_logits - fake_target)**2)

    The targets are `b` and `a` in the paper, of which it names two choices: `b = 1, a = 0`, the
    default, which it uses in its experiments and in which the generator's target is 1; and
    `b = 1, a = -1`, in which it is 0 and the generator minimises a Pearson chi-squared
    divergence. A smoothed label is another `real_target`, such as 0.9.

    Shapes:
        real_logits, fake_logits: `[batch, ...]`, alike but for the size of the batch.

    Args:
        real_logits: What the discriminator returns for real images,
        fake_logits: ... and for generated images.
        real_target: What it should return for real images,
        fake_target: ... and for generated images.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the shapes differ in more than the size of the batch.
        TypeError: If the logits are not of one floating type.

    Example:
        >>> least_squares_discriminator_loss(tf.ones([8, 1]), tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Mao et al., Least Squares Generative Adversarial Networks, 2017, equations 8 and 9.
        https://arxiv.org/abs/1611.04076
    """
    real_logits, fake_logits = checked_pair(real_logits, fake_logits)
    real_loss = _half_mean_square(real_logits, real_target)
    return real_loss + _half_mean_square(fake_logits, fake_target)


def _half_mean_square(logits: Tensor, target: float) -> Tensor:
    return 0.5 * tf.reduce_mean(tf.square(logits - target))

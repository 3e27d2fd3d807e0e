"""The non-saturating loss."""

from genflow.core.types import Tensor
from genflow.losses.logits import checked_logits, checked_pair, mean_cross_entropy, real_target


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """The cross-entropy that calls generated images real.

    Computes `mean(-log(sigmoid(fake_logits)))`. Unlike that of `minimax_generator_loss`, its
    gradient is largest where the discriminator is sure that an image is generated.

    Shapes:
        fake_logits: any, such as `[batch]`, `[batch, 1]` or `[batch, height, width, 1]`.

    Args:
        fake_logits: What the discriminator returns for generated images.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else.

    Raises:
        TypeError: If the logits are not of a floating type.

    Example:
        >>> non_saturating_generator_loss(tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Goodfellow et al., Generative Adversarial Networks, 2014, section 3.
        https://arxiv.org/abs/1406.2661
    """
    return mean_cross_entropy(checked_logits(fake_logits, "fake_logits"), 1.0)


def non_saturating_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """The cross-entropy of telling real images from generated ones.

    With `target = 1 - label_smoothing`, computes

        mean(-target * log(sigmoid(real_logits)) - (1 - target) * log(1 - sigmoid(real_logits)))
            + mean(-log(1 - sigmoid(fake_logits)))

    which is `2 * log(2)` for a discriminator that cannot tell. Only the target of real images
    is smoothed: smoothing that of generated ones would hold the generator where it is wrong.

    Shapes:
        real_logits, fake_logits: `[batch, ...]`, alike but for the size of the batch.

    Args:
        real_logits: What the discriminator returns for real images,
        fake_logits: ... and for generated images.
        label_smoothing: How far the target of real images is below 1.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1), or the shapes differ in more than
            the size of the batch.
        TypeError: If the logits are not of one floating type.

    Example:
        >>> logits = tf.zeros([8, 1])
        >>> non_saturating_discriminator_loss(logits, logits, label_smoothing=0.1).shape.as_list()
        []

    References:
        Goodfellow et al., Generative Adversarial Networks, 2014, equation 1.
        https://arxiv.org/abs/1406.2661
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.4 (smoothing).
        https://arxiv.org/abs/1606.03498
    """
    target = real_target(label_smoothing)
    real_logits, fake_logits = checked_pair(real_logits, fake_logits)
    return mean_cross_entropy(real_logits, target) + mean_cross_entropy(fake_logits, 0.0)

"""The minimax loss."""

from genflow.core.types import Tensor
from genflow.losses.logits import checked_logits, mean_cross_entropy
from genflow.losses.non_saturating import non_saturating_discriminator_loss


def minimax_generator_loss(fake_logits: Tensor) -> Tensor:
    """The discriminator's gain on generated images, which the generator takes from it.

    Computes `mean(log(1 - sigmoid(fake_logits)))`. It saturates: its gradient vanishes where
    the discriminator is sure that an image is generated; see `non_saturating_generator_loss`.

    Shapes:
        fake_logits: any, such as `[batch]`, `[batch, 1]` or `[batch, height, width, 1]`.

    Args:
        fake_logits: What the discriminator returns for generated images.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else.

    Raises:
        TypeError: If the logits are not of a floating type.

    Example:
        >>> minimax_generator_loss(tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Goodfellow et al., Generative Adversarial Networks, 2014, equation 1.
        https://arxiv.org/abs/1406.2661
    """
    return -mean_cross_entropy(checked_logits(fake_logits, "fake_logits"), 0.0)


def minimax_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """The cross-entropy of telling real images from generated ones.

    It is that of `non_saturating_discriminator_loss`: the two families differ in the generator.

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
        >>> minimax_discriminator_loss(tf.zeros([8, 1]), tf.zeros([8, 1])).shape.as_list()
        []

    References:
        Goodfellow et al., Generative Adversarial Networks, 2014, equation 1.
        https://arxiv.org/abs/1406.2661
    """
    return non_saturating_discriminator_loss(real_logits, fake_logits, label_smoothing)

"""What the two networks of a GAN minimise."""

from typing import Callable, NamedTuple, Optional

from genflow.core.types import Seed, Tensor


class GanLoss(NamedTuple):
    """A pair of losses, and perhaps a penalty on the discriminator.

    Attributes:
        generator: From the logits of generated images to a scalar; if the pair
            `is_relativistic`, from those of real and of generated images.
        discriminator: From the logits of real and of generated images to a scalar.
        is_relativistic: Whether the generator's loss takes the real logits, too.
        penalty: Added to the discriminator's loss, weighted as it is to be: called with the
            discriminator as a function from images to logits, real images, generated images,
            and a seed for what is random in it.

    Example:
        >>> from genflow import losses
        >>> loss = GanLoss(losses.hinge_generator_loss, losses.hinge_discriminator_loss)
        >>> loss.penalty is None
        True
    """

    generator: Callable[..., Tensor]
    discriminator: Callable[[Tensor, Tensor], Tensor]
    is_relativistic: bool = False
    penalty: Optional[Callable[[Callable, Tensor, Tensor, Seed], Tensor]] = None

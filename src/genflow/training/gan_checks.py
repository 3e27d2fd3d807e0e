"""Checks of what a trainer of GANs is constructed with."""

from typing import Any, Optional

from genflow.core.checks import check_positive_integer
from genflow.training.pixel_range import Range


def check_gan_sizes(
    z_dim: int, num_samples: int, init_batch_size: int, fake_batch_size: Optional[int]
) -> None:
    """Refuses sizes that are not positive, but for a 0 that means none.

    Args:
        z_dim: Size of the latents.
        num_samples: Images in a sample grid, or 0.
        init_batch_size: Images that initialise the discriminator, or 0.
        fake_batch_size: Generated images in an update, or `None`.

    Raises:
        ValueError: If one is not.
    """
    check_positive_integer(z_dim, "z_dim")
    if num_samples != 0:
        check_positive_integer(num_samples, "num_samples")
    if init_batch_size != 0:
        check_positive_integer(init_batch_size, "init_batch_size")
    if fake_batch_size is not None:
        check_positive_integer(fake_batch_size, "fake_batch_size")


def check_value_range(value_range: Range) -> None:
    """Refuses what is no range of pixels."""
    if not value_range[0] < value_range[1]:
        raise ValueError(
            "`value_range` must be two numbers in rising order; got {}.".format(value_range)
        )


def check_classes(batch_size: int, fake_batch_size: Optional[int], num_labelled: int) -> None:
    """Refuses what does not go with a context of classes.

    Args:
        batch_size: Real images in an update.
        fake_batch_size: Generated images in it; `None` for as many.
        num_labelled: How many of the real ones have labels.

    Raises:
        ValueError: If not all have, or there are not as many generated ones.
    """
    if num_labelled != batch_size:
        raise ValueError(
            "`class_conditional` needs images that all have labels; of a batch of {}, {} have: "
            "train on those alone.".format(batch_size, num_labelled)
        )
    if fake_batch_size not in (None, batch_size):
        raise ValueError(
            "`fake_batch_size` must be `batch_size`, {}, where images are generated of the classes "
            "of real ones; got {}.".format(batch_size, fake_batch_size)
        )


def check_loss(loss: Any) -> None:
    """Refuses what lacks one of the two methods of a loss.

    Raises:
        TypeError: If `loss` does.
    """
    for method in ("discriminator_loss", "generator_loss"):
        if not callable(getattr(loss, method, None)):
            raise TypeError(
                "`loss` must have the methods `discriminator_loss` and `generator_loss`, as "
                "`GanLoss` and `SemiSupervisedLoss`; got {!r}, without `{}`.".format(loss, method)
            )

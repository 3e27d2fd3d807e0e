"""Which updates a step of a GAN makes, and in which order."""

from typing import List

from genflow.core.checks import check_positive_integer

# What a step is made of. `DRAW` takes the next batch of images and latents.
DRAW, DISCRIMINATOR, GENERATOR = "draw", "discriminator", "generator"


class Ratio:
    """So many updates of the discriminator, then so many of the generator, in every step.

    Each update of the discriminator has a batch of its own. The generator follows on the last
    of these batches: with `shares_latents` all its updates take the very latents that the
    discriminator has just seen; otherwise each of them has latents of its own.

    One and one is Goodfellow's algorithm 1, five and one the usual WGAN; `Ratio(1, 2,
    shares_latents=True)` is what the DCGAN of TensorFlow does, so that the loss of the
    discriminator does not go to zero.

    Example:
        >>> Ratio(num_discriminator=2).names(step=0)
        ['draw', 'discriminator', 'draw', 'discriminator', 'generator']
        >>> Ratio(num_generator=2, shares_latents=True).names(step=0)
        ['draw', 'discriminator', 'generator', 'generator']

    References:
        Goodfellow et al., Generative Adversarial Networks, 2014, algorithm 1.
        https://arxiv.org/abs/1406.2661
    """

    def __init__(
        self, num_discriminator: int = 1, num_generator: int = 1, shares_latents: bool = False
    ) -> None:
        """Constructs the schedule.

        Args:
            num_discriminator: Updates of the discriminator in a step.
            num_generator: Updates of the generator in a step; 0 trains the discriminator alone.
            shares_latents: Whether the generator trains on the latents of the discriminator.

        Raises:
            ValueError: If a number is not a positive integer, or 0 where it may not be.
        """
        check_positive_integer(num_discriminator, "num_discriminator")
        if num_generator != 0:
            check_positive_integer(num_generator, "num_generator")
        self.shares_latents = shares_latents
        again = [GENERATOR] if shares_latents else [DRAW, GENERATOR]
        self._names = [DRAW, DISCRIMINATOR] * num_discriminator + [GENERATOR] * min(
            num_generator, 1
        )
        self._names += again * (num_generator - 1)

    def names(self, step: int) -> List[str]:
        """The updates of the step after `step` others, in their order."""
        return list(self._names)

    def draws_before(self, step: int) -> int:
        """The number of batches that so many steps have taken."""
        return step * self._names.count(DRAW)


class Turns:
    """One update in every step: of the discriminator, then so many of the generator.

    Each has a batch of its own.

    Example:
        >>> [Turns(num_generator=2).names(step)[-1] for step in range(4)]
        ['discriminator', 'generator', 'generator', 'discriminator']
    """

    shares_latents = False

    def __init__(self, num_generator: int = 1) -> None:
        """Constructs the schedule.

        Args:
            num_generator: Updates of the generator after each one of the discriminator.

        Raises:
            ValueError: If the number is not a positive integer.
        """
        check_positive_integer(num_generator, "num_generator")
        self._num_generator = num_generator

    def names(self, step: int) -> List[str]:
        """The updates of the step after `step` others, in their order."""
        is_discriminator = step % (self._num_generator + 1) == 0
        return [DRAW, DISCRIMINATOR if is_discriminator else GENERATOR]

    def draws_before(self, step: int) -> int:
        """The number of batches that so many steps have taken."""
        return step

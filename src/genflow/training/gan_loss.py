"""What the two networks of a GAN minimise."""

from typing import Callable, Dict, NamedTuple, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core.types import Seed, Tensor
from genflow.training.gan_round import GanRound

# A scalar to minimise, and what else to log.
Loss = Tuple[Tensor, Dict[str, Tensor]]


class GanLoss(NamedTuple):
    """A pair of losses of logits, and perhaps a penalty on the discriminator.

    `GanTrainer` takes anything with its two methods, such as `SemiSupervisedLoss`, or a class
    of your own.

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

    def discriminator_loss(self, game: GanRound) -> Loss:
        """What the discriminator minimises, and D(x) and D(G(z)) for the log."""
        real_logits, fake_logits = game.judge(game.real), game.judge(game.fake)
        loss = self.discriminator(real_logits, fake_logits)
        if self.penalty is not None:
            loss += self.penalty(game.judge, game.real, game.fake, game.seed("penalty"))
        return loss, probabilities(real_logits, fake_logits)

    def generator_loss(self, game: GanRound) -> Loss:
        """What the generator minimises."""
        fake_logits = game.judge(game.fake)
        if self.is_relativistic:
            return self.generator(game.judge(game.real), fake_logits), {}
        return self.generator(fake_logits), {}


def probabilities(real_logits: Tensor, fake_logits: Tensor) -> Dict[str, Tensor]:
    """The mean probabilities with which images are taken for real, for the log."""
    return {
        "real_probability": _mean_probability(real_logits),
        "fake_probability": _mean_probability(fake_logits),
    }


def _mean_probability(logits: Tensor) -> Tensor:
    return tf.reduce_mean(tf.sigmoid(tf.cast(logits, tf.float32)))

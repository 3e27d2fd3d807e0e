"""A generator's loss that at first asks for images near those of the data set."""

from typing import Callable

import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core.checks import check_positive_integer
from genflow.core.types import Tensor
from genflow.training.gan_loss import Loss
from genflow.training.gan_round import GanRound
from genflow.training.semi_supervised_loss import SemiSupervisedLoss


class Reconstruction:
    """A generator whose images are, at first, also to be near images of the data set.

    It minimises, after `step` steps,

        generator + weight * max(0, 1 - step / num_steps) * huber_loss(real, fake)

    of the generated images and as many real ones without a label. Which is compared with which
    is chance, so that the second term draws all of them towards the mean image: it sets the
    generator going, and is gone after `num_steps` steps. The log has its weight as
    `reconstruction_weight`.

    Example:
        >>> from genflow.training import Fooling
        >>> loss = SemiSupervisedLoss(Reconstruction(Fooling(), num_steps=1000))
    """

    def __init__(
        self,
        generator: Callable[[GanRound, SemiSupervisedLoss], Loss],
        weight: float = 10.0,
        num_steps: int = 1500,
    ) -> None:
        """Constructs the loss.

        Args:
            generator: The loss that it is added to, as `SemiSupervisedLoss` takes one.
            weight: Of the Huber loss before the first step.
            num_steps: Steps after which it is gone.

        Raises:
            ValueError: If `weight` is negative, or `num_steps` not positive.
        """
        if not weight >= 0:
            raise ValueError("`weight` must not be negative; got {}.".format(weight))
        check_positive_integer(num_steps, "num_steps")
        self._generator, self._weight, self._num_steps = generator, weight, num_steps

    def __call__(self, game: GanRound, owner: SemiSupervisedLoss) -> Loss:
        """What the generator minimises, and what else to log.

        Raises:
            ValueError: If there are not as many generated images as real ones without a label.
        """
        loss, metrics = self._generator(game, owner)
        weight = self._weight_after(game.step)
        real = game.unlabelled(game.real)
        _check_counts(real, game.fake)
        loss += weight * losses.huber_loss(real, game.fake)
        return loss, dict(metrics, reconstruction_weight=weight)

    def _weight_after(self, step: Tensor) -> Tensor:
        done = tf.cast(step, tf.float32) / float(self._num_steps)
        return self._weight * tf.clip_by_value(1.0 - done, 0.0, 1.0)


def _check_counts(real: Tensor, fake: Tensor) -> None:
    if not real.shape[:1].is_compatible_with(fake.shape[:1]):
        counts = [images.shape.as_list()[0] for images in (fake, real)]
        raise ValueError(
            "`Reconstruction` needs as many generated images as there are real ones without a "
            "label; got {} and {}: construct the trainer with `fake_batch_size={}`.".format(
                counts[0], counts[1], counts[1]
            )
        )

"""What the losses of one update of a GAN are computed from."""

import contextlib
from typing import Callable, List, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network, fold_in
from genflow.core.running_statistics import RunningStatistics, held_statistics
from genflow.core.shapes import size
from genflow.core.types import Seed, Tensor
from genflow.training.update_schedules import DISCRIMINATOR


class GanRound:
    """The images of one update, and the discriminator that judges them.

    Every pass through the discriminator waits for the one before, and has random numbers of its
    own. Running statistics, such as those of batch norm, are those of real images: the pass of
    `real` in the discriminator's update moves them, no other does.

    Attributes:
        real: `[batch, height, width, channels]`: real images, in the range of the generator.
        labels: `[batch]`, int32: the class of each of them; -1 where it is not known.
        step: Number of steps made before this one, a scalar.
        num_labelled: How many real images, the first ones, have labels.
        num_classes: Of the images.
    """

    def __init__(
        self,
        name: str,
        discriminator: Network,
        real: Tensor,
        labels: Tensor,
        context: Optional[Tensor],
        step: Tensor,
        num_labelled: int,
        num_classes: int,
        make_fake: Callable[[], Tensor],
        start_pass: Callable[[str], None],
        batch_seed: Seed,
    ) -> None:
        """Constructs what `GanGraph` hands to a loss.

        Args:
            name: Of the update, in the names of its passes.
            discriminator: Judges.
            real: Real images.
            labels: Their labels.
            context: Of both networks; `None` for none.
            step: Number of steps made.
            num_labelled: How many of the images, the first ones, have labels.
            num_classes: Of the images.
            make_fake: Makes the generated images; called once, if they are asked for.
            start_pass: Called with the name of each pass before it.
            batch_seed: Of the batch.
        """
        self.real, self.labels, self.step = real, labels, step
        self.num_labelled, self.num_classes = num_labelled, num_classes
        self._name, self._discriminator, self._context = name, discriminator, context
        self._make_fake, self._start_pass, self._batch_seed = make_fake, start_pass, batch_seed
        self._fake = None  # type: Optional[Tensor]
        self._last_pass = []  # type: List[Tensor]
        self._num_passes = 0

    @property
    def fake(self) -> Tensor:
        """Generated images."""
        if self._fake is None:
            self._fake = self._make_fake()
        return self._fake

    def judge(self, images: Tensor) -> Tensor:
        """What the discriminator, in training, returns for images."""
        return self._pass(self._discriminator, images)

    def features(self, images: Tensor) -> Tensor:
        """What the discriminator decides on, in training.

        Raises:
            ValueError: If the discriminator has no network `features`.
        """
        network = getattr(self._discriminator, "features", None)
        if network is None:
            raise ValueError(
                "`{}` ({}) must have `features`, the network whose outputs it decides on, as the "
                "discriminators of `genflow.gan` have; it has none: add it, or take a loss of the "
                "generator that does not match features, such as `Fooling`.".format(
                    self._discriminator.name, type(self._discriminator).__name__
                )
            )
        return self._pass(network, images)

    def together(self, judge: Callable[[Tensor], Tensor], *batches: Tensor) -> List[Tensor]:
        """What `judge` or `features` returns for several batches, of one pass for all of them.

        It is faster than one pass for each, and the same where the discriminator looks at every
        image by itself: not with minibatch discrimination.

        Raises:
            ValueError: If the discriminator has running statistics, as batch norm has: they are
                those of real images, which have no pass of their own here.
        """
        if any(isinstance(part, RunningStatistics) for part in self._discriminator.submodules):
            raise ValueError(
                "`{}` has batch norm, or other running statistics of real images: these have no "
                "pass of their own where they are judged together with generated ones. Judge them "
                "apart (`is_joint=False`), or take a discriminator without.".format(
                    self._discriminator.name
                )
            )
        y = judge(tf.concat(batches, axis=0))
        return tf.split(y, [size(batch, 0) for batch in batches])

    def unlabelled(self, values: Tensor) -> Tensor:
        """Those of the values, one for each real image, whose image has no label.

        All of them, if every image has one: then nothing was set apart to learn from without.
        """
        is_known = self.num_labelled == self.real.shape.as_list()[0]
        return values if is_known else values[self.num_labelled :]

    def seed(self, purpose: str) -> Tensor:
        """A seed for what is random in a loss."""
        return fold_in(self._batch_seed, purpose)

    def _pass(self, network: Network, images: Tensor) -> Tensor:
        self._num_passes += 1
        self._start_pass("judgement {} of the {}".format(self._num_passes, self._name))
        moves = self._name == DISCRIMINATOR and images is self.real
        hold = contextlib.nullcontext() if moves else held_statistics(self._discriminator)
        with tf.control_dependencies(self._last_pass), hold:
            y = network(images, self._context, training=True)
        self._last_pass = [y]
        return y

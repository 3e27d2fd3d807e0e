"""What the networks of a semi-supervised GAN minimise."""

from typing import Callable, List, Optional, Tuple

from genflow import losses
from genflow.core.types import Tensor
from genflow.losses.feature_matching import Distance
from genflow.training.gan_loss import Loss, probabilities
from genflow.training.gan_round import GanRound


class SemiSupervisedLoss:
    """A discriminator that tells the classes apart, and generated images from real ones.

    The discriminator minimises

        labelled_loss + unlabelled_weight * (unlabelled_loss + generated_loss) / 2

    with the functions of these names in `genflow.losses`, of the labelled images of a batch, the
    others, and generated ones. Where every image has a label, all of them are the others, too.

    The log has the three terms as `supervised_loss`, `real_loss` and `fake_loss`, the `accuracy`
    of the discriminator, in training, on the labelled images, and D(x) and D(G(z)).

    Attributes:
        needs_labels: True: images that are to have a label must have one.

    Example:
        >>> loss = SemiSupervisedLoss(FeatureMatching(losses.l1_distance))
        >>> loss.unlabelled_weight
        1.0

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.
        https://arxiv.org/abs/1606.03498
    """

    needs_labels = True

    def __init__(
        self,
        generator: Callable[[GanRound, "SemiSupervisedLoss"], Loss],
        to_class_logits: Callable[[Tensor], Tensor] = losses.append_fake_logit,
        unlabelled_weight: float = 1.0,
        real_smoothing: float = 0.0,
        fake_smoothing: float = 0.0,
        is_joint: bool = False,
    ) -> None:
        """Constructs the loss.

        Args:
            generator: From a `GanRound` and this loss to what the generator minimises, and what
                else to log: `FeatureMatching`, `Fooling`, `Reconstruction` of either, or a function
                of your own, which takes `class_logits` and `passes` of this loss.
            to_class_logits: From the outputs of the discriminator to logits of the classes and,
                last, of the class of generated images: `append_fake_logit` for a discriminator
                with an output for each class, `tf.identity` for one with an output more.
            unlabelled_weight: Of the terms without labels; with 0 there is no generator in the
                loss of the discriminator, which then is an ordinary classifier.
            real_smoothing: Label smoothing of `unlabelled_loss`.
            fake_smoothing: Label smoothing of `generated_loss`.
            is_joint: Whether real and generated images pass the discriminator together, which
                must not have batch norm then; see `GanRound.together`.

        Raises:
            ValueError: If `unlabelled_weight` is negative.
        """
        if not unlabelled_weight >= 0:
            raise ValueError(
                "`unlabelled_weight` must not be negative; got {}.".format(unlabelled_weight)
            )
        self.generator, self.unlabelled_weight = generator, unlabelled_weight
        self._to_class_logits = to_class_logits
        self._real_smoothing, self._fake_smoothing = real_smoothing, fake_smoothing
        self._is_joint = is_joint

    def discriminator_loss(self, game: GanRound) -> Loss:
        """What the discriminator minimises, and its parts for the log."""
        real_class_logits, fake_class_logits = self._of_both(game)
        supervised_loss = losses.labelled_loss(real_class_logits, game.labels)
        metrics = {
            "supervised_loss": supervised_loss,
            "accuracy": losses.labelled_accuracy(real_class_logits, game.labels),
        }
        if fake_class_logits is None:
            return supervised_loss, metrics
        real_class_logits = game.unlabelled(real_class_logits)
        real_loss = losses.unlabelled_loss(real_class_logits, self._real_smoothing)
        fake_loss = losses.generated_loss(fake_class_logits, self._fake_smoothing)
        metrics.update(real_loss=real_loss, fake_loss=fake_loss)
        real_logits, fake_logits = map(losses.logit_of_real, (real_class_logits, fake_class_logits))
        metrics.update(probabilities(real_logits, fake_logits))
        return supervised_loss + self.unlabelled_weight * (real_loss + fake_loss) / 2, metrics

    def generator_loss(self, game: GanRound) -> Loss:
        """What the generator minimises."""
        return self.generator(game, self)

    def class_logits(self, game: GanRound, outputs: Tensor) -> Tensor:
        """Logits of the classes and, last, of "generated", from outputs of the discriminator.

        Raises:
            ValueError: If there are not as many as the images have classes, and one more.
        """
        class_logits = self._to_class_logits(outputs)
        if not class_logits.shape.is_compatible_with([None, game.num_classes + 1]):
            raise ValueError(
                "The discriminator must have `num_outputs={}`, one for each class, with "
                "`to_class_logits=append_fake_logit`, or `num_outputs={}`, one more for generated "
                "images, with `to_class_logits=tf.identity`; got outputs of shape {}.".format(
                    game.num_classes, game.num_classes + 1, outputs.shape
                )
            )
        return class_logits

    def passes(
        self, game: GanRound, judge: Callable[[Tensor], Tensor], *batches: Tensor
    ) -> List[Tensor]:
        """What `game.judge` or `game.features` returns for batches: of one pass if `is_joint`."""
        if self._is_joint:
            return game.together(judge, *batches)
        return [judge(batch) for batch in batches]

    def _of_both(self, game: GanRound) -> Tuple[Tensor, Optional[Tensor]]:
        """Class logits of real images, and of generated ones if there are any in the loss."""
        if not self.unlabelled_weight:
            return self.class_logits(game, game.judge(game.real)), None
        real, fake = self.passes(game, game.judge, game.real, game.fake)
        return self.class_logits(game, real), self.class_logits(game, fake)


class FeatureMatching:
    """A generator whose images have the features of real ones on average.

    It minimises `feature_matching_loss` of the features of real images without a label, which
    the discriminator must have as `features`, and those of generated images.

    Example:
        >>> FeatureMatching().distance is losses.mean_squared_distance
        True

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.1.
        https://arxiv.org/abs/1606.03498
    """

    def __init__(self, distance: Distance = losses.mean_squared_distance) -> None:
        """Constructs the loss.

        Args:
            distance: Of the mean features; see `genflow.losses.feature_matching_loss`.
        """
        self.distance = distance

    def __call__(self, game: GanRound, owner: SemiSupervisedLoss) -> Loss:
        """What the generator minimises."""
        images = game.unlabelled(game.real)
        real, fake = owner.passes(game, game.features, images, game.fake)
        return losses.feature_matching_loss(real, fake, self.distance), {}


class Fooling:
    """A generator whose images are taken for real.

    It minimises a generator's loss, as `genflow.losses` has them, of the logits of being real.

    SSGAN's discriminator takes the softmax, but its generator the sigmoid of the last logit:
    its loss is the second one below, of class logits that end with that of "generated".

    Example:
        >>> fooling = Fooling(losses.minimax_generator_loss)
        >>> ssgan = Fooling(losses.minimax_generator_loss, to_logits=lambda logits: -logits[:, -1])

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.
        https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        loss: Callable[[Tensor], Tensor] = losses.non_saturating_generator_loss,
        to_logits: Callable[[Tensor], Tensor] = losses.logit_of_real,
    ) -> None:
        """Constructs the loss.

        Args:
            loss: From logits of being real to a scalar.
            to_logits: From class logits, the last of the class "generated", to logits of being
                real: `logit_of_real` is what the discriminator means by them.
        """
        self._loss, self._to_logits = loss, to_logits

    def __call__(self, game: GanRound, owner: SemiSupervisedLoss) -> Loss:
        """What the generator minimises."""
        class_logits = owner.class_logits(game, game.judge(game.fake))
        return self._loss(self._to_logits(class_logits)), {}

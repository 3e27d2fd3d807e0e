"""The presets of `improved_gan_mnist.py`: networks, losses, and what else goes with them."""

import functools
from typing import Callable, Tuple, Union

import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core import Network
from genflow.core.types import Seed, Tensor
from genflow.gan import (
    DeconvGenerator,
    DenseDiscriminator,
    DenseGenerator,
    PooledDiscriminator,
    ResizeGenerator,
    StridedDiscriminator,
)
from genflow.gan.defaults import BATCH_NORM, SSGAN_BATCH_NORM
from genflow.networks import (
    ConvTranspose,
    Identity,
    InstanceNorm,
    ResizeConv,
    WeightNormalization,
    WeightNormMinibatchDiscrimination,
    bilinear,
    glorot_uniform,
    nearest,
    truncated_normal,
)
from genflow.training import (
    FeatureMatching,
    Fooling,
    Ratio,
    Reconstruction,
    SemiSupervisedLoss,
    Turns,
)
from improved_gan_flags import PAPER_COLOUR, PAPER_GRAY, PORT, Config, Numbers, with_flags

_NORMS = {
    "batch": SSGAN_BATCH_NORM,
    "instance": functools.partial(InstanceNorm, epsilon=1e-6),
    "None": Identity,
}
_UPSAMPLINGS = {
    "bilinear": functools.partial(ResizeConv, resize=bilinear, initializer=glorot_uniform()),
    "nn": functools.partial(ResizeConv, resize=nearest, initializer=glorot_uniform()),
    "transpose": functools.partial(
        ConvTranspose, kernel_size=3, initializer=truncated_normal(0.01)
    ),
}
_DISTANCES = {"l1": losses.mean_absolute_distance, "l2": losses.mean_squared_distance}


class Preset:
    """What --preset chooses, for images of one kind: the base of two.

    Attributes:
        numbers: Sizes, rates and ranges.
        labels_per_class: How many labels of each class are used; 0 for all.
        hides_labels: Whether half of each batch has no labels, even where all are used.
        schedule: Which updates a step makes.
    """

    hides_labels: bool

    def __init__(
        self,
        config: Config,
        image_shape: Tuple[int, int, int],
        numbers: Numbers,
        labels_per_class: int,
        schedule: Union[Ratio, Turns],
    ) -> None:
        """Takes what holds where the flags say nothing else."""
        self.numbers = with_flags(numbers, config)
        is_said = config.labels_per_class >= 0
        self.labels_per_class = config.labels_per_class if is_said else labels_per_class
        self.schedule = Ratio(1, 0) if config.supervised_only else schedule
        self._config, self._image_shape = config, image_shape
        self._unlabelled_weight = 0.0 if config.supervised_only else config.unlabelled_weight

    def make_generator(self) -> Network:
        """Of vectors of `n_z` numbers."""
        raise NotImplementedError("`{}` has no `make_generator`.".format(type(self).__name__))

    def make_discriminator(self, num_classes: int, noise_seed: Seed) -> Network:
        """With a logit for each class, and perhaps one for generated images."""
        raise NotImplementedError("`{}` has no `make_discriminator`.".format(type(self).__name__))

    def make_loss(self) -> SemiSupervisedLoss:
        """Of both networks."""
        raise NotImplementedError("`{}` has no `make_loss`.".format(type(self).__name__))

    def _reconstructing(self, generator: Callable) -> Callable:
        """A loss of the generator, with that of --reconstruction_weight."""
        weight = self.numbers.reconstruction_weight
        return Reconstruction(generator, weight) if weight else generator


class PaperPreset(Preset):
    """Of the paper, and of its authors' code for gray images or for others."""

    hides_labels = True

    def __init__(self, config: Config, image_shape: Tuple[int, int, int]) -> None:
        """Takes the flags, and the height, width and channels of the images.

        Raises:
            ValueError: If a flag has no effect on such images.
        """
        self._is_gray = image_shape[-1] == 1
        if self._is_gray and config.minibatch_discrimination:
            raise ValueError(
                "--minibatch_discrimination has no effect with gray images: leave it out."
            )
        numbers = PAPER_GRAY if self._is_gray else PAPER_COLOUR
        labels = {"CIFAR10": 400, "SVHN": 100}.get(config.dataset.upper(), 10)
        super().__init__(config, image_shape, numbers, labels, Ratio(1, config.update_rate))

    def make_generator(self) -> Network:
        """Of vectors of `n_z` numbers."""
        if self._is_gray:
            # The authors' norm has no scale; with one it keeps up with the discriminator sooner.
            return DenseGenerator(self._image_shape, make_norm=BATCH_NORM, seed=self._config.seed)
        return DeconvGenerator(
            self._image_shape,
            widths=(512, 256, 128),
            make_last_reparametrize=WeightNormalization,
            seed=self._config.seed,
        )

    def make_discriminator(self, num_classes: int, noise_seed: Seed) -> Network:
        """With a logit for each class."""
        config, seed = self._config, self._config.seed + 1
        if self._is_gray:
            return DenseDiscriminator(num_outputs=num_classes, seed=seed, noise_seed=noise_seed)
        make_minibatch = functools.partial(
            WeightNormMinibatchDiscrimination, average=True, seed=config.seed + 2
        )
        return PooledDiscriminator(
            widths=(64, 128) if config.dataset.upper() == "SVHN" else (96, 192),
            num_outputs=num_classes,
            make_minibatch=make_minibatch if config.minibatch_discrimination else Identity,
            seed=seed,
            noise_seed=noise_seed,
        )

    def make_loss(self) -> SemiSupervisedLoss:
        """Of both networks."""
        config = self._config
        return SemiSupervisedLoss(
            self._reconstructing(self._generator_loss()),
            losses.append_fake_logit,
            self._unlabelled_weight,
            config.label_smoothing,
            # Faster, and the same but where images are compared with each other.
            is_joint=not config.minibatch_discrimination,
        )

    def _generator_loss(self) -> Callable:
        """That which matches features, but for what compares images, which is behind these."""
        if self._config.minibatch_discrimination:
            return Fooling(losses.minimax_generator_loss)
        distance = self._config.feature_distance or ("l2" if self._is_gray else "l1")
        return FeatureMatching(_DISTANCES[distance])


class PortPreset(Preset):
    """Of the published TensorFlow code and its Ascend port."""

    hides_labels = False

    def __init__(self, config: Config, image_shape: Tuple[int, int, int]) -> None:
        """Takes the flags, and the height, width and channels of the images."""
        super().__init__(config, image_shape, PORT, 0, Turns(config.update_rate))

    def make_generator(self) -> Network:
        """Of vectors of `n_z` numbers."""
        return ResizeGenerator(
            self._image_shape,
            make_upsample=_UPSAMPLINGS[self._config.deconv_type],
            make_norm=_NORMS[self._config.norm_type],
            seed=self._config.seed,
        )

    def make_discriminator(self, num_classes: int, noise_seed: Seed) -> Network:
        """With a logit for each class, and one for generated images."""
        norm_type = self._config.norm_type
        return StridedDiscriminator(
            num_outputs=num_classes + 1,
            make_norm=_NORMS[norm_type],
            make_last_norm=Identity if norm_type == "instance" else None,
            seed=self._config.seed + 1,
        )

    def make_loss(self) -> SemiSupervisedLoss:
        """Of both networks; its terms are added, not averaged."""
        return SemiSupervisedLoss(
            self._reconstructing(Fooling(losses.minimax_generator_loss, port_logits)),
            tf.identity,
            2.0 * self._unlabelled_weight,
            self._config.label_smoothing,
            0.1,
        )


_PRESETS = {"paper": PaperPreset, "port": PortPreset}


def preset(config: Config, image_shape: Tuple[int, int, int]) -> Preset:
    """That of --preset."""
    return _PRESETS[config.preset](config, image_shape)


def port_logits(class_logits: Tensor) -> Tensor:
    """Of being real: the port takes a sigmoid of the last logit, though it is of a softmax."""
    return -class_logits[:, -1]

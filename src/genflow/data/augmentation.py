"""What training images are changed by at random, and several such changes in a row."""

import abc
from typing import Callable, Sequence, Tuple

import numpy as np

ImageShape = Tuple[int, int, int]
Augment = Callable[[np.ndarray, np.random.RandomState], np.ndarray]


class Augmentation(abc.ABC):
    """A random change of each image of a batch.

    All that is random comes from the generator that is handed in, so that a batch which is
    made again is the same again. A subclass writes `_augment`, and `_output_shape` if it
    changes the size. `batches` also takes any other callable of images and generator; it must
    keep the shape or have a method `output_shape` of its own.

    Shapes:
        images: `[batch, height, width, channels]`, uint8.
        result: `[batch] + output_shape([height, width, channels])`, uint8.

    Example:
        >>> from genflow.data import RandomFlip
        >>> augment = RandomFlip()
        >>> augment(np.zeros([10, 8, 8, 3], np.uint8), np.random.RandomState(0)).shape
        (10, 8, 8, 3)
        >>> augment.output_shape((8, 8, 3))
        (8, 8, 3)
    """

    def __call__(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        """Returns the changed images; `images` itself stays as it is.

        Args:
            images: `[batch, height, width, channels]`, uint8.
            random: Where the random numbers come from.

        Raises:
            TypeError: If `images` or `random` is something else.
            ValueError: If the images do not have the size that this needs.
        """
        check_images(images, owner=self)
        if not isinstance(random, np.random.RandomState):
            raise TypeError(
                "{} needs a `np.random.RandomState` as `random`; got {}.".format(
                    type(self).__name__, type(random).__name__
                )
            )
        return self._augment(images, random)

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Returns the height, width and channels of what becomes of images of `image_shape`.

        Raises:
            ValueError: If the images do not have the size that this needs.
        """
        return self._output_shape(tuple(image_shape))

    @abc.abstractmethod
    def _augment(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        """Returns the changed images."""

    def _output_shape(self, image_shape: ImageShape) -> ImageShape:
        return image_shape


class Compose(Augmentation):
    """Several augmentations, one after the other.

    Example:
        >>> from genflow.data import RandomCrop, RandomFlip
        >>> augment = Compose([RandomCrop(6), RandomFlip()])
        >>> augment.output_shape((8, 8, 3))
        (6, 6, 3)
    """

    def __init__(self, parts: Sequence[Augment]) -> None:
        """Constructs the augmentation.

        Args:
            parts: What is done, in this order. None at all leaves the images as they are.

        Raises:
            TypeError: If one of them cannot be called.
        """
        wrong = [part for part in parts if not callable(part)]
        if wrong:
            raise TypeError(
                "`parts` of Compose must be callables of images and generator; got {!r}.".format(
                    wrong[0]
                )
            )
        self.parts = list(parts)

    def _augment(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        for part in self.parts:
            images = part(images, random)
        return images

    def _output_shape(self, image_shape: ImageShape) -> ImageShape:
        for part in self.parts:
            image_shape = output_shape(part, image_shape)
        return image_shape


def output_shape(augment: Callable, image_shape: ImageShape) -> ImageShape:
    """Returns what `augment.output_shape` says, or `image_shape` if it has no such method."""
    if hasattr(augment, "output_shape"):
        return tuple(augment.output_shape(image_shape))
    return tuple(image_shape)


def check_images(images: np.ndarray, owner: object) -> None:
    """Refuses what is not a batch of uint8 images; the message names the class of `owner`."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 4:
        found = type(images).__name__
        if isinstance(images, np.ndarray):
            found = "{} of shape {}".format(images.dtype, images.shape)
        raise TypeError(
            "{} needs uint8 images of shape [batch, height, width, channels]; got {}.".format(
                type(owner).__name__, found
            )
        )

"""Cutting the middle out of images."""

from typing import Optional

import numpy as np

from genflow.data.augmentation import ImageShape, check_images


class CenterCrop:
    """Cuts the square in the middle out of each image.

    Nothing about it is random. With `TransformedSet` it gives the held-out images that go with
    `RandomCrop` in training. What cannot be halved is one pixel larger below and at the right.

    Shapes:
        images: `[batch, height, width, channels]`, uint8.
        result: `[batch, size, size, channels]`, uint8.

    Example:
        >>> CenterCrop(64)(np.zeros([10, 96, 128, 3], np.uint8)).shape
        (10, 64, 64, 3)
    """

    def __init__(self, size: int) -> None:
        """Constructs the transform.

        Args:
            size: The height and width of what is cut out.

        Raises:
            ValueError: If `size` is not positive.
        """
        check_crop_size(size, owner=self)
        self.size = size

    def __call__(
        self, images: np.ndarray, random: Optional[np.random.RandomState] = None
    ) -> np.ndarray:
        """Returns the middle of each image, without copying it.

        Args:
            images: `[batch, height, width, channels]`, uint8.
            random: Not used; there so that this can stand where an augmentation can.

        Raises:
            TypeError: If `images` is something else.
            ValueError: If the images are smaller than the square.
        """
        check_images(images, owner=self)
        self.output_shape(images.shape[1:])
        top, left = (images.shape[1] - self.size) // 2, (images.shape[2] - self.size) // 2
        return images[:, top : top + self.size, left : left + self.size]

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Returns the height, width and channels of what becomes of images of `image_shape`.

        Raises:
            ValueError: If the images are smaller than the square.
        """
        return cropped_shape(image_shape, self.size, owner=self)


def check_crop_size(size: int, owner: object) -> None:
    """Refuses a size that no crop can have; the message names the class of `owner`."""
    if size < 1:
        raise ValueError(
            "`size` of {} must be at least 1; got {}.".format(type(owner).__name__, size)
        )


def cropped_shape(image_shape: ImageShape, size: int, owner: object) -> ImageShape:
    """Returns the shape of a square of an image; refuses an image that is smaller."""
    height, width, channels = image_shape
    if min(height, width) < size:
        raise ValueError(
            "{} of size {} needs images at least that high and wide; got {}x{}.".format(
                type(owner).__name__, size, height, width
            )
        )
    return size, size, channels

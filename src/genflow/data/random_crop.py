"""Cutting squares out of images at random places."""

import numpy as np

from genflow.data.augmentation import Augmentation, ImageShape
from genflow.data.center_crop import check_crop_size, cropped_shape


class RandomCrop(Augmentation):
    """Cuts a square out of each image, at a place of its own, all places equally likely.

    `CenterCrop` is what goes with it for held-out images.

    Shapes:
        images: `[batch, height, width, channels]`, uint8.
        result: `[batch, size, size, channels]`, uint8.

    Example:
        >>> augment = RandomCrop(64)
        >>> augment(np.zeros([10, 96, 128, 3], np.uint8), np.random.RandomState(0)).shape
        (10, 64, 64, 3)

    References:
        The preparation of LSUN in Dinh, Sohl-Dickstein and Bengio, Density estimation using
        Real NVP, 2017. https://arxiv.org/abs/1605.08803
    """

    def __init__(self, size: int) -> None:
        """Constructs the augmentation.

        Args:
            size: The height and width of what is cut out.

        Raises:
            ValueError: If `size` is not positive.
        """
        check_crop_size(size, owner=self)
        self.size = size

    def _augment(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        self.output_shape(images.shape[1:])
        count, height, width, _ = images.shape
        tops = random.randint(height - self.size + 1, size=[count, 1, 1])
        lefts = random.randint(width - self.size + 1, size=[count, 1, 1])
        inside = np.arange(self.size)
        return images[np.arange(count)[:, None, None], tops + inside[:, None], lefts + inside]

    def _output_shape(self, image_shape: ImageShape) -> ImageShape:
        return cropped_shape(image_shape, self.size, owner=self)

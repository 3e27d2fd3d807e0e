"""Random reflections."""

import numpy as np

from genflow.data.augmentation import Augmentation


class RandomFlip(Augmentation):
    """Exchanges left and right of each image with a probability, by default one half.

    Shapes:
        images, result: `[batch, height, width, channels]`, uint8.

    Example:
        >>> images = np.arange(3, dtype=np.uint8).reshape([1, 1, 3, 1])
        >>> RandomFlip(probability=1.0)(images, np.random.RandomState(0))[0, 0, :, 0].tolist()
        [2, 1, 0]
    """

    def __init__(self, probability: float = 0.5) -> None:
        """Constructs the augmentation.

        Args:
            probability: How likely each image is flipped.

        Raises:
            ValueError: If `probability` is not in [0, 1].
        """
        if not 0 <= probability <= 1:
            raise ValueError(
                "`probability` of RandomFlip must be in [0, 1]; got {}.".format(probability)
            )
        self.probability = probability

    def _augment(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        flipped = random.uniform(size=[len(images), 1, 1, 1]) < self.probability
        return np.where(flipped, images[:, :, ::-1], images)

"""Random shifts by whole pixels."""

import numpy as np

from genflow.data.augmentation import Augmentation


class RandomShift(Augmentation):
    """Moves each image up or down, left or right, by whole pixels, all shifts equally likely.

    The pixels of the edge are repeated beyond it.

    Shapes:
        images, result: `[batch, height, width, channels]`, uint8.

    Example:
        >>> RandomShift(2)(np.zeros([10, 8, 8, 3], np.uint8), np.random.RandomState(0)).shape
        (10, 8, 8, 3)
    """

    def __init__(self, pixels: int) -> None:
        """Constructs the augmentation.

        Args:
            pixels: The largest shift in each direction; 0 for none.

        Raises:
            ValueError: If `pixels` is negative.
        """
        if pixels < 0:
            raise ValueError("`pixels` of RandomShift must be at least 0; got {}.".format(pixels))
        self.pixels = pixels

    def _augment(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        count, height, width, _ = images.shape
        row_moves, column_moves = random.randint(-self.pixels, self.pixels + 1, size=[2, count, 1])
        rows = np.clip(np.arange(height) - row_moves, 0, height - 1)
        columns = np.clip(np.arange(width) - column_moves, 0, width - 1)
        examples = np.arange(count)[:, np.newaxis, np.newaxis]
        return images[examples, rows[:, :, np.newaxis], columns[:, np.newaxis, :]]

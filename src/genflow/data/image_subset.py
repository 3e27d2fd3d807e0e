"""Some of the images of a set, in any order."""

from typing import Tuple

import numpy as np

from genflow.data.image_source import ImageSource


class ImageSubset(ImageSource):
    """Examples of another set, read from it when they are asked for.

    Shapes:
        indices: `[num_examples]`, integers in `[0, len(source))`.

    Example:
        >>> from genflow.data import ImageSet
        >>> images = np.zeros([10, 8, 8, 3], np.uint8)
        >>> image_set = ImageSet("blank", images, np.arange(10, dtype=np.int32), num_classes=10)
        >>> subset = ImageSubset(image_set, np.array([7, 2, 5]))
        >>> len(subset), subset.read([2, 0])[1].tolist()
        (3, [5, 7])
    """

    def __init__(self, source: ImageSource, indices: np.ndarray) -> None:
        """Constructs the set.

        Args:
            source: Where the examples come from.
            indices: Which.
        """
        self.name, self.num_classes = source.name, source.num_classes
        self.image_shape = source.image_shape
        self._source, self._indices = source, indices

    def __len__(self) -> int:
        return len(self._indices)

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Returns the images and the labels at `indices`, in that order."""
        return self._source.read(self._indices[indices])

    def read_labels(self, indices: np.ndarray) -> np.ndarray:
        """Returns the labels at `indices`, in that order."""
        return self._source.read_labels(self._indices[indices])

    def _part(self, first: int, last: int) -> "ImageSubset":
        return ImageSubset(self._source, self._indices[first:last])

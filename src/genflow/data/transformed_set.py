"""Image sets of which every image is changed when it is read."""

from typing import Callable, Tuple

import numpy as np

from genflow.data.augmentation import output_shape
from genflow.data.image_source import ImageSource


class TransformedSet(ImageSource):
    """A set whose images are those of another one, changed at each reading in the same way.

    What is changed is not kept, so that a set may be larger than the memory.

    Example:
        >>> from genflow.data import CenterCrop, ImageSet
        >>> images = np.zeros([10, 96, 96, 3], np.uint8)
        >>> image_set = ImageSet("blank", images, np.zeros([10], np.int32), num_classes=2)
        >>> TransformedSet(image_set, CenterCrop(64)).image_shape
        (64, 64, 3)
    """

    def __init__(self, source: ImageSource, transform: Callable[[np.ndarray], np.ndarray]) -> None:
        """Constructs the set.

        Args:
            source: Where the images come from.
            transform: A function of uint8 images `[n, height, width, channels]` that draws
                nothing at random. It keeps their shape, or has a method `output_shape` as
                `CenterCrop` has.

        Raises:
            ValueError: If `transform` refuses images of this shape.
        """
        self.name, self.num_classes = source.name, source.num_classes
        self._source, self._transform = source, transform
        self.image_shape = output_shape(transform, source.image_shape)

    def __len__(self) -> int:
        return len(self._source)

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Returns the changed images and the labels at `indices`, in that order."""
        images, labels = self._source.read(indices)
        return self._transform(images), labels

    def read_labels(self, indices: np.ndarray) -> np.ndarray:
        """Returns the labels at `indices`, in that order."""
        return self._source.read_labels(indices)

    def batch_indices(self, batch_size: int, seed: int, step: int) -> np.ndarray:
        """Returns which examples a training batch has, those that it has of the other set."""
        return self._source.batch_indices(batch_size, seed, step)

    def num_labelled_rows(self, batch_size: int) -> int:
        """Returns how many examples of a training batch have labels, those of the other set."""
        return self._source.num_labelled_rows(batch_size)

    def shard(self, rank: int, size: int) -> "TransformedSet":
        """Returns the part of one process, which is that of the other set, changed."""
        return TransformedSet(self._source.shard(rank, size), self._transform)

    def _part(self, first: int, last: int) -> "TransformedSet":
        return TransformedSet(self._source._part(first, last), self._transform)

    def _subset(self, indices: np.ndarray) -> "TransformedSet":
        return TransformedSet(self._source._subset(indices), self._transform)

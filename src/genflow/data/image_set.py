"""A labelled set of images in memory."""

import dataclasses
from typing import Tuple

import numpy as np

from genflow.data.image_source import ImageSource


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet(ImageSource):
    """A labelled set of images of one size, held in memory.

    Shapes:
        images: `[num_examples, height, width, channels]`, uint8.
        labels: `[num_examples]`, int32, each in `[0, num_classes)`.

    Attributes:
        name: What messages and file names call the set.
        images: The images.
        labels: The class of each image.
        num_classes: The number of classes, whether or not each one occurs.

    Example:
        >>> images = np.zeros([10, 8, 8, 3], np.uint8)
        >>> image_set = ImageSet("blank", images, np.zeros([10], np.int32), num_classes=2)
        >>> len(image_set), image_set.take(4).images.shape
        (10, (4, 8, 8, 3))
    """

    name: str
    images: np.ndarray = dataclasses.field(repr=False)
    labels: np.ndarray = dataclasses.field(repr=False)
    num_classes: int

    def __post_init__(self) -> None:
        """Checks the arrays against each other.

        Raises:
            TypeError: If `images` or `labels` is not an array of the documented dtype.
            ValueError: If a shape, the class count or a label is not as documented.
        """
        _check_array("images", self.images, np.uint8, rank=4)
        _check_array("labels", self.labels, np.int32, rank=1)
        if len(self.images) != len(self.labels):
            raise ValueError(
                "`images` and `labels` must have one length; got {} and {}.".format(
                    len(self.images), len(self.labels)
                )
            )
        self._check_labels()

    def _check_labels(self) -> None:
        if self.num_classes < 1:
            raise ValueError("`num_classes` must be positive; got {}.".format(self.num_classes))
        lowest, highest = self.labels.min(), self.labels.max()
        if lowest < 0 or highest >= self.num_classes:
            raise ValueError(
                "`labels` must lie in [0, {}); got values from {} to {}.".format(
                    self.num_classes, lowest, highest
                )
            )

    @property
    def image_shape(self) -> Tuple[int, int, int]:
        """The height, width and channels of each image."""
        return self.images.shape[1:]

    def __len__(self) -> int:
        return len(self.images)

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Returns copies of the images and labels at `indices`, in that order."""
        return self.images[indices], self.labels[indices]

    def read_labels(self, indices: np.ndarray) -> np.ndarray:
        """Returns copies of the labels at `indices`, in that order."""
        return self.labels[indices]

    def _part(self, first: int, last: int) -> "ImageSet":
        return dataclasses.replace(
            self, images=self.images[first:last], labels=self.labels[first:last]
        )


def _check_array(name: str, array: np.ndarray, dtype: type, rank: int) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        raise TypeError(
            "`{}` must be a numpy array of {}; got {}.".format(
                name, np.dtype(dtype).name, getattr(array, "dtype", type(array).__name__)
            )
        )
    if array.ndim != rank or array.size == 0:
        raise ValueError(
            "`{}` must have {} axes, none of them empty; got shape {}.".format(
                name, rank, array.shape
            )
        )

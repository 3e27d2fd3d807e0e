"""What batches ask of a set of images, wherever the images are kept."""

import abc
from typing import Tuple

import numpy as np

from genflow.data.permutation import permutation
from genflow.data.shard import shard_bounds


class ImageSource(abc.ABC):
    """A labelled set of images of one shape, in memory, on disk or computed when asked for.

    A subclass has the attributes below, and says how long it is, how its images are read and
    what a run of its examples is. `batches` and `epoch_batches` use nothing else.

    Attributes:
        name: What messages and file names call the set.
        image_shape: The height, width and channels of each image.
        num_classes: The number of classes, whether or not each one occurs.

    Example:
        >>> from genflow.data import ImageSet
        >>> images = np.zeros([10, 8, 8, 3], np.uint8)
        >>> source = ImageSet("blank", images, np.zeros([10], np.int32), num_classes=2)
        >>> isinstance(source, ImageSource), source.image_shape
        (True, (8, 8, 3))
        >>> [len(source.shard(rank, size=3)) for rank in range(3)]
        [3, 3, 4]
        >>> len(source.take(5)), len(source.sample(5, seed=0))
        (5, 5)
    """

    name: str
    image_shape: Tuple[int, int, int]
    num_classes: int

    @abc.abstractmethod
    def __len__(self) -> int:
        """Returns the number of examples."""

    @abc.abstractmethod
    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Returns examples, in the order asked for.

        Several threads may call this at once. The arrays belong to the caller, who may change
        them.

        Shapes:
            indices: `[n]`, integers in `[0, len(self))`.
            images: `[n, height, width, channels]`, uint8.
            labels: `[n]`, int32.

        Args:
            indices: Which examples; one may be asked for more than once.

        Returns:
            The images and their labels.
        """

    @abc.abstractmethod
    def _part(self, first: int, last: int) -> "ImageSource":
        """Returns the examples from `first` to before `last` as a set of their own."""

    def take(self, num_examples: int) -> "ImageSource":
        """Returns the first examples as a set of their own, without copying them.

        Args:
            num_examples: How many; at least 1, at most `len(self)`.

        Raises:
            ValueError: If `num_examples` is out of range.
        """
        self._check_count(num_examples)
        return self._part(0, num_examples)

    def sample(self, num_examples: int, seed: int) -> "ImageSource":
        """Returns examples drawn at random, none of them twice, without copying them.

        The first ones are no sample of a set in an order, such as a folder with all cats before
        all dogs. These are in random order, so that a part of a sample is one too. A smaller
        sample of the same seed is the beginning of a larger one.

        Args:
            num_examples: How many; at least 1, at most `len(self)`.
            seed: Decides which, and their order.

        Raises:
            ValueError: If `num_examples` or `seed` is out of range.
        """
        from genflow.data.image_subset import ImageSubset  # Not at the top: it is a source itself.

        self._check_count(num_examples)
        return ImageSubset(self, permutation(len(self), seed)[:num_examples])

    def shard(self, rank: int, size: int) -> "ImageSource":
        """Returns the part of one process of a distributed training, without copying it.

        The parts are contiguous, disjoint, nearly equal, and together the whole set; see
        `genflow.data.shard.shard_bounds`.

        Args:
            rank: The number of the process, in `[0, size)`.
            size: The number of processes.

        Raises:
            ValueError: If `rank` is out of range, or there are more processes than examples.
        """
        return self._part(*shard_bounds(len(self), rank, size))

    def _check_count(self, num_examples: int) -> None:
        if not 1 <= num_examples <= len(self):
            raise ValueError(
                "`num_examples` must be between 1 and {}, the size of {}; got {}.".format(
                    len(self), self.name, num_examples
                )
            )

"""What batches ask of a set of images, wherever the images are kept."""

import abc
from typing import Sequence, Tuple

import numpy as np

from genflow.data.batch_indices import batch_indices
from genflow.data.permutation import permutation
from genflow.data.shard import shard_bounds

_CHUNK = 1000  # How many images are read at once when only their labels are wanted.


class ImageSource(abc.ABC):
    """A labelled set of images of one shape, in memory, on disk or computed when asked for.

    A subclass has the attributes below, and says how long it is, how its images are read and
    what a run of its examples is. `batches` and `epoch_batches` use nothing else but
    `batch_indices`, which a subclass may override to say which examples a training batch has.

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
        >>> [len(part) for part in source.hold_out(2, seed=0)]
        [8, 2]
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
            labels: `[n]`, int32, each in `[0, num_classes)`, or -1: not known.

        Args:
            indices: Which examples; one may be asked for more than once.

        Returns:
            The images and their labels.
        """

    def read_labels(self, indices: np.ndarray) -> np.ndarray:
        """Returns the labels of examples, without reading their images where that can be.

        Where it cannot, images are read, a thousand at a time.

        Shapes:
            indices: `[n]`, integers in `[0, len(self))`.
            result: `[n]`, int32, as of `read`.

        Args:
            indices: Which examples.
        """
        chunks = [indices[first : first + _CHUNK] for first in range(0, len(indices), _CHUNK)]
        return np.concatenate([np.zeros([0], np.int32)] + [self.read(c)[1] for c in chunks])

    def batch_indices(self, batch_size: int, seed: int, step: int) -> np.ndarray:
        """Returns which examples a training batch has, a pure function of its arguments.

        By default they are those of the function `genflow.data.batch_indices`: each epoch goes
        through all examples in an order of its own.

        Shapes:
            result: `[batch_size]`, int64, in `[0, len(self))`.

        Args:
            batch_size: The size of the batch.
            seed: Decides the order of the examples.
            step: The number of the batch, counted from 0 over all epochs.

        Raises:
            ValueError: If an argument is out of range.
        """
        return batch_indices(len(self), batch_size, seed, step)

    def num_labelled_rows(self, batch_size: int) -> int:
        """Returns how many examples of a training batch, its first ones, have labels: all.

        Args:
            batch_size: The size of the batch.
        """
        return batch_size

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
        self._check_count(num_examples)
        return self._subset(permutation(len(self), seed)[:num_examples])

    def hold_out(self, num_examples: int, seed: int) -> Tuple["ImageSource", "ImageSource"]:
        """Splits the set in two at random, for training and for validation, without copying.

        The two have no example in common and are all examples together. Both are in random
        order. What is held out has nothing to do with what `sample` draws by the same seed; less
        of it is the beginning of more.

        Args:
            num_examples: How many are held out; at least 1, less than `len(self)`.
            seed: Decides which, and the order of both parts.

        Returns:
            The rest, and what is held out.

        Raises:
            ValueError: If `num_examples` or `seed` is out of range.
        """
        if not 1 <= num_examples < len(self):
            raise ValueError(
                "`num_examples` must be at least 1 and less than {}, the size of {}, so that there "
                "is a rest; got {}.".format(len(self), self.name, num_examples)
            )
        order = permutation(len(self), seed, purpose="hold out")
        return self._subset(order[num_examples:]), self._subset(order[:num_examples])

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

    def select(self, indices: Sequence[int]) -> "ImageSource":
        """Returns some examples as a set of their own, without copying them.

        Args:
            indices: Which, in the order they are to have; in `[0, len(self))`.

        Raises:
            ValueError: If there is none, or one is out of range.
        """
        indices = np.asarray(indices, np.int64)
        if indices.ndim != 1 or not len(indices) or not _lie_in(indices, len(self)):
            raise ValueError(
                "`indices` must be numbers from 0 to {}, at least one; got {}.".format(
                    len(self) - 1, indices
                )
            )
        return self._subset(indices)

    def _subset(self, indices: np.ndarray) -> "ImageSource":
        """Returns the examples at `indices`, in that order, as a set of their own."""
        from genflow.data.image_subset import ImageSubset  # Not at the top: it is a source itself.

        return ImageSubset(self, indices)

    def _check_count(self, num_examples: int) -> None:
        if not 1 <= num_examples <= len(self):
            raise ValueError(
                "`num_examples` must be between 1 and {}, the size of {}; got {}.".format(
                    len(self), self.name, num_examples
                )
            )


def _lie_in(indices: np.ndarray, count: int) -> bool:
    return 0 <= indices.min() and indices.max() < count

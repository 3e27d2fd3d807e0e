"""A labelled set of images on disk, in TFRecord files."""

import concurrent.futures
import copy
from typing import Any, Callable, Dict, Iterable, List, Sequence, Tuple

import numpy as np

from genflow.data.image_source import ImageSource
from genflow.data.record_example import decode_example
from genflow.data.record_framing import RecordPlace, index_file, read_payload


class RecordSet(ImageSource):
    """A labelled set of images on disk, of which any can be read at any time.

    The files are walked over once, at the beginning, to find where each record begins. What is
    read then does not depend on what was read before, so that the order of training is a
    function of its seed alone, and no buffer of examples has to be filled. It takes 24 bytes of
    memory for each image.

    Whatever is wrong with a record is a `ValueError` that names its file. No file is changed.

    Attributes:
        name: What messages and file names call the set.
        image_shape: The height, width and channels of each image.
        num_classes: The number of classes; 1 where there are none.
        num_threads: How many threads read from disk at the same time.
        crop: Whether the middle is taken of images that are larger.

    Example:
        >>> import os, tempfile
        >>> import tensorflow.compat.v2 as tf
        >>> from genflow.data.record_example import encode_example
        >>> path = os.path.join(tempfile.mkdtemp(), "blank.tfrecords")
        >>> with tf.io.TFRecordWriter(path) as writer:
        ...     for label in range(10):
        ...         writer.write(encode_example(np.zeros([8, 8, 3], np.uint8), label))
        >>> record_set = RecordSet("blank", [path], image_shape=(8, 8, 3), num_classes=10)
        >>> images, labels = record_set.read(np.array([7, 0]))
        >>> len(record_set), images.shape, labels.shape
        (10, (2, 8, 8, 3), (2,))

    References:
        Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions,
        2018. https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        name: str,
        paths: Sequence[str],
        image_shape: Tuple[int, int, int],
        num_classes: int = 1,
        num_threads: int = 1,
        crop: bool = False,
    ) -> None:
        """Finds the records of the files.

        Args:
            name: What messages and file names call the set.
            paths: The TFRecord files, in the layout of the original Glow.
            image_shape: The height, width and channels that each image must have.
            num_classes: The number of classes, whether or not each one occurs.
            num_threads: How many threads read from disk at the same time, the files at the
                beginning and later the images of one batch. It makes no difference to what is
                read.
            crop: Whether images may be higher or wider than `image_shape`; of those the middle
                is taken.

        Raises:
            ValueError: If an argument is out of range, or a file is empty, truncated or damaged.
            FileNotFoundError: If there is no such file.
        """
        _check_counts(num_classes, num_threads)
        _check_shape(image_shape)
        if not paths:
            raise ValueError("`paths` of {} must name at least one file; got none.".format(name))
        self.name = name
        self.image_shape = tuple(image_shape)
        self.num_classes = num_classes
        self.num_threads = num_threads
        self.crop = crop
        self._paths = list(paths)
        indices = self._map_in_threads(index_file, self._paths, range(len(paths)))
        self._index = np.concatenate(indices)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        return "RecordSet(name={!r}, image_shape={}, num_classes={})".format(
            self.name, self.image_shape, self.num_classes
        )

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Reads examples from disk, in any order.

        It may be called from several threads at once.

        Shapes:
            indices: `[n]`, integers in `[0, len(self))`.
            images: `[n, height, width, channels]`, uint8.
            labels: `[n]`, int32.

        Args:
            indices: Which examples.

        Raises:
            TypeError: If `indices` are not integers.
            ValueError: If an index is out of range, or a record is damaged or not such an image.
        """
        places = self._index[self._checked(indices)]
        images = np.empty((len(places),) + self.image_shape, np.uint8)
        labels = np.empty([len(places)], np.int32)

        def read_part(positions: np.ndarray) -> None:
            for position in positions:
                images[position], labels[position] = self._read_one(places[position])

        self._map_in_threads(read_part, np.array_split(np.arange(len(places)), self.num_threads))
        return images, labels

    def num_records(self) -> Dict[str, int]:
        """Returns how many examples of the set are in each of its files."""
        counts = np.bincount(self._index["file"], minlength=len(self._paths))
        return {path: int(count) for path, count in zip(self._paths, counts)}

    def _part(self, first: int, last: int) -> "RecordSet":
        part = copy.copy(self)
        part._index = self._index[first:last]
        return part

    def _checked(self, indices: np.ndarray) -> np.ndarray:
        indices = np.asarray(indices)
        if indices.dtype.kind not in "iu":
            raise TypeError("`indices` must be integers; got {}.".format(indices.dtype))
        if indices.ndim != 1:
            raise ValueError("`indices` must have 1 axis; got shape {}.".format(indices.shape))
        if indices.size and not 0 <= indices.min() <= indices.max() < len(self):
            raise ValueError(
                "`indices` must be in [0, {}), the size of {}; got values from {} to {}.".format(
                    len(self), self.name, indices.min(), indices.max()
                )
            )
        return indices

    def _map_in_threads(self, function: Callable[..., Any], *arguments: Iterable) -> List[Any]:
        if self.num_threads == 1:
            return list(map(function, *arguments))
        with concurrent.futures.ThreadPoolExecutor(self.num_threads) as threads:
            return list(threads.map(function, *arguments))

    def _read_one(self, record: np.void) -> Tuple[np.ndarray, int]:
        place = RecordPlace(
            self._paths[record["file"]], int(record["number"]), int(record["offset"])
        )
        payload = read_payload(place, int(record["length"]))
        return decode_example(payload, place, self.image_shape, self.num_classes, self.crop)


def _check_counts(num_classes: int, num_threads: int) -> None:
    for argument, value in [("num_classes", num_classes), ("num_threads", num_threads)]:
        if value < 1:
            raise ValueError("`{}` must be at least 1; got {}.".format(argument, value))


def _check_shape(image_shape: Tuple[int, int, int]) -> None:
    if len(image_shape) != 3 or min(image_shape) < 1:
        raise ValueError(
            "`image_shape` must be three positive numbers, height, width and channels; got "
            "{}.".format(image_shape)
        )

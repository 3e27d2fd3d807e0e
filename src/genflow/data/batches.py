"""Cutting image sets into batches, shuffled for training and in order for evaluation."""

import zlib
from typing import TYPE_CHECKING, Iterator, Optional, Tuple

import numpy as np

from genflow.data.augmentation import Augment, output_shape
from genflow.data.image_source import ImageSource

if TYPE_CHECKING:
    import tensorflow.compat.v2 as tf

_PREFETCHED = 2
_AUGMENTATION = zlib.crc32(b"augmentation")


def batches(
    image_set: ImageSource,
    batch_size: int,
    seed: int,
    start: int = 0,
    augment: Optional[Augment] = None,
    num_parallel: int = 1,
) -> "tf.data.Dataset":
    """Returns the endless stream of training batches, from batch number `start` on.

    Batches are counted from 0 over the whole training. Number `i` holds the examples
    `image_set.batch_indices(batch_size, seed, i)`, and what is random in `augment` is
    drawn for it alone: all of it is a pure function of `seed` and `i`, so a training that stops
    after `n` batches continues exactly with `start=n`.

    Shapes:
        images: `[batch_size, height, width, channels]`, uint8, all static; the size is that
            of `image_set`, or what `augment.output_shape` makes of it.
        labels: `[batch_size]`, int32, static; -1 where the label is not known.

    Args:
        image_set: Where the batches come from.
        batch_size: The number of images in each batch.
        seed: Decides the order of the images, a new one in each epoch.
        start: The number of the first batch.
        augment: What is done to the images of each batch, an `Augmentation` or another
            callable of images and a `np.random.RandomState`; by default nothing.
        num_parallel: How many batches are made at once. It changes neither their contents
            nor their order.

    Returns:
        A `tf.data.Dataset` of pairs `(images, labels)`, for graphs and for eager use.

    Raises:
        ValueError: If `image_set` is smaller than a batch, or an argument is out of range, or
            `augment` refuses images of this size. Iteration fails if `augment` returns
            anything but uint8 images of the shape that it promised.

    Example:
        >>> import tensorflow.compat.v1 as tf
        >>> from genflow.data import ImageSet, RandomCrop
        >>> image_set = ImageSet(
        ...     "blank", np.zeros([10, 8, 8, 3], np.uint8), np.zeros([10], np.int32), 2
        ... )
        >>> dataset = batches(image_set, batch_size=4, seed=0, augment=RandomCrop(6))
        >>> [shape.as_list() for shape in tf.data.get_output_shapes(dataset)]
        [[4, 6, 6, 3], [4]]
    """
    import tensorflow.compat.v2 as tf  # Not at the top: reading data needs no TensorFlow.

    image_set.batch_indices(batch_size, seed, start)  # Refuses wrong arguments now.
    if num_parallel < 1:
        raise ValueError("`num_parallel` must be at least 1; got {}.".format(num_parallel))
    image_shape = tuple(image_set.image_shape)
    if augment is not None:
        image_shape = output_shape(augment, image_shape)
    images_shape = (batch_size,) + image_shape

    def read(step: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        images, labels = image_set.read(image_set.batch_indices(batch_size, seed, int(step)))
        if augment is not None:
            images = augment(images, _augmentation_random(seed, int(step)))
            _check_augmented(images, images_shape)
        return images, labels

    def read_tensors(step: "tf.Tensor") -> Tuple["tf.Tensor", "tf.Tensor"]:
        images, labels = tf.numpy_function(read, [step], [tf.uint8, tf.int32])
        images.set_shape(images_shape)
        labels.set_shape([batch_size])
        return images, labels

    steps = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
    return steps.map(read_tensors, num_parallel_calls=num_parallel).prefetch(_PREFETCHED)


def epoch_batches(
    image_set: ImageSource, batch_size: int
) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Returns an iterator over all examples once, in order, for evaluation.

    The last batch is smaller when `batch_size` does not divide the size of the set.

    Args:
        image_set: Where the batches come from.
        batch_size: The number of images in each batch but the last.

    Returns:
        An iterator over pairs `(images, labels)` of numpy arrays.

    Raises:
        ValueError: If `batch_size` is not positive.

    Example:
        >>> from genflow.data import ImageSet
        >>> image_set = ImageSet(
        ...     "blank", np.zeros([10, 8, 8, 3], np.uint8), np.zeros([10], np.int32), 2
        ... )
        >>> [len(images) for images, labels in epoch_batches(image_set, batch_size=4)]
        [4, 4, 2]
    """
    if batch_size < 1:
        raise ValueError("`batch_size` must be at least 1; got {}.".format(batch_size))
    count = len(image_set)
    return (
        image_set.read(np.arange(first, min(first + batch_size, count)))
        for first in range(0, count, batch_size)
    )


def _augmentation_random(seed: int, step: int) -> np.random.RandomState:
    """Returns the generator of one batch, which is none of those that shuffle epochs."""
    high, low = divmod(step, 2**32)
    return np.random.RandomState([seed, low, high, _AUGMENTATION])


def _check_augmented(images: np.ndarray, expected: Tuple[int, ...]) -> None:
    found = (getattr(images, "dtype", None), getattr(images, "shape", None))
    if found != (np.uint8, expected):
        raise ValueError(
            "`augment` must return uint8 images of shape {}; got {} of shape {}; if it changes "
            "the size, give it a method `output_shape`.".format(expected, *found)
        )

"""Cutting image sets into batches, shuffled for training and in order for evaluation."""

import functools
from typing import TYPE_CHECKING, Iterator, Tuple

import numpy as np

from genflow.data.image_set import ImageSet
from genflow.data.permutation import permutation

if TYPE_CHECKING:
    import tensorflow.compat.v2 as tf

_PREFETCHED = 2


def batches(image_set: ImageSet, batch_size: int, seed: int, start: int = 0) -> "tf.data.Dataset":
    """Returns the endless stream of training batches, from batch number `start` on.

    Batches are counted from 0 over the whole training. Number `i` holds the examples
    `batch_indices(len(image_set), batch_size, seed, i)`: a pure function of `seed` and `i`, so
    a training that stops after `n` batches continues exactly with `start=n`.

    Shapes:
        images: `[batch_size, height, width, channels]`, uint8, all static.
        labels: `[batch_size]`, int32, static.

    Args:
        image_set: Where the batches come from.
        batch_size: The number of images in each batch.
        seed: Decides the order of the images, a new one in each epoch.
        start: The number of the first batch.

    Returns:
        A `tf.data.Dataset` of pairs `(images, labels)`, for graphs and for eager use.

    Raises:
        ValueError: If `image_set` is smaller than a batch, or an argument is out of range.

    Example:
        >>> import tensorflow.compat.v1 as tf
        >>> image_set = ImageSet(
        ...     "blank", np.zeros([10, 8, 8, 3], np.uint8), np.zeros([10], np.int32), 2
        ... )
        >>> shapes = tf.data.get_output_shapes(batches(image_set, batch_size=4, seed=0))
        >>> [shape.as_list() for shape in shapes]
        [[4, 8, 8, 3], [4]]
    """
    import tensorflow.compat.v2 as tf  # Not at the top: reading data needs no TensorFlow.

    batch_indices(len(image_set), batch_size, seed, start)  # Refuses wrong arguments now.

    def read(step: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        indices = batch_indices(len(image_set), batch_size, seed, int(step))
        return image_set.images[indices], image_set.labels[indices]

    def read_tensors(step: "tf.Tensor") -> Tuple["tf.Tensor", "tf.Tensor"]:
        images, labels = tf.numpy_function(read, [step], [tf.uint8, tf.int32])
        images.set_shape((batch_size,) + image_set.images.shape[1:])
        labels.set_shape([batch_size])
        return images, labels

    steps = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
    return steps.map(read_tensors).prefetch(_PREFETCHED)


def batch_indices(num_examples: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """Returns which examples are in a training batch.

    Each epoch goes through a seeded permutation of the examples of its own; what is left at
    its end and does not fill a batch is dropped.

    Shapes:
        result: `[batch_size]`, int64.

    Args:
        num_examples: The size of the data set.
        batch_size: The size of the batch.
        seed: Decides the order of the examples.
        step: The number of the batch, counted from 0 over all epochs.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> batch_indices(num_examples=10, batch_size=4, seed=0, step=1000).shape
        (4,)
    """
    if not 1 <= batch_size <= num_examples:
        raise ValueError(
            "`batch_size` must be between 1 and {}, the number of examples; got {}.".format(
                num_examples, batch_size
            )
        )
    if step < 0:
        raise ValueError("The number of a batch must not be negative; got {}.".format(step))
    epoch, position = divmod(step, num_examples // batch_size)
    order = _epoch_order(num_examples, seed, epoch)
    return order[position * batch_size : (position + 1) * batch_size]


def epoch_batches(image_set: ImageSet, batch_size: int) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
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
        >>> image_set = ImageSet(
        ...     "blank", np.zeros([10, 8, 8, 3], np.uint8), np.zeros([10], np.int32), 2
        ... )
        >>> [len(images) for images, labels in epoch_batches(image_set, batch_size=4)]
        [4, 4, 2]
    """
    if batch_size < 1:
        raise ValueError("`batch_size` must be at least 1; got {}.".format(batch_size))
    return (
        (image_set.images[first : first + batch_size], image_set.labels[first : first + batch_size])
        for first in range(0, len(image_set), batch_size)
    )


@functools.lru_cache(maxsize=2)
def _epoch_order(num_examples: int, seed: int, epoch: int) -> np.ndarray:
    """Returns the order of an epoch, kept while its batches are read."""
    order = permutation(num_examples, seed, epoch)
    order.flags.writeable = False  # It is shared by all who ask for it.
    return order

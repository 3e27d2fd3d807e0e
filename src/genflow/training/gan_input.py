"""The batches that a GAN is trained on."""

from typing import Callable, Optional

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.data import ImageSource, batches


def gan_input(
    train_set: ImageSource,
    batch_size: int,
    seed: int,
    first: int,
    augment: Optional[Callable],
    num_parallel: int,
    needs_labels: bool,
) -> tf.data.Dataset:
    """Returns pairs of a batch, `(images, labels)`, and its number, as `GanGraph` takes them.

    Args:
        train_set: Images to train on.
        batch_size: Images in a batch.
        seed: Decides their order.
        first: Number of the first batch.
        augment: Of the images; see `genflow.data.batches`.
        num_parallel: Batches prepared at the same time.
        needs_labels: Whether every label must be known that is said to be, by
            `train_set.num_labelled_rows`. All batches are looked at, the first one now.

    Raises:
        ValueError: If an argument is out of range, or a label of the first batch is not known.
    """
    stream = batches(train_set, batch_size, seed, first, augment, num_parallel)
    if needs_labels:
        num_labelled = train_set.num_labelled_rows(batch_size)

        def checked(labels: np.ndarray) -> np.ndarray:
            _check_labels(labels, num_labelled, train_set.name)
            return labels

        checked(train_set.read_labels(train_set.batch_indices(batch_size, seed, first)))
        stream = stream.map(lambda images, labels: (images, _mapped(checked, labels)))
    numbers = tf.data.Dataset.range(first, np.iinfo(np.int64).max)
    return tf.data.Dataset.zip((stream, numbers))


def _mapped(function: Callable[[np.ndarray], np.ndarray], labels: Tensor) -> Tensor:
    y = tf.numpy_function(function, [labels], labels.dtype)
    y.set_shape(labels.shape)
    return y


def _check_labels(labels: np.ndarray, num_labelled: int, name: str) -> None:
    num_unknown = int(np.sum(labels[:num_labelled] < 0))
    if num_unknown:
        raise ValueError(
            "The labels of {} must be known, as `class_conditional` and semi-supervised losses "
            "need them; of the {} images of a batch that are to have one, {} have the label -1. "
            "Make a `PartlyLabelledSet` of the images, whose `labelled()` are those with a label "
            "alone.".format(name, num_labelled, num_unknown)
        )

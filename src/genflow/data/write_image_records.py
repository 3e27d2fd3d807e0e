"""Writing images as they are as records."""

import contextlib
import os
from typing import Collection, Dict, List

import numpy as np

from genflow.data.image_source import ImageSource
from genflow.data.load_image_records import load_image_records
from genflow.data.manifest_file import read_manifest
from genflow.data.permutation import permutation
from genflow.data.record_example import encode_example
from genflow.data.record_files import file_name
from genflow.data.record_folders import IMAGE_SPLITS, image_split_folder
from genflow.data.shard import shard_bounds
from genflow.data.shared_images import (
    check_shared_images,
    image_digests,
    refuse_one_source,
    source_digests,
)
from genflow.data.whole_folder import refuse_existing, whole_folder
from genflow.data.write_manifest import list_records

_BATCH_SIZE = 256


def write_image_records(
    splits: Dict[str, ImageSource], data_dir: str, num_shards: int = 1, seed: int = 0
) -> None:
    """Writes images as they are as TFRecord files, for `load_image_records`.

    Each split has a folder of its own:

        {split}/{split}-images-{number}-of-{num_shards}.tfrecords
        {split}/manifest.json

    The images of a split are shuffled, once, and spread evenly over its files. The records are
    those of `write_records`; only the names of the files differ, which say nothing about the
    shape, and the manifest, which does. The folders appear only when all of them have been
    written and read again: whatever happens before, nothing is left behind.

    Splits are to have no image in common, pixel for pixel, with each other or with those that are
    there already, which are read for that. A warning says how many they share, as some data sets
    have images twice.

    Args:
        splits: What is written as "train", "validation" and "test", or as some of them. Which
            images are for what is decided before: see `ImageSource.hold_out`.
        data_dir: The folder above those of the splits. A leading `~` is expanded.
        num_shards: The number of files of each split.
        seed: Decides the order of the images.

    Raises:
        FileExistsError: If there is something in the folder of a split.
        TypeError: If a split is no `ImageSource`.
        ValueError: If an argument is out of range, the splits differ in the shape of their
            images or in their number of classes, also from those that are there already, all
            images of a split are in another one, or a label is not known.

    Example:
        >>> import tempfile
        >>> from genflow.data import load_digits, load_image_records
        >>> data_dir = tempfile.mkdtemp()
        >>> splits = {split: load_digits(split).take(100) for split in ["train", "test"]}
        >>> write_image_records(splits, data_dir, num_shards=2)
        >>> sorted(os.listdir(data_dir)), sorted(os.listdir(os.path.join(data_dir, "test")))[1]
        (['test', 'train'], 'test-images-0000-of-0002.tfrecords')
        >>> len(load_image_records(data_dir, "test"))
        100
    """
    folders = {split: image_split_folder(data_dir, split) for split in splits}
    for folder in folders.values():
        refuse_existing(folder)
    _check_splits(splits, num_shards)
    _check_neighbours(next(iter(splits.values())), data_dir)
    orders = {split: permutation(len(source), seed) for split, source in splits.items()}
    digests = _neighbour_digests(data_dir, splits)
    with contextlib.ExitStack() as stack:
        for split, source in splits.items():
            partial = stack.enter_context(whole_folder(folders[split]))
            digests[split] = _write_split(source, orders[split], partial, num_shards)
            list_records(partial, source.num_classes, None, tuple(source.image_shape))
        check_shared_images(digests, new=splits)


def _check_splits(splits: Dict[str, ImageSource], num_shards: int) -> None:
    if not splits:
        raise ValueError("`splits` must have at least one of {}; got none.".format(IMAGE_SPLITS))
    for split, source in splits.items():
        if not isinstance(source, ImageSource):
            raise TypeError(
                "`splits` must have an ImageSource for {!r}; got {}.".format(
                    split, type(source).__name__
                )
            )
    refuse_one_source(splits)
    for what in ("image_shape", "num_classes"):
        found = {split: _property(source, what) for split, source in splits.items()}
        if len(set(found.values())) > 1:
            raise ValueError(
                "`splits` must have one `{}`, since they are of one data set; got {}.".format(
                    what, found
                )
            )
    smallest = min(map(len, splits.values()))
    if not 1 <= num_shards <= smallest:
        raise ValueError(
            "`num_shards` must be between 1 and {}, the size of the smallest split; got {}.".format(
                smallest, num_shards
            )
        )


def _property(source: object, what: str) -> object:
    value = getattr(source, what)
    return tuple(value) if what == "image_shape" else value


def _check_neighbours(source: ImageSource, data_dir: str) -> None:
    """Refuses a data folder in which there are splits of another data set."""
    for split in IMAGE_SPLITS:
        folder = image_split_folder(data_dir, split)
        manifest = read_manifest(folder)
        for what in ("image_shape", "num_classes") if manifest else ():
            expected, found = getattr(manifest, what), _property(source, what)
            if found != expected:
                raise ValueError(
                    "`splits` must have the `{}` {}, as {} has, which is there already; got {}. "
                    "Choose another `data_dir` for another data set.".format(
                        what, expected, folder, found
                    )
                )


def _neighbour_digests(data_dir: str, splits: Collection[str]) -> Dict[str, np.ndarray]:
    """The digests of the splits that are there already."""
    return {
        split: source_digests(load_image_records(data_dir, split), "reading " + split)
        for split in IMAGE_SPLITS
        if split not in splits and read_manifest(image_split_folder(data_dir, split))
    }


def _write_split(
    source: ImageSource, order: np.ndarray, folder: str, num_shards: int
) -> np.ndarray:
    """Writes the images of a split; returns their digests."""
    import tensorflow.compat.v2 as tf  # Not at the top: the rest of the data needs no TensorFlow.
    from tqdm import tqdm

    digests, description = [], "writing " + os.path.basename(folder)
    with tqdm(total=len(source), desc=description, unit="image") as progress:
        for number in range(num_shards):
            path = os.path.join(folder, file_name(folder, None, number, num_shards))
            first, last = shard_bounds(len(source), number, num_shards)
            with tf.io.TFRecordWriter(path) as writer:
                for indices in _pieces(order[first:last]):
                    images, labels = source.read(indices)
                    _check_labels(labels, source)
                    for image, label in zip(images, labels):
                        writer.write(encode_example(image, label))
                    digests.append(image_digests(images))
                    progress.update(len(indices))
    return np.concatenate(digests)


def _pieces(order: np.ndarray) -> List[np.ndarray]:
    return [order[first : first + _BATCH_SIZE] for first in range(0, len(order), _BATCH_SIZE)]


def _check_labels(labels: np.ndarray, source: ImageSource) -> None:
    if labels.min() < 0 or labels.max() >= source.num_classes:
        raise ValueError(
            "The labels of {} must be in [0, {}); got values from {} to {}. Write the set with "
            "all of its labels, and leave some of them out of training.".format(
                source.name, source.num_classes, labels.min(), labels.max()
            )
        )

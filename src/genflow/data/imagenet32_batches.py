"""The labelled batches in which ImageNet was published at 32x32 in 2017."""

import os
import re
from typing import List

import numpy as np

from genflow.data.image_set import ImageSet
from genflow.data.npz import describe_array, read_npz

# What the files of each split are called; what they are in when their archive is unpacked into a
# folder of its name.
_PATTERNS = {"train": r"train_data_batch_([1-9][0-9]*)\.npz", "test": r"val_data\.npz"}
_FIRST = {"train": "train_data_batch_1.npz", "test": "val_data.npz"}
_FOLDERS = {"train": "Imagenet32_train_npz", "test": "Imagenet32_val_npz"}

_IMAGE_SIZE = 32
_NUM_CLASSES = 1000
_REMEDY = "Take the files of Imagenet32_train_npz.zip and Imagenet32_val_npz.zip as published."


def has_batches(folder: str) -> bool:
    """Returns whether a folder holds labelled batches of any split.

    Example:
        >>> import tempfile
        >>> has_batches(tempfile.mkdtemp())
        False
    """
    return any(_list_batches(folder, split) for split in _PATTERNS)


def load_batches(split: str, folder: str) -> ImageSet:
    """Loads ImageNet at 32x32 with its 1000 classes, numbered from 0.

    The files of a split are in the folder, or in the folder in it that has the name of their
    archive. A row of `data` is the red plane of an image, then the green, then the blue one;
    `labels` count from 1. Beside the images, one file of them is in memory.

    Args:
        split: "train" or "test".
        folder: The folder.

    Raises:
        FileNotFoundError: If there is no file of the split, or a gap in the training batches.
        ValueError: If a file is damaged, or holds anything else.

    Example:
        >>> load_batches("train", "no such folder")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: There is no train_data_batch_1.npz in no such folder, ...

    References:
        Chrabaszcz, Loshchilov and Hutter, A downsampled variant of ImageNet as an alternative to
        the CIFAR datasets, 2017. https://arxiv.org/abs/1707.08819
    """
    paths = _find_batches(folder, split)
    parts = [_read_labels(path) for path in paths]
    labels = np.concatenate(parts)
    images = np.empty([len(labels), _IMAGE_SIZE, _IMAGE_SIZE, 3], np.uint8)
    first = 0
    for path, part in zip(paths, parts):
        planes = _read_planes(path, len(part))
        images[first : first + len(part)] = planes.transpose([0, 2, 3, 1])
        first += len(part)
    return ImageSet("imagenet32-labelled-" + split, images, labels, _NUM_CLASSES)


def _list_batches(folder: str, split: str) -> List[str]:
    """Returns the files of a split, in order; none if there are none."""
    for parent in (folder, os.path.join(folder, _FOLDERS[split])):
        names = os.listdir(parent) if os.path.isdir(parent) else []
        matches = [re.match(_PATTERNS[split] + "$", name) for name in names]
        found = [match for match in matches if match]
        if found:
            found.sort(key=lambda match: [int(number) for number in match.groups()])
            return [os.path.join(parent, match.group()) for match in found]
    return []


def _find_batches(folder: str, split: str) -> List[str]:
    """Returns the files of a split, in order and without a gap."""
    paths = _list_batches(folder, split)
    if not paths:
        other = _list_batches(folder, "test" if split == "train" else "train")
        raise FileNotFoundError(
            "There is no {} in {}, nor in {}{}. {}".format(
                _FIRST[split],
                folder,
                os.path.join(folder, _FOLDERS[split]),
                ", but there is " + os.path.basename(other[0]) if other else "",
                _REMEDY,
            )
        )
    if split == "train":
        _check_numbers(paths)
    return paths


def _check_numbers(paths: List[str]) -> None:
    for number, path in enumerate(paths, start=1):
        expected = os.path.join(os.path.dirname(path), "train_data_batch_{}.npz".format(number))
        if path != expected:
            raise FileNotFoundError(
                "There is no {}, but there is {}; the training batches must be numbered from 1 "
                "without a gap. Fetch what is missing, or move the later ones away.".format(
                    expected, os.path.basename(paths[-1])
                )
            )


def _read_labels(path: str) -> np.ndarray:
    """Returns labels from 0 on, `[n]`, int32."""
    labels = read_npz(path, "labels", _REMEDY)
    if labels.dtype.kind not in "iu" or labels.ndim != 1 or not len(labels):
        raise ValueError(
            "`labels` of {} must be integers of shape (n,), n at least 1; got {}. {}".format(
                path, describe_array(labels), _REMEDY
            )
        )
    lowest, highest = labels.min(), labels.max()
    if lowest < 1 or highest > _NUM_CLASSES:
        raise ValueError(
            "`labels` of {} must lie in [1, {}]; got values from {} to {}. {}".format(
                path, _NUM_CLASSES, lowest, highest, _REMEDY
            )
        )
    return labels.astype(np.int32) - 1


def _read_planes(path: str, count: int) -> np.ndarray:
    """Returns images `[count, 3, 32, 32]`, uint8."""
    data = read_npz(path, "data", _REMEDY)
    shape = (count, 3 * _IMAGE_SIZE**2)
    if data.dtype != np.uint8 or data.shape != shape:
        raise ValueError(
            "`data` of {} must be uint8 of shape {}, a row for each label; got {}. {}".format(
                path, shape, describe_array(data), _REMEDY
            )
        )
    return data.reshape([count, 3, _IMAGE_SIZE, _IMAGE_SIZE])

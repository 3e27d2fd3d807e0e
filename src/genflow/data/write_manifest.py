"""Listing the records that are in a folder, and comparing them with the list."""

import os
from typing import List, Optional, Sequence, Tuple

import numpy as np

from genflow.data.manifest_file import manifest_path, read_manifest, save_manifest
from genflow.data.record_files import files_of_size, image_files, image_sizes
from genflow.data.record_folders import any_split_folder, split_folder
from genflow.data.record_manifest import RecordManifest, summarize
from genflow.data.record_set import RecordSet

_BATCH_SIZE = 64


def write_manifest(
    data_dir: str, split: str, num_classes: int = 1, class_names: Optional[Sequence[str]] = None
) -> None:
    """Reads all records of a split and writes down what they are, in `manifest.json`.

    `write_records` does so itself: this is for records that others have written. From then on
    `load_records` notices when a file is cut off or exchanged, and `verify_records` when a
    single byte has changed.

    Args:
        data_dir: The folder above `train` and `validation`. A leading `~` is expanded.
        split: "train" or "test".
        num_classes: The number of classes; 1 where there are none.
        class_names: What the classes are called, in order, if somebody knows.

    Raises:
        FileNotFoundError: If there are no records of this split.
        FileExistsError: If there is a manifest.
        ValueError: If a file is missing, or a record is damaged or not an image with its label.

    Example:
        >>> write_manifest("imagenet", "train", num_classes=1000)  # doctest: +SKIP
    """
    folder = split_folder(data_dir, split)
    if os.path.exists(manifest_path(folder)):
        raise FileExistsError(
            "{} is there and is not overwritten; compare the records with it (`verify_records`), "
            "or move it away.".format(manifest_path(folder))
        )
    list_records(folder, num_classes, class_names)


def verify_records(data_dir: str, split: str) -> None:
    """Reads all files of a split and compares them with the manifest, byte by byte.

    Args:
        data_dir: The folder above those of the splits. A leading `~` is expanded.
        split: "train", "validation" or "test", of which the folder is called so, but for the
            test images in the layout of the original Glow: theirs is `validation`.

    Raises:
        FileNotFoundError: If there is no manifest.
        ValueError: If a file is missing, not in the manifest, or not as it says.

    Example:
        >>> verify_records("imagenet", "train")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: There is no imagenet/train/manifest.json to compare ...
    """
    from tqdm import tqdm  # Not at the top: it is wanted here only.

    folder = any_split_folder(data_dir, split)
    manifest = read_manifest(folder)
    if manifest is None:
        raise FileNotFoundError(
            "There is no {} to compare the records with; write it with `write_manifest`, which "
            "reads all of them, or images as they are again with `write_image_records`.".format(
                manifest_path(folder)
            )
        )
    paths = [path for _, paths in _files_by_shape(folder, manifest.image_shape) for path in paths]
    manifest.check_complete(folder, paths)
    for path in tqdm(paths, desc="verifying", unit="file"):
        manifest.check_contents(path)


def list_records(
    folder: str,
    num_classes: int,
    class_names: Optional[Sequence[str]],
    image_shape: Optional[Tuple[int, int, int]] = None,
) -> None:
    """Reads all records in a folder and writes its manifest.

    Args:
        folder: The folder of the split.
        num_classes: The number of classes.
        class_names: What they are called, or None.
        image_shape: The height, width and channels of images as they are; None for squares of
            the original Glow's sizes.

    Raises:
        FileNotFoundError: If there are no records.
        ValueError: If a file is missing, or a record is damaged or not an image with its label.

    Example:
        >>> list_records("imagenet/train", 1000, class_names=None)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: There are no records in imagenet/train: ...
    """
    names = None if class_names is None else list(class_names)
    if names is not None and len(set(names)) != num_classes:
        raise ValueError(
            "`class_names` must be {} different names, `num_classes`; got {}.".format(
                num_classes, len(set(names))
            )
        )
    files = {}
    for shape, paths in _files_by_shape(folder, image_shape):
        records = RecordSet(folder, paths, shape, num_classes)
        _read_all(records, "checking {}x{}".format(*shape))
        for path, num_records in records.num_records().items():
            files[os.path.basename(path)] = summarize(path, num_records)
    save_manifest(RecordManifest(num_classes, names, files, image_shape), folder)


def _files_by_shape(
    folder: str, image_shape: Optional[Tuple[int, int, int]]
) -> List[Tuple[Tuple[int, int, int], List[str]]]:
    if image_shape:
        return [(image_shape, image_files(folder))]
    return [((size, size, 3), files_of_size(folder, size)) for size in image_sizes(folder)]


def _read_all(records: RecordSet, description: str) -> None:
    from tqdm import tqdm

    with tqdm(total=len(records), desc=description, unit="image") as progress:
        for first in range(0, len(records), _BATCH_SIZE):
            images, _ = records.read(np.arange(first, min(first + _BATCH_SIZE, len(records))))
            progress.update(len(images))

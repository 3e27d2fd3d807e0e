"""The folders that hold the records of a data set, one for each split."""

import os

from genflow.data.record_files import holds_images
from genflow.data.split import check_split

IMAGE_SPLITS = ("train", "validation", "test")

_FOLDERS = {"train": "train", "test": "validation"}


def split_folder(data_dir: str, split: str) -> str:
    """Returns the folder with the records of a split, there or not.

    Args:
        data_dir: The data folder. A leading `~` is expanded.
        split: "train" or "test", whose folder is called `validation`.

    Raises:
        ValueError: If `split` is unknown.

    Example:
        >>> split_folder("imagenet", "test") == os.path.join("imagenet", "validation")
        True
    """
    check_split(split)
    return os.path.join(os.path.expanduser(os.fspath(data_dir)), _FOLDERS[split])


def image_split_folder(data_dir: str, split: str) -> str:
    """Returns the folder with the images of a split as they are, there or not.

    Args:
        data_dir: The data folder. A leading `~` is expanded.
        split: "train", "validation" or "test", whose folder is called so.

    Raises:
        ValueError: If `split` is unknown.

    Example:
        >>> image_split_folder("mnist", "test") == os.path.join("mnist", "test")
        True
    """
    if split not in IMAGE_SPLITS:
        raise ValueError('`split` must be "train", "validation" or "test"; got {!r}.'.format(split))
    return os.path.join(os.path.expanduser(os.fspath(data_dir)), split)


def any_split_folder(data_dir: str, split: str) -> str:
    """Returns the folder of a split of records of either kind, there or not.

    Args:
        data_dir: The data folder. A leading `~` is expanded.
        split: "train", "validation" or "test", whose folder is called so, but for the original
            Glow's test images: theirs is `validation`.

    Raises:
        ValueError: If `split` is unknown.

    Example:
        >>> any_split_folder("imagenet", "test") == os.path.join("imagenet", "validation")
        True
    """
    folder = image_split_folder(data_dir, split)
    if split != "test" or os.path.isdir(folder):
        return folder
    others = split_folder(data_dir, split)
    return folder if holds_images(others) else others


def set_name(folder: str, split: str) -> str:
    """Returns what messages call a split, from the name of the folder above it.

    Args:
        folder: The folder of the split.
        split: What the split is called.

    Example:
        >>> set_name("records/imagenet/validation", "test")
        'imagenet-test'
    """
    return "{}-{}".format(os.path.basename(os.path.abspath(os.path.dirname(folder))), split)

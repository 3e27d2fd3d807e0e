"""The CIFAR-10 data set."""

import io
import os
from typing import Iterator, List, Optional, Tuple

import numpy as np

from genflow.data import restricted_pickle
from genflow.data.checksum import check_md5
from genflow.data.fetch import fetch
from genflow.data.image_set import ImageSet
from genflow.data.locate import find, resolve_data_dir
from genflow.data.split import check_split
from genflow.data.tar_members import read_members

_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_ARCHIVE = "cifar-10-python.tar.gz"
_ARCHIVE_MD5 = "c58f30108f718f92721af3b95e74349a"
_FOLDER = "cifar-10-batches-py"

# The files of each split, with their published MD5.
_FILES = {
    "train": {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    },
    "test": {"test_batch": "40351d587109b95175f43aff81a1287e"},
}
_IMAGES_PER_FILE = 10000
_NUM_CLASSES = 10


def load_cifar10(
    split: str, data_dir: Optional[str] = None, download: bool = False, verify: bool = True
) -> ImageSet:
    """Loads CIFAR-10: 50,000 training or 10,000 test images of 32x32x3 in ten classes.

    The data folder may hold the unpacked `cifar-10-batches-py`, or be that folder, or hold the
    archive `cifar-10-python.tar.gz`, or be that archive, which is read without being unpacked.
    Nothing that is already on disk is changed, whatever state it is in.

    Args:
        split: "train" or "test".
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.
        download: Whether to download the archive (170 MB) into the data folder when the data
            set is not there.
        verify: Whether to compare each file with its published MD5.

    Raises:
        FileNotFoundError: If the data set, or a file of it, is not there.
        ValueError: If `split` is unknown, or a file is damaged or altered.
        OSError: If the download fails.
        pickle.UnpicklingError: If a file holds anything but images and their labels.

    Example:
        >>> test_set = load_cifar10("test", download=True)  # doctest: +SKIP
        >>> test_set.images.shape, test_set.num_classes  # doctest: +SKIP
        ((10000, 32, 32, 3), 10)

    References:
        Krizhevsky, Learning multiple layers of features from tiny images, 2009.
        https://www.cs.toronto.edu/~kriz/cifar.html
    """
    check_split(split)
    parts = []
    for path, contents in _read(_locate(split, data_dir, download), split):
        if verify:
            check_md5(contents, _FILES[split][os.path.basename(path)], path)
        parts.append(_decode(contents, path))
    images, labels = zip(*parts)
    return ImageSet(
        "cifar10-" + split, np.concatenate(images), np.concatenate(labels), _NUM_CLASSES
    )


def _locate(split: str, data_dir: Optional[str], download: bool) -> List[str]:
    """Returns the files of the split, or the archive alone, downloaded if it must be."""
    root = resolve_data_dir(data_dir)
    if os.path.isfile(root):
        return [root]
    archive = os.path.join(root, _ARCHIVE)
    nested = os.path.join(root, "cifar-10-python")  # Where the original RealNVP keeps it.
    folders = [os.path.join(root, _FOLDER), root, os.path.join(nested, _FOLDER)]
    unpacked = [[os.path.join(folder, name) for name in _FILES[split]] for folder in folders]
    archives = [[archive], [os.path.join(nested, _ARCHIVE)]]
    try:
        return find("CIFAR-10", unpacked + archives, data_dir)
    except FileNotFoundError:
        if not download:
            raise
    fetch(_URL, _ARCHIVE_MD5, archive)
    return [archive]


def _read(paths: List[str], split: str) -> Iterator[Tuple[str, bytes]]:
    """Yields the path and contents of each file of the split."""
    if os.path.basename(paths[0]) not in _FILES[split]:
        members = read_members(paths[0], [_FOLDER + "/" + name for name in _FILES[split]])
        for name, contents in members.items():
            yield os.path.join(paths[0], name), contents
        return
    for path in paths:
        with open(path, "rb") as file:
            yield path, file.read()


def _decode(contents: bytes, path: str) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the images `[n, 32, 32, 3]` and labels `[n]` of a file."""
    content = restricted_pickle.load(io.BytesIO(contents), path)
    if not isinstance(content, dict) or not {"data", "labels"} <= set(content):
        raise ValueError("{} must hold a dict with `data` and `labels`.".format(path))
    planes, labels = content["data"], content["labels"]
    _check_planes(planes, path)
    _check_labels(labels, path)
    # A row of `data` is the red plane of an image, then the green, then the blue one.
    images = planes.reshape([-1, 3, 32, 32]).transpose([0, 2, 3, 1])
    return np.ascontiguousarray(images), np.array(labels, np.int32)


def _check_planes(planes: np.ndarray, path: str) -> None:
    expected = "uint8 of shape {}".format((_IMAGES_PER_FILE, 3 * 32 * 32))
    found = type(planes).__name__
    if isinstance(planes, np.ndarray):
        found = "{} of shape {}".format(planes.dtype, planes.shape)
    if found != expected:
        raise ValueError("`data` of {} must be {}; got {}.".format(path, expected, found))


def _check_labels(labels: List[int], path: str) -> None:
    if not isinstance(labels, list) or len(labels) != _IMAGES_PER_FILE:
        raise ValueError(
            "`labels` of {} must be a list of {} labels.".format(path, _IMAGES_PER_FILE)
        )
    wrong = [label for label in labels if type(label) is not int or not 0 <= label < _NUM_CLASSES]
    if wrong:
        raise ValueError(
            "`labels` of {} must be integers in [0, {}); got {!r}.".format(
                path, _NUM_CLASSES, wrong[0]
            )
        )

"""The SVHN data set of house numbers."""

import os
from typing import Any, Callable, Dict, Optional, Tuple

import numpy as np

from genflow.data.checksum import check_file
from genflow.data.fetch import fetch
from genflow.data.image_set import ImageSet
from genflow.data.locate import find, resolve_data_dir
from genflow.data.mat_file import number_arrays

_URL = "http://ufldl.stanford.edu/housenumbers/"
_FOLDER = "svhn"
_FILES = {
    "train": "train_32x32.mat",
    "test": "test_32x32.mat",
    "extra": "extra_32x32.mat",
}
_MD5 = {
    "train": "e26dedcc434d2e4c54c9b2d4a06d8373",
    "test": "eb5a983be6a315427106f1b164d9cef3",
    "extra": "a93ce644f1a588dc4d68dda5feec44a7",
}
_NUM_EXAMPLES = {"train": 73257, "test": 26032, "extra": 531131}
_IMAGE_SHAPE = (32, 32, 3)
_NUM_CLASSES = 10  # The files number them from 1, and the digit 0 is the last of them.
_MAX_NAMES = 5  # That a message lists.

_Shapes = Dict[str, Tuple[int, ...]]


def load_svhn(
    split: str, data_dir: Optional[str] = None, download: bool = False, verify: bool = True
) -> ImageSet:
    """Loads SVHN, the digits of house numbers: 32x32x3, with neighbours at the sides, ten classes.

    There are 73,257 training and 26,032 test images, and 531,131 extra ones, easier, which may be
    used for training too. The label is the digit; in the files it is 10 for the digit 0.

    The data folder may hold the folder `svhn` with `train_32x32.mat`, `test_32x32.mat` and
    `extra_32x32.mat`, or be that folder. Nothing that is already on disk is changed. While a split
    is read it takes twice its size of memory: 450 MB for the training images, 3.3 GB for the
    extra ones.

    Args:
        split: "train", "test" or "extra".
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.
        download: Whether to download the file of the split into `svhn` in the data folder when
            it is not there (182 MB, 64 MB, and 1.3 GB for the extra images).
        verify: Whether to compare the file with its published MD5, before it is read.

    Raises:
        FileNotFoundError: If the file of the split is not there.
        ValueError: If `split` is unknown, or the file is damaged or altered.
        OSError: If the download fails, or the file cannot be opened.

    Example:
        >>> test_set = load_svhn("test", download=True)  # doctest: +SKIP
        >>> test_set.images.shape, test_set.num_classes  # doctest: +SKIP
        ((26032, 32, 32, 3), 10)

    References:
        Netzer, Wang, Coates, Bissacco, Wu and Ng, Reading digits in natural images with
        unsupervised feature learning, 2011. http://ufldl.stanford.edu/housenumbers
    """
    if split not in _FILES:
        raise ValueError('`split` must be "train", "test" or "extra"; got {!r}.'.format(split))
    path = _locate(split, data_dir, download)
    shapes = {"X": _IMAGE_SHAPE + (_NUM_EXAMPLES[split],), "y": (_NUM_EXAMPLES[split], 1)}
    if verify:
        check_file(path, _MD5[split])
    else:  # SciPy, which reads it, would crash on some damaged files.
        _check_shapes(_call(number_arrays, path, names=sorted(shapes)), shapes, path)
    images, labels = _read(path, shapes)
    return ImageSet("svhn-" + split, images, labels, _NUM_CLASSES)


def _locate(split: str, data_dir: Optional[str], download: bool) -> str:
    """Returns the file of the split, downloaded if it must be."""
    root = resolve_data_dir(data_dir)
    path = os.path.join(root, _FOLDER, _FILES[split])
    try:
        return find("SVHN", [[path], [os.path.join(root, _FILES[split])]], data_dir)[0]
    except FileNotFoundError:
        if not download:
            raise
    fetch(_URL + _FILES[split], _MD5[split], path)
    return path


def _read(path: str, shapes: _Shapes) -> Tuple[np.ndarray, np.ndarray]:
    """Returns the images `[n, 32, 32, 3]` and the labels `[n]` of a file."""
    from scipy import io  # Not at the top: it takes a while.

    content = _call(io.loadmat, path, variable_names=sorted(shapes))
    images, digits = np.asarray(content.get("X")), np.asarray(content.get("y"))
    _check_shapes({"X": images.shape, "y": digits.shape}, shapes, path)
    if images.dtype != np.uint8 or digits.dtype.kind not in "iuf":
        finding = "`X` must be uint8 and `y` numbers; got {} and {}"
        raise _damaged(path, finding.format(images.dtype, digits.dtype))
    # MATLAB's first axis is the fastest one in memory, and the examples are along the last.
    images = np.ascontiguousarray(images.transpose([3, 0, 1, 2]))
    return images, _labels(digits[:, 0], path)


def _call(reader: Callable[..., Any], path: str, **arguments: Any) -> Any:
    """Calls a reader of MATLAB files, and turns whatever is wrong with one into a sentence."""
    with open(path, "rb") as file:
        try:
            return reader(file, **arguments)
        except Exception as error:
            if isinstance(error, MemoryError) or getattr(error, "errno", None):
                raise  # It says nothing about what is in the file.
            reason = " ".join("{}: {}".format(type(error).__name__, error).split())
            finding = "it is truncated, damaged or no MATLAB file ({})".format(reason)
            raise _damaged(path, finding) from error


def _check_shapes(found: _Shapes, expected: _Shapes, path: str) -> None:
    for name, shape in expected.items():
        if name not in found:
            names = ", ".join("`{}`".format(other) for other in sorted(found)[:_MAX_NAMES])
            raise _damaged(path, "it must hold `{}`; it holds {}".format(name, names or "nothing"))
        if found[name] != shape:
            finding = "`{}` must be of shape {}; got {}".format(name, shape, found[name])
            raise _damaged(path, finding)


def _labels(digits: np.ndarray, path: str) -> np.ndarray:
    """Returns labels in which the digit 0, which is 10 in the files, is 0."""
    wrong = digits[~np.isin(digits, np.arange(1, _NUM_CLASSES + 1))]
    if wrong.size:
        raise _damaged(path, "`y` must be integers from 1 to 10; got {}".format(wrong[0]))
    return digits.astype(np.int32) % _NUM_CLASSES


def _damaged(path: str, finding: str) -> ValueError:
    return ValueError(
        "{} is not the SVHN file that it must be: {}; move it away and fetch it again "
        "(`download=True`).".format(path, finding)
    )

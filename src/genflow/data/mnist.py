"""The MNIST and Fashion-MNIST data sets."""

import os
from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from genflow.data.fetch import fetch
from genflow.data.idx import read_idx
from genflow.data.image_set import ImageSet
from genflow.data.locate import find, resolve_data_dir
from genflow.data.split import check_split

_IMAGE_SIZE = (28, 28)
_NUM_CLASSES = 10
_NUM_EXAMPLES = {"train": 60000, "test": 10000}
_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class _Published(NamedTuple):
    """A data set of this kind, as published.

    Attributes:
        title: What messages call it.
        name: What its image sets are called.
        folders: What the folder with its files may be called, the preferred name first.
        url: What its files lie below.
        md5: The MD5 of files, where it is known.
    """

    title: str
    name: str
    folders: Sequence[str]
    url: str
    md5: Dict[str, str]


_MNIST = _Published(
    "MNIST",
    "mnist",
    ("mnist",),
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        # Not published: of what is in the published files.
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
)
_FASHION_MNIST = _Published(
    "Fashion-MNIST",
    "fashion-mnist",
    ("fashion-mnist", "fashion_mnist"),
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
)


def load_mnist(
    split: str, data_dir: Optional[str] = None, download: bool = False, verify: bool = True
) -> ImageSet:
    """Loads MNIST: 60,000 training or 10,000 test images of 28x28x1, ten handwritten digits.

    The data folder may hold the folder `mnist` with the files `*-idx*-ubyte.gz`, or be that
    folder. The files may be unpacked. Nothing that is already on disk is changed.

    Args:
        split: "train" or "test".
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.
        download: Whether to download the files of the split that are not there into `mnist` in
            the data folder (11 MB for both splits).
        verify: Whether to compare each file with its MD5.

    Raises:
        FileNotFoundError: If the data set, or a file of it, is not there.
        ValueError: If `split` is unknown, or a file is damaged or altered.
        OSError: If the download fails.

    Example:
        >>> test_set = load_mnist("test", download=True)  # doctest: +SKIP
        >>> test_set.image_shape, test_set.num_classes  # doctest: +SKIP
        ((28, 28, 1), 10)

    References:
        LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document
        recognition, 1998. http://yann.lecun.com/exdb/mnist
    """
    return _load(_MNIST, split, data_dir, download, verify)


def load_fashion_mnist(
    split: str, data_dir: Optional[str] = None, download: bool = False, verify: bool = True
) -> ImageSet:
    """Loads Fashion-MNIST: 60,000 training or 10,000 test images of 28x28x1, ten garments.

    The data folder may hold the folder `fashion-mnist` or `fashion_mnist` with the files
    `*-idx*-ubyte.gz`, or be that folder. The files may be unpacked; their MD5 is not known
    then, and they cannot be told from those of MNIST, which have the same names. Nothing that
    is already on disk is changed.

    Args:
        split: "train" or "test".
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.
        download: Whether to download the files of the split that are not there into
            `fashion-mnist` in the data folder (30 MB for both splits).
        verify: Whether to compare each gzipped file with its published MD5.

    Raises:
        FileNotFoundError: If the data set, or a file of it, is not there.
        ValueError: If `split` is unknown, or a file is damaged or altered.
        OSError: If the download fails.

    Example:
        >>> test_set = load_fashion_mnist("test", download=True)  # doctest: +SKIP
        >>> test_set.image_shape, test_set.num_classes  # doctest: +SKIP
        ((28, 28, 1), 10)

    References:
        Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine
        learning algorithms, 2017. https://arxiv.org/abs/1708.07747
    """
    return _load(_FASHION_MNIST, split, data_dir, download, verify)


def _load(
    published: _Published, split: str, data_dir: Optional[str], download: bool, verify: bool
) -> ImageSet:
    check_split(split)
    count = _NUM_EXAMPLES[split]
    images_path, labels_path = _locate(published, split, data_dir, download)
    images = read_idx(images_path, (count,) + _IMAGE_SIZE, _md5(published, images_path, verify))
    labels = read_idx(labels_path, (count,), _md5(published, labels_path, verify))
    if labels.max() >= _NUM_CLASSES:
        raise ValueError(
            "The labels in {} must be in [0, {}); got {}; move it away and fetch it again "
            "(`download=True`).".format(labels_path, _NUM_CLASSES, labels.max())
        )
    return ImageSet(
        "{}-{}".format(published.name, split),
        images[..., np.newaxis],
        labels.astype(np.int32),
        _NUM_CLASSES,
    )


def _md5(published: _Published, path: str, verify: bool) -> Optional[str]:
    return published.md5.get(os.path.basename(path)) if verify else None


def _locate(
    published: _Published, split: str, data_dir: Optional[str], download: bool
) -> List[str]:
    """Returns the files of images and of labels, downloaded if they must be."""
    root = resolve_data_dir(data_dir)
    gzipped = [name + ".gz" for name in _FILES[split]]
    folders = [os.path.join(root, folder) for folder in published.folders] + [root]
    places = [
        [os.path.join(folder, name) for name in names]
        for folder in folders
        for names in (gzipped, _FILES[split])
    ]
    try:
        return find(published.title, places, data_dir)
    except FileNotFoundError:
        if not download:
            raise
    for name, path in zip(gzipped, places[0]):
        if not os.path.exists(path):
            fetch(published.url + name, published.md5[name], path)
    return places[0]

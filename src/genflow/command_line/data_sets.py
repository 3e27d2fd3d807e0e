"""The data sets that commands know by name."""

import os
from typing import Callable, Dict, List, NamedTuple, Optional

from genflow.data import (
    ImageSet,
    download_celeba,
    download_lsun,
    load_cifar10,
    load_fashion_mnist,
    load_mnist,
    load_svhn,
)
from genflow.data.locate import describe_data_dir, resolve_data_dir
from genflow.data.lsun import CATEGORIES, folder_name
from genflow.data.split import SPLITS


class DataSet(NamedTuple):
    """A data set of which there is one with this name in the world.

    Attributes:
        summary: What it is, and how much is downloaded, for the help; or nothing.
        download: Downloads it into a data folder; returns sentences about what is where.
        load: Loads a split of it from a data folder, if it is held in memory.
        folders: The folder of each split in the data folder, if it is a folder of images.
        held_out: Which images are published for testing, if they are in the folder of the others.

    Example:
        >>> DATA_SETS["celebA"].folders["train"]
        'celebA'
    """

    summary: str
    download: Callable[[Optional[str]], List[str]]
    load: Optional[Callable[[str, Optional[str]], ImageSet]] = None
    folders: Optional[Dict[str, str]] = None
    held_out: str = ""

    def image_folder(self, name: str, split: str, data_dir: Optional[str]) -> str:
        """Returns the folder with the images of a split; refuses one that is not there."""
        known = self.folders.get(split, self.folders["train"])
        folder = os.path.join(resolve_data_dir(data_dir), *known.split("/"))
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                "{0} was not found: there is no {1} (the data folder is {2}). Download it with "
                "`genflow data download {0}`, or name a folder of images.".format(
                    name, folder, describe_data_dir(data_dir)
                )
            )
        if split not in self.folders:
            raise ValueError(
                '{} has no split "{}", since all of its images are in one folder: move the images '
                "to hold out (as published, {}) from {} to another folder, and name that "
                "instead.".format(name, split, self.held_out, folder)
            )
        return folder


def _in_memory(summary: str, load: Callable[..., ImageSet]) -> DataSet:
    def download(data_dir: Optional[str]) -> List[str]:
        counts = [len(load(split, data_dir, download=True)) for split in SPLITS]
        return [
            "{} training and {} test images, verified, in {}".format(
                counts[0], counts[1], resolve_data_dir(data_dir)
            )
        ]

    return DataSet(summary, download, load=load)


def _lsun(category: str, summary: str = "") -> DataSet:
    def download(data_dir: Optional[str]) -> List[str]:
        folders = [download_lsun(split, category, data_dir) for split in SPLITS]
        return ["images in " + folder for folder in folders]

    names = {split: "lsun/" + folder_name(split, category) for split in SPLITS}
    return DataSet(summary, download, folders=names)


DATA_SETS = {
    "mnist": _in_memory("handwritten digits, 11 MB", load_mnist),
    "fashion_mnist": _in_memory("garments, 30 MB", load_fashion_mnist),
    "cifar10": _in_memory("photographs of 32x32, 170 MB", load_cifar10),
    "svhn": _in_memory("house numbers, one digit in each 32x32, 246 MB", load_svhn),
    "celebA": DataSet(
        "202,599 faces of 218x178, 1.4 GB",
        lambda data_dir: ["images in " + download_celeba(data_dir)],
        folders={"train": "celebA"},
        held_out="182638.jpg to 202599.jpg",
    ),
    "lsun": _lsun(
        "bedroom", "3,033,042 bedrooms, 43 GB; needs lmdb: `pip install .[lsun]` in the checkout"
    ),
    **{"lsun/" + category: _lsun(category) for category in CATEGORIES},
}  # type: Dict[str, DataSet]


def known_name(word: str) -> Optional[str]:
    """Returns the name of the data set that a word means, if it means one.

    Args:
        word: The name, in capital or small letters.

    Example:
        >>> known_name("CELEBA"), known_name("photos")
        ('celebA', None)
    """
    return {name.lower(): name for name in DATA_SETS}.get(word.lower())

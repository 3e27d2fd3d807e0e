"""Which data sets of the reference models `genflow doctor` finds."""

import importlib.util
import os
from typing import Iterator, List, Optional

from genflow.command_line.doctor_entries import (
    ERROR,
    MISSING,
    OK,
    WARNING,
    Entry,
    in_words,
    looked_at,
)

# And the models that take them by default; more can be named with their flags.
_MODELS = (
    ("cifar10", "Glow, RealNVP"),
    ("mnist", "DCGAN, Improved-GAN"),
    ("svhn", "Glow"),
    ("celebA", "DCGAN"),
    ("lsun", "Glow, DCGAN"),
)


def data_entries(data_dir: Optional[str] = None) -> List[Entry]:
    """What is found of each data set, read and compared with its checksums.

    Args:
        data_dir: The data folder; by default that of all loaders.

    Example:
        >>> [entry.status for entry in data_entries("no such folder")][1:]
        ['missing', 'missing', 'missing', 'missing', 'missing']
    """
    return looked_at("Data", "data sets", lambda: _look(data_dir))


def _look(data_dir: Optional[str]) -> Iterator[Entry]:
    if importlib.util.find_spec("tensorflow") is None:
        return  # The loaders need it, and that it is missing is said elsewhere.
    yield _folder(data_dir)
    for name, models in _MODELS:
        yield _data_set(name, models, data_dir)


def _folder(data_dir: Optional[str]) -> Entry:
    from genflow.data.locate import DATA_DIR_VARIABLE, describe_data_dir, resolve_data_dir

    value = describe_data_dir(data_dir)
    is_chosen = data_dir or os.environ.get(DATA_DIR_VARIABLE)
    if is_chosen and not os.path.isdir(resolve_data_dir(data_dir)):
        advice = "correct it, or make the folder: downloads go there"
        return Entry("Data", "folder", WARNING, value, advice)
    return Entry("Data", "folder", OK, value)


def _data_set(name: str, models: str, data_dir: Optional[str]) -> Entry:
    from genflow.command_line.data_sets import DATA_SETS
    from genflow.data.split import SPLITS

    known, label = DATA_SETS[name], "{} ({})".format(name, models)
    try:
        if known.load is not None:
            counts = [len(known.load(split, data_dir)) for split in SPLITS]
            value = "{} training and {} test images, verified".format(*counts)
        else:
            value = known.image_folder(name, "train", data_dir)
    except FileNotFoundError:
        command = "genflow data download " + name
        return Entry("Data", label, MISSING, "not there", command)
    except Exception as error:
        return Entry("Data", label, ERROR, in_words(error))
    return Entry("Data", label, OK, value)

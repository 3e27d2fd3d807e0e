"""The images of `improved_gan_mnist.py`."""

import os
from typing import NamedTuple

from genflow.data import (
    ImageSource,
    PartlyLabelledSet,
    load_cifar10,
    load_digits,
    load_fashion_mnist,
    load_hdf5,
    load_image_records,
    load_mnist,
    load_svhn,
)
from genflow.data.hdf5 import hdf5_path
from genflow.training import check_count
from improved_gan_flags import Config
from improved_gan_networks import preset

_LOADERS = {
    "MNIST": load_mnist,
    "FASHION_MNIST": load_fashion_mnist,
    "SVHN": load_svhn,
    "CIFAR10": load_cifar10,
}


class Splits(NamedTuple):
    """Three sets that have no image in common.

    Attributes:
        train: To learn from, with or without their labels.
        validation: To watch a run with; its best checkpoint, in the folder `best`, is the one that
            does best on them.
        test: To be looked at by --evaluate alone.
    """

    train: ImageSource
    validation: ImageSource
    test: ImageSource


def load_splits(config: Config) -> Splits:
    """The images of --dataset; for validation, some of those to train on may be held out."""
    folder = os.path.expanduser(config.dataset)
    if config.dataset.upper() in _LOADERS:
        load = _LOADERS[config.dataset.upper()]
        train, test = (
            load(split, config.data_dir or None, config.download) for split in ("train", "test")
        )
    elif config.dataset == "digits":
        train, test = load_digits("train", scale=2), load_digits("test", scale=2)
    elif os.path.isdir(os.path.join(folder, "train")):
        train, test = load_image_records(folder, "train"), load_image_records(folder, "test")
        if os.path.isdir(os.path.join(folder, "validation")):
            return Splits(train, load_image_records(folder, "validation"), test)
    elif hdf5_path(folder):
        train, test = load_hdf5(folder, "train"), load_hdf5(folder, "test")
    else:
        raise FileNotFoundError(
            "--dataset must be {}, digits, or a folder with records in train and test, and perhaps "
            "validation (`genflow data prepare --as_is`), or with data.hdf5; got {}.".format(
                ", ".join(_LOADERS), config.dataset
            )
        )
    train, validation = train.hold_out(min(config.n_valid, len(train) // 10), config.seed)
    return Splits(train, validation, test)


def training_set(config: Config, train: ImageSource) -> ImageSource:
    """The images in updates, of which so many have a label as --labels_per_class says."""
    chosen = preset(config, train.image_shape)
    count = chosen.labels_per_class
    if not count and (config.supervised_only or not chosen.hides_labels):
        return train
    partly = PartlyLabelledSet(train, count or None, seed=config.seed)
    return partly.labelled() if config.supervised_only else partly


def batch_size(config: Config, images: ImageSource) -> int:
    """Images in an update; where all have a label, as many as have one where others have none."""
    chosen = preset(config, images.image_shape)
    size = chosen.numbers.batch_size
    is_half = config.supervised_only and chosen.hides_labels
    count = max(size // 2, 1) if is_half else size
    check_count("batch_size", size, images, count)
    return count


def fake_batch_size(config: Config, images: ImageSource) -> int:
    """Generated images in an update: as many as real ones without a label."""
    size = batch_size(config, images)
    return size // 2 if isinstance(images, PartlyLabelledSet) else size

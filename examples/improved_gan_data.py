"""The images of `improved_gan_mnist.py`."""

import os
from typing import Callable, NamedTuple, Tuple

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
from improved_gan_networks import Preset

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


class Batches(NamedTuple):
    """What an update takes.

    Attributes:
        images: To train on; some may have no label.
        size: How many of them.
        num_generated: How many generated images beside them: as many as have no label, or where
            all have one, as many as there are.
    """

    images: ImageSource
    size: int
    num_generated: int


def load_splits(config: Config) -> Splits:
    """The images of --dataset; for validation, some of those to train on may be held out.

    Raises:
        FileNotFoundError: If there are none.
        ValueError: If they are too few or differ in kind, or --transposed is not for them.
    """
    kind, folder = _kind(config), os.path.expanduser(config.dataset)
    if config.transposed and kind != "hdf5":
        raise ValueError(
            "--transposed is for a folder with data.hdf5: leave it out, or pass such a folder; got "
            "--dataset {}.".format(config.dataset)
        )
    load = _loader(config, kind, folder)
    train, test = load("train"), load("test")
    if kind == "records" and os.path.isdir(os.path.join(folder, "validation")):
        splits = Splits(train, load("validation"), test)
    else:
        splits = Splits(*_held_out(config, train), test=test)
    _check_alike(config, splits)
    return splits


def _kind(config: Config) -> str:
    """What --dataset names."""
    folder = os.path.expanduser(config.dataset)
    if config.dataset.upper() in _LOADERS:
        return "published"
    if config.dataset == "digits":
        return "digits"
    if os.path.isdir(os.path.join(folder, "train")):
        return "records"
    if hdf5_path(folder):
        return "hdf5"
    raise FileNotFoundError(
        "--dataset must be {}, digits, or a folder with records in train and test, and perhaps "
        "validation (`genflow data prepare --as_is`), or with data.hdf5; got {}.".format(
            ", ".join(_LOADERS), config.dataset
        )
    )


def _loader(config: Config, kind: str, folder: str) -> Callable[[str], ImageSource]:
    """From the name of a split to its images."""
    return {
        "published": lambda split: _LOADERS[config.dataset.upper()](
            split, config.data_dir or None, config.download
        ),
        "digits": lambda split: load_digits(split, scale=2),
        "records": lambda split: load_image_records(folder, split),
        "hdf5": lambda split: load_hdf5(folder, split, config.transposed),
    }[kind]


def _held_out(config: Config, images: ImageSource) -> Tuple[ImageSource, ImageSource]:
    """Images to train on, and for validation."""
    if len(images) < 10:
        raise ValueError(
            "--dataset must have at least 10 images to train on, a tenth of which --n_valid holds "
            "out; {} has {}.".format(config.dataset, len(images))
        )
    return images.hold_out(min(config.n_valid, len(images) // 10), config.seed)


def _check_alike(config: Config, splits: Splits) -> None:
    """Refuses splits of several data sets."""
    kinds = [
        "{} in {} classes".format("x".join(map(str, images.image_shape)), images.num_classes)
        for images in splits
    ]
    if len(set(kinds)) > 1:
        raise ValueError(
            "--dataset {} must have images of one shape, and as many classes, in train, validation "
            "and test; got {}: write the records again, of one data set.".format(
                config.dataset, ", ".join(kinds)
            )
        )


def training_batches(config: Config, chosen: Preset, train: ImageSource) -> Batches:
    """Batches with as many labels as --labels_per_class says; in --supervised_only, those alone.

    Raises:
        ValueError: If there are too few images, or too few of a class.
    """
    count, size = chosen.labels_per_class, chosen.numbers.batch_size
    images = train
    if count or chosen.hides_labels:
        images = PartlyLabelledSet(train, count or None, seed=config.seed)
        if size < 2:
            raise ValueError(
                "--batch_size must be at least 2: some images have a label, some have none; got "
                "{}.".format(size)
            )
    num_labelled = images.num_labelled_rows(size)
    batches = Batches(images, size, size - num_labelled or size)
    if config.supervised_only:
        batches = Batches(images.labelled() if count else train, num_labelled, num_labelled)
    check_count("batch_size", size, batches.images, batches.size)
    return batches

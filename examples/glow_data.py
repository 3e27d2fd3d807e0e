"""The images of `glow_cifar10.py`: what each --problem means."""

import os
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from genflow.data import (
    Augmentation,
    CenterCrop,
    Compose,
    ImageSource,
    RandomAffine,
    RandomCrop,
    RandomFlip,
    TransformedSet,
    downsample,
    load_cifar10,
    load_digits,
    load_fashion_mnist,
    load_mnist,
    load_photo_patches,
    load_records,
    pad,
    tile_channels,
)
from genflow.data.locate import resolve_data_dir

EPOCH_SIZE = 50000  # That of the original, for every problem.


class Data(NamedTuple):
    """What is trained on, what is held out, and how training images are varied."""

    train: ImageSource
    test: ImageSource
    augment: Optional[Augmentation]


class Problem(NamedTuple):
    """A set of images in memory: how a split is loaded, and whether --dal 2 suits it."""

    load: Callable[[str, Any], ImageSource]
    augmentation_level: int
    has_pose: bool = True  # Its images stay what they are when turned or mirrored.


class Records(NamedTuple):
    """A set of images in record files: their usual size, size on disk, and classes."""

    image_size: int
    num_classes: int = 1
    stored_size: Optional[int] = None


def _cifar10(split: str, config: Any) -> ImageSource:
    return load_cifar10(split, config.data_dir or None, config.download)


def _padded(load: Callable) -> Callable[[str, Any], ImageSource]:
    def load_split(split: str, config: Any) -> ImageSource:
        return tile_channels(pad(load(split, config.data_dir or None, config.download), 32))

    return load_split


PROBLEMS: Dict[str, Problem] = {
    "cifar10": Problem(_cifar10, 1),
    "mnist": Problem(_padded(load_mnist), 1, has_pose=False),
    "fashion_mnist": Problem(_padded(load_fashion_mnist), 1, has_pose=False),
    "photos": Problem(lambda split, config: load_photo_patches(split), 0),
    "digits": Problem(lambda split, config: load_digits(split, scale=2), 0, has_pose=False),
}
RECORDS: Dict[str, Records] = {
    "imagenet-oord": Records(64, num_classes=1000),
    "imagenet": Records(256, num_classes=1000),
    "celeba": Records(256),
    "lsun_realnvp": Records(64, stored_size=96),
    "lsun": Records(256),
}
NAMES = ["auto"] + list(PROBLEMS) + list(RECORDS)


def load_data(config: Any) -> Data:
    """The images of --problem, of --image_size, varied as --dal says."""
    for name, is_right in (
        ("category", config.problem in RECORDS),
        ("download", config.problem not in RECORDS),
    ):
        if getattr(config, name) and not is_right:
            raise ValueError("--{} is not for --problem {}.".format(name, config.problem))
    if config.problem in RECORDS:
        return _load_records(config, RECORDS[config.problem])
    name, (train, test) = _load_splits(config)
    problem = PROBLEMS[name]
    size = config.image_size if config.image_size > 0 else train.image_shape[0]
    if size > train.image_shape[0]:
        raise ValueError(
            "--image_size must be at most {} for {}; got {}.".format(
                train.image_shape[0], name, size
            )
        )
    level = problem.augmentation_level if config.dal < 0 else config.dal
    return Data(
        downsample(train, size), downsample(test, size), make_augmentation(level, problem.has_pose)
    )


def make_augmentation(level: int, has_pose: bool) -> Optional[Augmentation]:
    """What the levels of --dal do: 0 nothing, 1 shifts, 2 also mirrors, turns and zooms."""
    if level == 0:
        return None
    if level == 1 or not has_pose:
        return RandomAffine(shift=0.1)
    affine = RandomAffine(shift=0.1, rotation=15.0, zoom=0.1, shear=0.02)
    return Compose([affine, RandomFlip()])


def _load_splits(config: Any) -> Tuple[str, Tuple[ImageSource, ImageSource]]:
    name = "cifar10" if config.problem == "auto" else config.problem
    splits = ("train", "test")
    try:
        return name, tuple(PROBLEMS[name].load(split, config) for split in splits)
    except FileNotFoundError:
        if config.problem != "auto":
            raise
    print("No CIFAR-10 at hand: taking photographs that need no download.")
    return "photos", tuple(load_photo_patches(split) for split in splits)


def _load_records(config: Any, records: Records) -> Data:
    size = config.image_size if config.image_size > 0 else records.image_size
    folder = os.path.join(
        config.data_dir or os.path.join(resolve_data_dir(), config.problem), config.category
    )
    train, test = (
        load_records(
            folder,
            split,
            size,
            default_num_classes=records.num_classes,
            stored_size=records.stored_size,
            num_threads=config.fmap,
        )
        for split in ("train", "test")
    )
    level = max(config.dal, 0)
    augment = make_augmentation(level, has_pose=True)
    if records.stored_size is None:
        return Data(train, test, augment)
    crop = RandomCrop(size)
    augment = crop if augment is None else Compose([crop, augment])
    return Data(train, TransformedSet(test, CenterCrop(size)), augment)

"""The images of `dcgan_mnist.py`."""

import os
from typing import Optional, Sequence

from dcgan_flags import Config
from genflow.data import (
    ImageSource,
    load_digits,
    load_image_folder,
    load_mnist,
    resolve_data_dir,
)
from genflow.data.locate import DATA_DIR_VARIABLE
from genflow.training import check_count


def load_data(config: Config, split: str) -> Optional[ImageSource]:
    """The images of --dataset; a folder has no test images."""
    if config.dataset == "mnist":
        images = load_mnist(split, data_folder(config), config.download)
    elif config.dataset == "digits":
        images = load_digits(split, scale=2)
    elif split == "test":
        return None
    else:
        images = load_folder(config)
    height, width = image_size(config, images.image_shape)
    if images.image_shape[:2] != (height, width):
        raise ValueError(
            "--output_height and --output_width must be {} and {} with --dataset {}; got {} and "
            "{}: leave them out.".format(*images.image_shape[:2], config.dataset, height, width)
        )
    return images


def training_images(config: Config, images: ImageSource) -> ImageSource:
    """So many as --train_size says, which must be enough for the updates of a step."""
    if config.train_size:
        check_count("train_size", config.train_size, images, config.train_size)
        images = images.sample(config.train_size, config.seed)
    check_count("batch_size", config.batch_size, images, config.batch_size)
    name, updates = "discriminator_updates", config.discriminator_updates
    check_count(name, updates, images, config.batch_size * updates)
    return images


def load_folder(config: Config) -> ImageSource:
    """A folder of images, cut and resized when they are read."""
    folder, pattern = os.path.join(data_folder(config), config.dataset), config.input_fname_pattern
    if config.dataset == "lsun" and os.path.isdir(os.path.join(folder, "bedroom_train")):
        # As `genflow data download lsun` leaves it.
        folder = os.path.join(folder, "bedroom_train")
        pattern = "*.webp" if pattern == "*.jpg" else pattern
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            "There is no folder {}: name the folder it is in by --data_dir{}.".format(
                folder,
                ", or get it by `genflow data download {}`".format(config.dataset)
                if config.dataset in ("celebA", "lsun")
                else "",
            )
        )
    crop = (config.input_height, config.input_width or config.input_height)
    return load_image_folder(
        folder,
        image_size(config),
        pattern,
        crop_size=crop if config.crop else None,
        channels=config.channels or None,
    )


def data_folder(config: Config) -> str:
    """Where data sets are: in ./data, as the original has it, unless something else is said."""
    if not config.data_dir and DATA_DIR_VARIABLE not in os.environ and os.path.isdir("data"):
        return "data"
    return resolve_data_dir(config.data_dir or None)


def image_size(config: Config, known: Sequence[int] = (64, 64)) -> Sequence[int]:
    """Height and width of the images made."""
    height = config.output_height or known[0]
    return height, config.output_width or (config.output_height or known[1])

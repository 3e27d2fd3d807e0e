"""ImageNet at 32x32 pixels."""

import os
from typing import Optional

import numpy as np

from genflow.data.image_set import ImageSet
from genflow.data.image_source import ImageSource
from genflow.data.imagenet32_batches import has_batches, load_batches
from genflow.data.locate import DATA_DIR_VARIABLE, describe_data_dir, resolve_data_dir
from genflow.data.npz import describe_array, read_npz
from genflow.data.png_folder import PngFolder
from genflow.data.split import check_split

_FOLDERS = ("imagenet32", "small_imagenet", "imagenet")  # In the data folder, best first.
_IMAGE_SHAPE = (32, 32, 3)

_ARCHIVE = "imgnet_32x32.npz"
_ARRAYS = {"train": "trainx", "test": "testx"}  # In the archive.
_PNG_FOLDERS = {"train": "train_32x32", "test": "valid_32x32"}


def load_imagenet32(split: str, data_dir: Optional[str] = None) -> ImageSource:
    """Loads ImageNet at 32x32x3, in any of the layouts in which people have it.

    There are two data sets of this size, made in different ways: bits per dimension on one of
    them say nothing about the other. Both splits come from the first layout of which there is
    anything at all, in the folders `imagenet32`, `small_imagenet` and `imagenet` of the data
    folder, then in the data folder itself:

    1.  `imgnet_32x32.npz` with the uint8 arrays `trainx` and `testx`, `[n, 32, 32, 3]`, which the
        scripts of PixelCNN++ and RealNVP make of 2. `data_dir` may also be the path of it.
    2.  The folders `train_32x32` and `valid_32x32` of PNG images of van den Oord et al., 1,281,149
        and 49,999 of them. An image is decoded, and checked, when it is read.
    3.  `train_data_batch_1.npz`, `train_data_batch_2.npz` and so on, and `val_data.npz`, of
        Chrabaszcz et al., 1,281,167 and 50,000 images in 1000 classes; also in the folders
        `Imagenet32_train_npz` and `Imagenet32_val_npz`.

    The first two are one data set without classes: each label is 0, and the name of the set is
    `imagenet32-train`. The third is the other data set, `imagenet32-labelled-train`; its classes
    are numbered as its authors did, but from 0, and not as elsewhere. Of each there may be less
    than was published. The first and the third are held in memory, 3.9 GB if all of the training
    images are there.

    Nothing is downloaded: https://image-net.org/download-images hands the third out to those who
    have registered there, and the others are no longer published. Nothing on disk is changed,
    and no code in a file is run.

    Args:
        split: "train" or "test".
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.

    Raises:
        FileNotFoundError: If the data set, or a file of it, is not there.
        ValueError: If `split` is unknown, or a file is damaged or not what it must be. Of the
            second layout, only `read` can tell.

    Example:
        >>> train_set = load_imagenet32("train")  # doctest: +SKIP
        >>> len(train_set), train_set.image_shape, train_set.num_classes  # doctest: +SKIP
        (1281149, (32, 32, 3), 1)

    References:
        Van den Oord, Kalchbrenner and Kavukcuoglu, Pixel recurrent neural networks, 2016.
        https://arxiv.org/abs/1601.06759
        Chrabaszcz, Loshchilov and Hutter, A downsampled variant of ImageNet as an alternative to
        the CIFAR datasets, 2017. https://arxiv.org/abs/1707.08819
    """
    check_split(split)
    root = resolve_data_dir(data_dir)
    if os.path.isfile(root):
        return _load_archive(split, root)
    for folder in [os.path.join(root, name) for name in _FOLDERS] + [root]:
        archive = os.path.join(folder, _ARCHIVE)
        if os.path.exists(archive):
            return _load_archive(split, archive)
        if any(os.path.exists(os.path.join(folder, name)) for name in _PNG_FOLDERS.values()):
            path = os.path.join(folder, _PNG_FOLDERS[split])
            return PngFolder("imagenet32-" + split, path, _IMAGE_SHAPE[0])
        if has_batches(folder):
            return load_batches(split, folder)
    raise FileNotFoundError(_not_found(data_dir))


def _load_archive(split: str, path: str) -> ImageSet:
    name = _ARRAYS[split]
    remedy = (
        "Make it of the PNG images again, or set `data_dir` to the folder that holds the images in "
        "another layout."
    )
    images = read_npz(path, name, remedy)
    if images.dtype != np.uint8 or images.shape[1:] != _IMAGE_SHAPE or not len(images):
        raise ValueError(
            "`{}` of {} must be uint8 of shape (n, 32, 32, 3), n at least 1; got {}. {}".format(
                name, path, describe_array(images), remedy
            )
        )
    return ImageSet("imagenet32-" + split, images, np.zeros([len(images)], np.int32), 1)


def _not_found(data_dir: Optional[str]) -> str:
    return (
        "ImageNet-32 was not found in {}, nor in its folders {}. It must be the file {}, or the "
        "folders {} and {} of PNG images, or the files train_data_batch_1.npz, ... and "
        "val_data.npz, which may be in the folders Imagenet32_train_npz and Imagenet32_val_npz. "
        "Set `data_dir` (`--data_dir` of the examples) or the environment variable {} to the "
        "folder that holds it. It is not downloaded for you: register at "
        "https://image-net.org/download-images and fetch the last of these there.".format(
            describe_data_dir(data_dir),
            ", ".join(_FOLDERS),
            _ARCHIVE,
            _PNG_FOLDERS["train"],
            _PNG_FOLDERS["test"],
            DATA_DIR_VARIABLE,
        )
    )

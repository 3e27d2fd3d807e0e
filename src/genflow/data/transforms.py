"""Bringing whole image sets to the size and channels that a model needs."""

import dataclasses

import numpy as np

from genflow.data.image_set import ImageSet


def pad(image_set: ImageSet, size: int) -> ImageSet:
    """Adds a border to each image, as wide on the left as on the right, above as below.

    A border pixel is the darkest of its row or column of the image, separately for each
    channel. With `size` 32 this is how Glow makes 32x32 images of the 28x28 ones of MNIST.

    Args:
        image_set: The images.
        size: Their new height and width.

    Returns:
        A set with the padded images, and the labels of `image_set`.

    Raises:
        ValueError: If the images are larger than `size`, or smaller by an odd number of pixels.

    Example:
        >>> images = np.zeros([10, 28, 28, 1], np.uint8)
        >>> image_set = ImageSet("blank", images, np.zeros([10], np.int32), num_classes=2)
        >>> pad(image_set, 32).image_shape
        (32, 32, 1)
    """
    height, width, _ = image_set.image_shape
    if size < max(height, width) or (size - height) % 2 or (size - width) % 2:
        raise ValueError(
            "`size` must exceed the {}x{} of {} by an even number of pixels, so that both "
            "borders are equal; got {}.".format(height, width, image_set.name, size)
        )
    rows, columns = (size - height) // 2, (size - width) // 2
    borders = [(0, 0), (rows, rows), (columns, columns), (0, 0)]
    return dataclasses.replace(image_set, images=np.pad(image_set.images, borders, mode="minimum"))


def tile_channels(image_set: ImageSet, num_channels: int = 3) -> ImageSet:
    """Repeats the one channel of grey images, to have images for a model of colour images.

    The channels are equal, so the bits per dimension of such images are those of no colour
    images, and not those of the grey ones either.

    Args:
        image_set: Images of one channel.
        num_channels: How many they get.

    Returns:
        A set with the new images, and the labels of `image_set`.

    Raises:
        ValueError: If the images have more than one channel, or `num_channels` is not positive.

    Example:
        >>> images = np.zeros([10, 28, 28, 1], np.uint8)
        >>> image_set = ImageSet("blank", images, np.zeros([10], np.int32), num_classes=2)
        >>> tile_channels(image_set).image_shape
        (28, 28, 3)
    """
    found = image_set.image_shape[2]
    if found != 1:
        raise ValueError(
            "tile_channels needs images of one channel; {} has {}.".format(image_set.name, found)
        )
    if num_channels < 1:
        raise ValueError("`num_channels` must be at least 1; got {}.".format(num_channels))
    return dataclasses.replace(image_set, images=image_set.images.repeat(num_channels, axis=3))


def downsample(image_set: ImageSet, size: int) -> ImageSet:
    """Makes images smaller: each new pixel is the mean of a block of old ones, rounded down.

    Args:
        image_set: The images.
        size: Their new height and width, which must divide the old ones.

    Returns:
        A set with the smaller images, and the labels of `image_set`.

    Raises:
        ValueError: If `size` does not divide the height and width.

    Example:
        >>> images = np.zeros([10, 32, 32, 3], np.uint8)
        >>> image_set = ImageSet("blank", images, np.zeros([10], np.int32), num_classes=2)
        >>> downsample(image_set, 8).image_shape
        (8, 8, 3)
    """
    height, width, channels = image_set.image_shape
    if size < 1 or height % size or width % size:
        raise ValueError(
            "`size` must divide the {}x{} of {}; got {}.".format(
                height, width, image_set.name, size
            )
        )
    block = (height // size, width // size)
    blocks = image_set.images.reshape([-1, size, block[0], size, block[1], channels])
    means = blocks.sum(axis=(2, 4), dtype=np.uint32) // (block[0] * block[1])
    return dataclasses.replace(image_set, images=means.astype(np.uint8))

"""Square images of several sizes made from an image file."""

from typing import TYPE_CHECKING, Dict, Sequence

import numpy as np

from genflow.data.image_formats import FORMATS, unreadable_image

if TYPE_CHECKING:
    from PIL import Image


def image_pyramid(path: str, sizes: Sequence[int]) -> Dict[int, np.ndarray]:
    """Reads an image file and makes a square image of each size of it.

    The largest is the centre of the image, cut to a square and resized with Pillow's bilinear
    filter. Each smaller one is a mean of blocks of it, rounded down:

        smaller[i, j] = floor(mean(largest[k * i : k * (i + 1), k * j : k * (j + 1)]))

    An image smaller than that is enlarged. Of a file with several images, the first is taken.
    Transparency is dropped, and an orientation noted in the file is not applied.

    Shapes:
        result: `[size, size, 3]` for each size, uint8.

    Args:
        path: The file.
        sizes: The sizes, each a divisor of the largest.

    Raises:
        ValueError: If the file is damaged, or no image that can be read.

    Example:
        >>> import os, tempfile
        >>> from PIL import Image
        >>> path = os.path.join(tempfile.mkdtemp(), "black.png")
        >>> Image.new("RGB", (100, 60)).save(path)
        >>> images = image_pyramid(path, sizes=[64, 16])
        >>> images[64].shape, images[16].shape
        ((64, 64, 3), (16, 16, 3))

    References:
        Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions,
        2018. https://arxiv.org/abs/1807.03039
    """
    largest = _square(_read(path), max(sizes))
    return {size: _shrink(largest, len(largest) // size) for size in sizes}


def _read(path: str) -> "Image.Image":
    from PIL import Image  # Not at the top: who reads records needs no Pillow.

    try:
        with Image.open(path, formats=list(FORMATS)) as image:
            mode, image = image.mode, image.convert("RGB")
    except Exception as error:  # A damaged file raises whatever its format's reader raises.
        raise unreadable_image(path, error) from error
    if mode[0] in "IF":  # Turned into RGB, nearly all of it would be white.
        raise ValueError(
            "{} must be an image of 8 bits per channel; got the mode {}. Convert it first.".format(
                path, mode
            )
        )
    return image


def _square(image: "Image.Image", size: int) -> np.ndarray:
    from PIL import Image

    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    image = image.crop((left, top, left + side, top + side))
    return np.asarray(image.resize((size, size), Image.BILINEAR))


def _shrink(image: np.ndarray, factor: int) -> np.ndarray:
    """Returns the means of blocks of `factor` by `factor` pixels, rounded down."""
    size = len(image) // factor
    blocks = image.reshape([size, factor, size, factor, 3]).astype(np.int64)
    return (blocks.sum(axis=(1, 3)) // factor**2).astype(np.uint8)

"""The handwritten digits that come with scikit-learn."""

import numpy as np

from genflow.data.image_set import ImageSet
from genflow.data.permutation import permutation
from genflow.data.split import check_split

_NUM_TRAIN = 1500
_LEVELS = 16  # Pixels run from 0 to this.


def load_digits(split: str, scale: int = 1, seed: int = 0) -> ImageSet:
    """Loads scikit-learn's 1,797 digits of 8x8 pixels, which need no download.

    Their 17 grey levels, 0 to 16, are spread over 0 to 255: `round(level * 255 / 16)`.

    Args:
        split: "train", 1,500 of them, or "test", the other 297.
        scale: Each pixel becomes a square of `scale` by `scale` pixels.
        seed: Decides which digits are held out, and the order of both splits.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> load_digits("train", scale=4).images.shape
        (1500, 32, 32, 1)

    References:
        Alpaydin and Kaynak, Optical recognition of handwritten digits, 1998.
        https://archive.ics.uci.edu/dataset/80
    """
    check_split(split)
    if scale < 1:
        raise ValueError("`scale` must be at least 1; got {}.".format(scale))
    from sklearn import datasets  # Not at the top: it takes seconds.

    digits = datasets.load_digits()
    order = permutation(len(digits.target), seed)
    chosen = order[:_NUM_TRAIN] if split == "train" else order[_NUM_TRAIN:]
    images = np.rint(digits.images[chosen] * 255 / _LEVELS).astype(np.uint8)
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    labels = digits.target[chosen].astype(np.int32)
    return ImageSet("digits-" + split, images[..., np.newaxis], labels, num_classes=10)

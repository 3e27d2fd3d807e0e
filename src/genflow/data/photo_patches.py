"""Patches of the photographs that come with scikit-learn."""

from typing import List, Tuple

import numpy as np

from genflow.data.image_set import ImageSet
from genflow.data.permutation import permutation
from genflow.data.split import check_split

_PHOTOS = ("china.jpg", "flower.jpg")

# Which quarters of the width of a photograph belong to a split, from left to right. The third is
# held out because it is the one most like the rest: its patches are about as hard to compress.
_QUARTERS = {"train": [(0, 2), (3, 4)], "test": [(2, 3)]}


def load_photo_patches(split: str, size: int = 32, stride: int = 8, seed: int = 0) -> ImageSet:
    """Cuts square colour patches out of two photographs, which need no download.

    scikit-learn brings a Chinese temple and a flower, 427x640 pixels each. A vertical band of
    each is held out, the third quarter from the left: no pixel of it is in a training patch.
    Within a split patches overlap when `stride` is less than `size`. The label says which
    photograph a patch is from. By default there are 5,400 training and 1,700 test patches.

    Args:
        split: "train" or "test".
        size: The height and width of a patch.
        stride: The distance between neighbouring patches, in rows and in columns.
        seed: Decides the order of the patches.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> load_photo_patches("train").images.shape
        (5400, 32, 32, 3)
    """
    photos = _photos()
    patches, labels = [], []
    for label, photo in enumerate(photos):
        corners = patch_corners(split, photo.shape[:2], size, stride)
        patches += [photo[row : row + size, column : column + size] for row, column in corners]
        labels += [label] * len(corners)
    order = permutation(len(patches), seed)
    return ImageSet(
        "photo-patches-" + split,
        np.stack(patches)[order],
        np.array(labels, np.int32)[order],
        num_classes=len(photos),
    )


def patch_corners(
    split: str, photo_size: Tuple[int, int], size: int, stride: int
) -> List[Tuple[int, int]]:
    """Returns where the patches of a split lie in a photograph.

    Args:
        split: "train" or "test".
        photo_size: The height and width of the photograph.
        size: The height and width of a patch.
        stride: The distance between neighbouring patches.

    Returns:
        The row and column of the top left pixel of each patch.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> patch_corners("test", photo_size=(8, 32), size=4, stride=4)
        [(0, 16), (0, 20), (4, 16), (4, 20)]
    """
    check_split(split)
    height, width = photo_size
    quarter = width // 4
    if not 1 <= size <= min(height, quarter):
        raise ValueError(
            "`size` must be between 1 and {}, so that a patch fits into a quarter of a "
            "photograph; got {}.".format(min(height, quarter), size)
        )
    if stride < 1:
        raise ValueError("`stride` must be at least 1; got {}.".format(stride))
    return [
        (row, column)
        for row in range(0, height - size + 1, stride)
        for first, last in _QUARTERS[split]
        for column in range(first * quarter, last * quarter - size + 1, stride)
    ]


def _photos() -> List[np.ndarray]:
    from sklearn import datasets  # Not at the top: it takes seconds.

    return [datasets.load_sample_image(name) for name in _PHOTOS]

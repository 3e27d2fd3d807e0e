"""Images that two splits of a data set have in common."""

import hashlib
import itertools
import warnings
from typing import Collection, Dict

import numpy as np

from genflow.data.image_source import ImageSource

_BATCH_SIZE = 256
_REMEDY = "take them from one set by `ImageSource.hold_out`, or from files of their own."


def image_digests(images: np.ndarray) -> np.ndarray:
    """Returns a number for each image, the same for the same image and hardly ever for another.

    Shapes:
        images: `[n, height, width, channels]`, uint8.
        result: `[n]`, uint64.

    Args:
        images: The images.

    Example:
        >>> images = np.array([[[[7]]], [[[8]]], [[[7]]]], np.uint8)
        >>> len(image_digests(images)), len(set(image_digests(images)))
        (3, 2)
    """
    digests = [hashlib.sha256(image.tobytes()).digest()[:8] for image in images]
    return np.frombuffer(b"".join(digests), np.uint64)


def source_digests(source: ImageSource, description: str) -> np.ndarray:
    """Returns `image_digests` of all images of a set, and shows a progress bar.

    Args:
        source: The set.
        description: What the bar says.
    """
    from tqdm import tqdm  # Not at the top: only those who write records need it.

    digests = []
    with tqdm(total=len(source), desc=description, unit="image") as progress:
        for first in range(0, len(source), _BATCH_SIZE):
            indices = np.arange(first, min(first + _BATCH_SIZE, len(source)))
            digests.append(image_digests(source.read(indices)[0]))
            progress.update(len(indices))
    return np.concatenate(digests)


def refuse_one_source(splits: Dict[str, ImageSource]) -> None:
    """Refuses one object for two splits.

    Args:
        splits: The sets.

    Raises:
        ValueError: If two of them are the same object.
    """
    for one, other in itertools.combinations(splits, 2):
        if splits[one] is splits[other]:
            raise ValueError(
                "`splits` must be sets without an image in common; got the same one for {!r} and "
                "{!r}: {}".format(one, other, _REMEDY)
            )


def check_shared_images(digests: Dict[str, np.ndarray], new: Collection[str]) -> None:
    """Refuses splits one of which holds another, and warns of those with common images.

    Args:
        digests: `image_digests` of every split.
        new: Those of the splits that are looked at; the others were, when they were new.

    Raises:
        ValueError: If all images of a split are in another one.
    """
    for pair in itertools.combinations(digests, 2):
        if not set(pair) & set(new):
            continue
        small, large = sorted(pair, key=lambda split: len(digests[split]))
        count, total = int(np.isin(digests[small], digests[large]).sum()), len(digests[small])
        if count == total:
            raise ValueError(
                "`splits` must be sets without an image in common; all {} images of {!r} are in "
                "{!r}, too: {}".format(total, small, large, _REMEDY)
            )
        if count:
            warnings.warn(
                "{} of the {} images of {!r} are in {!r}, too: what is measured on them says "
                "nothing of new images.".format(count, total, small, large),
                stacklevel=3,
            )

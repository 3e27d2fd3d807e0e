"""What the networks share: the norm and the initial weights of DCGAN, and checks."""

import functools
from typing import List, Sequence, Tuple

from genflow.core.checks import check_positive_integer
from genflow.networks import BatchNorm, normal, truncated_normal

BATCH_NORM = functools.partial(BatchNorm, decay=0.9, epsilon=1e-5)
NORMAL = normal(0.02)
TRUNCATED_NORMAL = truncated_normal(0.02)


def checked_widths(widths: Sequence[int], argument: str) -> List[int]:
    """The widths of layers as a list, each of which must be a positive integer."""
    for width in widths:
        check_positive_integer(width, argument)
    return list(widths)


def checked_image_shape(image_shape: Sequence[int]) -> Tuple[int, int, int]:
    """The shape of an image as a tuple of height, width and channels."""
    shape = tuple(checked_widths(image_shape, "image_shape"))
    if len(shape) != 3:
        raise ValueError(
            "`image_shape` must be (height, width, channels); got {}.".format(image_shape)
        )
    return shape

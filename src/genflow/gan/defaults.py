"""What the networks share: norms and initial weights of the originals, and checks."""

import functools
from typing import List, Sequence, Tuple

from genflow.core import Network
from genflow.core.checks import check_positive_integer
from genflow.core.types import Tensor
from genflow.networks import BatchNorm, normal, truncated_normal

BATCH_NORM = functools.partial(BatchNorm, decay=0.9, epsilon=1e-5)
SSGAN_BATCH_NORM = functools.partial(BatchNorm, decay=0.99, epsilon=1e-3)
NORMAL = normal(0.02)
TRUNCATED_NORMAL = truncated_normal(0.02)


def checked_widths(widths: Sequence[int], argument: str, can_be_empty: bool = True) -> List[int]:
    """The widths of layers as a list, each of which must be a positive integer."""
    widths = list(widths)
    if not widths and not can_be_empty:
        raise ValueError("`{}` must hold at least one width; got none.".format(argument))
    for width in widths:
        check_positive_integer(width, argument)
    return widths


def checked_image_shape(image_shape: Sequence[int]) -> Tuple[int, int, int]:
    """The shape of an image as a tuple of height, width and channels."""
    shape = tuple(checked_widths(image_shape, "image_shape"))
    if len(shape) != 3:
        raise ValueError(
            "`image_shape` must be (height, width, channels); got {}.".format(image_shape)
        )
    return shape


def check_static_size(x: Tensor, owner: Network) -> None:
    """Refuses examples of an unknown size, which a dense layer cannot take."""
    if x.shape.rank is None or x.shape.rank < 2 or not x.shape[1:].is_fully_defined():
        raise ValueError(
            "`{}` needs examples of a static size; got shape {}.".format(owner.name, x.shape)
        )

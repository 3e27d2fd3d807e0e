"""What the metrics ask of features."""

from typing import Optional

import numpy as np


def checked_features(
    features: np.ndarray, argument: str, dimension: Optional[int] = None, at_least: int = 0
) -> np.ndarray:
    """Features in double precision, or what is wrong with them.

    Args:
        features: `[examples, dimension]`, of any type of numbers.
        argument: What messages call them.
        dimension: How many columns there must be; `None` for any number.
        at_least: How many examples there must be.

    Raises:
        ValueError: If they are something else, or one of them is not finite.

    Example:
        >>> checked_features(np.ones([3, 2], np.float16), "real").dtype.name
        'float64'
    """
    array = np.asarray(features)
    if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.shape[1]:
        raise ValueError(
            "`{}` must be numbers [examples, dimension]; got {} of shape {}.".format(
                argument, array.dtype, array.shape
            )
        )
    if dimension is not None and array.shape[1] != dimension:
        raise ValueError(
            "`{}` must have {} columns, as before; got {}.".format(
                argument, dimension, array.shape[1]
            )
        )
    if len(array) < at_least:
        raise ValueError(
            "`{}` must have at least {} examples; got {}.".format(argument, at_least, len(array))
        )
    array = array.astype(np.float64)
    wrong = np.sum(~np.isfinite(array).all(axis=1))
    if wrong:
        raise ValueError(
            "`{}` must be finite; got nan or infinity in {} of {} examples: look at the images, "
            "and at what computes the features.".format(argument, wrong, len(array))
        )
    return array


def check_one_dimension(first: int, second: int) -> None:
    """Refuses to compare features of different dimensions.

    Example:
        >>> check_one_dimension(64, 64)
    """
    if first != second:
        raise ValueError(
            "The features must be of one dimension; got {} and {}: they come from different "
            "extractors.".format(first, second)
        )

"""Pixel values between those of files and those that an extractor takes."""

from typing import Tuple

import numpy as np


def scaled_pixels(images: np.ndarray, value_range: Tuple[float, float]) -> np.ndarray:
    """Maps 0 to 255 linearly to a range, as `genflow.training.to_range` does it with tensors.

    With equal roundings, so that a network finds in use what it has found in training.

    Args:
        images: Numbers from 0 to 255.
        value_range: What 0 and 255 become.

    Returns:
        float32 of the same shape.

    Example:
        >>> scaled_pixels(np.zeros([2, 8, 8, 3], np.uint8), (-1.0, 1.0)).dtype.name
        'float32'
    """
    low, high = value_range
    return np.float32(low) + np.float32((high - low) / 255.0) * np.asarray(images, np.float32)

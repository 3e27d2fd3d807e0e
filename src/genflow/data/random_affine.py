"""Random shifts, rotations, zooms and shears."""

import numpy as np

from genflow.data.affine_resample import affine_resample
from genflow.data.augmentation import Augmentation


class RandomAffine(Augmentation):
    """Shifts, rotates, zooms and shears each image at random, about its centre, all in one.

    The pixel at `(row, column)` of the result is the one of the image at

        centre + rotate(angle) @ (move + [[1, -sin(slant)], [0, cos(slant)]]
                                         @ (scale * ((row, column) - centre)))

    with `rotate(a) = [[cos(a), -sin(a)], [sin(a), cos(a)]]`, and, for each image anew,

        angle ~ uniform(-rotation, rotation)            in degrees
        slant ~ uniform(-shear, shear)                  in degrees
        scale ~ uniform(1 - zoom, 1 + zoom)             for rows and columns each
        move  ~ uniform(-shift, shift) * (height, width)

    That is the map of Keras' `ImageDataGenerator` with `width_shift_range` and
    `height_shift_range` both `shift`, but about the true centre `((height - 1) / 2,
    (width - 1) / 2)`; older versions of Keras have it one pixel lower and further right. Note
    that degrees are what `shear_range` is in there, too. Interpolation is bilinear, the pixels
    of the edge are repeated beyond it.

    Shapes:
        images, result: `[batch, height, width, channels]`, uint8.

    Example:
        >>> augment = RandomAffine(shift=0.1, rotation=15.0, zoom=0.1, shear=0.02)
        >>> augment(np.zeros([10, 8, 8, 3], np.uint8), np.random.RandomState(0)).shape
        (10, 8, 8, 3)

    References:
        The augmentation of Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1
        Convolutions, 2018. https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self, shift: float = 0.0, rotation: float = 0.0, zoom: float = 0.0, shear: float = 0.0
    ) -> None:
        """Constructs the augmentation.

        Args:
            shift: The largest shift, as a fraction of the height or width; in [0, 1).
            rotation: The largest angle, in degrees; in [0, 360).
            zoom: By how much the scale of rows or columns differs from 1 at most; in [0, 1).
            shear: The largest slant, in degrees; in [0, 90).

        Raises:
            ValueError: If an argument is out of range.
        """
        limits = [("shift", shift, 1), ("rotation", rotation, 360), ("zoom", zoom, 1)]
        for name, value, limit in limits + [("shear", shear, 90)]:
            if not 0 <= value < limit:
                raise ValueError(
                    "`{}` of RandomAffine must be in [0, {}); got {}.".format(name, limit, value)
                )
        self.shift, self.rotation, self.zoom, self.shear = shift, rotation, zoom, shear

    def _augment(self, images: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        size = np.array(images.shape[1:3])
        draws = random.uniform(-1, 1, [len(images), 6])
        rotations = _rotations(np.deg2rad(self.rotation * draws[:, 0]))
        shears = _shears(np.deg2rad(self.shear * draws[:, 1]))
        scales = 1 + self.zoom * draws[:, 2:4]
        moves = self.shift * draws[:, 4:6] * size

        matrices = rotations @ shears * scales[:, np.newaxis]
        centre = (size - 1) / 2
        moved = (rotations @ moves[..., np.newaxis])[..., 0]
        offsets = centre + moved - matrices @ centre
        return affine_resample(images, matrices, offsets)


def _rotations(angles: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(angles), np.sin(angles)
    return _matrices([[cos, -sin], [sin, cos]])


def _shears(slants: np.ndarray) -> np.ndarray:
    one, zero = np.ones_like(slants), np.zeros_like(slants)
    return _matrices([[one, -np.sin(slants)], [zero, np.cos(slants)]])


def _matrices(entries: list) -> np.ndarray:
    """Turns two rows of two arrays `[batch]` into `[batch, 2, 2]`."""
    return np.moveaxis(np.array(entries), -1, 0)

import numpy as np
import pytest
from scipy import ndimage

from genflow.data import RandomShift


def test_every_image_is_moved_by_whole_pixels_and_its_edge_repeated():
    random = np.random.RandomState(0)
    images = random.randint(256, size=[400, 5, 4, 2]).astype(np.uint8)
    moved, seen = RandomShift(1)(images, random), []
    for image, result in zip(images, moved):
        fitting = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if np.array_equal(
                ndimage.shift(image, (down, right, 0), order=0, mode="nearest"), result
            )
        ]
        assert len(fitting) == 1
        seen += fitting
    counts = np.array([seen.count(move) for move in set(seen)])
    assert len(counts) == 9
    assert np.all(np.abs(counts - 400 / 9) < 4 * np.sqrt(400 / 9))


def test_no_pixels_are_no_shift():
    images = np.arange(24, dtype=np.uint8).reshape([2, 3, 4, 1])
    np.testing.assert_array_equal(RandomShift(0)(images, np.random.RandomState(0)), images)


def test_rejects_a_negative_shift():
    with pytest.raises(ValueError, match="`pixels` of RandomShift must be at least 0; got -1"):
        RandomShift(-1)

import numpy as np
import pytest

from genflow.data import RandomFlip

IMAGES = np.random.RandomState(0).randint(256, size=[1000, 2, 3, 3]).astype(np.uint8)


def test_flips_left_and_right():
    found = RandomFlip(probability=1)(IMAGES, np.random.RandomState(0))
    np.testing.assert_array_equal(found, IMAGES[:, :, ::-1])


def test_probability_zero_changes_nothing():
    found = RandomFlip(probability=0)(IMAGES, np.random.RandomState(0))
    np.testing.assert_array_equal(found, IMAGES)


@pytest.mark.parametrize(("arguments", "expected"), [({}, 500), ({"probability": 0.2}, 200)])
def test_flips_each_image_whole_and_by_itself(arguments, expected):
    found = RandomFlip(**arguments)(IMAGES, np.random.RandomState(0))
    kept = (found == IMAGES).all(axis=(1, 2, 3))
    flipped = (found == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (kept ^ flipped).all()
    assert abs(flipped.sum() - expected) < 50


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_rejects_what_is_no_probability(probability):
    match = r"`probability` of RandomFlip must be in \[0, 1\]; got {}".format(probability)
    with pytest.raises(ValueError, match=match):
        RandomFlip(probability)

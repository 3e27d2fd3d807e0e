import numpy as np
import pytest

from genflow.data import CenterCrop, RandomCrop

# The value of a pixel says where it is.
ONE = np.arange(6 * 5, dtype=np.uint8).reshape([1, 6, 5, 1])
IMAGES = np.concatenate([np.repeat(ONE, 2000, axis=0), np.repeat(ONE + 100, 2000, axis=0)], axis=3)


def test_a_random_crop_is_a_square_of_its_image():
    found = RandomCrop(3)(IMAGES, np.random.RandomState(0))
    assert found.shape == (2000, 3, 3, 2)
    inside = ONE[0, :3, :3, 0]
    np.testing.assert_array_equal(found[..., 0], found[:, :1, :1, 0] + inside)
    np.testing.assert_array_equal(found[..., 1], found[..., 0] + 100)


def test_a_random_crop_is_equally_likely_everywhere():
    found = RandomCrop(3)(IMAGES, np.random.RandomState(0))
    tops, lefts = np.divmod(found[:, 0, 0, 0], 5)
    counts = np.bincount(tops * 3 + lefts)
    assert len(counts) == 4 * 3
    assert np.abs(counts - 2000 / 12).max() < 60


def test_a_random_crop_of_the_whole_image_is_the_image():
    images = IMAGES[:, :5]
    found = RandomCrop(5)(images, np.random.RandomState(0))
    np.testing.assert_array_equal(found, images)


@pytest.mark.parametrize(
    ("size", "rows", "columns"), [(2, (2, 4), (1, 3)), (3, (1, 4), (1, 4)), (5, (0, 5), (0, 5))]
)
def test_a_centre_crop_is_the_middle(size, rows, columns):
    found = CenterCrop(size)(IMAGES)
    np.testing.assert_array_equal(found, IMAGES[:, slice(*rows), slice(*columns)])
    assert CenterCrop(size).output_shape((6, 5, 2)) == found.shape[1:]


@pytest.mark.parametrize("crop", [RandomCrop, CenterCrop])
def test_the_output_shape_keeps_the_channels(crop):
    assert crop(4).output_shape((6, 5, 2)) == (4, 4, 2)


@pytest.mark.parametrize("crop", [RandomCrop, CenterCrop])
def test_rejects_smaller_images(crop):
    match = "{} of size 6 needs images at least that high and wide; got 6x5".format(crop.__name__)
    with pytest.raises(ValueError, match=match):
        crop(6).output_shape((6, 5, 2))
    with pytest.raises(ValueError, match=match):
        crop(6)(IMAGES, np.random.RandomState(0))


@pytest.mark.parametrize("crop", [RandomCrop, CenterCrop])
@pytest.mark.parametrize("size", [0, -1])
def test_rejects_a_wrong_size(crop, size):
    match = "`size` of {} must be at least 1; got {}".format(crop.__name__, size)
    with pytest.raises(ValueError, match=match):
        crop(size)

import numpy as np
import pytest
from scipy import ndimage

from genflow.data.affine_resample import affine_resample

IMAGES = np.random.RandomState(0).randint(256, size=[4, 8, 6, 3]).astype(np.uint8)
SQUARE = np.random.RandomState(1).randint(256, size=[4, 7, 7, 3]).astype(np.uint8)
IDENTITY = np.tile(np.eye(2), [4, 1, 1])


def about_centre(images, matrix):
    """The map of all images that is `matrix` about their centre."""
    centre = (np.array(images.shape[1:3]) - 1) / 2
    matrices = np.tile(matrix, [len(images), 1, 1])
    return matrices, centre - matrices @ centre


def test_the_identity_gives_the_images_bit_for_bit():
    found = affine_resample(IMAGES, IDENTITY, np.zeros([4, 2]))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, IMAGES)


@pytest.mark.parametrize("rows", [-9, -2, 0, 3])
@pytest.mark.parametrize("columns", [-1, 0, 2, 7])
def test_a_whole_shift_repeats_the_edge(rows, columns):
    found = affine_resample(IMAGES, IDENTITY, np.tile([rows, columns], [4, 1]).astype(float))
    at_rows = np.clip(np.arange(8) + rows, 0, 7)
    at_columns = np.clip(np.arange(6) + columns, 0, 5)
    np.testing.assert_array_equal(found, IMAGES[:, at_rows][:, :, at_columns])


def test_each_image_has_a_map_of_its_own():
    offsets = np.array([[0, 0], [1, 0], [0, 1], [2, 2]], float)
    found = affine_resample(IMAGES, IDENTITY, offsets)
    for image, (row, column), result in zip(IMAGES, offsets.astype(int), found):
        np.testing.assert_array_equal(result[: 8 - row, : 6 - column], image[row:, column:])


def test_half_a_pixel_is_the_rounded_mean_of_two():
    found = affine_resample(IMAGES, IDENTITY, np.tile([0, 0.5], [4, 1]))
    means = (IMAGES[:, :, :-1].astype(float) + IMAGES[:, :, 1:]) / 2
    np.testing.assert_array_equal(found[:, :, :-1], np.rint(means))
    np.testing.assert_array_equal(found[:, :, -1], IMAGES[:, :, -1])


@pytest.mark.parametrize("images", [SQUARE, SQUARE[:, :6, :6]], ids=["odd", "even"])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_are_those_of_numpy(images, turns):
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][turns]
    found = affine_resample(images, *about_centre(images, [[cos, -sin], [sin, cos]]))
    # Where the map goes clockwise in (row, column), the image goes the other way.
    np.testing.assert_array_equal(found, np.rot90(images, turns, axes=(2, 1)))


def test_a_rotation_is_that_of_scipy():
    angle = np.deg2rad(25)
    matrix = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    found = affine_resample(IMAGES, *about_centre(IMAGES, matrix))
    expected = ndimage.rotate(
        IMAGES.astype(float), -25, axes=(2, 1), reshape=False, order=1, mode="nearest"
    )
    np.testing.assert_array_equal(found, np.rint(expected))


def test_does_not_change_what_it_is_given():
    images, matrices, offsets = IMAGES.copy(), IDENTITY + 0.1, np.ones([4, 2])
    affine_resample(images, matrices, offsets)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(matrices, IDENTITY + 0.1)
    np.testing.assert_array_equal(offsets, 1)

import numpy as np
import pytest

from genflow.data import RandomAffine, random_affine

IMAGES = np.random.RandomState(0).randint(256, size=[6, 8, 6, 3]).astype(np.uint8)
LEVEL_2 = {"shift": 0.1, "rotation": 15.0, "zoom": 0.1, "shear": 0.02}


@pytest.fixture
def maps(monkeypatch):
    """Collects the maps that images are resampled by."""
    found = []

    def collect(images, matrices, offsets):
        found.append((matrices, offsets))
        return images

    monkeypatch.setattr(random_affine, "affine_resample", collect)

    def draw(height=20, width=10, count=20000, **arguments):
        images = np.zeros([count, height, width, 1], np.uint8)
        RandomAffine(**arguments)(images, np.random.RandomState(0))
        return found[-1]

    return draw


def check_uniform(values, bound):
    """That values are uniform between `-bound` and `bound`."""
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.999 * bound
    assert abs(values.mean()) < 0.02 * bound
    assert values.var() == pytest.approx(bound**2 / 3, rel=0.03)


def check_independent(*columns):
    correlations = np.corrcoef(np.stack(columns)) - np.eye(len(columns))
    assert np.abs(correlations).max() < 0.03


def test_nothing_random_changes_nothing():
    for count in [1, 6]:
        found = RandomAffine()(IMAGES[:count], np.random.RandomState(0))
        np.testing.assert_array_equal(found, IMAGES[:count])


def test_shifts_are_uniform_fractions_of_height_and_width(maps):
    matrices, offsets = maps(shift=0.1)
    np.testing.assert_array_equal(matrices, np.tile(np.eye(2), [20000, 1, 1]))
    check_uniform(offsets[:, 0], 2.0)
    check_uniform(offsets[:, 1], 1.0)
    check_independent(*offsets.T)


def test_angles_are_uniform_degrees(maps):
    matrices, _ = maps(rotation=15)
    np.testing.assert_allclose(np.linalg.det(matrices), 1)
    np.testing.assert_allclose(matrices[:, 0, 0], matrices[:, 1, 1])
    np.testing.assert_allclose(matrices[:, 0, 1], -matrices[:, 1, 0])
    check_uniform(np.rad2deg(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])), 15)


def test_zooms_are_uniform_and_rows_have_another_one_than_columns(maps):
    matrices, _ = maps(zoom=0.1)
    np.testing.assert_array_equal(matrices[:, 0, 1], 0)
    np.testing.assert_array_equal(matrices[:, 1, 0], 0)
    check_uniform(matrices[:, 0, 0] - 1, 0.1)
    check_uniform(matrices[:, 1, 1] - 1, 0.1)
    check_independent(matrices[:, 0, 0], matrices[:, 1, 1])


def test_slants_are_uniform_degrees(maps):
    matrices, _ = maps(shear=0.02)
    np.testing.assert_array_equal(matrices[:, :, 0], np.tile([1.0, 0.0], [20000, 1]))
    check_uniform(np.rad2deg(np.arcsin(-matrices[:, 0, 1])), 0.02)
    np.testing.assert_allclose(matrices[:, 1, 1] ** 2 + matrices[:, 0, 1] ** 2, 1)


@pytest.mark.parametrize("arguments", [{"rotation": 90}, {"zoom": 0.5}, {"shear": 45}])
def test_the_centre_stays_where_it_is(maps, arguments):
    matrices, offsets = maps(count=100, **arguments)
    np.testing.assert_allclose(matrices @ [9.5, 4.5] + offsets, np.tile([9.5, 4.5], [100, 1]))


def test_the_map_is_that_of_its_parts_in_the_order_of_keras(maps):
    """Each draw is solved for alone, then the parts are put together as Keras does."""
    parts = {
        name: maps(count=50, **{name: 0.3 if name in ("shift", "zoom") else 30})
        for name in ["shift", "rotation", "zoom", "shear"]
    }
    matrices, offsets = maps(count=50, shift=0.3, rotation=30, zoom=0.3, shear=30)
    centre = np.array([9.5, 4.5])
    for i in range(50):
        expected = np.eye(3)
        for name in ["rotation", "shift", "shear", "zoom"]:
            part = np.eye(3)
            part[:2, :2] = parts[name][0][i]
            if name == "shift":
                part[:2, 2] = parts[name][1][i]
            expected = expected @ part
        to_centre, back = np.eye(3), np.eye(3)
        to_centre[:2, 2], back[:2, 2] = -centre, centre
        expected = back @ expected @ to_centre
        np.testing.assert_allclose(matrices[i], expected[:2, :2], atol=1e-12)
        np.testing.assert_allclose(offsets[i], expected[:2, 2], atol=1e-12)


def test_all_that_is_random_is_independent(maps):
    matrices, offsets = maps(shift=0.1, rotation=15, zoom=0.1, shear=15)
    angles, others = [np.arctan2(matrices[:, 1, i], matrices[:, 0, i]) for i in range(2)]
    scales = np.linalg.norm(matrices, axis=1)
    # The shift comes before the rotation: what it was is seen where that is undone.
    moved = matrices @ [9.5, 4.5] + offsets - [9.5, 4.5]
    rows = np.cos(angles) * moved[:, 0] + np.sin(angles) * moved[:, 1]
    columns = np.cos(angles) * moved[:, 1] - np.sin(angles) * moved[:, 0]
    check_independent(angles, others - angles, scales[:, 0], scales[:, 1], rows, columns)


def test_maps_are_the_same_on_every_runtime(maps):
    matrices, offsets = maps(count=2, shift=0.1, rotation=15, zoom=0.1, shear=15)
    np.testing.assert_allclose(
        matrices[1], [[1.0921491, -0.1675988], [-0.0357033, 0.962201]], atol=1e-6
    )
    np.testing.assert_allclose(offsets[1], [1.0469434, 0.5289097], atol=1e-6)


def test_is_a_function_of_the_generator():
    augment = RandomAffine(**LEVEL_2)
    first, again, other = [augment(IMAGES, np.random.RandomState(s)) for s in [1, 1, 2]]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_image_is_changed_in_its_own_way():
    found = RandomAffine(shift=0.3)(IMAGES[[0, 0]], np.random.RandomState(0))
    assert not np.array_equal(found[0], found[1])


def test_channels_stay_together():
    grey = np.repeat(IMAGES[..., :1], 3, axis=3)
    found = RandomAffine(**LEVEL_2)(grey, np.random.RandomState(0))
    np.testing.assert_array_equal(found[..., 0], found[..., 1])
    np.testing.assert_array_equal(found[..., 0], found[..., 2])
    assert not np.array_equal(found, grey)


def test_values_stay_within_those_of_the_image():
    images = np.full([5, 8, 8, 3], 255, np.uint8)
    found = RandomAffine(**LEVEL_2)(images, np.random.RandomState(0))
    np.testing.assert_array_equal(found, images)


@pytest.mark.parametrize(
    ("name", "value", "limit"),
    [("shift", -0.1, 1), ("shift", 1, 1), ("rotation", 360, 360), ("zoom", 1, 1), ("shear", 90, 90)]
    + [("rotation", float("nan"), 360)],
)
def test_rejects_what_is_out_of_range(name, value, limit):
    match = r"`{}` of RandomAffine must be in \[0, {}\); got {}".format(name, limit, value)
    with pytest.raises(ValueError, match=match):
        RandomAffine(**{name: value})

import os

import numpy as np
import pytest
from PIL import Image

from genflow.training import GanPictures
from tests.training.test_gif import read

Z_DIM = 5


class Draw:
    """A generator whose images can be read: a row for each dimension, and one for the class."""

    def __init__(self):
        self.counts = []

    def __call__(self, z, labels):
        assert z.dtype == np.float32
        self.counts.append(len(z))
        rows = np.concatenate([100 + 100 * z, np.full([len(z), 1], 255.0)], axis=1)
        if labels is not None:
            rows[:, -1] = 10 * labels
        return np.repeat(np.round(rows)[:, :, None, None], 3, axis=2).astype(np.uint8)


def unread(images):
    """From images `[..., Z_DIM + 1, 3]`, gray, to latents and classes (-1 for none)."""
    assert np.all(images == images[..., :1])
    rows = images[..., 0].astype(float)
    classes = np.where(rows[..., -1] == 255, -1, rows[..., -1] / 10)
    return (rows[..., :-1] - 100) / 100, classes.astype(int)


def tiles(picture, num_columns):
    """The images of a grid, `[rows * columns, Z_DIM + 1, 3]`, and that of a GIF's frames."""
    height, width = Z_DIM + 1, 3
    padded = np.pad(picture[..., 0], [(0, 0)] * (picture.ndim - 3) + [(0, 1)] * 2, "constant")
    rows = padded.shape[-2] // (height + 1)
    shape = padded.shape[:-2] + (rows, height + 1, num_columns, width + 1)
    split = np.moveaxis(padded.reshape(shape), -2, -3)[..., :height, :width]
    return split.reshape(split.shape[:-4] + (rows * num_columns, height, width))


def make(folder, **options):
    return GanPictures(Draw(), Z_DIM, str(folder), **dict({"num_images": 10}, **options))


def open_png(path):
    return np.asarray(Image.open(path).convert("RGB"))


def frames_of(path, count):
    seen = read(path)
    assert len(seen) % count == 0
    return seen[:: len(seen) // count]


def names(paths):
    return [os.path.basename(path) for path in paths]


def test_grid_has_latents_near_the_middle(tmp_path):
    [path] = make(tmp_path / "new" / "folder").grid()
    z, classes = unread(tiles(open_png(path), 4)[:10])

    assert names([path]) == ["test_grid.png"]
    assert np.abs(z).max() <= 0.5
    assert np.abs(z).max() > 0.4
    assert len({tuple(each) for each in z}) == 10
    assert np.all(classes == -1)


def test_grid_of_a_conditional_generator_has_a_class_in_each_column(tmp_path):
    [path] = make(tmp_path, num_classes=3).grid()
    _, classes = unread(tiles(open_png(path), 3)[:10])

    np.testing.assert_array_equal(classes, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0])


def test_sweep_grids_sweep_one_dimension_of_random_latents(tmp_path):
    paths = make(tmp_path).sweep_grids()

    assert names(paths) == ["test_arange_{}.png".format(d) for d in range(Z_DIM)]
    for dimension, path in enumerate(paths):
        z, _ = unread(tiles(open_png(path), 4)[:10])
        np.testing.assert_allclose(z[:, dimension], np.arange(10) / 10)
        others = np.delete(z, dimension, axis=1)
        assert others.min() < -0.7
        assert others.max() > 0.7
        assert len({tuple(each) for each in others}) == 10


@pytest.mark.parametrize("num_classes", [None, 3])
def test_zero_sweep_gifs_sweep_one_dimension_of_nothing_else(tmp_path, num_classes):
    paths = make(tmp_path, num_classes=num_classes).zero_sweep_gifs()

    assert names(paths) == ["test_gif_{}.gif".format(d) for d in range(Z_DIM)]
    for dimension, path in enumerate(paths):
        assert len(read(path)) == 200  # Two seconds.
        z, classes = unread(tiles(frames_of(path, 10), num_classes or 1))
        expected = np.zeros([10, num_classes or 1, Z_DIM])
        expected[..., dimension] = np.arange(10)[:, np.newaxis] / 10
        np.testing.assert_allclose(z, expected)
        np.testing.assert_array_equal(
            classes, [list(range(num_classes)) if num_classes else [-1]] * 10
        )


def test_random_sweep_gifs_keep_a_random_latent_in_all_frames(tmp_path):
    paths = make(tmp_path).random_sweep_gifs()

    bases = set()
    for path in paths:
        dimension = int(path[-5])
        z, _ = unread(tiles(frames_of(path, 10), 1)[:, 0])
        np.testing.assert_allclose(z[:, dimension], np.arange(10) / 10)
        others = np.delete(z, dimension, axis=1)
        np.testing.assert_array_equal(others, [others[0]] * 10)
        assert 0 < np.abs(others).max() <= 0.2
        bases.add(tuple(others[0]))
    assert len(bases) == len(paths) > 1


def test_random_sweep_gifs_are_of_dimensions_drawn_at_random(tmp_path):
    drawn = [names(make(tmp_path, num_images=2, seed=s).random_sweep_gifs()) for s in range(30)]

    for each in drawn:
        assert each == sorted(set(each))
    # Of 5 draws from 5, 3.36 differ on average: 0.12 is the deviation of the mean of 30.
    assert abs(np.mean([len(each) for each in drawn]) - 3.36) < 5 * 0.15
    assert len({tuple(each) for each in drawn}) > 10


@pytest.mark.parametrize(("num_classes", "num_columns"), [(None, 3), (2, 2)])
def test_merged_gif_has_every_dimension_in_a_frame_there_and_back(
    tmp_path, num_classes, num_columns
):
    paths = make(tmp_path, num_classes=num_classes).merged_sweep_gif()

    assert names(paths) == ["test_gif_{}.gif".format(d) for d in range(Z_DIM)] + [
        "test_gif_merged.gif"
    ]
    assert len(read(paths[-1])) == 800  # Eight seconds.
    z, classes = unread(tiles(frames_of(paths[-1], 20), num_columns)[:, :Z_DIM])
    there = np.arange(10)[:, np.newaxis, np.newaxis] / 10 * np.eye(Z_DIM)
    np.testing.assert_allclose(z, np.concatenate([there, there[::-1]]))
    expected = [d % num_classes if num_classes else -1 for d in range(Z_DIM)]
    np.testing.assert_array_equal(classes, [expected] * 20)


def test_dimensions_can_be_chosen(tmp_path):
    pictures = make(tmp_path, dimensions=[3, 1], num_images=4)

    assert names(pictures.sweep_grids()) == ["test_arange_3.png", "test_arange_1.png"]
    assert names(pictures.zero_sweep_gifs()) == ["test_gif_3.gif", "test_gif_1.gif"]
    assert names(pictures.merged_sweep_gif())[-1] == "test_gif_merged.gif"
    drawn = set(names(pictures.random_sweep_gifs()))
    assert drawn <= {"test_random_1.gif", "test_random_3.gif"}


def test_a_picture_is_a_function_of_the_seed_and_its_dimension(tmp_path):
    def picture(seed, **options):
        return open_png(make(tmp_path, seed=seed, **options).sweep_grids()[-1])

    np.testing.assert_array_equal(picture(1), picture(1))
    np.testing.assert_array_equal(picture(1, dimensions=[4]), picture(1))
    assert np.any(picture(1, dimensions=[3])[0] != picture(1)[0])  # In dimension 0 of both.
    assert np.any(picture(1) != picture(2))
    assert np.any(picture(-1) != picture(2))


@pytest.mark.parametrize("num_images", [1, 2, 7])
def test_any_number_of_images_is_drawn_in_batches_of_that_number(tmp_path, num_images):
    draw = Draw()
    for num_classes in (None, 2):
        options = {"num_images": num_images, "num_classes": num_classes}
        pictures = GanPictures(draw, 2, str(tmp_path), show_progress=False, **options)
        for kind in kinds_of(pictures):
            kind()

    assert set(draw.counts) == {num_images}


def kinds_of(pictures):
    """In the order of the original's options."""
    return [
        pictures.grid,
        pictures.sweep_grids,
        pictures.random_sweep_gifs,
        pictures.zero_sweep_gifs,
        pictures.merged_sweep_gif,
    ]


def test_no_kind_of_picture_spoils_another(tmp_path):
    grid, sweeps, random, zero, merged = (
        names(kind()) for kind in kinds_of(make(tmp_path, num_images=4))
    )

    assert merged == zero + ["test_gif_merged.gif"]
    assert sorted(os.listdir(str(tmp_path))) == sorted(grid + sweeps + random + merged)
    for name, is_zero in [(name, False) for name in random] + [(name, True) for name in zero]:
        z, _ = unread(tiles(frames_of(str(tmp_path / name), 4), 1)[:, 0])
        assert np.all(np.delete(z, int(name[-5]), axis=1) == 0.0) == is_zero


def test_gifs_of_many_images_take_longer(tmp_path):
    [path] = GanPictures(Draw(), 1, str(tmp_path), num_images=150).zero_sweep_gifs()

    assert len(read(path)) == 300  # Two hundredths each.


def test_colour_images_stay_coloured(tmp_path):
    def draw(z, labels):
        return np.tile(np.array([200, 10, 30], np.uint8), [len(z), 4, 4, 1])

    [path] = GanPictures(draw, 1, str(tmp_path), num_images=2).zero_sweep_gifs()

    np.testing.assert_array_equal(read(path)[0, 0, 0], [200, 10, 30])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_images": 0}, "`num_images` must be a positive integer; got 0"),
        ({"num_classes": 0}, "`num_classes` must be a positive integer; got 0"),
        ({"dimensions": []}, r"`dimensions` must be some of 0 to 4; got \[\]"),
        ({"dimensions": [5]}, r"`dimensions` must be some of 0 to 4; got \[5\]"),
    ],
)
def test_rejects_bad_arguments(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        make(tmp_path, **options)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros([4, 2, 2, 1]), "10 images, uint8 .*; got float64"),
        (np.zeros([4, 2, 2, 1], np.uint8), r"got uint8 \(4, 2, 2, 1\)"),
        (np.zeros([10, 2, 2], np.uint8), r"got uint8 \(10, 2, 2\)"),
    ],
)
def test_rejects_what_is_drawn_wrong(tmp_path, images, message):
    with pytest.raises(ValueError, match="`draw` must return .*" + message):
        GanPictures(lambda z, labels: images, 2, str(tmp_path), num_images=10).grid()

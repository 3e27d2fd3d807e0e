import os

import numpy as np
import pytest
from PIL import Image

from genflow.training import image_grid, save_labelled_rows, save_tiles


@pytest.mark.parametrize(
    ("count", "columns", "shape"), [(1, 1, (1, 1)), (10, 4, (3, 4)), (7, 3, (3, 3))]
)
def test_grid_holds_every_image_in_order(count, columns, shape):
    images = (
        np.full([count, 5, 6, 3], 7, np.uint8)
        * np.arange(count, dtype=np.uint8)[:, None, None, None]
    )
    grid = image_grid(images, num_columns=columns, margin=2)
    rows, columns = shape
    assert grid.shape == (rows * 7 - 2, columns * 8 - 2, 3)
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        tile = grid[row * 7 : row * 7 + 5, column * 8 : column * 8 + 6]
        assert np.all(tile == (7 * index if index < count else 255))
    assert np.all(grid[5:7] == 255) or rows == 1


def test_grid_is_square_by_default_and_takes_gray_images():
    grid = image_grid(np.zeros([9, 4, 4, 1], np.uint8), margin=0)
    assert grid.shape == (12, 12, 3)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros([2, 4, 4, 3]), "must be uint8 .*; got float64"),
        (np.zeros([2, 4, 4, 2], np.uint8), r"1 or 3\]; got uint8 \(2, 4, 4, 2\)"),
        (np.zeros([4, 4, 3], np.uint8), r"got uint8 \(4, 4, 3\)"),
        (np.zeros([0, 4, 4, 3], np.uint8), "at least one image"),
    ],
)
def test_grid_rejects_what_is_no_batch_of_images(images, message):
    with pytest.raises(ValueError, match=message):
        image_grid(images)


@pytest.mark.parametrize("num_columns", [0, -1])
def test_grid_rejects_no_columns(num_columns):
    with pytest.raises(ValueError, match="`num_columns` must be at least 1; got"):
        image_grid(np.zeros([2, 4, 4, 3], np.uint8), num_columns)


def test_labelled_rows_show_the_images(tmp_path):
    path = str(tmp_path / "rows.png")
    red = np.zeros([4, 16, 16, 3], np.uint8)
    red[..., 0] = 255
    blue = red[..., ::-1].copy()
    save_labelled_rows(path, [red, blue], ["red", "blue"], "colours", zoom=3)
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    is_red = (pixels == [255, 0, 0]).all(axis=2)
    is_blue = (pixels == [0, 0, 255]).all(axis=2)
    assert is_red.sum() > 3000
    assert is_blue.sum() > 3000
    assert np.where(is_red)[0].max() < np.where(is_blue)[0].min()
    assert os.listdir(str(tmp_path)) == ["rows.png"]


def test_labelled_rows_need_a_label_each(tmp_path):
    with pytest.raises(ValueError, match="`labels` must name every row; got 1 labels for 2 rows"):
        save_labelled_rows(str(tmp_path / "x.png"), [np.zeros([1, 2, 2, 3], np.uint8)] * 2, ["a"])


def boxes(path, count):
    """Where each of the colours 10, 20, ... is in a picture: top, bottom, left, right."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    found = []
    for index in range(count):
        rows, columns = np.where((pixels == [10 * (index + 1), 0, 200]).all(axis=2))
        found.append((rows.min(), rows.max() + 1, columns.min(), columns.max() + 1))
        assert len(rows) == (found[-1][1] - found[-1][0]) * (found[-1][3] - found[-1][2])
    return pixels, found


def coloured(count, height, width):
    images = np.full([count, height, width, 3], [0, 0, 200], np.uint8)
    images[..., 0] = 10 * np.arange(1, count + 1, dtype=np.uint8)[:, None, None]
    return images


@pytest.mark.parametrize("titles", [["3.41"] * 5, ["-1234.567890"] * 5, [""] * 5])
def test_tiles_lie_in_rows_below_their_titles(tmp_path, titles):
    path = str(tmp_path / "tiles.png")
    save_tiles(path, coloured(5, 8, 12), titles, "five", num_columns=2, zoom=3)
    assert os.listdir(str(tmp_path)) == ["tiles.png"]
    pixels, found = boxes(path, 5)
    tops, bottoms, lefts, rights = zip(*found)
    assert {b - t for t, b in zip(tops, bottoms)} == {24}
    assert {r - left for left, r in zip(lefts, rights)} == {36}
    assert tops[0] == tops[1] < tops[2] == tops[3] < tops[4]
    assert lefts[0] == lefts[2] == lefts[4] < lefts[1] == lefts[3]
    assert rights[0] < lefts[1]
    middle = (rights[0] + lefts[1]) // 2
    between = pixels[bottoms[0] : tops[2]]
    assert (between < 128).any() == (titles[0] != "")  # There is text,
    assert np.all(between[:, middle] == 255)  # which does not run into that of the neighbour,
    assert np.all(between[[0, -1]] == 255)  # nor into the images.


@pytest.mark.parametrize(("count", "channels"), [(1, 1), (7, 3)])
def test_tiles_of_any_number_and_both_kinds(tmp_path, count, channels):
    path = str(tmp_path / "tiles.png")
    save_tiles(path, np.zeros([count, 4, 4, channels], np.uint8), ["a"] * count)
    black = (np.asarray(Image.open(path).convert("L")) == 0).sum()
    assert count * 64 * 64 <= black < count * 65 * 65


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"titles": ["a"]}, "`titles` must name every image; got 1 titles for 2 images"),
        ({"images": np.zeros([2, 4, 4, 3])}, "`images` must be uint8 .*; got float64"),
        ({"images": np.zeros([0, 4, 4, 3], np.uint8), "titles": []}, "at least one image"),
        ({"num_columns": 0}, "`num_columns` must be at least 1; got 0"),
        ({"zoom": 0.0}, "`zoom` must be positive; got 0.0"),
    ],
)
def test_tiles_reject_bad_arguments(tmp_path, arguments, message):
    good = {"images": np.zeros([2, 4, 4, 3], np.uint8), "titles": ["a", "b"]}
    with pytest.raises(ValueError, match=message):
        save_tiles(str(tmp_path / "x.png"), **dict(good, **arguments))
    assert os.listdir(str(tmp_path)) == []

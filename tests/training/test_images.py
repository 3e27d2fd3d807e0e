import os

import numpy as np
import pytest
from PIL import Image

from genflow.training import image_grid, save_labelled_rows


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

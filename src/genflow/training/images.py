"""Pictures made of many images."""

from typing import List, Optional, Sequence, Tuple

import numpy as np

from genflow.whole_file import whole_file

_DPI = 100
_TITLE_POINTS = 8


def image_grid(
    images: np.ndarray, num_columns: Optional[int] = None, margin: int = 1
) -> np.ndarray:
    """Lays images out in rows, in one picture.

    Any number of images will do; places that are left over stay white.

    Args:
        images: `[count, height, width, channels]` uint8, with 1 or 3 channels.
        num_columns: Images in each row; by default as many as make the grid square.
        margin: White pixels between the images.

    Returns:
        `[grid_height, grid_width, 3]` uint8.

    Raises:
        ValueError: If `images` has another type or shape, or none of it is there, or
            `num_columns` is not positive.

    Example:
        >>> image_grid(np.zeros([10, 8, 8, 3], np.uint8), num_columns=4).shape
        (26, 35, 3)
    """
    images = np.asarray(images)
    _check_images(images)
    count, height, width, _ = images.shape
    num_columns = _columns(num_columns, count)
    num_rows = -(-count // num_columns)
    grid = np.full(
        [num_rows * (height + margin) + margin, num_columns * (width + margin) + margin, 3],
        255,
        np.uint8,
    )
    for index, image in enumerate(images):
        row, column = divmod(index, num_columns)
        top, left = margin + row * (height + margin), margin + column * (width + margin)
        grid[top : top + height, left : left + width] = image
    return grid[margin:-margin, margin:-margin] if margin else grid


def cut_into_rows(images: np.ndarray, num_columns: int) -> List[np.ndarray]:
    """Cuts images into rows of equal length; white images fill the last one.

    Args:
        images: `[count, height, width, channels]` uint8.
        num_columns: Images in each row.

    Example:
        >>> [row.shape for row in cut_into_rows(np.zeros([3, 8, 8, 1], np.uint8), 2)]
        [(2, 8, 8, 1), (2, 8, 8, 1)]
    """
    white = np.full((-len(images) % num_columns,) + images.shape[1:], 255, np.uint8)
    return list(np.concatenate([images, white]).reshape((-1, num_columns) + images.shape[1:]))


def save_labelled_rows(
    path: str,
    rows: Sequence[np.ndarray],
    labels: Sequence[str],
    title: str = "",
    zoom: float = 2.0,
) -> None:
    """Saves a picture of rows of images, each with a label on its left.

    Args:
        path: PNG file to write. It is replaced only when the new one is complete.
        rows: For each row `[count, height, width, channels]` uint8, all of one shape.
        labels: One for each row.
        title: Above the picture.
        zoom: Screen pixels for each pixel of an image.

    Raises:
        ValueError: If there are not as many labels as rows.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "rows.png")
        >>> save_labelled_rows(path, [np.zeros([4, 8, 8, 3], np.uint8)], ["T = 1"])
        >>> os.path.exists(path)
        True
    """
    if len(rows) != len(labels) or not rows:
        raise ValueError(
            "`labels` must name every row; got {} labels for {} rows.".format(
                len(labels), len(rows)
            )
        )
    grid = image_grid(np.concatenate(rows), num_columns=len(rows[0]))
    figure = _figure(grid.shape[1] * zoom / _DPI + 1.2, grid.shape[0] * zoom / _DPI + 0.5)
    axes = figure.add_subplot(111)
    axes.imshow(grid, interpolation="nearest")
    height = rows[0].shape[1]
    axes.set_yticks([index * (height + 1) + height / 2 for index in range(len(rows))])
    axes.set_yticklabels(labels)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.set_title(title)
    for spine in axes.spines.values():
        spine.set_visible(False)
    save_figure(figure, path)


def save_tiles(
    path: str,
    images: np.ndarray,
    titles: Sequence[str],
    title: str = "",
    num_columns: Optional[int] = None,
    zoom: Optional[float] = None,
) -> None:
    """Saves a picture of images in a grid, each with a short title above it.

    Columns are as wide as the longest title needs.

    Args:
        path: PNG file to write. It is replaced only when the new one is complete.
        images: `[count, height, width, channels]` uint8, with 1 or 3 channels.
        titles: One for each image.
        title: Above the picture.
        num_columns: Images in each row; by default as many as make the grid square.
        zoom: Screen pixels for each pixel of an image; by default as many as make
            the images about 64 pixels wide, and at least one.

    Raises:
        ValueError: If there are not as many titles as images; if `images` has another type or
            shape, or none of it is there; if `num_columns` or `zoom` is not positive.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "tiles.png")
        >>> save_tiles(path, np.zeros([2, 8, 8, 3], np.uint8), ["3.41", "3.52"], "bits/dim")
        >>> os.path.exists(path)
        True
    """
    images = np.asarray(images)
    _check_images(images)
    if len(titles) != len(images):
        raise ValueError(
            "`titles` must name every image; got {} titles for {} images.".format(
                len(titles), len(images)
            )
        )
    if zoom is not None and not zoom > 0:
        raise ValueError("`zoom` must be positive; got {}.".format(zoom))
    zoom = zoom or max(1, round(64 / images.shape[2]))
    top, side = _room(titles, images.shape[2], zoom)
    margins = [(0, 0), (top, 0), (side, side), (0, 0)]
    tiles = np.pad(images, margins, "constant", constant_values=255)
    num_columns = _columns(num_columns, len(images))
    grid = image_grid(tiles, num_columns, margin=0)
    figure = _figure(grid.shape[1] * zoom / _DPI, grid.shape[0] * zoom / _DPI)
    axes = figure.add_axes([0, 0, 1, 1])
    axes.imshow(grid, interpolation="nearest")
    axes.set_axis_off()
    for index, text in enumerate(titles):
        row, column = divmod(index, num_columns)
        x, y = (column + 0.5) * tiles.shape[2] - 0.5, row * tiles.shape[1] + top - 0.5 - 3 / zoom
        axes.text(x, y, text, ha="center", va="baseline", fontsize=_TITLE_POINTS)
    axes.set_title(title, fontsize=11)
    save_figure(figure, path)


def _room(titles: Sequence[str], width: int, zoom: float) -> Tuple[int, int]:
    """Pixels of the image that a title needs above, and on both sides."""
    letter = _TITLE_POINTS / 72 * _DPI  # Its height; it is less than 0.7 of that wide.
    longest = 0.7 * letter * max(len(text) for text in titles)
    sides = max(longest + letter - width * zoom, 0.1 * width * zoom)
    return int(np.ceil(1.6 * letter / zoom)), int(np.ceil(sides / 2 / zoom))


def _columns(num_columns: Optional[int], count: int) -> int:
    if num_columns is None:
        return int(np.ceil(np.sqrt(count)))
    if num_columns < 1:
        raise ValueError("`num_columns` must be at least 1; got {}.".format(num_columns))
    return num_columns


def _check_images(images: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError(
            "`images` must be uint8 [count, height, width, 1 or 3]; got {} {}.".format(
                images.dtype, images.shape
            )
        )
    if not len(images):
        raise ValueError("`images` must hold at least one image; got none.")


def _figure(width: float, height: float) -> object:
    # Not pyplot: no global state, no display.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=_DPI)


def save_figure(figure: object, path: str) -> None:
    """Writes a matplotlib figure as PNG; an existing file is replaced only at the end."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with whole_file(path, "wb") as file:
        figure.savefig(file, format="png", bbox_inches="tight")

"""Pictures made of many images."""

import os
from typing import Optional, Sequence

import numpy as np


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
        ValueError: If `images` has another type or shape, or none of it is there.

    Example:
        >>> image_grid(np.zeros([10, 8, 8, 3], np.uint8), num_columns=4).shape
        (26, 35, 3)
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError(
            "`images` must be uint8 [count, height, width, 1 or 3]; got {} {}.".format(
                images.dtype, images.shape
            )
        )
    count, height, width, _ = images.shape
    if not count:
        raise ValueError("`images` must hold at least one image; got none.")
    num_columns = num_columns or int(np.ceil(np.sqrt(count)))
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
    figure = _figure(grid.shape[1] * zoom / 100 + 1.2, grid.shape[0] * zoom / 100 + 0.5)
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


def _figure(width: float, height: float) -> object:
    # Not pyplot: no global state, no display.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100)


def save_figure(figure: object, path: str) -> None:
    """Writes a matplotlib figure as PNG; an existing file is replaced only at the end."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    partial = path + ".partial"
    figure.savefig(partial, format="png", bbox_inches="tight")
    os.replace(partial, path)

"""Moving pictures."""

from typing import List, Sequence

import numpy as np

from genflow.whole_file import whole_file


def save_gif(path: str, frames: Sequence[np.ndarray], seconds_per_frame: float = 0.1) -> None:
    """Saves frames as a GIF that plays for ever.

    Gray frames keep their values. Each colour frame gets the 256 colours that suit it best; with
    no more than that it keeps them.

    Args:
        path: GIF file to write. It is replaced only when the new one is complete.
        frames: `[count, height, width, channels]` uint8 with 1 or 3 channels; or a sequence of
            pictures of one shape, such as `image_grid` makes.
        seconds_per_frame: Rounded to hundredths; at least 0.02, below which players slow down.

    Raises:
        ValueError: If the frames are not of one shape and such a type, or none of it is there,
            or `seconds_per_frame` is too short.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "moving.gif")
        >>> save_gif(path, np.zeros([3, 8, 8, 1], np.uint8))
        >>> os.path.exists(path)
        True
    """
    from PIL import Image

    if not seconds_per_frame >= 0.02:
        raise ValueError(
            "`seconds_per_frame` must be at least 0.02, below which players slow down; got "
            "{}.".format(seconds_per_frame)
        )
    frames = _checked(frames)
    if all(_is_gray(frame) for frame in frames):
        frames = [frame[..., 0] for frame in frames]
    pictures = [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]
    if pictures[0].mode == "RGB":
        pictures = [picture.quantize(256) for picture in pictures]
    with whole_file(path, "wb") as file:
        pictures[0].save(
            file,
            format="GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=10 * int(round(100 * seconds_per_frame)),
            loop=0,
        )


def _checked(frames: Sequence[np.ndarray]) -> List[np.ndarray]:
    frames = [np.asarray(frame) for frame in frames]
    if not frames:
        raise ValueError("`frames` must hold at least one frame; got none.")
    for frame in frames:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] not in (1, 3):
            raise ValueError(
                "`frames` must be uint8 [count, height, width, 1 or 3]; got a frame of {} "
                "{}.".format(frame.dtype, frame.shape)
            )
        if frame.shape != frames[0].shape:
            raise ValueError(
                "`frames` must have one shape; got {} and {}.".format(frames[0].shape, frame.shape)
            )
    return frames


def _is_gray(frame: np.ndarray) -> bool:
    return bool(np.all(frame == frame[..., :1]))

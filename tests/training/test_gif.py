import os

import numpy as np
import pytest
from PIL import Image

from genflow.training.gif import save_gif
from genflow.training.images import image_grid


def read(path):
    """What is seen, hundredth by hundredth of a second: `[time, height, width, 3]`."""
    seen = []
    with Image.open(path) as picture:
        for index in range(picture.n_frames):
            picture.seek(index)
            frame = np.asarray(picture.convert("RGB"))
            seen += [frame] * int(round(picture.info["duration"] / 10.0))
        assert picture.info["loop"] == 0  # For ever.
    return np.stack(seen)


def gray(count, height=6, width=5):
    """Frames with all gray values, each other than the one before."""
    values = np.arange(count * height * width).reshape([count, height, width, 1])
    return (values * 7 % 256).astype(np.uint8)


def colours(count, height=9, width=8):
    return np.random.RandomState(0).randint(0, 256, [count, height, width, 3], np.uint8)


GRAY_AND_COLOURED = np.concatenate([np.repeat(gray(1, 9, 8), 3, axis=3), colours(1)])


@pytest.mark.parametrize(
    "frames", [gray(9), colours(4), GRAY_AND_COLOURED], ids=["gray", "few colours", "both"]
)
def test_every_frame_is_seen_as_it_is_and_for_its_time(tmp_path, frames):
    path = str(tmp_path / "moving.gif")
    save_gif(path, frames, seconds_per_frame=0.07)

    expected = np.repeat(np.broadcast_to(frames, frames.shape[:3] + (3,)), 7, axis=0)
    np.testing.assert_array_equal(read(path), expected)
    assert os.listdir(str(tmp_path)) == ["moving.gif"]


def test_many_colours_become_the_nearest_ones(tmp_path):
    path = str(tmp_path / "moving.gif")
    ramps = np.indices([64, 64]).transpose([1, 2, 0]) * 4
    frames = np.stack([np.dstack([ramps, ramps[::-1, :, :1]])] * 2).astype(np.uint8)
    frames[1] = frames[1, ::-1]
    save_gif(path, frames)

    seen = read(path)[[0, -1]].astype(int)
    assert np.abs(seen - frames).max() < 40
    assert np.abs(seen - frames).mean() < 8


def test_equal_frames_take_their_time(tmp_path):
    path = str(tmp_path / "moving.gif")
    frames = gray(3)[[0, 0, 0, 1, 2, 2]]
    save_gif(path, frames, seconds_per_frame=0.05)

    np.testing.assert_array_equal(read(path)[..., :1], np.repeat(frames, 5, axis=0))


def test_takes_a_list_of_grids(tmp_path):
    path = str(tmp_path / "moving.gif")
    grids = [image_grid(gray(n + 3)[n:], num_columns=2) for n in range(4)]
    save_gif(path, grids)

    np.testing.assert_array_equal(read(path)[::10], grids)


def test_one_frame_will_do(tmp_path):
    path = str(tmp_path / "still.gif")
    save_gif(path, gray(1))

    with Image.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("L")), gray(1)[0, ..., 0])


def test_keeps_the_file_that_is_there_after_an_error(tmp_path, monkeypatch):
    path = tmp_path / "moving.gif"
    path.write_bytes(b"before")

    def fail(self, file, **arguments):
        file.write(b"half")
        raise OSError("no space")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="no space"):
        save_gif(str(path), gray(2))

    assert path.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.zeros([2, 4, 4, 3]), "got a frame of float64"),
        (np.zeros([2, 4, 4], np.uint8), r"got a frame of uint8 \(4, 4\)"),
        (np.zeros([2, 4, 4, 4], np.uint8), r"got a frame of uint8 \(4, 4, 4\)"),
        (np.zeros([0, 4, 4, 1], np.uint8), "at least one frame; got none"),
        ([gray(1)[0], gray(1, 8)[0]], r"one shape; got \(6, 5, 1\) and \(8, 5, 1\)"),
    ],
)
def test_rejects_what_are_no_frames(tmp_path, frames, message):
    with pytest.raises(ValueError, match="`frames` must.*" + message):
        save_gif(str(tmp_path / "moving.gif"), frames)
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize("seconds", [0.0, 0.01, -1.0, float("nan")])
def test_rejects_frames_too_short_to_be_shown_so(tmp_path, seconds):
    with pytest.raises(ValueError, match="`seconds_per_frame` must be at least 0.02"):
        save_gif(str(tmp_path / "moving.gif"), gray(2), seconds)

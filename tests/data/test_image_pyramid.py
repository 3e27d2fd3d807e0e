import warnings

import numpy as np
import pytest
from PIL import Image

from genflow.data.image_formats import FORMATS
from genflow.data.image_pyramid import image_pyramid


def random_image(height, width, seed=0):
    pixels = np.random.RandomState(seed).randint(256, size=[height, width, 3])
    return pixels.astype(np.uint8)


def save(path, pixels, **options):
    Image.fromarray(pixels).save(str(path), **options)
    return str(path)


def test_an_image_of_the_right_size_keeps_every_pixel(tmp_path):
    pixels = random_image(32, 32)
    images = image_pyramid(save(tmp_path / "a.png", pixels), [32])
    np.testing.assert_array_equal(images[32], pixels)
    assert images[32].dtype == np.uint8


def test_smaller_images_are_means_of_blocks_rounded_down(tmp_path):
    pixels = random_image(32, 32).astype(np.float64)
    images = image_pyramid(save(tmp_path / "a.png", pixels.astype(np.uint8)), [32, 16, 4])
    assert sorted(images) == [4, 16, 32]
    halved = sum(pixels[i::2, j::2] for i in [0, 1] for j in [0, 1]) / 4
    np.testing.assert_array_equal(images[16], np.floor(halved))
    eighth = sum(pixels[i::8, j::8] for i in range(8) for j in range(8)) / 64
    np.testing.assert_array_equal(images[4], np.floor(eighth))


def test_means_are_exact_where_all_pixels_are_white(tmp_path):
    white = np.full([256, 256, 3], 255, np.uint8)
    images = image_pyramid(save(tmp_path / "a.png", white), [256, 4])
    assert images[4].min() == 255


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    [(8, 13, (0, 8), (2, 10)), (13, 8, (2, 10), (0, 8)), (8, 12, (0, 8), (2, 10))],
)
def test_the_centre_is_cut_out(tmp_path, height, width, rows, columns):
    pixels = random_image(height, width)
    images = image_pyramid(save(tmp_path / "a.png", pixels), [8])
    np.testing.assert_array_equal(images[8], pixels[slice(*rows), slice(*columns)])


def test_other_sizes_are_resized_bilinearly(tmp_path):
    pixels = random_image(48, 48)
    expected = np.asarray(Image.fromarray(pixels).resize((32, 32), Image.BILINEAR))
    images = image_pyramid(save(tmp_path / "a.png", pixels), [32])
    np.testing.assert_array_equal(images[32], expected)
    assert image_pyramid(save(tmp_path / "small.png", pixels[:5]), [32])[32].shape == (32, 32, 3)


def test_a_ramp_stays_a_ramp(tmp_path):
    """The closed form of bilinear resizing by two: means of neighbours, weighted at the edges."""
    ramp = np.repeat(np.arange(0, 128, 2, dtype=np.uint8)[None, :, None], 64, axis=0)
    path = save(tmp_path / "a.png", np.repeat(ramp, 3, axis=2))
    row = image_pyramid(path, [32])[32][7, :, 1].astype(int)
    np.testing.assert_array_equal(row[1:-1], 4 * np.arange(1, 31) + 1)


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "gif", "tif", "webp"])
def test_lossless_formats(tmp_path, suffix):
    pixels = random_image(4, 4) // 64 * 64
    options = {"lossless": True} if suffix == "webp" else {}
    images = image_pyramid(save(tmp_path / ("a." + suffix), pixels, **options), [4])
    np.testing.assert_array_equal(images[4], pixels)


def test_jpeg(tmp_path):
    path = save(tmp_path / "a.jpg", np.full([16, 16, 3], [200, 100, 50], np.uint8), quality=95)
    assert np.abs(image_pyramid(path, [16])[16].astype(int) - [200, 100, 50]).max() < 5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_other_modes_become_colours(tmp_path, mode):
    path = str(tmp_path / "a.png")
    grey = Image.fromarray(np.repeat(random_image(8, 8)[:, :, :1] // 128 * 255, 3, axis=2))
    grey.convert(mode).save(path)
    np.testing.assert_array_equal(image_pyramid(path, [8])[8], np.asarray(grey))


def test_the_first_of_several_images_is_taken(tmp_path):
    frames = [Image.fromarray(np.full([8, 8, 3], value, np.uint8)) for value in [40, 200]]
    for suffix in ["gif", "tif"]:
        path = str(tmp_path / ("a." + suffix))
        frames[0].save(path, save_all=True, append_images=frames[1:])
        assert (image_pyramid(path, [8])[8] == 40).all()


def test_the_orientation_is_not_applied(tmp_path):
    pixels, exif = random_image(8, 8), Image.Exif()
    exif[0x0112] = 3  # Upside down.
    images = image_pyramid(save(tmp_path / "a.png", pixels, exif=exif), [8])
    np.testing.assert_array_equal(images[8], pixels)


def test_rejects_more_than_eight_bits(tmp_path):
    path = save(tmp_path / "deep.png", np.full([8, 8], 5000, np.uint16))
    with pytest.raises(ValueError, match="deep.png must be an image of 8 bits .*; got the mode I"):
        image_pyramid(path, [8])


@pytest.mark.parametrize("contents", [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_rejects_what_is_no_image(tmp_path, contents):
    (tmp_path / "wrong.png").write_bytes(contents)
    with pytest.raises(ValueError, match="wrong.png must be an image that Pillow can read.*; got"):
        image_pyramid(str(tmp_path / "wrong.png"), [8])


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp"])
def test_rejects_a_truncated_image(tmp_path, suffix):
    path = tmp_path / ("cut." + suffix)
    save(path, random_image(64, 64))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match="cut.{} must be an image".format(suffix)):
        image_pyramid(str(path), [8])


def test_rejects_formats_that_are_not_listed(tmp_path):
    """Pillow reads more, and hands PostScript to another program."""
    path = save(tmp_path / "a.png", random_image(8, 8), format="PCX")
    with Image.open(path) as image:
        assert image.size == (8, 8)
    with pytest.raises(ValueError, match="a.png must be an image that Pillow can read as one of"):
        image_pyramid(path, [8])
    assert "EPS" not in FORMATS


def test_the_guard_against_decompression_bombs_is_on(tmp_path, monkeypatch):
    path = save(tmp_path / "bomb.png", random_image(64, 64))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 64 // 2 - 1)
    with pytest.raises(ValueError, match="bomb.png must .*; got DecompressionBombError"):
        image_pyramid(path, [8])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 64 - 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image_pyramid(path, [8])
    assert Image.DecompressionBombWarning in [warning.category for warning in caught]

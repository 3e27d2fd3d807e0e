import io
import os
import threading
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from genflow.data.image_file import _eight_bits, image_header, read_image
from tests.data.images import png_of_size, random_pixels, save

# The same picture for each EXIF orientation: what numpy must do to the pixels on disk.
UPRIGHT = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: np.swapaxes(x, 0, 1),
    6: lambda x: np.swapaxes(x, 0, 1)[:, ::-1],
    7: lambda x: np.swapaxes(x, 0, 1)[::-1, ::-1],
    8: lambda x: np.swapaxes(x, 0, 1)[::-1],
}


def pixels_of(path, channels):
    return np.asarray(read_image(path, channels))


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tif", "webp"])
def test_every_pixel_comes_back(tmp_path, suffix):
    pixels = random_pixels(5, 7, 3)
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / ("a." + suffix), pixels, **options)
    np.testing.assert_array_equal(pixels_of(path, 3), pixels)
    assert image_header(path) == (5, 7, 3)


def test_the_suffix_does_not_matter(tmp_path):
    path = save(tmp_path / "a.jpg", random_pixels(5, 7, 3), format="PNG")
    np.testing.assert_array_equal(pixels_of(path, 3), random_pixels(5, 7, 3))


def test_colours_become_their_luma(tmp_path):
    pixels = random_pixels(6, 6, 3)
    path = save(tmp_path / "a.png", pixels)
    luma = pixels.astype(np.float64).dot([0.299, 0.587, 0.114])
    assert np.abs(pixels_of(path, 1) - luma).max() <= 0.51


def test_grey_becomes_three_equal_channels(tmp_path):
    pixels = random_pixels(6, 4)
    path = save(tmp_path / "a.png", pixels)
    assert image_header(path) == (6, 4, 1)
    np.testing.assert_array_equal(pixels_of(path, 3), np.stack([pixels] * 3, axis=-1))


@pytest.mark.parametrize("orientation", sorted(UPRIGHT))
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_the_orientation_is_applied(tmp_path, orientation, suffix):
    pixels, exif = random_pixels(4, 6, 3), Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / ("a." + suffix), pixels, exif=exif)
    upright = UPRIGHT[orientation](pixels)
    np.testing.assert_array_equal(pixels_of(path, 3), upright)
    assert image_header(path) == upright.shape


def test_the_orientation_of_a_jpeg_is_applied(tmp_path):
    pixels, exif = np.zeros([32, 48, 3], np.uint8), Image.Exif()
    pixels[:, :16], exif[0x0112] = 255, 6  # White at the left, which becomes the top.
    path = save(tmp_path / "a.jpg", pixels, exif=exif)
    assert pixels_of(path, 1).shape == (48, 32)
    assert pixels_of(path, 1)[:8].min() > 200
    assert pixels_of(path, 1)[24:].max() < 50


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0" + b"\xff" * 40])
def test_damaged_remarks_do_not_matter(tmp_path, exif):
    pixels = random_pixels(8, 16)
    path = save(tmp_path / "a.jpg", pixels, exif=exif, quality=100, subsampling=0)
    assert image_header(path) == (8, 16, 1)
    assert np.abs(pixels_of(path, 1).astype(int) - pixels).max() < 8


def test_an_orientation_that_does_not_exist_is_passed_over(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 77
    path = save(tmp_path / "a.png", random_pixels(4, 6, 3), exif=exif)
    assert pixels_of(path, 3).shape == image_header(path) == (4, 6, 3)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_become_eight(tmp_path, suffix):
    deep = np.array([[0, 128, 129, 32768], [257, 65535, 65407, 65406]], np.uint16)
    path = tmp_path / ("a." + suffix)
    if suffix == "pgm":
        path.write_bytes(b"P5 4 2 65535\n" + deep.astype(">u2").tobytes())
    else:
        save(path, deep)
    expected = np.round(deep / 257.0).astype(np.uint8)  # 65535 is 255 times 257.
    np.testing.assert_array_equal(pixels_of(str(path), 1), expected)
    np.testing.assert_array_equal(pixels_of(str(path), 3)[..., 2], expected)
    assert image_header(str(path)) == (2, 4, 1)


def test_sixteen_bits_are_turned_upright_too(tmp_path):
    deep, exif = np.array([[0, 65535]], np.uint16), Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.png", deep, exif=exif)
    assert pixels_of(path, 1).tolist() == [[0], [255]]


def test_rejects_numbers_without_a_white(tmp_path):
    path = save(tmp_path / "a.tif", np.zeros([4, 4], np.float32))
    with pytest.raises(ValueError, match="a.tif must be an image .*numbers of the mode F"):
        read_image(path, 1)


@pytest.mark.parametrize("transparency", [None, 3, bytes([0, 128, 255])])
def test_palettes_become_colours(tmp_path, transparency, recwarn):
    image = Image.fromarray(random_pixels(8, 8) % 4).convert("P")
    image.putpalette([200, 100, 50, 1, 2, 3, 255, 255, 255, 0, 0, 9])
    options = {} if transparency is None else {"transparency": transparency}
    path = save(tmp_path / "a.png", image, **options)
    colours = np.array([[200, 100, 50], [1, 2, 3], [255, 255, 255], [0, 0, 9]], np.uint8)
    np.testing.assert_array_equal(pixels_of(path, 3), colours[random_pixels(8, 8) % 4])
    assert image_header(path).channels == 3
    assert [str(warning.message) for warning in recwarn] == []


def test_transparency_is_dropped(tmp_path):
    pixels = random_pixels(6, 6, 4)
    path = save(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(pixels_of(path, 3), pixels[..., :3])
    grey = save(tmp_path / "b.png", Image.fromarray(pixels).convert("LA"))
    assert image_header(grey) == (6, 6, 1)
    assert pixels_of(grey, 1).shape == (6, 6)


def test_one_bit_and_four_inks(tmp_path):
    bits = Image.fromarray(random_pixels(8, 8) // 128 * 255)
    path = save(tmp_path / "a.png", bits.convert("1"))
    np.testing.assert_array_equal(pixels_of(path, 1), np.asarray(bits))
    assert image_header(path).channels == 1
    inks = save(tmp_path / "a.jpg", Image.new("CMYK", (8, 8), (0, 0, 0, 0)), quality=100)
    assert pixels_of(inks, 3).min() > 250
    assert image_header(inks).channels == 3


@pytest.mark.parametrize("contents", [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_rejects_what_is_no_image(tmp_path, contents):
    (tmp_path / "wrong.jpg").write_bytes(contents)
    for read in [image_header, lambda path: read_image(path, 3)]:
        with pytest.raises(
            ValueError, match="wrong.jpg must be an image that Pillow can read.*got"
        ):
            read(str(tmp_path / "wrong.jpg"))


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp"])
def test_rejects_a_truncated_image(tmp_path, suffix):
    path = tmp_path / ("cut." + suffix)
    save(path, random_pixels(64, 64, 3))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match="cut.{} must be an image".format(suffix)):
        read_image(str(path), 3)


def test_the_checksums_of_a_png_are_verified(tmp_path):
    path = tmp_path / "a.png"
    save(path, random_pixels(8, 8, 3))
    contents = bytearray(path.read_bytes())
    contents[contents.index(b"IEND") - 8] ^= 1  # In the checksum of the pixels.
    path.write_bytes(bytes(contents))
    assert image_header(str(path)) == (8, 8, 3)
    with pytest.raises(ValueError, match="a.png must be an image"):
        read_image(str(path), 3)


def test_rejects_formats_that_are_not_listed(tmp_path):
    path = save(tmp_path / "a.jpg", random_pixels(8, 8, 3), format="PCX")
    with pytest.raises(ValueError, match="a.jpg must be an image that Pillow can read as one of"):
        image_header(path)


def test_rejects_an_image_that_would_fill_the_memory(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png_of_size(50000))
    for read in [image_header, lambda path: read_image(path, 3)]:
        with pytest.raises(ValueError, match="bomb.png must .*DecompressionBombError"):
            read(str(tmp_path / "bomb.png"))


def test_rejects_an_image_of_more_pixels_than_are_read(tmp_path):
    for side in [8192, 8193]:
        (tmp_path / "{}.png".format(side)).write_bytes(png_of_size(side))
    assert image_header(str(tmp_path / "8192.png")) == (8192, 8192, 3)
    for read in [image_header, lambda path: read_image(path, 3)]:
        with pytest.raises(ValueError, match="8193x8193 pixels, more than the 67108864 that are"):
            read(str(tmp_path / "8193.png"))


def test_rejects_an_enormous_file(tmp_path):
    path = save(tmp_path / "a.jpg", random_pixels(8, 8, 3))
    os.truncate(path, 2**30 - 1)  # It takes no place on disk.
    assert image_header(path) == (8, 8, 3)
    os.truncate(path, 2**30)
    for read in [image_header, lambda path: read_image(path, 3)]:
        with pytest.raises(
            ValueError, match="a.jpg must be .* of less than 1073741824 bytes .*got"
        ):
            read(path)


def test_rejects_what_is_no_regular_file(tmp_path):
    path = str(tmp_path / "a.jpg")
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)  # Without one, a reader would wait for it.
    timer = threading.Timer(5, os.close, [writer])  # With one, for the end.
    timer.start()
    for read in [image_header, lambda path: read_image(path, 3)]:
        with pytest.raises(ValueError, match="a.jpg must be a regular file .*; got prw"):
            read(path)
    timer.cancel()
    os.close(writer)


def test_sixteen_bits_take_little_memory():
    image = Image.fromarray(np.full([1000, 1000], 65535, np.uint16))
    tracemalloc.start()
    try:
        assert np.asarray(_eight_bits(image)).min() == 255
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 7.5 * 1000 * 1000


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "gif", "bmp", "ppm"])
def test_the_header_is_read_without_the_pixels(tmp_path, monkeypatch, suffix):
    path, loaded = save(tmp_path / ("a." + suffix), random_pixels(8, 9, 3)), []
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: loaded.append(image))
    assert image_header(path) == (8, 9, 3)
    assert loaded == []


def test_the_header_of_a_png_without_pixels(tmp_path):
    path, exif = tmp_path / "a.png", Image.Exif()
    exif[0x0112] = 6
    for options, expected in [({}, (8, 9, 3)), ({"exif": exif}, (9, 8, 3))]:
        save(path, random_pixels(8, 9, 3), **options)
        path.write_bytes(path.read_bytes().split(b"IDAT")[0] + b"IDAT")
        assert image_header(str(path)) == expected


def test_remarks_after_the_pixels_of_a_png_are_passed_over(tmp_path):
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    pixels = random_pixels(8, 9, 3)
    Image.fromarray(pixels).save(buffer, "PNG", exif=exif)
    contents = buffer.getvalue()
    first, end = contents.index(b"eXIf") - 4, contents.index(b"IEND") - 4
    last = first + 12 + int.from_bytes(contents[first : first + 4], "big")
    moved = contents[:first] + contents[last:end] + contents[first:last] + contents[end:]
    (tmp_path / "a.png").write_bytes(moved)
    assert image_header(str(tmp_path / "a.png")) == (8, 9, 3)
    np.testing.assert_array_equal(pixels_of(str(tmp_path / "a.png"), 3), pixels)


def test_a_file_that_cannot_be_opened_is_another_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_image(str(tmp_path / "absent.png"), 3)


def test_too_little_memory_is_not_the_fault_of_the_file(tmp_path, monkeypatch):
    def load(image):
        raise MemoryError

    path = save(tmp_path / "a.bmp", random_pixels(4, 4, 3))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(MemoryError):
        read_image(path, 3)

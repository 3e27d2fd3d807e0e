import numpy as np
import pytest

from genflow.data import ImageSet, downsample, load_mnist, pad, tile_channels


def image_set(*shape):
    images = np.random.RandomState(0).randint(256, size=shape).astype(np.uint8)
    return ImageSet("random", images, np.arange(len(images), dtype=np.int32), num_classes=20)


def check_rest(found, source):
    """That all but the images is as it was, and that those are new ones."""
    assert (found.name, found.num_classes) == (source.name, source.num_classes)
    np.testing.assert_array_equal(found.labels, source.labels)
    assert not np.shares_memory(found.images, source.images)


def test_pad_puts_the_image_in_the_middle():
    source = image_set(3, 28, 26, 2)
    found = pad(source, 32)
    assert found.image_shape == (32, 32, 2)
    np.testing.assert_array_equal(found.images[:, 2:-2, 3:-3], source.images)
    check_rest(found, source)


def test_the_border_is_the_minimum_of_its_row_or_column():
    source = image_set(3, 8, 6, 2)
    images, found = source.images, pad(source, 10).images
    for row in [0, -1]:
        np.testing.assert_array_equal(found[:, row, 2:-2], images.min(axis=1))
    for column in [0, 1, -2, -1]:
        np.testing.assert_array_equal(found[:, 1:-1, column], images.min(axis=2))
        # A corner is the minimum of the border above it.
        np.testing.assert_array_equal(found[:, 0, column], images.min(axis=1).min(axis=1))


def test_pad_to_the_same_size_changes_nothing():
    source = image_set(3, 6, 6, 1)
    np.testing.assert_array_equal(pad(source, 6).images, source.images)


def test_padded_mnist_has_black_borders(real_mnist_dir):
    found = pad(load_mnist("test", real_mnist_dir), 32)
    assert found.images.shape == (10000, 32, 32, 1)
    inside = np.zeros([32, 32], bool)
    inside[2:-2, 2:-2] = True
    assert found.images[:, ~inside].max() == 0


@pytest.mark.parametrize(("height", "width", "size"), [(8, 8, 6), (8, 10, 8), (8, 8, 9), (8, 7, 8)])
def test_pad_rejects_a_size_that_does_not_fit(height, width, size):
    match = "`size` must exceed the {}x{} of random by an even.*; got {}".format(
        height, width, size
    )
    with pytest.raises(ValueError, match=match):
        pad(image_set(3, height, width, 1), size)


@pytest.mark.parametrize(("arguments", "channels"), [({}, 3), ({"num_channels": 2}, 2)])
def test_tile_channels_repeats_the_channel(arguments, channels):
    source = image_set(3, 8, 6, 1)
    found = tile_channels(source, **arguments)
    assert found.image_shape == (8, 6, channels)
    for channel in range(channels):
        np.testing.assert_array_equal(found.images[..., channel], source.images[..., 0])
    check_rest(found, source)


def test_tile_channels_rejects_colours():
    with pytest.raises(ValueError, match="needs images of one channel; random has 3"):
        tile_channels(image_set(3, 8, 8, 3))


@pytest.mark.parametrize("num_channels", [0, -1])
def test_tile_channels_rejects_a_wrong_number(num_channels):
    match = "`num_channels` must be at least 1; got {}".format(num_channels)
    with pytest.raises(ValueError, match=match):
        tile_channels(image_set(3, 8, 8, 1), num_channels)


@pytest.mark.parametrize(("height", "width", "size"), [(8, 8, 4), (12, 8, 4), (9, 6, 3), (8, 8, 1)])
def test_downsample_takes_means_of_blocks_rounded_down(height, width, size):
    source = image_set(5, height, width, 2)
    found = downsample(source, size)
    rows, columns = height // size, width // size
    for row in range(size):
        for column in range(size):
            block = source.images[
                :, row * rows : (row + 1) * rows, column * columns : (column + 1) * columns
            ]
            expected = np.floor(block.astype(np.float64).mean(axis=(1, 2)))
            np.testing.assert_array_equal(found.images[:, row, column], expected)
    assert found.image_shape == (size, size, 2)
    assert found.images.dtype == np.uint8
    check_rest(found, source)


def test_downsample_keeps_white_white():
    source = ImageSet("w", np.full([1, 64, 64, 1], 255, np.uint8), np.zeros([1], np.int32), 1)
    assert downsample(source, 1).images.tolist() == [[[[255]]]]


@pytest.mark.parametrize("size", [3, 16, 0, -1])
def test_downsample_rejects_a_size_that_does_not_divide(size):
    with pytest.raises(
        ValueError, match="`size` must divide the 8x8 of random; got {}".format(size)
    ):
        downsample(image_set(3, 8, 8, 1), size)

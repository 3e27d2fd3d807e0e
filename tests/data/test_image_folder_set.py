import concurrent.futures
import os
import threading
import warnings

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow.data import (
    ImageFolderSet,
    TransformedSet,
    batches,
    image_folder_set,
    load_image_folder,
)
from genflow.data.image_file import read_image
from genflow.data.photo_patches import load_photo_patches
from tests.data.images import cut_off, png_of_size, random_pixels, save

STANDS_IN = "is damaged, and the next one stands in for it"


@pytest.fixture
def photos():
    return load_photo_patches("test", size=40, stride=40).images


@pytest.fixture
def folder(tmp_path, photos):
    """Eight PNG images of 30x40 pixels, `0.png` to `7.png`."""
    for number in range(8):
        save(tmp_path / "{}.png".format(number), photos[number, :30])
    return tmp_path


def load(folder, image_size=(30, 40), **arguments):
    return load_image_folder(str(folder), image_size, **dict({"pattern": "*.png"}, **arguments))


def read_all(image_set):
    return image_set.read(np.arange(len(image_set)))


# What is read.


def test_images_of_the_right_size_come_back_as_they_are(folder, photos):
    image_set = load(folder)
    images, labels = image_set.read(np.array([7, 0, 3]))
    np.testing.assert_array_equal(images, photos[[7, 0, 3], :30])
    assert (images.dtype, images.shape) == (np.uint8, (3, 30, 40, 3))
    assert (labels.dtype, labels.tolist()) == (np.int32, [0, 0, 0])
    assert (len(image_set), image_set.image_shape) == (8, (30, 40, 3))
    assert (image_set.name, image_set.num_classes) == (folder.name, 1)
    assert (image_set.num_unreadable, image_set.unreadable) == (0, {})


def test_others_are_resized_whatever_their_proportions(folder, photos):
    images, _ = read_all(load(folder, (16, 12)))
    expected = [Image.fromarray(p[:30]).resize((12, 16), Image.BILINEAR) for p in photos[:8]]
    np.testing.assert_array_equal(images, np.stack([np.asarray(image) for image in expected]))


def test_resizing_does_not_alias(tmp_path):
    """Stripes of one pixel become grey, wherever the pixels of the result lie."""
    stripes = np.zeros([64, 64, 3], np.uint8)
    stripes[::2] = 255
    save(tmp_path / "a.png", stripes)
    image, _ = load(tmp_path, 8).read([0])
    assert np.abs(image.astype(int) - 127.5).max() < 6


@pytest.mark.parametrize(
    ("size", "crop"), [(20, 20), (20, (20, 20)), ((10, 21), (10, 21)), ((30, 40), (30, 40))]
)
def test_the_middle_is_cut_out(folder, photos, size, crop):
    image_set = load(folder, size, crop_size=crop)
    height, width = image_set.crop_size
    top, left = (30 - height) // 2, (40 - width) // 2
    expected = photos[:8, top : top + height, left : left + width]
    np.testing.assert_array_equal(read_all(image_set)[0], expected)


def test_what_is_cut_out_is_resized(folder, photos):
    images, _ = load(folder, 16, crop_size=(24, 26)).read([5])
    middle = Image.fromarray(photos[5, 3:27, 7:33]).resize((16, 16), Image.BILINEAR)
    np.testing.assert_array_equal(images[0], np.asarray(middle))


def test_jpegs_as_pillow_reads_them(tmp_path, photos):
    """The original's folder: JPEG files of several sizes, cut and resized."""
    save(tmp_path / "a.jpg", photos[0])
    save(tmp_path / "b.JPG", photos[1, :33])
    images, _ = read_all(load_image_folder(str(tmp_path), 16, crop_size=30))
    for image, (name, box) in zip(images, [("a.jpg", (5, 5)), ("b.JPG", (5, 1))]):
        with Image.open(str(tmp_path / name)) as file:
            middle = file.crop(box + (box[0] + 30, box[1] + 30))
        expected = np.asarray(middle.resize((16, 16), Image.BILINEAR))
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    ("first", "channels", "expected"), [("g", None, 1), ("c", None, 3), ("g", 3, 3), ("c", 1, 1)]
)
def test_channels_are_those_of_the_first_file(tmp_path, first, channels, expected):
    grey, colour = random_pixels(8, 8), random_pixels(8, 8, 3)
    save(tmp_path / ("1.png" if first == "g" else "2.png"), grey)
    save(tmp_path / ("2.png" if first == "g" else "1.png"), colour)
    image_set = load(tmp_path, 8, channels=channels)
    images, _ = read_all(image_set)
    assert image_set.image_shape == images.shape[1:] == (8, 8, expected)
    found = dict(zip("gc" if first == "g" else "cg", images))
    if expected == 1:
        np.testing.assert_array_equal(found["g"][..., 0], grey)
        luma = colour.astype(np.float64).dot([0.299, 0.587, 0.114])
        assert np.abs(found["c"][..., 0] - luma).max() <= 0.51
    else:
        np.testing.assert_array_equal(found["g"], np.stack([grey] * 3, axis=-1))
        np.testing.assert_array_equal(found["c"], colour)


def test_the_folders_are_the_classes(tmp_path):
    for name in ["cat/1.png", "ant/1.png", "cat/0.png"]:
        save(tmp_path / name, random_pixels(4, 4, 3, seed=len(name)))
    image_set = load(tmp_path, 4, class_name=os.path.dirname)
    assert read_all(image_set)[1].tolist() == [0, 1, 1]
    assert (image_set.num_classes, image_set.class_names) == (2, ["ant", "cat"])
    assert read_all(load(tmp_path, 4))[1].tolist() == [0, 0, 0]
    assert load(tmp_path, 4).class_names is None


def test_labels_stay_with_their_images(tmp_path):
    for number, name in enumerate(["a/1.png", "b/1.png", "b/2.png", "c/1.png"]):
        save(tmp_path / name, np.full([4, 4, 3], number, np.uint8))
    (tmp_path / "b/1.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="1 of 4 files"):
        image_set = load(tmp_path, 4, class_name=os.path.dirname)
    images, labels = read_all(image_set)
    assert (images[:, 0, 0, 0].tolist(), labels.tolist()) == ([0, 2, 3], [0, 1, 2])


# Which files.


def test_a_pattern_matches_names_in_all_folders_or_a_path(tmp_path):
    for name in ["b.jpg", "x/a.JPG", "x/y/c.jpg", "d.png", ".e.jpg", "x/f.jpg.part"]:
        save_as = tmp_path / name
        save_as.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(str(save_as), format="PNG")
    sizes = {
        "*.jpg": 3,
        "x/*.jpg": 1,
        "*/*.jpg": 1,
        "*/y/*": 1,
        "?.jpg": 3,
        "[bc].jpg": 2,
        "d.PNG": 1,
        "*": 5,
        None: 4,
    }
    for pattern, count in sizes.items():
        assert (pattern, len(load(tmp_path, 4, pattern=pattern))) == (pattern, count)
    assert len(load_image_folder(str(tmp_path), 4)) == 3


def test_the_order_is_that_of_the_paths(tmp_path):
    names = ["10.png", "2.png", "a/0.png"]
    for number in [2, 0, 1]:
        save(tmp_path / names[number], np.full([4, 4, 3], number, np.uint8))
    assert read_all(load(tmp_path, 4))[0][:, 0, 0, 0].tolist() == [0, 1, 2]


def test_rejects_a_folder_without_such_images(tmp_path):
    match = "absent must be a folder with images; there is no such folder"
    with pytest.raises(FileNotFoundError, match=match):
        load_image_folder(str(tmp_path / "absent"), 64)
    with pytest.raises(FileNotFoundError, match="there are no images in it"):
        load_image_folder(str(tmp_path), 64)
    save(tmp_path / "a.png", random_pixels(4, 4, 3))
    with pytest.raises(FileNotFoundError, match=r"'\*.png' would find 1\."):
        load_image_folder(str(tmp_path), 64)
    with pytest.raises(FileNotFoundError, match="it is no folder"):
        load_image_folder(str(tmp_path / "a.png"), 64)


# Files that cannot be read.


def test_files_that_are_no_images_are_named_counted_and_left_out(folder, photos):
    (folder / "2.png").write_bytes(b"")
    (folder / "5.png").write_bytes(png_of_size(100000))
    with pytest.warns(UserWarning, match="cannot be read") as caught:
        image_set = load(folder)
    [message] = [str(warning.message) for warning in caught]
    assert message.startswith("2 of 8 files in {} cannot be read as images".format(folder))
    assert "2.png must be an image" in message
    assert "DecompressionBomb" in message
    assert caught[0].filename.endswith("test_image_folder_set.py")
    assert (len(image_set), image_set.num_unreadable) == (6, 2)
    assert sorted(image_set.unreadable) == ["2.png", "5.png"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images, _ = read_all(image_set)
    np.testing.assert_array_equal(images, photos[[0, 1, 3, 4, 6, 7], :30])


def test_not_all_of_many_are_named(tmp_path):
    save(tmp_path / "z.png", random_pixels(4, 4, 3))
    for number in range(12):
        (tmp_path / "{:02d}.png".format(number)).write_bytes(b"")
    with pytest.warns(
        UserWarning, match=r"(?s)12 of 13 files.*\n.*00.png.*\n.*09.png [^\n]*\n\.\.\.$"
    ):
        assert load(tmp_path, 4).num_unreadable == 12


def test_rejects_a_folder_of_files_that_are_no_images(tmp_path):
    for name in ["a.jpg", "b.jpg"]:
        (tmp_path / name).write_bytes(b"<html>")
    match = "At least one of the 2 files in .* must be an image .*; got none. The first: .*a.jpg"
    with pytest.raises(ValueError, match=match):
        load_image_folder(str(tmp_path), 64)


def test_the_next_image_stands_in_for_a_damaged_one(folder, photos):
    for name in ["2.png", "3.png", "7.png"]:
        cut_off(folder / name)
    image_set = load(folder)
    assert (len(image_set), image_set.num_unreadable) == (8, 0)
    with pytest.warns(UserWarning, match=STANDS_IN) as caught:
        found = [read_all(image_set)[0] for _ in range(2)]
    for images in found:
        np.testing.assert_array_equal(images, photos[[0, 1, 4, 4, 4, 5, 6, 0], :30])
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == image_set.num_unreadable == 3
    for message, name in zip(messages, ["2.png", "3.png", "7.png"]):
        assert message.startswith("An image of {} is damaged".format(folder.name))
        assert image_set.unreadable[name] in message
        assert name + " must be an image that Pillow can read" in message


def test_what_stands_in_does_not_depend_on_what_was_read_before(folder, photos):
    for name in ["2.png", "3.png"]:
        cut_off(folder / name)
    with pytest.warns(UserWarning, match=STANDS_IN):
        images, _ = load(folder).read([3, 2, 3])
    np.testing.assert_array_equal(images, photos[[4, 4, 4], :30])


def test_the_label_is_that_of_the_image_which_stands_in(tmp_path):
    for name in ["a/1.png", "b/1.png"]:
        save(tmp_path / name, random_pixels(16, 16, 3))
    cut_off(tmp_path / "a/1.png")
    with pytest.warns(UserWarning, match=STANDS_IN):
        assert load(tmp_path, 16, class_name=os.path.dirname).read([0, 1])[1].tolist() == [1, 1]


def test_a_part_replaces_within_itself_and_counts_for_all(folder, photos):
    cut_off(folder / "3.png")
    image_set = load(folder)
    with pytest.warns(UserWarning, match=STANDS_IN):
        images, _ = read_all(image_set.shard(0, size=2))
    np.testing.assert_array_equal(images, photos[[0, 1, 2, 0], :30])
    assert image_set.num_unreadable == image_set.take(2).num_unreadable == 1


def test_rejects_a_set_in_which_all_are_damaged(folder):
    for number in range(8):
        cut_off(folder / "{}.png".format(number))
    image_set = load(folder, name="faces")
    match = "At least one image of faces must be whole; got 8 damaged ones"
    with pytest.warns(UserWarning, match=STANDS_IN), pytest.raises(ValueError, match=match):
        image_set.read([0])


def test_an_image_that_has_become_too_small_is_replaced(folder, photos):
    image_set = load(folder, 20, crop_size=20)
    save(folder / "1.png", photos[1, :30, :19])
    with pytest.warns(UserWarning, match="1.png must be at least 20x20 pixels.*; got 30x19"):
        image_set.read([1])


def test_a_file_that_is_gone_is_an_error(folder):
    image_set = load(folder)
    (folder / "1.png").unlink()
    with pytest.raises(FileNotFoundError, match="1.png"):
        image_set.read([1])
    assert image_set.num_unreadable == 0


def test_threads_read_the_same_and_name_a_damaged_file_once(folder, photos):
    cut_off(folder / "2.png")
    image_set = load(folder)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        with pytest.warns(UserWarning, match=STANDS_IN) as caught:
            found = list(threads.map(lambda _: read_all(image_set)[0], range(24)))
    for images in found:
        np.testing.assert_array_equal(images, photos[[0, 1, 3, 3, 4, 5, 6, 7], :30])
    assert len(caught) == image_set.num_unreadable == 1


def test_two_threads_that_meet_at_a_damaged_file_name_it_once(folder, monkeypatch):
    cut_off(folder / "2.png")
    image_set, both = load(folder), threading.Barrier(2)

    def read_when_both_are_there(path, channels):
        if path.endswith("2.png"):
            both.wait(timeout=20)
        return read_image(path, channels)

    monkeypatch.setattr(image_folder_set, "read_image", read_when_both_are_there)
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        with pytest.warns(UserWarning, match=STANDS_IN) as caught:
            list(threads.map(lambda _: image_set.read([2]), range(2)))
    assert len(caught) == image_set.num_unreadable == 1


def test_a_file_known_to_be_damaged_is_not_read_again(folder, monkeypatch):
    cut_off(folder / "2.png")
    image_set, read = load(folder), []

    def note_and_read(path, channels):
        read.append(os.path.basename(path))
        return read_image(path, channels)

    monkeypatch.setattr(image_folder_set, "read_image", note_and_read)
    with pytest.warns(UserWarning, match=STANDS_IN):
        image_set.read([2])
    image_set.read([2])
    assert read == ["2.png", "3.png", "3.png"]


def test_batches_are_the_same_however_many_are_made_at_once(folder):
    cut_off(folder / "2.png")
    with pytest.warns(UserWarning, match=STANDS_IN):
        streams = [
            [
                images.numpy()
                for images, _ in batches(load(folder, 16), 3, 0, num_parallel=n).take(8)
            ]
            for n in [1, 4]
        ]
    np.testing.assert_array_equal(streams[0], streams[1])


def test_batches_in_a_graph(folder):
    image_set = TransformedSet(load(folder, 16), lambda images: 255 - images)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        dataset = batches(image_set, batch_size=8, seed=0)
        images, labels = session.run(tf.compat.v1.data.make_one_shot_iterator(dataset).get_next())
    expected = 255 - read_all(load(folder, 16))[0]
    assert sorted(map(bytes, images)) == sorted(map(bytes, expected))
    assert labels.tolist() == [0] * 8


# Wrong arguments.


def test_rejects_images_smaller_than_the_crop(folder, photos):
    save(folder / "4.png", photos[4, :12, :13])
    match = (
        "`crop_size` must be at most the size of each image; got 20x20, and 1 of 8 images in .* "
        "are smaller, the first 4.png with 12x13"
    )
    with pytest.raises(ValueError, match=match):
        load(folder, 16, crop_size=20)
    with pytest.raises(ValueError, match="got 30x41, and 8 of 8 images"):
        load(folder, 16, crop_size=(30, 41))


@pytest.mark.parametrize("size", [0, -3, 1.5, "64", (64,), (64, 64, 3), (64, 0), (64, None)])
@pytest.mark.parametrize("argument", ["image_size", "crop_size"])
def test_rejects_what_is_no_size(folder, argument, size):
    match = "`{}` must be a positive number of pixels, or two, height and width; got".format(
        argument
    )
    with pytest.raises(ValueError, match=match):
        load(folder, **{argument: size})


def test_rejects_other_numbers_of_channels_and_no_files(folder):
    with pytest.raises(ValueError, match="`channels` must be 1 or 3; got 4"):
        load(folder, channels=4)
    with pytest.raises(ValueError, match="`paths` of none must name at least one file"):
        ImageFolderSet("none", str(folder), [], (8, 8, 3))


def test_rejects_an_index_out_of_range(folder):
    with pytest.raises(IndexError):
        load(folder).read([8])


def test_says_what_it_is(folder):
    expected = "ImageFolderSet(name='faces', num_examples=8, image_shape=(16, 12, 1))"
    assert repr(load(folder, (16, 12), channels=1, name="faces")) == expected

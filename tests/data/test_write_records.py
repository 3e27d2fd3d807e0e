import hashlib
import os
import stat
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from genflow.data import load_cifar10, load_records, verify_records, write_records
from genflow.data.manifest_file import read_manifest
from genflow.data.permutation import permutation
from tests.data.tfrecords import random_images

NUM_IMAGES = 12
IMAGES = random_images(NUM_IMAGES, size=8)
CLASSES = ["bee", "ant", "cat"]


@pytest.fixture
def image_dir(tmp_path):
    """Images in the folders of three classes; `0.png` is the first in each."""
    folder = tmp_path / "images"
    for number, image in enumerate(IMAGES):
        class_dir = folder / CLASSES[number % 3]
        class_dir.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(str(class_dir / "{:02d}.png".format(number)))
    return str(folder)


@pytest.fixture
def data_dir(tmp_path):
    return str(tmp_path / "data")


def snapshot(folder):
    """The contents of all files below a folder."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                digest = hashlib.md5(file.read()).hexdigest()
            found[os.path.relpath(os.path.join(parent, name), folder)] = digest
    return found


def read_all(data_dir, size, split="train"):
    record_set = load_records(data_dir, split, size)
    return record_set.read(np.arange(len(record_set)))


def in_path_order():
    """The numbers of the images in the order of their paths."""
    return sorted(range(NUM_IMAGES), key=lambda i: (CLASSES[i % 3], i))


def test_every_pixel_comes_back_in_the_seeded_order(image_dir, data_dir):
    write_records(image_dir, data_dir, "train", [8], num_shards=5, seed=3)
    images, labels = read_all(data_dir, 8)
    order = np.array(in_path_order())[permutation(NUM_IMAGES, seed=3)]
    np.testing.assert_array_equal(images, IMAGES[order])
    assert labels.tolist() == [0] * NUM_IMAGES
    counts = load_records(data_dir, "train", 8).num_records().values()
    assert list(counts) == [2, 2, 3, 2, 3]


def test_labels_are_the_numbers_of_the_folders(image_dir, data_dir):
    write_records(image_dir, data_dir, "train", [8], class_name=os.path.dirname)
    images, labels = read_all(data_dir, 8)
    found = [IMAGES.tolist().index(image.tolist()) for image in images]
    assert sorted(found) == list(range(NUM_IMAGES))
    assert labels.tolist() == [[1, 0, 2][number % 3] for number in found]
    manifest = read_manifest(os.path.join(data_dir, "train"))
    assert manifest.class_names == ["ant", "bee", "cat"]
    assert load_records(data_dir, "train", 8).num_classes == 3


def test_all_sizes_hold_the_same_images_in_the_same_order(image_dir, data_dir):
    write_records(image_dir, data_dir, "train", [4, 8], num_shards=2, class_name=os.path.dirname)
    large, large_labels = read_all(data_dir, 8)
    small, small_labels = read_all(data_dir, 4)
    blocks = [large[:, i::2, j::2].astype(np.float64) for i in [0, 1] for j in [0, 1]]
    np.testing.assert_array_equal(small, np.floor(sum(blocks) / 4))
    np.testing.assert_array_equal(small_labels, large_labels)


def test_names_and_folders_are_those_of_the_original(image_dir, data_dir):
    write_records(image_dir, data_dir, "test", [8, 4], num_shards=2)
    assert os.listdir(data_dir) == ["validation"]
    expected = ["manifest.json"] + [
        "validation-r{:02d}-s-{:04d}-of-0002.tfrecords".format(size, shard)
        for size in [2, 3]
        for shard in [0, 1]
    ]
    assert sorted(os.listdir(os.path.join(data_dir, "validation"))) == expected
    assert len(load_records(data_dir, "test", 4)) == NUM_IMAGES
    verify_records(data_dir, "test")


def test_the_seed_alone_decides_what_is_written(image_dir, tmp_path):
    written = []
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        write_records(image_dir, str(tmp_path / name), "train", [8], num_shards=3, seed=seed)
        written.append(snapshot(str(tmp_path / name)))
    assert written[0] == written[1]
    assert written[0] != written[2]


def test_the_folder_has_the_permissions_of_any_folder(image_dir, data_dir):
    write_records(image_dir, data_dir, "train", [8])
    modes = [stat.S_IMODE(os.stat(f).st_mode) for f in [data_dir, os.path.join(data_dir, "train")]]
    assert modes[0] == modes[1]


def test_records_are_not_overwritten(image_dir, data_dir):
    write_records(image_dir, data_dir, "train", [8])
    before = snapshot(data_dir)
    with pytest.raises(FileExistsError, match="train must not exist, or be an empty folder"):
        write_records(image_dir, data_dir, "train", [4])
    with pytest.raises(FileExistsError, match="train must not exist"):  # Before all else.
        write_records("absent", data_dir, "train", [4])
    assert snapshot(data_dir) == before
    write_records(image_dir, data_dir, "test", [4])


def test_a_link_is_not_replaced(image_dir, data_dir, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    os.makedirs(data_dir)
    os.symlink(str(tmp_path / "elsewhere"), os.path.join(data_dir, "train"))
    with pytest.raises(FileExistsError, match="train must not exist, or be an empty folder"):
        write_records(image_dir, data_dir, "train", [8])


def test_what_appears_meanwhile_is_not_overwritten(image_dir, data_dir, monkeypatch):
    other = os.path.join(data_dir, "train", "other")

    def class_name(path):
        os.makedirs(other, exist_ok=True)
        return "any"

    with pytest.raises(FileExistsError, match="train must not exist, or be an empty folder"):
        write_records(image_dir, data_dir, "train", [8], class_name=class_name)
    assert os.listdir(data_dir) == ["train"]
    assert os.listdir(os.path.join(data_dir, "train")) == ["other"]


def test_an_empty_folder_is_filled(image_dir, data_dir):
    os.makedirs(os.path.join(data_dir, "train"))
    write_records(image_dir, data_dir, "train", [8])
    assert len(load_records(data_dir, "train", 8)) == NUM_IMAGES


@pytest.mark.parametrize("target_exists", [False, True])
def test_unreadable_images_are_all_named_and_nothing_is_left(image_dir, data_dir, target_exists):
    if target_exists:
        os.makedirs(os.path.join(data_dir, "train"))
    for number in [4, 7]:
        path = os.path.join(image_dir, CLASSES[number % 3], "{:02d}.png".format(number))
        with open(path, "r+b") as file:
            file.truncate(60)
    match = r"(?s)got 2 that are not, and nothing was written.*\n.*png must be .*\n.*png must be"
    with pytest.raises(ValueError, match=match) as error:
        write_records(image_dir, data_dir, "train", [8], num_shards=3)
    assert "04.png" in str(error.value)
    assert "07.png" in str(error.value)
    assert os.listdir(data_dir) == ["train"] * target_exists
    assert snapshot(data_dir) == {}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, OSError])
def test_an_interruption_leaves_nothing(image_dir, data_dir, monkeypatch, interruption):
    os.makedirs(data_dir)
    reads = []

    def encode(image, label):
        # On the file system of the records, so that they can be moved in one step.
        assert [name[:9] for name in os.listdir(data_dir)] == [".partial-"]
        reads.append(label)
        if len(reads) == 7:
            raise interruption
        return b"payload"

    monkeypatch.setattr(sys.modules["genflow.data.write_records"], "encode_example", encode)
    with pytest.raises(interruption):
        write_records(image_dir, data_dir, "train", [8], num_shards=3)
    assert os.listdir(data_dir) == []


def test_a_killed_writer_leaves_no_data_set(image_dir, data_dir):
    code = (
        "import os, sys; from genflow.data import write_records\n"
        "module = sys.modules['genflow.data.write_records']\n"
        "module.list_records = lambda *arguments: os._exit(9)\n"
        "write_records({!r}, {!r}, 'train', [8])".format(image_dir, data_dir)
    )
    assert subprocess.call([sys.executable, "-c", code], stderr=subprocess.DEVNULL) == 9
    with pytest.raises(FileNotFoundError, match="There are no records"):
        load_records(data_dir, "train", 8)
    write_records(image_dir, data_dir, "train", [8])
    assert len(load_records(data_dir, "train", 8)) == NUM_IMAGES


def test_the_classes_of_the_other_split_keep_their_numbers(image_dir, data_dir, tmp_path):
    write_records(image_dir, data_dir, "train", [8], class_name=os.path.dirname)
    held_out = tmp_path / "held_out" / "cat"
    held_out.mkdir(parents=True)
    Image.fromarray(IMAGES[0]).save(str(held_out / "1.png"))
    write_records(str(held_out.parent), data_dir, "test", [8], class_name=os.path.dirname)
    assert read_all(data_dir, 8, "test")[1].tolist() == [2]
    assert load_records(data_dir, "test", 8).num_classes == 3


def test_rejects_a_class_that_the_other_split_lacks(image_dir, data_dir, tmp_path):
    write_records(image_dir, data_dir, "train", [8], class_name=os.path.dirname)
    held_out = tmp_path / "held_out" / "dog"
    held_out.mkdir(parents=True)
    Image.fromarray(IMAGES[0]).save(str(held_out / "1.png"))
    with pytest.raises(ValueError, match="dog is none of the other split's"):
        write_records(str(held_out.parent), data_dir, "test", [8], class_name=os.path.dirname)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"split": "validation"}, '`split` must be "train" or "test"'),
        ({"image_sizes": []}, "`image_sizes` must name at least one size; got none"),
        ({"image_sizes": [8, 12]}, "must be a power of two from 4 to 16384; got 12"),
        ({"num_shards": 0}, "`num_shards` must be between 1 and 12, .*; got 0"),
        ({"num_shards": 13}, "`num_shards` must be between 1 and 12, .*; got 13"),
        ({"seed": -1}, "`seed` must be in"),
        ({"class_name": lambda path: ""}, "must have a class, as every image; got ''"),
    ],
)
def test_rejects_wrong_arguments_and_writes_nothing(image_dir, data_dir, arguments, match):
    with pytest.raises(ValueError, match=match):
        write_records(image_dir, data_dir, **dict({"split": "train"}, **arguments))
    assert not os.path.exists(data_dir)


def test_real_photographs(real_data_dir, tmp_path):
    """CIFAR-10 as PNG files in the folders of its classes, written and read back."""
    test_set = load_cifar10("test", real_data_dir).take(300)
    for number, (image, label) in enumerate(zip(test_set.images, test_set.labels)):
        folder = tmp_path / "images" / "class{}".format(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(str(folder / "{:03d}.png".format(number)))
    image_dir, data_dir = str(tmp_path / "images"), str(tmp_path / "data")
    write_records(image_dir, data_dir, "test", [32, 16], 7, class_name=os.path.dirname)
    verify_records(data_dir, "test")
    images, labels = read_all(data_dir, 32, "test")
    numbers = {image.tobytes(): number for number, image in enumerate(test_set.images)}
    found = [numbers[image.tobytes()] for image in images]
    assert sorted(found) == list(range(300))
    np.testing.assert_array_equal(labels, test_set.labels[found])
    blocks = [images[:, i::2, j::2].astype(np.float64) for i in [0, 1] for j in [0, 1]]
    small, small_labels = read_all(data_dir, 16, "test")
    np.testing.assert_array_equal(small, np.floor(sum(blocks) / 4))
    np.testing.assert_array_equal(small_labels, labels)

import json
import os
import re
import stat
import subprocess
import sys
import warnings

import numpy as np
import pytest

from genflow.data import (
    ImageSet,
    load_image_records,
    load_mnist,
    load_records,
    verify_records,
    write_image_records,
    write_manifest,
    write_records,
)
from genflow.data.manifest_file import read_manifest
from genflow.data.permutation import permutation
from genflow.data.shared_images import image_digests
from tests.data.tfrecords import random_images, write_split

NUM_IMAGES = 23
SPLITS = ["train", "validation", "test"]


def image_set(num_images=NUM_IMAGES, shape=(5, 7, 2), num_classes=4, seed=0):
    images = np.random.RandomState(seed).randint(256, size=(num_images,) + shape)
    labels = np.arange(num_images, dtype=np.int32) % num_classes
    return ImageSet("random", images.astype(np.uint8), labels, num_classes)


def three_sets():
    return {split: image_set(10 + i, seed=i) for i, split in enumerate(SPLITS)}


def read_all(source):
    return source.read(np.arange(len(source)))


def snapshot(folder):
    """The contents of all files below a folder."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


@pytest.fixture
def data_dir(tmp_path):
    return str(tmp_path / "data")


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (5, 7, 2), (1, 1, 1)])
def test_every_pixel_and_label_comes_back_in_the_seeded_order(data_dir, shape):
    source = image_set(shape=shape)
    write_image_records({"train": source}, data_dir, num_shards=5, seed=3)
    found = load_image_records(data_dir, "train")
    order = permutation(NUM_IMAGES, seed=3)
    for array, expected in zip(read_all(found), read_all(source)):
        np.testing.assert_array_equal(array, expected[order])
        assert array.dtype == expected.dtype
    assert (found.image_shape, found.num_classes, len(found)) == (shape, 4, NUM_IMAGES)
    assert list(found.num_records().values()) == [4, 5, 4, 5, 5]


def test_each_split_has_a_folder_of_its_own_and_its_own_images(data_dir):
    splits = three_sets()
    write_image_records(splits, data_dir, num_shards=2)
    assert sorted(os.listdir(data_dir)) == sorted(SPLITS)
    for split, source in splits.items():
        names = ["{}-images-{:04d}-of-0002.tfrecords".format(split, number) for number in [0, 1]]
        assert sorted(os.listdir(os.path.join(data_dir, split))) == ["manifest.json"] + names
        written = {image.tobytes() for image in read_all(load_image_records(data_dir, split))[0]}
        assert written == {image.tobytes() for image in source.images}
        verify_records(data_dir, split)


def test_the_manifest_says_what_is_there(data_dir):
    write_image_records({"test": image_set()}, data_dir, num_shards=2)
    manifest = read_manifest(os.path.join(data_dir, "test"))
    assert (manifest.num_classes, manifest.class_names) == (4, None)
    assert manifest.image_shape == (5, 7, 2)
    with open(os.path.join(data_dir, "test", "manifest.json")) as file:
        assert json.load(file)["num_examples"] == {"images": NUM_IMAGES}


def test_the_arguments_alone_decide_what_is_written(tmp_path):
    written = []
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        write_image_records(three_sets(), str(tmp_path / name), num_shards=3, seed=seed)
        written.append(snapshot(str(tmp_path / name)))
    assert written[0] == written[1]
    assert written[0] != written[2]


def test_a_part_of_a_set_is_written(data_dir):
    source = image_set()
    write_image_records({"test": source.sample(9, seed=2)}, data_dir)
    found = read_all(load_image_records(data_dir, "test"))[0]
    expected = {source.images[i].tobytes() for i in permutation(NUM_IMAGES, seed=2)[:9]}
    assert {image.tobytes() for image in found} == expected


def test_more_images_than_are_read_at_once(data_dir):
    source = image_set(600, shape=(2, 2, 1))
    write_image_records({"train": source}, data_dir)
    np.testing.assert_array_equal(
        read_all(load_image_records(data_dir, "train"))[0], source.images[permutation(600, seed=0)]
    )


def test_the_folders_have_the_permissions_of_any_folder(data_dir):
    write_image_records({"train": image_set()}, data_dir)
    modes = [stat.S_IMODE(os.stat(f).st_mode) for f in [data_dir, os.path.join(data_dir, "train")]]
    assert modes[0] == modes[1]


def test_nothing_is_overwritten(data_dir):
    write_image_records({"test": image_set()}, data_dir)
    before = snapshot(data_dir)
    with pytest.raises(FileExistsError, match="test must not exist, or be an empty folder"):
        write_image_records(three_sets(), data_dir)
    assert os.listdir(data_dir) == ["test"]
    assert snapshot(data_dir) == before
    write_image_records({"train": image_set(seed=1)}, data_dir)
    assert sorted(os.listdir(data_dir)) == ["test", "train"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, OSError])
@pytest.mark.parametrize("number", [0, 9, 10, 32])
def test_an_interruption_leaves_nothing(data_dir, monkeypatch, interruption, number):
    module = sys.modules["genflow.data.write_image_records"]
    encode, encoded = module.encode_example, []

    def interrupted(image, label):
        if len(encoded) == number:
            raise interruption
        encoded.append(label)
        return encode(image, label)

    os.makedirs(data_dir)
    monkeypatch.setattr(module, "encode_example", interrupted)
    with pytest.raises(interruption):
        write_image_records(three_sets(), data_dir)
    assert os.listdir(data_dir) == []
    assert len(encoded) == number


def test_no_split_appears_before_all_are_written_and_read_again(data_dir, monkeypatch):
    module = sys.modules["genflow.data.write_image_records"]
    list_records, listed = module.list_records, []

    def check(folder, *arguments):
        assert [name for name in os.listdir(data_dir) if name in SPLITS] == []
        list_records(folder, *arguments)
        listed.append(os.path.basename(folder))

    monkeypatch.setattr(module, "list_records", check)
    write_image_records(three_sets(), data_dir)
    assert sorted(listed) == sorted(os.listdir(data_dir)) == sorted(SPLITS)


def test_what_does_not_read_as_it_was_written_never_appears(data_dir, monkeypatch):
    module = sys.modules["genflow.data.write_image_records"]
    monkeypatch.setattr(module, "encode_example", lambda image, label: b"pixels")
    with pytest.raises(ValueError, match="must hold a serialized tf.train.Example"):
        write_image_records(three_sets(), data_dir)
    assert os.listdir(data_dir) == []


def test_a_killed_writer_leaves_no_data_set(data_dir):
    code = (
        "import os, sys; from genflow.data import load_digits, write_image_records\n"
        "module = sys.modules['genflow.data.write_image_records']\n"
        "module.list_records = lambda *arguments: os._exit(9)\n"
        "write_image_records({{'train': load_digits('test').take(9)}}, {!r})".format(data_dir)
    )
    assert subprocess.call([sys.executable, "-c", code], stderr=subprocess.DEVNULL) == 9
    with pytest.raises(FileNotFoundError, match="There are no records"):
        load_image_records(data_dir, "train")
    write_image_records(three_sets(), data_dir)
    assert len(load_image_records(data_dir, "train")) == 10


def test_splits_must_be_of_one_data_set(data_dir):
    for other, match in [
        (image_set(shape=(7, 5, 2)), r"one `image_shape`.*\(5, 7, 2\).*\(7, 5, 2\)"),
        (image_set(num_classes=3), "one `num_classes`.*'train': 4, 'test': 3"),
    ]:
        with pytest.raises(ValueError, match=match):
            write_image_records({"train": image_set(), "test": other}, data_dir)
    assert not os.path.exists(data_dir)


def test_splits_that_are_there_must_be_of_the_same_data_set(data_dir):
    write_image_records({"train": image_set()}, data_dir)
    for other, match in [
        (image_set(shape=(7, 5, 2)), r"`image_shape` \(5, 7, 2\), as .*train has.*\(7, 5, 2\)"),
        (image_set(num_classes=3), "`num_classes` 4, as .*train has, .*; got 3. Choose another"),
    ]:
        with pytest.raises(ValueError, match=match):
            write_image_records({"test": other}, data_dir)
    assert os.listdir(data_dir) == ["train"]


@pytest.mark.parametrize("copy", [lambda source: source, lambda source: source.take(9)])
def test_rejects_splits_of_the_same_images(data_dir, copy):
    """Be it one object or another with the same images, in another order."""
    source = image_set()
    splits = {"train": source, "validation": image_set(seed=1), "test": copy(source)}
    with pytest.raises(ValueError, match="without an image in common; .*'train'.*hold_out"):
        write_image_records(splits, data_dir)
    assert not os.path.exists(data_dir) or os.listdir(data_dir) == []


def test_rejects_the_images_of_a_split_that_is_there(data_dir):
    source = image_set()
    write_image_records({"validation": image_set(seed=1), "train": source}, data_dir)
    with pytest.raises(ValueError, match="all 9 images of 'test' are in 'train', too"):
        write_image_records({"test": source.sample(9, seed=3)}, data_dir)
    assert sorted(os.listdir(data_dir)) == ["train", "validation"]


def test_says_how_many_images_two_splits_share(data_dir):
    """Some data sets have a few images twice; each of these counts."""
    first, other = image_set(), image_set(seed=1)
    images = np.concatenate([other.images, first.images[[3, 5, 5]]])
    test = ImageSet("random", images, np.zeros(len(images), np.int32), 4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        write_image_records({"train": image_set(40), "test": test}, data_dir)
        write_image_records({"validation": new_and(test, [0, 24, 25])}, data_dir)
    assert [re.match("(.*), too: ", str(warning.message)).group(1) for warning in caught] == [
        "3 of the 26 images of 'test' are in 'train'",
        "2 of the 5 images of 'validation' are in 'train'",
        "3 of the 5 images of 'validation' are in 'test'",
    ]
    assert {warning.filename for warning in caught} == {__file__}
    assert sorted(os.listdir(data_dir)) == sorted(SPLITS)


def new_and(source, indices):
    """Two new images, and some of a set."""
    images = np.concatenate([image_set(2, seed=7).images, source.images[indices]])
    return ImageSet("random", images, np.zeros(len(images), np.int32), 4)


def test_says_nothing_of_splits_that_share_no_image(data_dir):
    train, test = image_set(300).hold_out(100, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        write_image_records({"train": train}, data_dir)
        write_image_records({"test": test}, data_dir)


def test_a_few_numbers_are_kept_of_each_image():
    """Whatever their size: eight bytes, the same for the same image and for no other."""
    images = image_set(600, shape=(2, 2, 1)).images
    digests = image_digests(images)
    assert digests.nbytes == 8 * 600
    assert len(np.unique(digests)) == len({image.tobytes() for image in images})
    np.testing.assert_array_equal(image_digests(images[::-1]), digests[::-1])


def test_the_two_kinds_of_records_are_not_mixed(data_dir):
    write_split(data_dir, random_images(4), np.zeros(4, int), num_shards=1)
    write_manifest(data_dir, "train")
    with pytest.raises(ValueError, match="`image_shape` None, as .*train has"):
        write_image_records({"test": image_set()}, data_dir)


def test_squares_are_not_written_beside_images_as_they_are(data_dir, tmp_path):
    write_image_records({"train": image_set()}, data_dir)
    with pytest.raises(ValueError, match="`data_dir` must not hold another .*train has images as"):
        write_records(str(tmp_path), data_dir, "test")
    assert os.listdir(data_dir) == ["train"]


def test_each_kind_says_what_reads_the_other(tmp_path):
    as_they_are, of_glow = str(tmp_path / "a"), str(tmp_path / "b")
    write_image_records({"train": image_set(), "validation": image_set(seed=1)}, as_they_are)
    write_split(of_glow, random_images(4), np.zeros(4, int), num_shards=1)
    for split in ["train", "test"]:
        match = "images as they are, which `load_image_records` reads"
        with pytest.raises(ValueError, match=match):
            load_records(as_they_are, split, 32)
    os.remove(os.path.join(as_they_are, "train", "manifest.json"))
    with pytest.raises(ValueError, match="images as they are, which `load_image_records` reads"):
        write_manifest(as_they_are, "train", num_classes=4)
    with pytest.raises(ValueError, match="one of the original Glow's sizes, which `load_records`"):
        load_image_records(of_glow, "train")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"splits": {}}, "`splits` must have at least one of .*'validation'.*; got none"),
        ({"splits": {"extra": image_set()}}, "`split` must be .*; got 'extra'"),
        ({"num_shards": 0}, "`num_shards` must be between 1 and 10, .* smallest split; got 0"),
        ({"num_shards": 11}, "`num_shards` must be between 1 and 10, .* smallest split; got 11"),
        ({"seed": -1}, "`seed` must be in"),
    ],
)
def test_rejects_wrong_arguments_and_writes_nothing(data_dir, arguments, match):
    with pytest.raises(ValueError, match=match):
        write_image_records(data_dir=data_dir, **dict({"splits": three_sets()}, **arguments))
    assert not os.path.exists(data_dir)


def test_rejects_what_is_no_set_of_images(data_dir):
    with pytest.raises(TypeError, match="must have an ImageSource for 'train'; got ndarray"):
        write_image_records({"train": np.zeros([9, 2, 2, 1], np.uint8)}, data_dir)


@pytest.mark.parametrize("label", [-1, 4])
def test_rejects_labels_that_are_not_known(data_dir, label):
    class Masked(ImageSet):
        def read(self, indices):
            images, labels = super().read(indices)
            return images, np.full_like(labels, label)

    source = image_set()
    masked = Masked(source.name, source.images, source.labels, source.num_classes)
    match = r"labels of random must be in \[0, 4\); got values from {0} to {0}. Write".format(label)
    with pytest.raises(ValueError, match=match):
        write_image_records({"train": masked}, data_dir)
    assert os.listdir(data_dir) == []


def test_real_digits(real_mnist_dir, data_dir):
    """Held-out images of MNIST are in no other split, as they were written."""
    train, test = (load_mnist(split, real_mnist_dir) for split in ["train", "test"])
    rest, held_out = train.take(900).hold_out(200, seed=5)
    splits = {"train": rest, "validation": held_out, "test": test.take(300)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        write_image_records(splits, data_dir, num_shards=3)
    numbers = {image.tobytes(): number for number, image in enumerate(train.images[:900])}
    assert len(numbers) == 900
    found = {}
    for split in ["train", "validation"]:
        images, labels = read_all(load_image_records(data_dir, split))
        found[split] = [numbers[image.tobytes()] for image in images]
        np.testing.assert_array_equal(labels, train.labels[found[split]])
    assert sorted(found["train"] + found["validation"]) == list(range(900))
    images = read_all(load_image_records(data_dir, "test"))[0]
    assert [image.tobytes() for image in images if image.tobytes() in numbers] == []
    assert len(images) == 300

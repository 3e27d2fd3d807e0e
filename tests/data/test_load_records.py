import os
import shutil

import numpy as np
import pytest

from genflow.data import load_records, write_manifest
from tests.data.tfrecords import random_images, write_split

NUM_IMAGES = 11
IMAGES = random_images(NUM_IMAGES, size=8)
LABELS = np.arange(NUM_IMAGES, dtype=np.int32) % 3


@pytest.fixture
def data_dir(tmp_path):
    write_split(tmp_path / "tiny", IMAGES, LABELS, num_shards=3)
    write_split(tmp_path / "tiny", IMAGES[:, ::2, ::2], LABELS, num_shards=2)
    write_split(tmp_path / "tiny", IMAGES[:4], LABELS[:4], num_shards=1, split="validation")
    return str(tmp_path / "tiny")


@pytest.fixture
def listed_dir(data_dir):
    write_manifest(data_dir, "train", num_classes=3)
    return data_dir


def shard(data_dir, number):
    return os.path.join(data_dir, "train", "train-r03-s-000{}-of-0003.tfrecords".format(number))


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def read_all(record_set):
    return record_set.read(np.arange(len(record_set)))


@pytest.mark.parametrize("num_threads", [1, 2])
def test_opens_the_split_and_size_that_are_asked_for(data_dir, num_threads):
    train_set = load_records(data_dir, "train", 8, num_classes=3, num_threads=num_threads)
    images, labels = read_all(train_set)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert (train_set.name, train_set.num_classes) == ("tiny-train", 3)
    assert train_set.num_threads == num_threads
    small_set = load_records(data_dir, "train", 4, num_classes=3)
    np.testing.assert_array_equal(read_all(small_set)[0], IMAGES[:, ::2, ::2])
    test_set = load_records(data_dir, "test", 8, num_classes=3, name="held out")
    assert (len(test_set), test_set.name) == (4, "held out")


def test_the_name_is_that_of_the_folder_wherever_one_is(data_dir, monkeypatch):
    monkeypatch.chdir(data_dir)
    assert load_records(".", "test", 8).name == "tiny-test"
    assert load_records(data_dir + os.sep, "test", 8).name == "tiny-test"


def test_without_a_manifest_there_is_one_class(data_dir):
    train_set = load_records(data_dir, "train", 8)
    assert train_set.num_classes == 1
    with pytest.raises(ValueError, match=r"must be in \[0, 1\); got 1\. Say how many classes"):
        read_all(train_set)


def test_the_manifest_says_how_many_classes_there_are(listed_dir):
    assert load_records(listed_dir, "train", 8).num_classes == 3
    assert load_records(listed_dir, "train", 8, num_classes=3).num_classes == 3
    match = "`num_classes` must be 3, as the manifest of .*train says; got 10"
    with pytest.raises(ValueError, match=match):
        load_records(listed_dir, "train", 8, num_classes=10)


def test_the_split_and_the_size_must_be_there(data_dir):
    with pytest.raises(ValueError, match="`split` must be"):
        load_records(data_dir, "validation", 8)
    with pytest.raises(ValueError, match="has records for, 4, 8; got 16"):
        load_records(data_dir, "train", 16)
    with pytest.raises(ValueError, match="power of two.*; got 12"):
        load_records(data_dir, "train", 12)
    with pytest.raises(FileNotFoundError, match="There are no records in"):
        load_records(os.path.join(data_dir, "absent"), "train", 8)


def test_a_missing_file_is_refused(data_dir):
    os.remove(shard(data_dir, 1))
    with pytest.raises(ValueError, match="must have 3 files .* number 1 is missing"):
        load_records(data_dir, "train", 8)
    load_records(data_dir, "train", 4)


def test_any_truncation_is_refused_with_a_manifest(listed_dir):
    path = shard(listed_dir, 1)
    whole = contents(path)
    for length in range(len(whole)):
        with open(path, "wb") as file:
            file.write(whole[:length])
        match = "0001-of-0003.tfrecords must have {} bytes.*; got {}".format(len(whole), length)
        with pytest.raises(ValueError, match=match):
            load_records(listed_dir, "train", 8)
        assert contents(path) == whole[:length]


def test_any_truncation_within_a_record_is_refused_without_one(data_dir):
    path = shard(data_dir, 1)
    whole = contents(path)
    num_records = load_records(data_dir, "train", 8).num_records()[path]
    record_bytes = len(whole) // num_records
    for length in range(0, len(whole), 7):
        with open(path, "wb") as file:
            file.write(whole[:length])
        if length == 0 or length % record_bytes:
            with pytest.raises(ValueError, match="0001-of-0003.tfrecords"):
                load_records(data_dir, "train", 8)


@pytest.mark.parametrize("with_manifest", [False, True])
def test_any_flipped_byte_is_refused_when_it_is_read(data_dir, with_manifest):
    if with_manifest:
        write_manifest(data_dir, "train", num_classes=3)
    path = shard(data_dir, 2)
    whole = contents(path)
    for position in range(0, len(whole), 5):
        wrong = bytearray(whole)
        wrong[position] ^= 1 << (position % 8)
        with open(path, "wb") as file:
            file.write(bytes(wrong))
        with pytest.raises(ValueError, match="0002-of-0003.tfrecords"):
            read_all(load_records(data_dir, "train", 8, num_classes=3))
        assert contents(path) == bytes(wrong)


def test_another_number_of_records_is_refused(listed_dir):
    path = os.path.join(listed_dir, "train", "manifest.json")
    text = contents(path).decode()
    first = text.index('"num_records": 4', text.index("train-r03"))
    second = text.index('"num_records": 4', first + 1)
    swapped = text[:first] + text[first:second].replace(": 4", ": 5", 1)
    swapped += text[second:].replace(": 4", ": 3", 1)
    with open(path, "w") as file:
        file.write(swapped)
    with pytest.raises(ValueError, match="tfrecords must have 5 records, .*manifest.*; got 4"):
        load_records(listed_dir, "train", 8)


def test_a_file_that_is_not_in_the_manifest_is_refused(listed_dir):
    write_split(listed_dir, random_images(4, size=16), [0] * 4, num_shards=1)
    with pytest.raises(ValueError, match="r04-.* must be in the manifest of its folder but is not"):
        load_records(listed_dir, "train", 16)
    load_records(listed_dir, "train", 8)


def test_reading_leaves_the_folder_as_it_is(listed_dir, tmp_path):
    copied = str(tmp_path / "copied")
    shutil.copytree(listed_dir, copied)
    read_all(load_records(listed_dir, "train", 8))
    for folder, _, names in os.walk(copied):
        original = os.path.join(listed_dir, os.path.relpath(folder, copied))
        assert sorted(names) == sorted(n for n in os.listdir(original) if "." in n)
        for name in names:
            assert contents(os.path.join(folder, name)) == contents(os.path.join(original, name))


def test_images_may_be_stored_larger_than_their_files_say(tmp_path):
    images = random_images(4, size=8)
    write_split(tmp_path, images[:, :6, :6], np.zeros(4, int), num_shards=1)
    record_set = load_records(str(tmp_path), "train", 4, stored_size=5, default_num_classes=3)
    assert (record_set.image_shape, record_set.num_classes) == ((5, 5, 3), 3)
    np.testing.assert_array_equal(record_set.read(np.arange(4))[0], images[:, :5, :5])

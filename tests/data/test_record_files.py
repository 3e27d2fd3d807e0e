import os

import pytest

from genflow.data.record_files import (
    file_name,
    files_of_size,
    image_sizes,
    log2_size,
    parse_name,
)


def touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return str(folder)


def shard(number, count, size=5, folder="train"):
    return "{}-r{:02d}-s-{:04d}-of-{:04d}.tfrecords".format(folder, size, number, count)


def test_names_are_those_of_the_original():
    assert file_name("data/train", 32, 0, 120) == "train-r05-s-0000-of-0120.tfrecords"
    assert file_name("validation", 256, 39, 40) == "validation-r08-s-0039-of-0040.tfrecords"
    assert file_name("train", 1024, 12345, 20000) == "train-r10-s-12345-of-20000.tfrecords"


@pytest.mark.parametrize("numbers", ["0007-of-0012", "7-of-12", "00007-of-00012", "07-of-0012"])
def test_numbers_of_any_width_are_read(numbers):
    found = parse_name("train-r06-s-{}.tfrecords".format(numbers), "data/train")
    assert found == (64, 7, 12)


@pytest.mark.parametrize(
    "name",
    [
        "validation-r05-s-0000-of-0001.tfrecords",
        "train-r05-s-0000-of-0001.tfrecords.partial",
        "xtrain-r05-s-0000-of-0001.tfrecords",
        "../train-r05-s-0000-of-0001.tfrecords",
        "/train-r05-s-0000-of-0001.tfrecords",
        "train-r05-s-0000-of-0001.tfrecords\n",
        "train-r05-s--001-of-0001.tfrecords",
        "train-r05-s-\u0663-of-\u0664.tfrecords",
        "train-r99-s-0000-of-0001.tfrecords",
        "train-r01-s-0000-of-0001.tfrecords",
        "train-r05.tfrecords",
        "manifest.json",
    ],
)
def test_other_names_are_passed_over(name):
    assert parse_name(name, "train") is None


def test_files_are_found_in_the_order_of_their_numbers(tmp_path):
    names = ["train-r05-s-{}-of-11.tfrecords".format(number) for number in range(11)]
    folder = touch(tmp_path / "train", *reversed(names))
    assert files_of_size(folder, 32) == [os.path.join(folder, name) for name in names]


def test_other_files_and_folders_are_no_records(tmp_path):
    folder = touch(tmp_path / "train", shard(0, 1), "notes.txt", shard(0, 1, folder="validation"))
    (tmp_path / "train" / shard(0, 1, size=6)).mkdir()
    assert image_sizes(folder) == [32]
    assert len(files_of_size(folder, 32)) == 1


def test_another_size_than_those_there_is_refused_with_their_list(tmp_path):
    folder = touch(tmp_path / "train", shard(0, 1, size=8), shard(0, 1, size=5))
    assert image_sizes(folder) == [32, 256]
    match = "`image_size` must be one of those that .*train has records for, 32, 256; got 64"
    with pytest.raises(ValueError, match=match):
        files_of_size(folder, 64)


@pytest.mark.parametrize("folder", ["train", "absent"])
def test_a_folder_without_records_is_refused(tmp_path, folder):
    touch(tmp_path / "train", "notes.txt")
    match = "There are no records in .*{}: .*`data_dir`.*`genflow data prepare`".format(folder)
    with pytest.raises(FileNotFoundError, match=match):
        files_of_size(str(tmp_path / folder), 32)


@pytest.mark.parametrize(
    ("names", "match"),
    [
        ([shard(0, 3), shard(2, 3)], "must have 3 files .*; it has 2, and number 1 is missing"),
        ([shard(1, 2)], "must have 2 files .*; it has 1, and number 0 is missing"),
        ([shard(0, 2)], "must have 2 files .*; it has 1, and number 1 is missing"),
        ([shard(0, 2), shard(2, 2)], "must have 2 files .*; it has 2, and number 1 is missing"),
        (
            [shard(0, 2), "train-r05-s-0-of-2.tfrecords"],
            "must have 2 files .*; it has 2, and number 1 is missing",
        ),
        ([shard(0, 2), shard(1, 3)], "must agree about how many there are; some say 2, others 3"),
        ([shard(0, 1), shard(1, 1)], "must have 1 files .*; number 1 is too much"),
        (
            [shard(0, 1), "train-r05-s-0-of-1.tfrecords"],
            "must have 1 files .*; number 0 is too much",
        ),
        ([shard(0, 0)], "must have 0 files .*; number 0 is too much"),
        (["train-r05-s-0-of-999999999.tfrecords"], "must have 999999999 files .*number 1 is miss"),
    ],
)
def test_rejects_an_incomplete_set(tmp_path, names, match):
    folder = touch(tmp_path / "train", *names)
    with pytest.raises(ValueError, match=match) as error:
        files_of_size(folder, 32)
    assert folder in str(error.value)


def test_an_incomplete_set_of_another_size_is_no_error(tmp_path):
    folder = touch(tmp_path / "train", shard(0, 1), shard(1, 3, size=6))
    assert len(files_of_size(folder, 32)) == 1


@pytest.mark.parametrize("size", [4, 32, 16384])
def test_the_logarithm_of_a_size(size):
    assert 2 ** log2_size(size) == size


@pytest.mark.parametrize("size", [-4, 0, 1, 2, 3, 48, 96, 32768])
def test_rejects_a_size_that_is_no_power_of_two(size):
    match = "must be a power of two from 4 to 16384; got {}".format(size)
    with pytest.raises(ValueError, match=match):
        log2_size(size)


def test_rejects_a_size_that_is_no_integer():
    with pytest.raises(TypeError, match="integer"):
        log2_size(32.0)

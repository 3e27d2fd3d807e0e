import hashlib
import json
import os

import numpy as np
import pytest

from genflow.data import load_records, manifest_file, verify_records, write_manifest
from genflow.data.manifest_file import read_manifest
from tests.data.tfrecords import random_images, write_split

IMAGES = random_images(7, size=8)
LABELS = np.arange(7, dtype=np.int32) % 3


@pytest.fixture
def data_dir(tmp_path):
    write_split(tmp_path, IMAGES, LABELS, num_shards=2)
    write_split(tmp_path, IMAGES[:, ::2, ::2], LABELS, num_shards=1)
    return str(tmp_path)


@pytest.fixture
def folder(data_dir):
    write_manifest(data_dir, "train", num_classes=3, class_names=["a", "b", "\u00fc"])
    return os.path.join(data_dir, "train")


def change(folder, edit):
    path = os.path.join(folder, "manifest.json")
    with open(path) as file:
        fields = json.load(file)
    edited = edit(fields)
    with open(path, "w") as file:
        json.dump(fields if edited is None else edited, file)


def test_lists_every_file(folder):
    manifest = read_manifest(folder)
    assert (manifest.num_classes, manifest.class_names) == (3, ["a", "b", "\u00fc"])
    assert manifest.num_examples(folder) == {4: 7, 8: 7}
    records = sorted(name for name in os.listdir(folder) if name.endswith(".tfrecords"))
    assert sorted(manifest.files) == records
    for name, summary in manifest.files.items():
        with open(os.path.join(folder, name), "rb") as file:
            contents = file.read()
        assert summary.num_bytes == len(contents)
        assert summary.sha256 == hashlib.sha256(contents).hexdigest()
    counts = [manifest.files[name].num_records for name in records]
    assert (records[0][:9], counts) == ("train-r02", [7, 4, 3])


def test_is_not_overwritten(folder, data_dir):
    with pytest.raises(FileExistsError, match="manifest.json is there and is not overwritten"):
        write_manifest(data_dir, "train", num_classes=3)
    assert sorted(os.listdir(folder))[0] == "manifest.json"


def test_what_appears_meanwhile_is_not_overwritten(folder):
    manifest = read_manifest(folder)
    with pytest.raises(FileExistsError, match="manifest.json is there and is not overwritten"):
        manifest_file.save_manifest(manifest, folder)
    assert read_manifest(folder) == manifest


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"num_classes": 2}, r"label of record 2 .* must be in \[0, 2\); got 2"),
        ({}, r"must be in \[0, 1\); got 1"),
        ({"num_classes": 3, "class_names": ["a", "b"]}, "`class_names` must be 3 .*; got 2"),
        ({"num_classes": 3, "class_names": ["a", "b", "b"]}, "`class_names` must be 3 .*; got 2"),
    ],
)
def test_rejects_other_classes_and_writes_nothing(data_dir, arguments, match):
    with pytest.raises(ValueError, match=match):
        write_manifest(data_dir, "train", **arguments)
    assert not os.path.exists(os.path.join(data_dir, "train", "manifest.json"))


def test_damaged_records_get_no_manifest(data_dir):
    path = os.path.join(data_dir, "train", "train-r03-s-0001-of-0002.tfrecords")
    with open(path, "r+b") as file:
        file.seek(300)
        file.write(b"\0\0\0\0")
    with pytest.raises(ValueError, match="0001-of-0002.tfrecords is damaged"):
        write_manifest(data_dir, "train", num_classes=3)
    assert read_manifest(os.path.join(data_dir, "train")) is None


def test_verify_accepts_what_is_unchanged(folder, data_dir):
    verify_records(data_dir, "train")


def test_verify_notices_a_record_exchanged_for_another_of_its_length(folder, data_dir):
    """Every checksum inside the file is right."""
    write_split(data_dir, random_images(7, size=8, seed=9), LABELS, num_shards=2)
    load_records(data_dir, "train", 8).read(np.arange(7))
    with pytest.raises(ValueError, match="0000-of-0002.tfrecords must have [0-9a-f]{64} as SHA"):
        verify_records(data_dir, "train")


def test_verify_notices_every_flipped_byte(folder, data_dir):
    path = os.path.join(folder, "train-r02-s-0000-of-0001.tfrecords")
    with open(path, "rb") as file:
        whole = file.read()
    for position in range(0, len(whole), 17):
        with open(path, "wb") as file:
            file.write(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
        with pytest.raises(ValueError, match="r02-s-0000-of-0001.tfrecords must have"):
            verify_records(data_dir, "train")


def test_verify_says_when_a_file_was_cut_off(folder, data_dir):
    with open(os.path.join(folder, "train-r02-s-0000-of-0001.tfrecords"), "r+b") as file:
        file.truncate(10)
    with pytest.raises(ValueError, match=r"r02-.* must have \d+ bytes, .*; got 10"):
        verify_records(data_dir, "train")


def test_verify_notices_a_size_that_is_gone(folder, data_dir):
    os.remove(os.path.join(folder, "train-r02-s-0000-of-0001.tfrecords"))
    with pytest.raises(ValueError, match="train must have train-r02-.*, as its manifest says"):
        verify_records(data_dir, "train")


def test_verify_needs_a_manifest(data_dir):
    with pytest.raises(FileNotFoundError, match="no .*manifest.json to compare .*write_manifest"):
        verify_records(data_dir, "train")


NAME = "train-r02-s-0000-of-0001.tfrecords"


def replace_file(name):
    def edit(fields):
        fields["files"][name] = fields["files"].pop(NAME)

    return edit


def set_in_file(field, value):
    def edit(fields):
        fields["files"][NAME][field] = value

    return edit


def set_field(field, value):
    def edit(fields):
        fields[field] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (replace_file("../" + NAME), r"nothing but files of records in it; got '\.\./train-r02"),
        (replace_file("/etc/passwd"), "nothing but files of records in it; got '/etc/passwd'"),
        (replace_file("validation" + NAME[5:]), "nothing but files of records .* got 'validation"),
        (lambda fields: [], r"must have the fields \[.*\]; got \[\]"),
        (lambda fields: 7, "must have the fields .*; got 7"),
        (lambda fields: "x" * 5000, "must have the fields .*; got 'xxx"),
        (
            lambda fields: fields.pop("files") and None,
            "must have the fields .*got .*'folder', 'num",
        ),
        (set_field("more", 1), "must have the fields .*; got .*'more'"),
        (set_field("version", 2), "must have version 1; got 2"),
        (set_field("version", True), "must have a `version`; got True"),
        (set_field("folder", "validation"), "must have the `folder` 'train'; got 'validation'"),
        (set_field("num_classes", 0), "must have a positive `num_classes`; got 0"),
        (set_field("num_classes", "3"), "must have a positive `num_classes`; got '3'"),
        (set_field("num_classes", 3.0), "must have a positive `num_classes`; got 3.0"),
        (set_field("num_classes", None), "must have a positive `num_classes`; got None"),
        (set_field("class_names", ["a"]), "as `class_names` null or 3 different names; got"),
        (set_field("class_names", "abc"), "as `class_names` null or 3 different names; got 'abc'"),
        (set_field("class_names", [1, 2, 3]), "as `class_names` null or 3 different names; got"),
        (set_field("class_names", ["a"] * 3), "as `class_names` null or 3 different names; got"),
        (set_field("class_names", [["a"]] * 3), "as `class_names` null or 3 different names"),
        (set_field("files", []), r"must have the `files`, by name; got \[\]"),
        (set_field("files", {}), "must have the `files`, by name; got {}"),
        (set_field("files", {NAME: 7}), "must have for train-r02.* got 7"),
        (set_in_file("num_records", -1), "a positive `num_records`; got -1"),
        (set_in_file("num_records", 1e300), r"a positive `num_records`; got 1e\+300"),
        (set_in_file("num_bytes", float("nan")), "a positive `num_bytes`; got nan"),
        (set_in_file("num_bytes", "10"), "a positive `num_bytes`; got '10'"),
        (set_in_file("sha256", "0" * 63), "a `sha256` of 64 digits; got '000"),
        (set_in_file("sha256", "0" * 65), "a `sha256` of 64 digits; got '000"),
        (set_in_file("sha256", 7), "a `sha256` of 64 digits; got 7"),
        (set_in_file("path", "../x"), "must have for train-r02.*; got .*'path'"),
        (set_field("num_examples", {"4": 7, "8": 8}), "the `num_examples` that its files add up"),
        (set_field("num_examples", 7), "the `num_examples` that its files add up to, .*; got 7"),
    ],
)
def test_rejects_a_manifest_that_is_not_as_it_must_be(folder, data_dir, edit, match):
    change(folder, edit)
    with pytest.raises(ValueError, match=match) as error:
        load_records(data_dir, "train", 4)
    assert str(folder) in str(error.value)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    "contents",
    [b"", b"{", b"\xff\xfe", b"[" * 100000, b"1" * 10000 + b"x", b"\0"],
    ids=lambda contents: repr(contents[:5]),
)
def test_rejects_a_manifest_that_is_no_json(folder, data_dir, contents):
    with open(os.path.join(folder, "manifest.json"), "wb") as file:
        file.write(contents)
    with pytest.raises(ValueError, match="manifest.json must be JSON; got .*`write_manifest`"):
        load_records(data_dir, "train", 4)


def test_rejects_a_manifest_that_is_too_long(folder, data_dir, monkeypatch):
    monkeypatch.setattr(manifest_file, "_MAX_BYTES", 100)
    with pytest.raises(ValueError, match="manifest.json must have at most 100 bytes; got"):
        load_records(data_dir, "train", 4)

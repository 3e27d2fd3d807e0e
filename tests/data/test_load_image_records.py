import hashlib
import json
import os
import shutil

import numpy as np
import pytest
from tensorflow.python.eager import context

from genflow.data import (
    ImageSet,
    batch_indices,
    batches,
    load_image_records,
    verify_records,
    write_image_records,
)

NUM_IMAGES = 12
IMAGES = np.random.RandomState(0).randint(256, size=[NUM_IMAGES, 3, 5, 1]).astype(np.uint8)
LABELS = np.arange(NUM_IMAGES, dtype=np.int32) % 3


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    data_dir = str(tmp_path_factory.mktemp("records") / "tiny")
    image_set = ImageSet("random", IMAGES, LABELS, num_classes=3)
    others = ImageSet("random", 255 - IMAGES[:4], LABELS[:4], num_classes=3)
    splits = {"train": image_set, "test": others}
    write_image_records(splits, data_dir, num_shards=3, seed=1)
    return data_dir


@pytest.fixture
def data_dir(written, tmp_path):
    """A copy of the records, which a test may damage."""
    return shutil.copytree(written, str(tmp_path / "tiny"))


def shard(data_dir, number):
    return os.path.join(data_dir, "train", "train-images-000{}-of-0003.tfrecords".format(number))


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def overwrite(path, new):
    with open(path, "wb") as file:
        file.write(new)


def read_all(source):
    return source.read(np.arange(len(source)))


def test_any_image_is_read_at_any_time(written):
    records = load_image_records(written, "train")
    images, labels = read_all(records)
    indices = np.array([7, 0, 7, 11])
    np.testing.assert_array_equal(records.read(indices)[0], images[indices])
    np.testing.assert_array_equal(records.read(indices)[1], labels[indices])
    assert sorted(image.tobytes() for image in images) == sorted(i.tobytes() for i in IMAGES)
    assert (records.name, records.image_shape, records.num_classes) == ("tiny-train", (3, 5, 1), 3)


def test_threads_and_names_change_nothing_else(written):
    records = load_image_records(written, "test", name="held out", num_threads=3)
    for array, expected in zip(read_all(records), read_all(load_image_records(written, "test"))):
        np.testing.assert_array_equal(array, expected)
    assert (records.name, records.num_threads, len(records)) == ("held out", 3, 4)


def test_batches_shuffle_the_whole_split_anew_in_each_epoch(written):
    """From files, and not within a buffer: any image may be the first."""
    records = load_image_records(written, "train")
    images = read_all(records)[0]
    with context.eager_mode():
        found = [i for batch, _ in batches(records, 4, seed=5).take(6) for i in batch.numpy()]
    numbers = {image.tobytes(): number for number, image in enumerate(images)}
    order = [numbers[image.tobytes()] for image in found]
    assert order == [i for step in range(6) for i in batch_indices(12, 4, 5, step)]
    assert sorted(order[:12]) == sorted(order[12:]) == list(range(12))
    assert order[:12] != order[12:]
    assert order[:12] != list(range(12))


def test_the_bytes_are_the_same_on_every_runtime(written):
    digest = hashlib.sha256(b"".join(contents(shard(written, i)) for i in range(3))).hexdigest()
    assert digest == "c3f22c81e41c43b9bf8b247a6b90afb794ffec952014df05954e316d3e79a4f1"


def test_rejects_what_is_not_there(written, tmp_path):
    with pytest.raises(ValueError, match='"validation" or "test"; got \'extra\''):
        load_image_records(written, "extra")
    match = "There are no records in .*validation-images-0000-of-0001.tfrecords.*prepare --as_is`"
    with pytest.raises(FileNotFoundError, match=match):
        load_image_records(written, "validation")
    with pytest.raises(FileNotFoundError, match="There are no records in"):
        load_image_records(str(tmp_path / "absent"), "train")


def test_rejects_records_without_their_manifest(data_dir):
    os.remove(os.path.join(data_dir, "train", "manifest.json"))
    with pytest.raises(FileNotFoundError, match="There is no .*manifest.json, .*write_image_rec"):
        load_image_records(data_dir, "train")
    with pytest.raises(FileNotFoundError, match="There is no .*manifest.json to compare .*image_r"):
        verify_records(data_dir, "train")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_file_is_refused(data_dir, number):
    os.remove(shard(data_dir, number))
    for reader in [load_image_records, verify_records]:
        match = "train must have 3 files such as .* number {} is missing".format(number)
        with pytest.raises(ValueError, match=match):
            reader(data_dir, "train")
    load_image_records(data_dir, "test")


def test_files_of_another_set_are_refused(data_dir):
    for number in [1, 2]:
        os.remove(shard(data_dir, number))
    name = "train-images-0000-of-0001.tfrecords"
    os.rename(shard(data_dir, 0), os.path.join(data_dir, "train", name))
    for reader in [load_image_records, verify_records]:
        with pytest.raises(ValueError, match="must have train-images-0000-of-0003.*manifest says"):
            reader(data_dir, "train")


def test_files_of_the_other_kind_are_refused(data_dir):
    shutil.copy(
        shard(data_dir, 0), os.path.join(data_dir, "train", "train-r05-s-0000-of-0001.tfrecords")
    )
    for reader in [load_image_records, verify_records]:
        with pytest.raises(ValueError, match="must hold nothing but images as they are"):
            reader(data_dir, "train")


def test_any_truncation_is_refused(data_dir):
    path = shard(data_dir, 1)
    whole = contents(path)
    for length in range(0, len(whole), 3):
        overwrite(path, whole[:length])
        match = "0001-of-0003.tfrecords must have {} bytes.*; got {}".format(len(whole), length)
        for reader in [load_image_records, verify_records]:
            with pytest.raises(ValueError, match=match):
                reader(data_dir, "train")


def test_any_flipped_byte_is_refused_when_it_is_read(data_dir):
    path = shard(data_dir, 2)
    whole = contents(path)
    for position in range(0, len(whole), 3):
        overwrite(path, whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :])
        with pytest.raises(ValueError, match="0002-of-0003.tfrecords"):
            read_all(load_image_records(data_dir, "train"))
        with pytest.raises(ValueError, match="0002-of-0003.tfrecords must have .* as SHA-256"):
            verify_records(data_dir, "train")


def test_a_file_exchanged_for_another_of_its_length_is_found_by_verification(data_dir):
    first, second = contents(shard(data_dir, 0)), contents(shard(data_dir, 1))
    assert len(first) == len(second)
    overwrite(shard(data_dir, 0), second)
    read_all(load_image_records(data_dir, "train"))
    with pytest.raises(ValueError, match="0000-of-0003.tfrecords must have .* as SHA-256"):
        verify_records(data_dir, "train")


def set_field(field, value):
    def edit(fields):
        fields[field] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (set_field("image_shape", [3, 5]), r"as `image_shape` three positive .*; got \[3, 5\]"),
        (set_field("image_shape", [3, 5, 0]), r"as `image_shape` three positive .*; got \[3, 5, 0"),
        (set_field("image_shape", [3, 5, 1.0]), "as `image_shape` three positive numbers; got"),
        (set_field("image_shape", None), "as `image_shape` three positive numbers; got None"),
        (lambda fields: fields.pop("image_shape"), "`image_shape` if, and only if, its files"),
        (set_field("num_examples", {"images": 13}), "that its files add up to, {'images': 12}"),
        (set_field("num_examples", {"32": 12}), "that its files add up to, {'images': 12}"),
        (set_field("image_shape", [10**30, 1, 1]), r"of which the 4 images of train-images-0000"),
        (set_field("image_shape", [3, 55, 1]), r"as `image_shape` one .*; got \[3, 55, 1\]"),
        (set_field("num_classes", 2**31), "at most 2147483647; got 2147483648"),
        (set_field("image_shape", [5, 3, 1]), None),
        (set_field("num_classes", 2), None),
    ],
)
def test_rejects_a_manifest_that_is_not_as_it_must_be(data_dir, edit, match):
    path = os.path.join(data_dir, "train", "manifest.json")
    fields = json.loads(contents(path).decode())
    edit(fields)
    overwrite(path, json.dumps(fields).encode())
    if match:
        with pytest.raises(ValueError, match=match) as error:
            load_image_records(data_dir, "train")
        assert path in str(error.value)
    else:  # As is said when an image is read.
        with pytest.raises(ValueError, match=r"of record \d .*tfrecords must"):
            read_all(load_image_records(data_dir, "train"))


def test_rejects_a_folder_in_the_place_of_the_manifest(data_dir):
    path = os.path.join(data_dir, "train", "manifest.json")
    os.remove(path)
    os.mkdir(path)
    with pytest.raises(ValueError, match="manifest.json must be a file; .*`write_image_records`"):
        load_image_records(data_dir, "train")


def test_rejects_a_manifest_of_both_kinds(data_dir):
    path = os.path.join(data_dir, "train", "manifest.json")
    fields = json.loads(contents(path).decode())
    summary = fields["files"]["train-images-0000-of-0003.tfrecords"]
    fields["files"]["train-r05-s-0000-of-0001.tfrecords"] = summary
    overwrite(path, json.dumps(fields).encode())
    with pytest.raises(ValueError, match="`image_shape` if, and only if, its files hold"):
        load_image_records(data_dir, "train")

import concurrent.futures
import os
import pickle
import threading

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from genflow.data import (
    RecordSet,
    batch_indices,
    batches,
    epoch_batches,
    record_framing,
    record_set,
)
from tests.data.tfrecords import (
    example,
    image_features,
    integers,
    random_images,
    write_file,
    write_split,
)

NUM_IMAGES = 23
IMAGES = random_images(NUM_IMAGES)
LABELS = (np.arange(NUM_IMAGES) * 7 % 10).astype(np.int32)


@pytest.fixture
def paths(tmp_path):
    return write_split(tmp_path, IMAGES, LABELS, num_shards=4)


def open_set(paths, **arguments):
    return RecordSet("some", paths, (4, 4, 3), num_classes=10, **arguments)


def read_sequentially(paths):
    """The serialized examples, as the original reads them."""
    with tf.Graph().as_default(), tf.Session() as session:
        record = tf.data.make_one_shot_iterator(tf.data.TFRecordDataset(paths)).get_next()
        found = []
        try:
            while True:
                found.append(session.run(record))
        except tf.errors.OutOfRangeError:
            return found


def test_reads_every_pixel_and_label(paths):
    opened = open_set(paths)
    images, labels = opened.read(np.arange(NUM_IMAGES))
    assert (len(opened), opened.image_shape) == (NUM_IMAGES, (4, 4, 3))
    assert (images.dtype, labels.dtype) == (np.uint8, np.int32)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)


def test_random_access_agrees_with_sequential_reading(paths):
    opened, serialized = open_set(paths), read_sequentially(paths)
    assert len(serialized) == NUM_IMAGES
    for i in np.random.RandomState(1).permutation(NUM_IMAGES):
        features = tf.train.Example.FromString(serialized[i]).features.feature
        images, labels = opened.read(np.array([i]))
        assert images.tobytes() == features["data"].bytes_list.value[0]
        assert labels.tolist() == list(features["label"].int64_list.value)


@pytest.mark.parametrize("num_threads", [1, 2, 7, 50])
def test_threads_make_no_difference(paths, num_threads):
    indices = np.array([22, 0, 5, 5, 17, 3])
    images, labels = open_set(paths, num_threads=num_threads).read(indices)
    np.testing.assert_array_equal(images, IMAGES[indices])
    np.testing.assert_array_equal(labels, LABELS[indices])


def test_the_threads_read_at_the_same_time(paths, monkeypatch):
    barrier = threading.Barrier(3, timeout=60)

    def read_payload(place, length):
        barrier.wait()  # Until three threads are here.
        return record_framing.read_payload(place, length)

    monkeypatch.setattr(record_set, "read_payload", read_payload)
    images, _ = open_set(paths, num_threads=3).read(np.arange(9))
    np.testing.assert_array_equal(images, IMAGES[:9])


def test_the_threads_index_files_at_the_same_time(paths, monkeypatch):
    barrier = threading.Barrier(4, timeout=60)

    def index_file(path, file_number):
        barrier.wait()
        return record_framing.index_file(path, file_number)

    monkeypatch.setattr(record_set, "index_file", index_file)
    opened = open_set(paths, num_threads=4)
    np.testing.assert_array_equal(opened.read(np.arange(NUM_IMAGES))[0], IMAGES)


def test_several_threads_may_read_at_once(paths):
    opened = open_set(paths, num_threads=2)
    orders = [np.random.RandomState(seed).permutation(NUM_IMAGES) for seed in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        found = list(threads.map(opened.read, orders))
    for order, (images, labels) in zip(orders, found):
        np.testing.assert_array_equal(images, IMAGES[order])
        np.testing.assert_array_equal(labels, LABELS[order])


def test_no_indices_give_no_images(paths):
    images, labels = open_set(paths, num_threads=3).read(np.array([], np.int64))
    assert (images.shape, labels.shape) == ((0, 4, 4, 3), (0,))


def test_the_arrays_belong_to_the_caller(paths):
    opened = open_set(paths)
    images, labels = opened.read(np.array([3]))
    images[:], labels[:] = 0, 0
    np.testing.assert_array_equal(opened.read(np.array([3]))[0], IMAGES[3:4])


def test_attributes_of_celeba_are_passed_over(tmp_path):
    payloads = [example(image_features(image, 0, attr=integers([1, -1] * 20))) for image in IMAGES]
    path = write_file(tmp_path / "celeba.tfrecords", payloads)
    images, labels = RecordSet("celeba", [path], (4, 4, 3)).read(np.arange(NUM_IMAGES))
    np.testing.assert_array_equal(images, IMAGES)
    assert not labels.any()


def test_take_and_shard_are_runs_of_the_examples(paths):
    opened = open_set(paths)
    taken = opened.take(5)
    assert (type(taken), taken.name, taken.num_classes) == (RecordSet, "some", 10)
    np.testing.assert_array_equal(taken.read(np.arange(5))[0], IMAGES[:5])
    assert len(opened) == NUM_IMAGES
    shards = [opened.shard(rank, size=3) for rank in range(3)]
    assert [len(shard) for shard in shards] == [7, 8, 8]
    read = [shard.read(np.arange(len(shard)))[0] for shard in shards]
    np.testing.assert_array_equal(np.concatenate(read), IMAGES)


def test_a_part_knows_no_other_examples(paths):
    shard = open_set(paths).shard(1, size=3)
    with pytest.raises(ValueError, match=r"`indices` must be in \[0, 8\)"):
        shard.read(np.array([8]))


@pytest.mark.parametrize(("rank", "size"), [(-1, 3), (3, 3), (0, 0), (0, NUM_IMAGES + 1)])
def test_rejects_a_shard_out_of_range(paths, rank, size):
    with pytest.raises(ValueError, match="must be .* got {}".format(size if rank == 0 else rank)):
        open_set(paths).shard(rank, size)


@pytest.mark.parametrize("num_examples", [0, NUM_IMAGES + 1])
def test_rejects_a_part_out_of_range(paths, num_examples):
    with pytest.raises(ValueError, match="the size of some; got {}".format(num_examples)):
        open_set(paths).take(num_examples)


@pytest.mark.parametrize("indices", [[-1], [NUM_IMAGES], [0, 2**40]])
def test_rejects_indices_out_of_range(paths, indices):
    match = r"`indices` must be in \[0, 23\), the size of some; got values from"
    with pytest.raises(ValueError, match=match):
        open_set(paths).read(np.array(indices))


def test_rejects_what_are_no_indices(paths):
    with pytest.raises(TypeError, match="`indices` must be integers; got float64"):
        open_set(paths).read(np.array([0.5]))
    with pytest.raises(TypeError, match="`indices` must be integers; got bool"):
        open_set(paths).read(np.array([True, False]))
    with pytest.raises(ValueError, match=r"`indices` must have 1 axis; got shape \(1, 2\)"):
        open_set(paths).read(np.array([[0, 1]]))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"paths": []}, "`paths` of some must name at least one file; got none"),
        ({"num_classes": 0}, "`num_classes` must be at least 1; got 0"),
        ({"num_threads": 0}, "`num_threads` must be at least 1; got 0"),
        ({"image_shape": (4, 4)}, r"`image_shape` must be three positive .*got \(4, 4\)"),
        ({"image_shape": (4, 0, 3)}, r"`image_shape` must be three positive .*got \(4, 0, 3\)"),
    ],
)
def test_rejects_wrong_arguments(paths, arguments, match):
    defaults = {"paths": paths, "image_shape": (4, 4, 3)}
    with pytest.raises(ValueError, match=match):
        RecordSet("some", **dict(defaults, **arguments))


@pytest.mark.parametrize("num_threads", [1, 3])
def test_a_damaged_record_is_named(paths, num_threads):
    opened = open_set(paths, num_threads=num_threads)
    with open(paths[2], "r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"\0\1\2")
    with pytest.raises(ValueError, match=r"record 5 \(byte \d+\) of .*0002-of-0004.tfrecords is"):
        opened.read(np.arange(NUM_IMAGES))
    images, _ = opened.read(np.arange(5))
    np.testing.assert_array_equal(images, IMAGES[:5])


def test_a_label_out_of_range_is_named(paths):
    opened = RecordSet("some", paths, (4, 4, 3), num_classes=9)
    index = LABELS.tolist().index(9)
    with pytest.raises(ValueError, match=r"label of record \d .* must be in \[0, 9\); got 9"):
        opened.read(np.array([index]))


def test_another_shape_is_named(paths):
    with pytest.raises(ValueError, match=r"record 0 \(byte 0\) of .* must have the shape \(8, 8, "):
        RecordSet("some", paths, (8, 8, 3)).read(np.array([0]))


def test_num_records_counts_by_file(paths):
    opened = open_set(paths)
    assert opened.num_records() == dict(zip(paths, [6, 6, 6, 5]))
    assert opened.take(7).num_records() == dict(zip(paths, [6, 1, 0, 0]))


def test_can_be_pickled(paths):
    """Worker processes get it so."""
    copied = pickle.loads(pickle.dumps(open_set(paths).take(9)))
    np.testing.assert_array_equal(copied.read(np.arange(9))[0], IMAGES[:9])


def test_repr_says_what_it_is(paths):
    expected = "RecordSet(name='some', image_shape=(4, 4, 3), num_classes=10)"
    assert repr(open_set(paths)) == expected


@pytest.mark.parametrize("start", [0, 3, 9])
def test_training_batches_are_the_batches_of_the_indices(paths, start):
    opened = open_set(paths, num_threads=2)
    with tf.Graph().as_default(), tf.Session() as session:
        stream = batches(opened, batch_size=5, seed=3, start=start)
        batch = tf.data.make_one_shot_iterator(stream).get_next()
        for step in range(start, start + 6):
            images, labels = session.run(batch)
            indices = batch_indices(NUM_IMAGES, 5, seed=3, step=step)
            np.testing.assert_array_equal(images, IMAGES[indices])
            np.testing.assert_array_equal(labels, LABELS[indices])


def test_evaluation_batches_go_once_through(paths):
    found = list(epoch_batches(open_set(paths), batch_size=10))
    assert [len(images) for images, labels in found] == [10, 10, 3]
    np.testing.assert_array_equal(np.concatenate([images for images, _ in found]), IMAGES)


def test_takes_the_middle_of_larger_images_only_when_asked_to(tmp_path):
    random = np.random.RandomState(0)
    images = [
        random.randint(256, size=shape).astype(np.uint8)
        for shape in [(6, 4, 3), (4, 9, 3), (4, 4, 3)]
    ]
    payloads = [example(image_features(image, 0)) for image in images]
    path = write_file(str(tmp_path / "a.tfrecords"), payloads)
    found, _ = RecordSet("a", [path], (4, 4, 3), crop=True).read(np.arange(3))
    np.testing.assert_array_equal(found[0], images[0][1:5])
    np.testing.assert_array_equal(found[1], images[1][:, 2:6])
    np.testing.assert_array_equal(found[2], images[2])
    with pytest.raises(ValueError, match=r"must have the shape \(4, 4, 3\); got \(6, 4, 3\)"):
        RecordSet("a", [path], (4, 4, 3)).read(np.arange(3))
    with pytest.raises(ValueError, match=r"the shape \(5, 4, 3\) or be larger; got \(4, 9, 3\)"):
        RecordSet("a", [path], (5, 4, 3), crop=True).read(np.arange(3))

import gc
import os
import threading
import time

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from tensorflow.python.eager import context

from genflow.data import (
    ImageSet,
    ImageSource,
    RandomAffine,
    RandomCrop,
    batch_indices,
    batches,
    epoch_batches,
)
from genflow.data.permutation import permutation


def read_labels(dataset, count):
    """The labels of the first batches, read in a session as in training."""
    with tf.Graph().as_default(), tf.Session() as session:
        labels = tf.data.make_one_shot_iterator(dataset()).get_next()[1]
        gc.collect()  # The data set itself is gone; its iterator must live on.
        return [session.run(labels).tolist() for _ in range(count)]


def test_batches_in_a_graph_are_the_batches_of_the_indices(numbered_set):
    found = read_labels(lambda: batches(numbered_set, batch_size=4, seed=5), count=7)
    assert found == [batch_indices(10, 4, seed=5, step=step).tolist() for step in range(7)]


def test_batches_in_eager_mode_are_the_batches_of_the_indices(numbered_set):
    with context.eager_mode():
        iterator = iter(batches(numbered_set, batch_size=4, seed=5))
        gc.collect()
        found = [next(iterator)[1].numpy().tolist() for _ in range(7)]
    assert found == [batch_indices(10, 4, seed=5, step=step).tolist() for step in range(7)]


def test_images_go_with_their_labels(numbered_set):
    with tf.Graph().as_default(), tf.Session() as session:
        batch = tf.data.make_one_shot_iterator(batches(numbered_set, 4, seed=0)).get_next()
        for _ in range(5):
            images, labels = session.run(batch)
            assert (images.dtype, labels.dtype) == (np.uint8, np.int32)
            assert images.shape == (4, 2, 3, 1)
            assert (images == labels.reshape([4, 1, 1, 1])).all()


def test_shapes_are_static(numbered_set):
    with tf.Graph().as_default():
        dataset = batches(numbered_set, batch_size=4, seed=0)
        images, labels = tf.data.make_one_shot_iterator(dataset).get_next()
    assert images.shape.as_list() == [4, 2, 3, 1]
    assert labels.shape.as_list() == [4]
    assert (images.dtype, labels.dtype) == (tf.uint8, tf.int32)


@pytest.mark.parametrize("start", [1, 2, 5])
def test_start_resumes_exactly(numbered_set, start):
    whole = read_labels(lambda: batches(numbered_set, 4, seed=7), count=8)
    rest = read_labels(lambda: batches(numbered_set, 4, seed=7, start=start), count=8 - start)
    assert rest == whole[start:]


def test_two_streams_do_not_disturb_each_other(numbered_set):
    with tf.Graph().as_default(), tf.Session() as session:
        datasets = [batches(numbered_set, 4, seed=seed) for seed in [1, 2]]
        labels = [tf.data.make_one_shot_iterator(dataset).get_next()[1] for dataset in datasets]
        for step in range(6):
            found = session.run(labels)
            assert found[0].tolist() == batch_indices(10, 4, seed=1, step=step).tolist()
            assert found[1].tolist() == batch_indices(10, 4, seed=2, step=step).tolist()


def test_an_epoch_has_no_example_twice_and_drops_its_tail():
    for epoch in range(3):
        steps = range(2 * epoch, 2 * epoch + 2)
        indices = np.concatenate([batch_indices(10, 4, seed=0, step=step) for step in steps])
        assert indices.tolist() == permutation(10, seed=0, epoch=epoch)[:8].tolist()
        assert len(set(indices)) == 8


def test_a_batch_size_that_divides_uses_every_example():
    indices = np.concatenate([batch_indices(12, 4, seed=0, step=step) for step in range(3)])
    assert sorted(indices) == list(range(12))


def test_epochs_and_seeds_have_different_orders():
    orders = [tuple(permutation(50, seed, epoch)) for seed in range(3) for epoch in range(3)]
    assert len(set(orders)) == 9


def test_indices_do_not_depend_on_what_was_asked_before():
    steps = [0, 900, 1, 3, 0, 2, 900]
    found = [batch_indices(10, 4, seed=0, step=step).tolist() for step in steps]
    assert found[0] == found[4]
    assert found[1] == found[6]
    assert found[1] == permutation(10, seed=0, epoch=450)[:4].tolist()


def test_a_caller_cannot_change_the_order():
    indices = batch_indices(10, 4, seed=0, step=0)
    with pytest.raises(ValueError, match="read-only"):
        indices[0] = 3


def test_indices_are_the_same_on_every_runtime():
    assert batch_indices(10, 4, seed=0, step=0).tolist() == [3, 7, 6, 4]
    assert batch_indices(10, 4, seed=0, step=2).tolist() == [9, 4, 0, 8]
    assert batch_indices(50000, 4, seed=2**32 - 1, step=10**6).tolist() == [
        48428,
        24437,
        31599,
        38488,
    ]


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_rejects_a_wrong_batch_size(numbered_set, batch_size):
    match = "`batch_size` must be between 1 and 10, .*; got {}".format(batch_size)
    with pytest.raises(ValueError, match=match):
        batches(numbered_set, batch_size, seed=0)
    with pytest.raises(ValueError, match=match):
        batch_indices(10, batch_size, seed=0, step=0)


def test_rejects_a_negative_start(numbered_set):
    with pytest.raises(ValueError, match="number of a batch must not be negative; got -1"):
        batches(numbered_set, 4, seed=0, start=-1)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_rejects_a_wrong_seed(numbered_set, seed):
    match = r"`seed` must be in \[0, 2\*\*32\); got {}".format(seed)
    with pytest.raises(ValueError, match=match):
        batches(numbered_set, 4, seed=seed)


def test_rejects_a_seed_that_is_no_integer(numbered_set):
    with pytest.raises(TypeError, match="integer"):
        batches(numbered_set, 4, seed=0.5)


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (5, [5, 5]), (20, [10])])
def test_epoch_batches_go_once_through_in_order(numbered_set, batch_size, sizes):
    found = list(epoch_batches(numbered_set, batch_size))
    assert [len(images) for images, labels in found] == sizes
    np.testing.assert_array_equal(np.concatenate([b[0] for b in found]), numbered_set.images)
    np.testing.assert_array_equal(np.concatenate([b[1] for b in found]), numbered_set.labels)


def test_epoch_batches_reject_a_wrong_batch_size_at_once(numbered_set):
    with pytest.raises(ValueError, match="`batch_size` must be at least 1; got 0"):
        epoch_batches(numbered_set, 0)


class Computed(ImageSource):
    """A set that holds no images, with nothing but what every set must have."""

    name, num_classes, image_shape = "computed", 10, (2, 3, 1)

    def __init__(self, labels):
        self._all_labels = np.array(labels, np.int32)

    def __len__(self):
        return len(self._all_labels)

    def read(self, indices):
        labels = self._all_labels[indices]
        images = np.zeros((len(labels),) + self.image_shape, np.uint8)
        return images + labels.astype(np.uint8).reshape([-1, 1, 1, 1]), labels

    def _part(self, first, last):
        return Computed(self._all_labels[first:last])


def read_batches(dataset, count):
    with tf.Graph().as_default(), tf.Session() as session:
        batch = tf.data.make_one_shot_iterator(dataset()).get_next()
        return [session.run(batch) for _ in range(count)]


def assert_equal_batches(found, expected):
    assert len(found) == len(expected)
    for (images, labels), (expected_images, expected_labels) in zip(found, expected):
        np.testing.assert_array_equal(images, expected_images)
        np.testing.assert_array_equal(labels, expected_labels)


@pytest.fixture
def random_set():
    images = np.random.RandomState(0).randint(256, size=[20, 8, 8, 3]).astype(np.uint8)
    return ImageSet("random", images, np.arange(20, dtype=np.int32), num_classes=20)


AFFINE = RandomAffine(shift=0.1, rotation=15, zoom=0.1, shear=0.02)


def test_batches_ask_only_what_every_set_has():
    found = read_batches(lambda: batches(Computed(range(10)), 4, seed=5), count=5)
    for step, (images, labels) in enumerate(found):
        assert labels.tolist() == batch_indices(10, 4, seed=5, step=step).tolist()
        assert (images == labels.reshape([4, 1, 1, 1])).all()


def test_epoch_batches_ask_only_what_every_set_has():
    found = list(epoch_batches(Computed(range(10)).shard(1, size=2), batch_size=2))
    assert [labels.tolist() for _, labels in found] == [[5, 6], [7, 8], [9]]
    assert [images.shape for images, _ in found] == [(2, 2, 3, 1), (2, 2, 3, 1), (1, 2, 3, 1)]


def test_images_are_augmented_and_labels_are_not(random_set):
    plain = read_batches(lambda: batches(random_set, 4, seed=1), count=7)
    changed = read_batches(lambda: batches(random_set, 4, seed=1, augment=AFFINE), count=7)
    for (images, labels), (changed_images, changed_labels) in zip(plain, changed):
        np.testing.assert_array_equal(labels, changed_labels)
        assert not np.array_equal(images, changed_images)


@pytest.mark.parametrize("num_parallel", [1, 4])
@pytest.mark.parametrize("start", [1, 6])
def test_an_augmented_stream_resumes_exactly(random_set, start, num_parallel):
    whole = read_batches(lambda: batches(random_set, 4, seed=7, augment=AFFINE), count=12)
    rest = read_batches(
        lambda: batches(random_set, 4, 7, start, augment=AFFINE, num_parallel=num_parallel),
        count=12 - start,
    )
    assert_equal_batches(rest, whole[start:])


def test_the_order_is_kept_when_early_batches_are_the_slow_ones(random_set):
    def slow_at_first(images, random):
        time.sleep(0.2 if (images == first).all() else 0)
        return images

    first = random_set.read(batch_indices(20, 4, seed=3, step=0))[0]
    plain = read_batches(lambda: batches(random_set, 4, seed=3), count=8)
    found = read_batches(
        lambda: batches(random_set, 4, seed=3, augment=slow_at_first, num_parallel=4), count=8
    )
    assert_equal_batches(found, plain)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="TensorFlow has but one thread")
def test_several_batches_are_made_at_once(random_set):
    inside, calls = threading.Barrier(2, timeout=20), []

    def meet(images, random):
        calls.append(None)
        if len(calls) <= 2:
            inside.wait()  # The first comes out when the second is in.
        return images

    found = read_batches(lambda: batches(random_set, 4, 0, augment=meet, num_parallel=2), count=2)
    assert len(found) == 2


def test_each_batch_and_seed_has_random_numbers_of_its_own(random_set):
    drawn = []

    def draw(images, random):
        drawn.append((random.randint(2**31), random.randint(2**31)))
        return images

    for seed, start in [(0, 0), (1, 0), (0, 2**32)]:
        read_batches(lambda s=seed, i=start: batches(random_set, 4, s, i, draw), count=4)
    for seed in range(2):  # The generators that shuffle epochs.
        random = np.random.RandomState([seed, 0])
        drawn.append((random.randint(2**31), random.randint(2**31)))
    assert len(set(drawn)) == len(drawn) >= 14


def test_augmented_batches_are_the_same_on_every_runtime(random_set):
    drawn = []

    def draw(images, random):
        drawn.append(random.randint(1000))
        return images

    read_batches(lambda: batches(random_set, 4, seed=5, start=3, augment=draw), count=1)
    assert drawn[0] == 146


def test_the_static_shape_is_that_of_the_augmented_images(random_set):
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = batches(random_set, 4, seed=0, augment=RandomCrop(5))
        images, _ = tf.data.make_one_shot_iterator(dataset).get_next()
        assert images.shape.as_list() == [4, 5, 5, 3]
        assert session.run(images).shape == (4, 5, 5, 3)


@pytest.mark.parametrize(
    ("augment", "found"),
    [
        (lambda images, random: images[:, :6], r"uint8 of shape \(4, 6, 8, 3\)"),
        (lambda images, random: images[:3], r"uint8 of shape \(3, 8, 8, 3\)"),
        (lambda images, random: images / 2, r"float64 of shape \(4, 8, 8, 3\)"),
        (lambda images, random: None, "None of shape None"),
    ],
)
def test_rejects_what_is_not_images_of_the_promised_shape(random_set, augment, found):
    match = r"`augment` must return uint8 images of shape \(4, 8, 8, 3\); got " + found
    with pytest.raises(tf.errors.OpError, match=match):
        read_batches(lambda: batches(random_set, 4, seed=0, augment=augment), count=1)


def test_rejects_an_augmentation_that_does_not_fit_at_once(random_set):
    with pytest.raises(ValueError, match="RandomCrop of size 9 needs images.*; got 8x8"):
        batches(random_set, 4, seed=0, augment=RandomCrop(9))


@pytest.mark.parametrize("num_parallel", [0, -1])
def test_rejects_a_wrong_num_parallel(random_set, num_parallel):
    match = "`num_parallel` must be at least 1; got {}".format(num_parallel)
    with pytest.raises(ValueError, match=match):
        batches(random_set, 4, seed=0, num_parallel=num_parallel)

import gc

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from tensorflow.python.eager import context

from genflow.data import batch_indices, batches, epoch_batches
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

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from genflow.data import (
    ImageSet,
    ImageSource,
    PartlyLabelledSet,
    TransformedSet,
    batch_indices,
    batches,
    epoch_batches,
    load_mnist,
)


def make_set(labels, num_classes):
    """A set in which each image is filled with its own number."""
    images = np.zeros([len(labels), 2, 3, 1], np.uint8)
    images += np.arange(len(labels), dtype=np.uint8).reshape([-1, 1, 1, 1])
    return ImageSet("numbered", images, np.array(labels, np.int32), num_classes)


@pytest.fixture
def source():
    """Twelve images of each of three classes, one class after the other."""
    return make_set([0] * 12 + [1] * 12 + [2] * 12, num_classes=3)


class OnDisk(ImageSource):
    """A set that has its labels only together with its images."""

    def __init__(self, image_set):
        self.name, self.num_classes = image_set.name, image_set.num_classes
        self.image_shape, self.num_read = image_set.image_shape, []
        self._image_set = image_set

    def __len__(self):
        return len(self._image_set)

    def read(self, indices):
        self.num_read.append(len(indices))
        return self._image_set.read(indices)

    def _part(self, first, last):
        return OnDisk(self._image_set._part(first, last))


class LabelsOnly(OnDisk):
    """A set that says its labels, and must not be asked for its images."""

    def read(self, indices):
        raise AssertionError("an image was read")

    def read_labels(self, indices):
        return self._image_set.read_labels(indices)


def numbers(image_set, indices):
    """Which images of the source these are, and their labels."""
    images, labels = image_set.read(indices)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int32)
    assert (images == images[:, :1, :1]).all()
    return images[:, 0, 0, 0].tolist(), labels.tolist()


# Which labels are known.


@pytest.mark.parametrize("count", [1, 5, 12])
def test_exactly_so_many_of_each_class_have_their_label(source, count):
    found = PartlyLabelledSet(source, labels_per_class=count)
    assert (found.num_labelled, found.num_unlabelled, len(found)) == (3 * count, 36, 3 * count + 36)
    images, labels = numbers(found, np.arange(found.num_labelled))
    assert np.bincount(labels).tolist() == [count] * 3
    assert len(set(images)) == 3 * count
    assert images == found.labelled_indices.tolist()
    assert source.labels[images].tolist() == labels


def test_every_image_is_there_once_more_without_its_label(source):
    found = PartlyLabelledSet(source, labels_per_class=5)
    images, labels = numbers(found, np.arange(15, len(found)))
    assert images == list(range(36))
    assert labels == [-1] * 36


def test_no_index_reveals_a_label(source):
    found = PartlyLabelledSet(source, labels_per_class=1)
    assert found.read(np.array([-1, -36, 3, 38]))[1].tolist() == [-1] * 4
    assert found.read_labels(np.array([-1, -36, 3, 38])).tolist() == [-1] * 4
    assert found.read_labels(np.arange(39)).tolist() == found.read(np.arange(39))[1].tolist()
    with pytest.raises(IndexError):
        found.read(np.array([39]))


def test_by_default_all_labels_are_known_whatever_their_number():
    found = PartlyLabelledSet(make_set([0, 2, 2, 2, 0, 2], num_classes=4))
    assert (found.num_labelled, found.num_unlabelled) == (6, 6)
    images, labels = numbers(found, np.arange(6))
    assert sorted(images) == list(range(6))
    assert labels == [0, 2, 0, 2, 2, 2]


def test_labels_that_the_source_does_not_know_stay_unknown(source):
    twice = PartlyLabelledSet(PartlyLabelledSet(source, labels_per_class=5), labels_per_class=2)
    assert (twice.num_labelled, twice.num_unlabelled) == (6, 51)
    assert max(twice.labelled_indices) < 15
    with pytest.raises(ValueError, match="got 6, and class 0 has 5"):
        PartlyLabelledSet(PartlyLabelledSet(source, labels_per_class=5), labels_per_class=6)


def test_fewer_labels_are_a_part_of_more(source):
    many = PartlyLabelledSet(source, labels_per_class=9, seed=4).labelled_indices.tolist()
    for count in [1, 2, 5]:
        few = PartlyLabelledSet(source, labels_per_class=count, seed=4).labelled_indices.tolist()
        assert few == many[: 3 * count]
    assert sorted(PartlyLabelledSet(source, seed=4).labelled_indices[:27]) == sorted(many)


def test_the_seed_decides_which(source):
    found = [tuple(PartlyLabelledSet(source, 4, seed=seed).labelled_indices) for seed in range(20)]
    assert len(set(found)) == 20
    assert tuple(PartlyLabelledSet(source, 4, seed=7).labelled_indices) == found[7]


def test_every_example_is_chosen_equally_often(source):
    chosen = [PartlyLabelledSet(source, 3, seed=seed).labelled_indices for seed in range(1000)]
    counts = np.bincount(np.ravel(chosen), minlength=36)
    deviations = (counts - 250) / np.sqrt(250 * 0.75)  # Each in 3 of 12 choices, as by a coin.
    assert np.abs(deviations).max() < 4


def test_which_labels_are_known_is_the_same_on_every_runtime(source):
    assert PartlyLabelledSet(source, 2, seed=5).labelled_indices.tolist() == [9, 17, 25, 5, 22, 31]


def test_labels_are_read_without_images_where_they_can_be(source):
    expected = PartlyLabelledSet(source, 4).labelled_indices.tolist()
    labels_only = LabelsOnly(source)
    cut = TransformedSet(labels_only.hold_out(6, seed=1)[0], lambda images: images)
    for known in [labels_only, cut]:
        PartlyLabelledSet(known, labels_per_class=2)
    assert PartlyLabelledSet(labels_only, 4).labelled_indices.tolist() == expected


def test_labels_are_read_with_images_a_part_at_a_time():
    labels = np.random.RandomState(0).randint(3, size=[2500])
    image_set = make_set(labels % 3, num_classes=3)
    on_disk = OnDisk(image_set)
    found = PartlyLabelledSet(on_disk, 50).labelled_indices.tolist()
    assert found == PartlyLabelledSet(image_set, 50).labelled_indices.tolist()
    assert on_disk.num_read == [1000, 1000, 500]


# What is in a batch.


@pytest.mark.parametrize(
    ("share", "batch_size", "rows"), [(0.5, 8, 4), (0.25, 8, 2), (0.9, 10, 9), (0.3, 5, 2)]
)
def test_the_first_rows_are_labelled_and_the_others_are_not(source, share, batch_size, rows):
    found = PartlyLabelledSet(source, 2, labelled_share=share)
    for step in range(20):
        indices = found.batch_indices(batch_size, seed=1, step=step)
        assert indices.dtype == np.int64
        labels = found.read(indices)[1]
        assert (labels[:rows] >= 0).all()
        assert labels[rows:].tolist() == [-1] * (batch_size - rows)


def test_the_unlabelled_rows_go_through_all_images_in_epochs(source):
    found = PartlyLabelledSet(source, 2)
    epochs = [
        [found.batch_indices(12, seed=3, step=6 * epoch + part)[6:] for part in range(6)]
        for epoch in range(3)
    ]
    orders = [(np.concatenate(parts) - 6).tolist() for parts in epochs]
    assert [sorted(order) for order in orders] == [list(range(36))] * 3
    assert orders[0] != orders[1]
    assert orders[1] == np.concatenate([batch_indices(36, 6, 3, 6 + n) for n in range(6)]).tolist()


@pytest.mark.parametrize("rows", [1, 4, 6, 7, 15])
def test_the_labelled_rows_occur_equally_often_at_any_time(source, rows):
    """Also where the six labelled ones are fewer than the rows of a batch."""
    found = PartlyLabelledSet(source, 2)
    counts = np.zeros([6], int)
    for step in range(40):
        counts += np.bincount(found.batch_indices(2 * rows, 0, step)[:rows], minlength=6)
        assert counts.max() - counts.min() <= 1
    assert counts.sum() == 40 * rows


def test_labelled_rows_have_a_new_order_each_time(source):
    found = PartlyLabelledSet(source, 2)
    orders = [tuple(found.batch_indices(12, seed=s, step=i)[:6]) for s in [0, 1] for i in range(5)]
    assert len(set(orders)) == 10


def test_labelled_and_unlabelled_rows_have_orders_of_their_own(source):
    found = PartlyLabelledSet(source)
    for step in range(6):
        labelled, unlabelled = found.batch_indices(12, seed=0, step=step).reshape([2, 6])
        assert labelled.tolist() != (unlabelled - 36).tolist()
        images = found.labelled_indices[labelled]
        assert images.tolist() != (unlabelled - 36).tolist()


def test_indices_do_not_depend_on_what_was_asked_before(source):
    steps = [0, 900, 1, 3, 0, 2, 900]
    one, two = PartlyLabelledSet(source, 2), PartlyLabelledSet(source, 2)
    found = [one.batch_indices(10, seed=0, step=step).tolist() for step in steps]
    assert found == [two.batch_indices(10, 0, step).tolist() for step in steps[::-1]][::-1]
    assert (found[0], found[1]) == (found[4], found[6])


def test_indices_are_the_same_on_every_runtime(source):
    found = PartlyLabelledSet(source, 2)
    assert found.batch_indices(10, seed=0, step=100).tolist() == [3, 0, 5, 1, 5, 32, 25, 21, 9, 41]


def read_batches(image_set, count, **arguments):
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = batches(image_set, batch_size=10, seed=7, **arguments)
        batch = tf.data.make_one_shot_iterator(dataset).get_next()
        return [[array.tolist() for array in session.run(batch)] for _ in range(count)]


@pytest.mark.parametrize("start", [1, 6])
def test_a_stream_of_batches_resumes_exactly(source, start):
    found = PartlyLabelledSet(source, 2)
    whole = read_batches(found, 9)
    expected = [found.read(found.batch_indices(10, seed=7, step=step)) for step in range(9)]
    assert whole == [[images.tolist(), labels.tolist()] for images, labels in expected]
    rest = read_batches(found, 9 - start, start=start, num_parallel=3)
    assert rest == whole[start:]


def test_a_transformed_set_has_the_same_batches(source):
    found = PartlyLabelledSet(source, 2)
    changed = TransformedSet(found, lambda images: images + np.uint8(100))
    for (images, labels), (other, other_labels) in zip(
        read_batches(found, 4), read_batches(changed, 4)
    ):
        assert (np.array(images) + 100).tolist() == other
        assert labels == other_labels


def test_epoch_batches_go_through_all_of_it(source):
    found = PartlyLabelledSet(source, 2)
    labels = np.concatenate([labels for _, labels in epoch_batches(found, 10)])
    assert labels.tolist() == [0, 1, 2, 0, 1, 2] + [-1] * 36


# Parts.


@pytest.mark.parametrize("changed", [False, True])
def test_shards_are_disjoint_and_together_everything(source, changed):
    found = PartlyLabelledSet(source, 5)
    whole = TransformedSet(found, lambda images: images) if changed else found
    parts = [whole.shard(rank, size=4) for rank in range(4)]
    for count, expected in [("labelled", found.labelled_indices), ("unlabelled", np.arange(36))]:
        seen = []
        for part in parts:
            images, labels = numbers(part, np.arange(len(part)))
            seen += [i for i, label in zip(images, labels) if (label >= 0) == (count == "labelled")]
        assert sorted(seen) == sorted(expected)
    for part in parts:
        labels = part.read_labels(part.batch_indices(6, seed=0, step=2))
        assert (labels >= 0).tolist() == [True] * 3 + [False] * 3


def test_a_shard_knows_its_own(source):
    part = PartlyLabelledSet(source, 5).shard(1, size=3)
    assert (part.num_labelled, part.num_unlabelled, len(part)) == (5, 12, 17)
    images, labels = numbers(part, np.arange(17))
    assert images == part.labelled_indices.tolist() + list(range(12, 24))
    assert labels == source.labels[part.labelled_indices].tolist() + [-1] * 12


@pytest.mark.parametrize("part", [False, True])
def test_the_labelled_ones_are_a_set_of_their_own(source, part):
    found = PartlyLabelledSet(source, 5)
    found = found.shard(1, size=2) if part else found
    labelled = found.labelled()
    assert len(labelled) == found.num_labelled == (8 if part else 15)
    images, labels = numbers(labelled, np.arange(len(labelled)))
    assert (images, labels) == numbers(found, np.arange(found.num_labelled))
    assert len(labelled.take(6)) == len(labelled.sample(6, seed=0)) == 6


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("name", ["take", "sample", "hold_out", "select"])
def test_other_parts_are_refused(source, name, changed):
    found = PartlyLabelledSet(source, 5)
    whole = TransformedSet(found, lambda images: images) if changed else found
    arguments = {"take": [4], "select": [[4, 0]]}.get(name, [4, 0])
    match = "no `take`, `sample`, `hold_out` or `select`.*made of .numbered.*first, and make"
    with pytest.raises(TypeError, match=match):
        getattr(whole, name)(*arguments)


def test_the_labelled_indices_cannot_be_changed(source):
    with pytest.raises(ValueError, match="read-only"):
        PartlyLabelledSet(source, 5).labelled_indices[0] = 3


# What is refused.


@pytest.mark.parametrize("count", [0, -1, 2.0, True, "10"])
def test_rejects_a_wrong_number_of_labels(source, count):
    match = "`labels_per_class` must be a positive integer.*; got {!r}".format(count)
    with pytest.raises(ValueError, match=match):
        PartlyLabelledSet(source, labels_per_class=count)


def test_rejects_more_labels_than_a_class_has():
    match = "of every class of numbered; got 3, and class 1 has 2"
    with pytest.raises(ValueError, match=match):
        PartlyLabelledSet(make_set([0] * 5 + [1] * 2, num_classes=2), labels_per_class=3)
    with pytest.raises(ValueError, match="got 1, and class 2 has 0"):
        PartlyLabelledSet(make_set([0] * 5 + [1] * 2, num_classes=3), labels_per_class=1)


def test_rejects_a_source_without_labels(source):
    class Unlabelled(LabelsOnly):
        def read_labels(self, indices):
            return np.full(len(indices), -1, np.int32)

    with pytest.raises(ValueError, match="none of numbered has one"):
        PartlyLabelledSet(Unlabelled(source))


def test_takes_no_longer_for_classes_that_do_not_occur():
    source = make_set([0, 2, 2, 2, 0, 2], num_classes=10**15)
    assert source.labels[PartlyLabelledSet(source).labelled_indices].tolist() == [0, 2, 0, 2, 2, 2]
    with pytest.raises(ValueError, match="got 2, and class 1 has 0"):
        PartlyLabelledSet(source, labels_per_class=2)


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, float("nan")])
def test_rejects_a_share_out_of_range(source, share):
    with pytest.raises(ValueError, match="`labelled_share` must be greater.*got {}".format(share)):
        PartlyLabelledSet(source, labelled_share=share)


@pytest.mark.parametrize(("batch_size", "share"), [(1, 0.5), (0, 0.5), (4, 0.1), (4, 0.9)])
def test_rejects_a_batch_that_is_too_small(source, batch_size, share):
    found = PartlyLabelledSet(source, 2, labelled_share=share)
    match = "`batch_size` must leave a row for labelled.*{} are.*; got {}".format(share, batch_size)
    with pytest.raises(ValueError, match=match):
        batches(found, batch_size, seed=0)


def test_rejects_a_batch_that_is_too_large(source):
    found = PartlyLabelledSet(source, 2)
    assert len(found.batch_indices(72, seed=0, step=0)) == 72
    match = "at most 36 unlabelled examples, the images of numbered; got 74, which has 37"
    with pytest.raises(ValueError, match=match):
        found.batch_indices(74, seed=0, step=0)


def test_rejects_wrong_seeds_and_steps(source):
    with pytest.raises(ValueError, match="`seed` must be in"):
        PartlyLabelledSet(source, seed=-1)
    found = PartlyLabelledSet(source)
    with pytest.raises(ValueError, match="`seed` must be in"):
        found.batch_indices(4, seed=2**32, step=0)
    with pytest.raises(ValueError, match="must not be negative; got -1"):
        found.batch_indices(4, seed=0, step=-1)


def test_rejects_more_processes_than_labelled_examples(source):
    found = PartlyLabelledSet(source, 1)
    with pytest.raises(ValueError, match="at most 3, the number of labelled examples.*; got 4"):
        found.shard(0, size=4)
    with pytest.raises(ValueError, match="`rank` must be in"):
        found.shard(3, size=3)


# Real images.


@pytest.mark.parametrize("count", [10, 100])
def test_labels_of_mnist(real_mnist_dir, count):
    mnist = load_mnist("train", real_mnist_dir)
    found = PartlyLabelledSet(mnist, labels_per_class=count)
    assert (found.num_labelled, found.num_unlabelled) == (10 * count, 60000)
    indices = np.concatenate([found.batch_indices(200, seed=1, step=step) for step in range(20)])
    images, labels = found.read(indices)
    is_labelled = np.tile(np.arange(200) < 100, 20)
    assert (labels[~is_labelled] == -1).all()
    chosen = found.labelled_indices[indices[is_labelled]]
    np.testing.assert_array_equal(images[is_labelled], mnist.images[chosen])
    np.testing.assert_array_equal(labels[is_labelled], mnist.labels[chosen])
    np.testing.assert_array_equal(np.bincount(labels[is_labelled]), [200] * 10)


def test_all_labels_of_mnist(real_mnist_dir):
    found = PartlyLabelledSet(load_mnist("train", real_mnist_dir))
    assert (found.num_labelled, len(found)) == (60000, 120000)
    assert len(set(found.labelled_indices.tolist())) == 60000

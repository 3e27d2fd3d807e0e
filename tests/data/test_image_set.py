import dataclasses

import numpy as np
import pytest

from genflow.data import ImageSet

IMAGES = np.zeros([4, 2, 2, 3], np.uint8)
LABELS = np.array([0, 1, 2, 1], np.int32)


def test_length_and_fields():
    image_set = ImageSet("blank", IMAGES, LABELS, num_classes=3)
    assert len(image_set) == 4
    assert image_set.images is IMAGES
    assert image_set.labels is LABELS


def test_repr_does_not_print_the_arrays():
    assert repr(ImageSet("blank", IMAGES, LABELS, 3)) == "ImageSet(name='blank', num_classes=3)"


def test_is_frozen():
    image_set = ImageSet("blank", IMAGES, LABELS, num_classes=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        image_set.images = IMAGES


def test_take_returns_the_first_examples(numbered_set):
    taken = numbered_set.take(3)
    assert taken.labels.tolist() == [0, 1, 2]
    assert taken.images[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert (taken.name, taken.num_classes) == ("numbered", 10)


def test_image_shape():
    assert ImageSet("blank", IMAGES, LABELS, 3).image_shape == (2, 2, 3)


def test_read_returns_the_examples_in_the_order_asked_for(numbered_set):
    images, labels = numbered_set.read(np.array([7, 0, 7]))
    assert labels.tolist() == [7, 0, 7]
    assert images[:, 1, 2, 0].tolist() == [7, 0, 7]
    assert (images.dtype, labels.dtype) == (np.uint8, np.int32)


def test_what_was_read_belongs_to_the_caller(numbered_set):
    images, labels = numbered_set.read(np.arange(10))
    images[:], labels[:] = 99, 99
    assert numbered_set.labels.tolist() == list(range(10))
    assert numbered_set.images.max() == 9


def test_shards_are_contiguous_and_together_the_whole_set(numbered_set):
    shards = [numbered_set.shard(rank, size=3) for rank in range(3)]
    assert [shard.labels.tolist() for shard in shards] == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    assert [shard.images[0, 0, 0, 0] for shard in shards] == [0, 3, 6]
    assert {(shard.name, shard.num_classes) for shard in shards} == {("numbered", 10)}


def test_take_and_shard_do_not_copy(numbered_set):
    assert np.shares_memory(numbered_set.take(3).images, numbered_set.images)
    assert np.shares_memory(numbered_set.shard(1, 2).images, numbered_set.images)


@pytest.mark.parametrize(("rank", "size"), [(2, 2), (-1, 2), (0, 11), (0, 0)])
def test_shard_rejects_what_is_out_of_range(numbered_set, rank, size):
    with pytest.raises(ValueError, match="must be"):
        numbered_set.shard(rank, size)


@pytest.mark.parametrize("num_examples", [0, -1, 11])
def test_take_rejects_a_wrong_number(numbered_set, num_examples):
    match = "between 1 and 10, the size of numbered; got {}".format(num_examples)
    with pytest.raises(ValueError, match=match):
        numbered_set.take(num_examples)


@pytest.mark.parametrize(
    ("images", "labels", "match"),
    [
        (IMAGES.astype(np.float32), LABELS, "`images` must be a numpy array of uint8; got float32"),
        (IMAGES.tolist(), LABELS, "`images` must be a numpy array of uint8; got list"),
        (IMAGES, LABELS.astype(np.int64), "`labels` must be a numpy array of int32; got int64"),
    ],
)
def test_rejects_wrong_types(images, labels, match):
    with pytest.raises(TypeError, match=match):
        ImageSet("wrong", images, labels, num_classes=3)


@pytest.mark.parametrize(
    ("images", "labels", "num_classes", "match"),
    [
        (IMAGES[0], LABELS, 3, r"`images` must have 4 axes.*got shape \(2, 2, 3\)"),
        (IMAGES, LABELS[:, None], 3, r"`labels` must have 1 axes.*got shape \(4, 1\)"),
        (IMAGES[:0], LABELS[:0], 3, r"none of them empty; got shape \(0, 2, 2, 3\)"),
        (IMAGES[:3], LABELS, 3, "must have one length; got 3 and 4"),
        (IMAGES, LABELS, 2, r"`labels` must lie in \[0, 2\); got values from 0 to 2"),
        (IMAGES, LABELS - 1, 3, r"`labels` must lie in \[0, 3\); got values from -1 to 1"),
        (IMAGES, LABELS, 0, "`num_classes` must be positive; got 0"),
    ],
)
def test_rejects_wrong_values(images, labels, num_classes, match):
    with pytest.raises(ValueError, match=match):
        ImageSet("wrong", images, labels, num_classes)

import os

import numpy as np
import pytest
from PIL import Image

from genflow.data import ImageSource, TransformedSet, epoch_batches, load_image_folder


def labels_of(source):
    return source.read(np.arange(len(source)))[1].tolist()


def test_a_sample_has_no_example_twice_and_its_images_and_labels_belong_together(numbered_set):
    sample = numbered_set.sample(6, seed=0)
    images, labels = sample.read(np.arange(6))
    assert isinstance(sample, ImageSource)
    assert (len(sample), len(set(labels.tolist()))) == (6, 6)
    assert images[:, 0, 0, 0].tolist() == labels.tolist()
    assert sample.read(np.array([4, 1, 4]))[1].tolist() == labels[[4, 1, 4]].tolist()
    assert (sample.name, sample.num_classes) == ("numbered", 10)
    assert sample.image_shape == numbered_set.image_shape
    assert sorted(labels_of(numbered_set.sample(10, seed=3))) == list(range(10))


def test_the_seed_decides_and_a_smaller_sample_begins_a_larger_one(numbered_set):
    found = labels_of(numbered_set.sample(6, seed=0))
    assert labels_of(numbered_set.sample(6, seed=0)) == found
    assert labels_of(numbered_set.sample(3, seed=0)) == found[:3]
    assert labels_of(numbered_set.sample(6, seed=1)) != found
    assert found != sorted(found)


def test_every_example_is_drawn_equally_often(numbered_set):
    drawn = [labels_of(numbered_set.sample(3, seed)) for seed in range(2000)]
    counts = np.bincount(np.ravel(drawn), minlength=10)
    deviations = (counts - 600) / np.sqrt(600 * 0.7)  # Each in 3 of 10 samples, as by a coin.
    assert np.abs(deviations).max() < 4


def test_parts_of_a_sample(numbered_set):
    sample = numbered_set.sample(6, seed=0)
    labels = labels_of(sample)
    assert labels_of(sample.take(4)) == labels[:4]
    assert labels_of(sample.shard(1, size=2)) == labels[3:]
    again = labels_of(sample.sample(6, seed=1))
    assert again != labels
    assert sorted(again) == sorted(labels)


def test_a_sample_is_a_set_for_batches_and_transforms(numbered_set):
    sample = numbered_set.sample(6, seed=0)
    found = [labels.tolist() for _, labels in epoch_batches(sample, batch_size=4)]
    assert found == [labels_of(sample)[:4], labels_of(sample)[4:]]
    changed = TransformedSet(numbered_set, lambda images: images + np.uint8(100)).sample(6, seed=0)
    images, labels = changed.read(np.arange(6))
    assert (images[:, 0, 0, 0] - 100).tolist() == labels.tolist() == labels_of(sample)


def test_a_sample_of_a_folder_has_all_classes(tmp_path):
    """The first images of a folder with a folder for each class are all of one class."""
    for number in range(40):
        path = tmp_path / ("cat" if number < 20 else "dog") / "{}.png".format(number)
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4), number).save(str(path))
    images = load_image_folder(str(tmp_path), 4, "*.png", class_name=os.path.dirname)
    assert set(labels_of(images.take(10))) == {0}
    assert set(labels_of(images.sample(10, seed=0))) == {0, 1}


def test_what_is_held_out_and_the_rest_are_disjoint_and_together_everything(numbered_set):
    for count in range(1, 10):
        rest, held_out = numbered_set.hold_out(count, seed=3)
        assert (len(rest), len(held_out)) == (10 - count, count)
        assert sorted(labels_of(rest) + labels_of(held_out)) == list(range(10))


def test_the_seed_decides_what_is_held_out(numbered_set):
    found = [tuple(labels_of(numbered_set.hold_out(4, seed)[1])) for seed in range(20)]
    assert len(set(found)) == 20
    assert labels_of(numbered_set.hold_out(4, seed=7)[1]) == list(found[7])
    assert labels_of(numbered_set.hold_out(2, seed=7)[1]) == list(found[7][:2])
    assert found[5] == (9, 3, 1, 7)  # On every runtime.


def test_every_example_is_held_out_equally_often(numbered_set):
    drawn = [labels_of(numbered_set.hold_out(3, seed)[1]) for seed in range(2000)]
    deviations = (np.bincount(np.ravel(drawn), minlength=10) - 600) / np.sqrt(600 * 0.7)
    assert np.abs(deviations).max() < 4


def test_a_sample_by_the_same_seed_says_nothing_about_what_is_held_out(numbered_set):
    """Were it the end of the order that `sample` takes from the beginning, none would be shared."""
    shared = 0
    for seed in range(2000):
        held_out = labels_of(numbered_set.hold_out(3, seed)[1])
        shared += len(set(held_out) & set(labels_of(numbered_set.sample(3, seed))))
    # Hypergeometric: 3 of 10 drawn twice share 0.9, with a variance of 0.49.
    assert abs(shared - 2000 * 0.9) < 4 * np.sqrt(2000 * 0.49)


@pytest.mark.parametrize("count", [0, -1, 10])
def test_rejects_a_wrong_number_to_hold_out(numbered_set, count):
    match = "at least 1 and less than 10, the size of numbered.*; got {}".format(count)
    with pytest.raises(ValueError, match=match):
        numbered_set.hold_out(count, seed=0)


def test_labels_of_any_set_are_those_that_it_reads(numbered_set):
    rest, _ = numbered_set.hold_out(3, seed=0)
    changed = TransformedSet(rest.take(6), lambda images: images)
    for source in [numbered_set, rest, changed, changed.sample(4, seed=1)]:
        indices = np.array([3, 0, 3])
        assert source.read_labels(indices).tolist() == source.read(indices)[1].tolist()


@pytest.mark.parametrize("num_examples", [0, -1, 11])
def test_rejects_a_wrong_number(numbered_set, num_examples):
    match = "between 1 and 10, the size of numbered; got {}".format(num_examples)
    with pytest.raises(ValueError, match=match):
        numbered_set.sample(num_examples, seed=0)


def test_any_examples_may_be_selected(numbered_set):
    chosen = numbered_set.select([7, 2, 7])
    assert labels_of(chosen) == [numbered_set.labels[i] for i in (7, 2, 7)]
    assert labels_of(chosen.select([1])) == [numbered_set.labels[2]]


@pytest.mark.parametrize("indices", [[], [10], [-1], [[1, 2]]])
def test_rejects_what_cannot_be_selected(numbered_set, indices):
    with pytest.raises(ValueError, match="`indices` must be numbers from 0 to 9, at least one"):
        numbered_set.select(indices)


def test_rejects_a_wrong_seed(numbered_set):
    with pytest.raises(ValueError, match="`seed` must be in"):
        numbered_set.sample(3, seed=-1)

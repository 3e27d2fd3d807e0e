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


@pytest.mark.parametrize("num_examples", [0, -1, 11])
def test_rejects_a_wrong_number(numbered_set, num_examples):
    match = "between 1 and 10, the size of numbered; got {}".format(num_examples)
    with pytest.raises(ValueError, match=match):
        numbered_set.sample(num_examples, seed=0)


def test_rejects_a_wrong_seed(numbered_set):
    with pytest.raises(ValueError, match="`seed` must be in"):
        numbered_set.sample(3, seed=-1)

"""What a model is trained on, chosen by and tested on have no example in common."""

import itertools

import numpy as np
import pytest

from genflow.data import ImageSet, PartlyLabelledSet, load_digits, load_mnist


def numbered(image_set, first=0):
    """The same set with a number for each example, written into its image."""
    numbers = np.arange(first, first + len(image_set), dtype=np.uint32)
    images = numbers.view(np.uint8).reshape([-1, 2, 2, 1])
    return ImageSet(image_set.name, images, image_set.labels, image_set.num_classes)


def numbers_in(source):
    images = source.read(np.arange(len(source)))[0]
    return np.ascontiguousarray(images).reshape([-1, 4]).view(np.uint32)[:, 0].tolist()


def synthetic():
    labels = np.random.RandomState(0).randint(3, size=[400]).astype(np.int32)
    images = np.zeros([400, 2, 2, 1], np.uint8)
    whole = ImageSet("synthetic", images, labels, num_classes=3)
    return whole.take(300), ImageSet("synthetic", images[300:], labels[300:], num_classes=3)


def digits():
    return load_digits("train"), load_digits("test")


@pytest.fixture(params=["synthetic", "digits", "mnist"])
def published(request):
    """The training and the test set, in which each example has a number of its own."""
    if request.param == "mnist":
        folder = request.getfixturevalue("real_mnist_dir")
        train_set, test_set = load_mnist("train", folder), load_mnist("test", folder)
    else:
        train_set, test_set = {"synthetic": synthetic, "digits": digits}[request.param]()
    return numbered(train_set), numbered(test_set, first=len(train_set))


@pytest.mark.parametrize("seed", [0, 1])
def test_training_validation_and_test_have_nothing_in_common(published, seed):
    train_set, test_set = published
    rest, validation = train_set.hold_out(len(train_set) // 6, seed)
    parts = [numbers_in(part) for part in [rest, validation, test_set]]
    for one, other in itertools.combinations(parts, 2):
        assert not set(one) & set(other)
    assert sorted(sum(parts, [])) == list(range(len(train_set) + len(test_set)))


@pytest.mark.parametrize("labels_per_class", [5, None])
def test_no_image_of_semi_supervised_learning_is_held_out(published, labels_per_class):
    """Not even without its label, and whatever is drawn by the same seed."""
    train_set, test_set = published
    rest, validation = train_set.hold_out(len(train_set) // 6, seed=0)
    found = PartlyLabelledSet(rest, labels_per_class, seed=0)
    held_out = set(numbers_in(validation)) | set(numbers_in(test_set))
    everything = numbers_in(found)
    assert not set(everything) & held_out
    assert sorted(everything[found.num_labelled :]) == sorted(numbers_in(rest))
    steps = range(2 * len(rest) // 50)  # Two epochs.
    drawn = np.concatenate([found.batch_indices(100, seed=0, step=step) for step in steps])
    assert {everything[index] for index in drawn.tolist()} <= set(numbers_in(rest))


def test_shards_of_what_is_trained_on_are_not_held_out_either(published):
    rest, validation = published[0].hold_out(len(published[0]) // 6, seed=2)
    seen = [numbers_in(rest.shard(rank, size=3)) for rank in range(3)]
    assert sorted(sum(seen, []) + numbers_in(validation)) == list(range(len(published[0])))


def test_the_images_of_mnist_held_out_are_not_in_training(real_mnist_dir):
    """By their pixels; no two images of MNIST's training set are the same."""
    rest, validation = load_mnist("train", real_mnist_dir).hold_out(5000, seed=0)
    pixels = [{i.tobytes() for i in p.read(np.arange(len(p)))[0]} for p in [rest, validation]]
    assert [len(images) for images in pixels] == [55000, 5000]
    assert not pixels[0] & pixels[1]

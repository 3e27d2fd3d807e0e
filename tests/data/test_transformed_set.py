import numpy as np
import pytest

from genflow.data import CenterCrop, TransformedSet, epoch_batches


def brighten(images):
    return images + np.uint8(100)


def test_images_are_transformed_and_labels_are_not(numbered_set):
    changed = TransformedSet(numbered_set, brighten)
    images, labels = changed.read(np.array([7, 2]))
    assert labels.tolist() == [7, 2]
    np.testing.assert_array_equal(images, numbered_set.read(np.array([7, 2]))[0] + 100)


def test_is_otherwise_the_set_below(numbered_set):
    changed = TransformedSet(numbered_set, brighten)
    assert (len(changed), changed.name, changed.num_classes) == (10, "numbered", 10)
    assert changed.image_shape == numbered_set.image_shape


def test_the_shape_is_that_of_the_transformed_images(numbered_set):
    changed = TransformedSet(numbered_set, CenterCrop(2))
    assert changed.image_shape == (2, 2, 1)
    for images, _ in epoch_batches(changed, batch_size=4):
        assert images.shape[1:] == (2, 2, 1)


def test_parts_are_transformed_too(numbered_set):
    changed = TransformedSet(numbered_set, brighten)
    assert changed.take(3).read(np.arange(3))[0][:, 0, 0, 0].tolist() == [100, 101, 102]
    last = changed.shard(2, size=3)
    assert last.read(np.arange(len(last)))[0][:, 0, 0, 0].tolist() == [106, 107, 108, 109]


def test_rejects_a_transform_that_does_not_fit(numbered_set):
    with pytest.raises(ValueError, match="CenterCrop of size 3 needs images"):
        TransformedSet(numbered_set, CenterCrop(3))

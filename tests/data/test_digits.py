import numpy as np
import pytest
from sklearn import datasets

from genflow.data import load_digits


def test_sizes():
    train_set, test_set = load_digits("train"), load_digits("test")
    assert train_set.images.shape == (1500, 8, 8, 1)
    assert test_set.images.shape == (297, 8, 8, 1)
    assert (train_set.name, test_set.name) == ("digits-train", "digits-test")
    assert train_set.num_classes == test_set.num_classes == 10


def test_the_splits_are_the_whole_data_set_with_its_labels():
    digits = datasets.load_digits()
    whole = np.concatenate([digits.images.reshape([-1, 64]), digits.target[:, None]], axis=1)
    parts = []
    for part in [load_digits("train"), load_digits("test")]:
        levels = part.images.reshape([-1, 64]) * 16.0 / 255
        assert np.abs(levels - np.rint(levels)).max() < 0.04  # Half a step of 255.
        parts.append(np.concatenate([np.rint(levels), part.labels[:, None]], axis=1))
    found = np.concatenate(parts)
    assert sorted(map(tuple, found)) == sorted(map(tuple, whole))


def test_uses_the_whole_range():
    assert np.unique(load_digits("train").images).tolist() == [
        int(round(level * 255 / 16)) for level in range(17)
    ]


def test_seed_decides_the_split():
    first, again, other = [load_digits("test", seed=seed) for seed in [1, 1, 2]]
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


def test_order_is_the_same_on_every_runtime():
    assert load_digits("train").labels[:8].tolist() == [1, 6, 8, 9, 4, 9, 9, 1]


def test_scale_repeats_pixels():
    small, large = load_digits("test"), load_digits("test", scale=3)
    assert large.images.shape == (297, 24, 24, 1)
    for row in range(3):
        for column in range(3):
            np.testing.assert_array_equal(large.images[:, row::3, column::3], small.images)


@pytest.mark.parametrize("scale", [0, -1])
def test_rejects_a_wrong_scale(scale):
    with pytest.raises(ValueError, match="`scale` must be at least 1; got {}".format(scale)):
        load_digits("train", scale=scale)


def test_rejects_an_unknown_split():
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'all\''):
        load_digits("all")


def test_rejects_a_wrong_seed():
    with pytest.raises(ValueError, match=r"`seed` must be in \[0, 2\*\*32\); got -1"):
        load_digits("train", seed=-1)

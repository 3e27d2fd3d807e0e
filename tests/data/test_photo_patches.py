import numpy as np
import pytest
from sklearn import datasets

from genflow.data import load_photo_patches, photo_patches
from genflow.data.photo_patches import patch_corners

PHOTO_SIZE = (427, 640)


def covered(split, size, stride):
    """Which pixels of a photograph are in some patch of a split."""
    mask = np.zeros(PHOTO_SIZE, bool)
    for row, column in patch_corners(split, PHOTO_SIZE, size, stride):
        assert row + size <= PHOTO_SIZE[0]
        assert column + size <= PHOTO_SIZE[1]
        mask[row : row + size, column : column + size] = True
    return mask


@pytest.mark.parametrize(("size", "stride"), [(32, 8), (32, 1), (17, 5), (160, 160)])
def test_no_pixel_is_in_both_splits(size, stride):
    train, test = covered("train", size, stride), covered("test", size, stride)
    assert train.any()
    assert test.any()
    assert not (train & test).any()


def test_the_held_out_band_is_the_third_quarter():
    train, test = covered("train", 1, 1), covered("test", 1, 1)
    assert test[:, 320:480].all()
    assert train[:, :320].all()
    assert train[:, 480:].all()


def test_patches_hold_only_pixels_of_their_split(monkeypatch):
    photo = np.zeros(PHOTO_SIZE + (3,), np.uint8)
    photo[:, 320:480] = 255
    monkeypatch.setattr(photo_patches, "_photos", lambda: [photo, photo])
    assert load_photo_patches("train", stride=16).images.max() == 0
    assert load_photo_patches("test", stride=16).images.min() == 255


def test_default_sizes():
    train_set, test_set = load_photo_patches("train"), load_photo_patches("test")
    assert train_set.images.shape == (5400, 32, 32, 3)
    assert test_set.images.shape == (1700, 32, 32, 3)
    assert np.bincount(train_set.labels).tolist() == [2700, 2700]
    assert np.bincount(test_set.labels).tolist() == [850, 850]
    assert (train_set.name, test_set.name) == ("photo-patches-train", "photo-patches-test")
    assert train_set.num_classes == test_set.num_classes == 2


def test_patches_are_cut_from_the_photo_of_their_label():
    image_set = load_photo_patches("test", size=24, stride=40, seed=3)
    corners = patch_corners("test", PHOTO_SIZE, size=24, stride=40)
    expected = []
    for label, name in enumerate(["china.jpg", "flower.jpg"]):
        photo = datasets.load_sample_image(name)
        for row, column in corners:
            patch = photo[row : row + 24, column : column + 24]
            expected.append((label, patch.tobytes()))
    found = [(label, image.tobytes()) for label, image in zip(image_set.labels, image_set.images)]
    assert sorted(found) == sorted(expected)
    assert found != expected  # They are shuffled.


def test_channels_are_red_green_blue():
    china = load_photo_patches("train", stride=32)
    sky = china.images[china.labels == 0].reshape([-1, 32 * 32, 3]).mean(axis=1)
    brightest = sky[sky.sum(axis=1).argmax()]
    assert brightest[2] > brightest[0]  # The sky is blue.


def test_seed_decides_the_order():
    first, again, other = [load_photo_patches("test", stride=32, seed=seed) for seed in [1, 1, 2]]
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("size", [0, 161])
def test_rejects_a_wrong_size(split, size):
    match = "`size` must be between 1 and 160, .*quarter of a photograph; got {}".format(size)
    with pytest.raises(ValueError, match=match):
        load_photo_patches(split, size=size)


def test_rejects_a_size_beyond_the_height():
    with pytest.raises(ValueError, match="`size` must be between 1 and 8, "):
        patch_corners("train", photo_size=(8, 100), size=9, stride=1)


def test_rejects_a_wrong_stride():
    with pytest.raises(ValueError, match="`stride` must be at least 1; got 0"):
        load_photo_patches("train", stride=0)


def test_rejects_an_unknown_split():
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'valid\''):
        load_photo_patches("valid")

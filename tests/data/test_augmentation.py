import numpy as np
import pytest

from genflow.data import CenterCrop, Compose, RandomCrop, RandomFlip
from genflow.data.augmentation import Augmentation, output_shape

IMAGES = np.random.RandomState(0).randint(256, size=[5, 8, 6, 3]).astype(np.uint8)


class Add(Augmentation):
    """Adds a random number to all images."""

    def _augment(self, images, random):
        return images + np.uint8(random.randint(1, 100))


class Double(Augmentation):
    def _augment(self, images, random):
        return images * np.uint8(2)


def rng(seed=0):
    return np.random.RandomState(seed)


def test_compose_applies_its_parts_in_order():
    added = IMAGES + np.uint8(rng().randint(1, 100))
    np.testing.assert_array_equal(Compose([Add(), Double()])(IMAGES, rng()), added * np.uint8(2))


def test_the_parts_of_compose_draw_one_after_the_other():
    random = rng()
    total = random.randint(1, 100) + random.randint(1, 100)
    found = Compose([Add(), Add()])(IMAGES, rng())
    np.testing.assert_array_equal(found, IMAGES + np.uint8(total))


def test_compose_of_nothing_changes_nothing():
    assert Compose([])(IMAGES, rng()) is IMAGES
    assert Compose([]).output_shape((8, 6, 3)) == (8, 6, 3)


def test_compose_passes_the_shape_through_its_parts():
    augment = Compose([RandomCrop(6), lambda images, random: images, CenterCrop(4), RandomFlip()])
    assert augment.output_shape((8, 6, 3)) == (4, 4, 3)
    assert augment(IMAGES, rng()).shape == (5, 4, 4, 3)


def test_compose_does_not_see_a_list_change():
    parts = [RandomCrop(6)]
    augment = Compose(parts)
    parts.clear()
    assert augment.output_shape((8, 6, 3)) == (6, 6, 3)


def test_compose_rejects_what_cannot_be_called():
    with pytest.raises(TypeError, match="`parts` of Compose must be callables.*; got 'flip'"):
        Compose([RandomFlip(), "flip"])


def test_the_shape_stays_unless_something_else_is_said():
    assert Add().output_shape([8, 6, 3]) == (8, 6, 3)
    assert output_shape(lambda images, random: images, [8, 6, 3]) == (8, 6, 3)


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (IMAGES.astype(np.float32), r"float32 of shape \(5, 8, 6, 3\)"),
        (IMAGES[0], r"uint8 of shape \(8, 6, 3\)"),
        (IMAGES.tolist(), "list"),
    ],
)
@pytest.mark.parametrize("augment", [Add(), CenterCrop(2)], ids=["Add", "CenterCrop"])
def test_rejects_what_are_no_images(augment, images, found):
    match = "{} needs uint8 images of shape .*; got {}".format(type(augment).__name__, found)
    with pytest.raises(TypeError, match=match):
        augment(images, rng())


@pytest.mark.parametrize("random", [None, 0, np.random])
def test_rejects_what_is_no_generator(random):
    match = "Add needs a `np.random.RandomState` as `random`; got {}".format(type(random).__name__)
    with pytest.raises(TypeError, match=match):
        Add()(IMAGES, random)

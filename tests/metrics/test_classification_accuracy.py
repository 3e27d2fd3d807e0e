import numpy as np
import pytest

from genflow.data import ImageSet, PartlyLabelledSet
from genflow.metrics import classification_accuracy

LABELS = np.array([0, 1, 2, 2, 1, 0, 0], np.int32)
# The first pixel of an image says which.
IMAGES = np.tile(np.arange(7, dtype=np.uint8).reshape([7, 1, 1, 1]), [1, 2, 3, 1])
IMAGE_SET = ImageSet("seven", IMAGES, LABELS, num_classes=3)
# Right for the first, third, fourth and last; where two classes are equal, the first counts.
LOGITS = np.array(
    [[2, 1, 0], [2, 1, 0], [0, 1, 2], [-9, -8, -7], [0, 0, 3], [1, 2, 0], [5, 5, 0]], np.float32
)


class Judge:
    """Looks the logits up, and keeps count of the images that it has seen."""

    def __init__(self, logits):
        self.logits, self.seen = logits, []

    def __call__(self, images):
        assert images.dtype == np.uint8
        assert images.shape[1:] == (2, 3, 1)
        self.seen.append(images[:, 0, 0, 0].tolist())
        return self.logits[images[:, 0, 0, 0]]


@pytest.mark.parametrize(
    ("batch_size", "seen"),
    [(3, [[0, 1, 2], [3, 4, 5], [6]]), (7, [list(range(7))]), (500, [list(range(7))])],
)
def test_judges_every_image_once(batch_size, seen):
    judge = Judge(LOGITS)
    accuracy = classification_accuracy(judge, IMAGE_SET, batch_size)

    assert accuracy == 4.0 / 7.0
    assert type(accuracy) is float
    assert judge.seen == seen


def test_all_or_nothing():
    assert classification_accuracy(Judge(np.eye(3)[LABELS]), IMAGE_SET) == 1.0
    assert classification_accuracy(Judge(-np.eye(3)[LABELS]), IMAGE_SET) == 0.0


def test_the_logit_of_generated_images_has_no_say():
    logits = np.hstack([LOGITS, np.full([7, 1], 100.0)])

    assert classification_accuracy(Judge(logits), IMAGE_SET) == 4.0 / 7.0


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_rejects_what_is_not_finite(wrong):
    logits = np.hstack([LOGITS, np.zeros([7, 1])])
    logits[4:6, 3] = wrong

    message = "finite logits; got nan or infinity for 2 of 3 images of seven"
    with pytest.raises(ValueError, match=message):
        classification_accuracy(Judge(logits), IMAGE_SET, batch_size=3)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (LOGITS[:, :2], r"3 or 4 logits for each of 7 images, .*; got shape \(7, 2\)"),
        (np.zeros([7, 5]), r"3 or 4 logits .*, as seven has 3 classes; got shape \(7, 5\)"),
        (LOGITS[:, 0], r"3 or 4 logits .*; got shape \(7,\)"),
        (LOGITS[:, :, np.newaxis], r"3 or 4 logits .*; got shape \(7, 3, 1\)"),
    ],
)
def test_rejects_other_logits(logits, message):
    with pytest.raises(ValueError, match=message):
        classification_accuracy(Judge(logits), IMAGE_SET)


def test_rejects_logits_of_fewer_images():
    with pytest.raises(ValueError, match=r"for each of 7 images, .*got shape \(6, 3\)"):
        classification_accuracy(lambda images: LOGITS[:6], IMAGE_SET)


def test_rejects_no_batch():
    with pytest.raises(ValueError, match="`batch_size` must be at least 1; got 0"):
        classification_accuracy(Judge(LOGITS), IMAGE_SET, batch_size=0)


def test_rejects_a_set_without_all_its_labels():
    image_set = PartlyLabelledSet(IMAGE_SET, labels_per_class=1)

    with pytest.raises(ValueError, match="label for every image; seven has none for 7 of 10"):
        classification_accuracy(Judge(LOGITS), image_set)

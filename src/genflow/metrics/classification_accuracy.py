"""The accuracy of a classifier on a whole set of images."""

from typing import Callable

import numpy as np

from genflow.data import ImageSource, epoch_batches

Judge = Callable[[np.ndarray], np.ndarray]


def classification_accuracy(judge: Judge, image_set: ImageSource, batch_size: int = 500) -> float:
    """The share of all images of a set that are judged as their labels say.

    Each image is judged once, as the class of its largest logit. The discriminator of a
    semi-supervised GAN may have one logit more than there are classes, the last, for generated
    images; it has no say.

    Args:
        judge: From images `[n, height, width, channels]`, uint8, to their class logits
            `[n, num_classes]` or `[n, num_classes + 1]`, as numpy arrays; probabilities do as
            well.
        image_set: What is judged; every label must be known.
        batch_size: How many images are judged at once; of the last ones, there may be fewer.

    Returns:
        The accuracy, in [0, 1].

    Raises:
        ValueError: If the logits are of another shape, or not finite, a label is not known, or
            `batch_size` is not positive.

    Example:
        >>> from genflow.data import load_digits
        >>> def always_three(images):
        ...     return np.tile(np.eye(10)[3], [len(images), 1])
        >>> round(classification_accuracy(always_three, load_digits("test")), 1)
        0.1
    """
    num_right = 0
    for images, labels in epoch_batches(image_set, batch_size):
        logits = _checked_logits(judge(images), len(images), image_set)
        _check_labels(labels, image_set)
        found = logits[:, : image_set.num_classes].argmax(axis=1)
        num_right += int(np.sum(found == labels))
    return num_right / len(image_set)


def _checked_logits(logits: np.ndarray, count: int, image_set: ImageSource) -> np.ndarray:
    logits, num_classes = np.asarray(logits), image_set.num_classes
    if logits.shape not in [(count, num_classes), (count, num_classes + 1)]:
        raise ValueError(
            "`judge` must return {0} or {1} logits for each of {2} images, as {3} has {0} "
            "classes; got shape {4}.".format(
                num_classes, num_classes + 1, count, image_set.name, logits.shape
            )
        )
    num_wrong = np.sum(~np.isfinite(logits.astype(np.float64)).all(axis=1))
    if num_wrong:
        raise ValueError(
            "`judge` must return finite logits; got nan or infinity for {} of {} images of "
            "{}.".format(num_wrong, count, image_set.name)
        )
    return logits


def _check_labels(labels: np.ndarray, image_set: ImageSource) -> None:
    num_unknown = np.sum(labels < 0)
    if num_unknown:
        raise ValueError(
            "`image_set` must have a label for every image; {} has none for {} of {}: judge the "
            "set that its images come from.".format(image_set.name, num_unknown, len(labels))
        )

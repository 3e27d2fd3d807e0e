"""What measures need of a set of images."""

from typing import Iterable, NamedTuple, Optional

import numpy as np

from genflow.metrics.feature_extractor import FeatureExtractor
from genflow.metrics.feature_statistics import FeatureStatistics
from genflow.metrics.inception_score import InceptionScore

_FEWEST = 4  # The nearest neighbours of `precision_recall` are 3.


class MeasuredImages(NamedTuple):
    """What `measure_images` keeps of a set of images, for any number of `evaluate_samples`.

    Attributes:
        statistics: Of the features.
        features: `[images, dimension]`.
        inception_score: Or `None` if the extractor knows no classes.
        extractor_sha256: Of the extractor.
    """

    statistics: FeatureStatistics
    features: np.ndarray
    inception_score: Optional[float]
    extractor_sha256: str


def measure_images(
    batches: Iterable[np.ndarray], extractor: FeatureExtractor, name: str = "batches"
) -> MeasuredImages:
    """Extracts what measures need, from images as they come; only features are kept.

    Args:
        batches: Batches `[batch, height, width, channels]` uint8; at least 4 images.
        extractor: Where the features come from.
        name: What the progress bar and messages call the images.

    Returns:
        What has been found.

    Raises:
        ValueError: If images are not as the extractor takes them, or fewer than 4; or if a
            feature is not finite.

    Example:
        >>> import tempfile
        >>> from genflow.data import load_digits
        >>> from genflow.metrics import train_classifier
        >>> train_set, test_set = load_digits("train"), load_digits("test")
        >>> extract = train_classifier(
        ...     train_set, test_set, tempfile.mkdtemp(), num_steps=2, show_progress=False
        ... )
        >>> measure_images([test_set.images], extract).features.shape
        (297, 128)
    """
    statistics, score, features = FeatureStatistics(), InceptionScore(), []
    for found in extractor.of_batches(batches, name):
        statistics.add(found.features)
        features.append(found.features)
        if found.probabilities is not None:
            score.add(found.probabilities)
    if statistics.count < _FEWEST:
        raise ValueError(
            "`{}` must hold at least {} images; got {}.".format(name, _FEWEST, statistics.count)
        )
    inception_score = score.result()[0] if score.count else None
    return MeasuredImages(statistics, np.concatenate(features), inception_score, extractor.sha256)

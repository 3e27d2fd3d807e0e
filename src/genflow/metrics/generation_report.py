"""All measures of samples in one dictionary."""

from typing import Any, Dict, Iterable, NamedTuple, Optional

import numpy as np

from genflow.metrics.feature_extractor import FeatureExtractor
from genflow.metrics.feature_statistics import FeatureStatistics
from genflow.metrics.frechet_distance import frechet_distance
from genflow.metrics.inception_score import InceptionScore
from genflow.metrics.kernel_distance import kernel_distance
from genflow.metrics.precision_recall import precision_recall

Batches = Iterable[np.ndarray]

_NUM_NEIGHBORS = 3
_FEWEST = _NUM_NEIGHBORS + 1


class _Measured(NamedTuple):
    """What is kept of one set of images."""

    statistics: FeatureStatistics
    features: np.ndarray
    inception_score: Optional[float]


def evaluate_samples(
    fake_batches: Batches,
    real_batches: Batches,
    extractor: FeatureExtractor,
    reference_batches: Optional[Batches] = None,
    kid_subset_size: int = 1000,
    kid_num_subsets: int = 100,
    seed: int = 0,
) -> Dict[str, Any]:
    """Compares generated with real images by all measures, and says what they were made with.

    Images go through the extractor as they come; only features are kept. Numbers can be
    compared if their `extractor_sha256` and their counts are equal, and no others.

    Args:
        fake_batches: Generated images: batches `[batch, height, width, channels]` uint8.
        real_batches: Real images, as many as can be had.
        extractor: Where the features come from.
        reference_batches: Other real images. The distance between real images is what a
            perfect generator would have, up to the number of examples.
        kid_subset_size: See `kernel_distance`.
        kid_num_subsets: See `kernel_distance`.
        seed: Of the subsets.

    Returns:
        Numbers and strings, fit for JSON:

            fid                     `frechet_distance`
            kid, kid_std            `kernel_distance`
            precision, recall       `precision_recall`
            inception_score         `InceptionScore`, if the extractor knows classes,
            real_inception_score    ... and that of the real images
            num_fake, num_real      how many images there were
            extractor, extractor_sha256, extractor_accuracy
            real_fid, num_reference if there are `reference_batches`: the distance of
                                    `real_batches` from them, and their number

    Raises:
        ValueError: If images are not as the extractor takes them; if there are fewer than
            4 in a set, or 2 in the reference; or if a feature is not finite.

    Example:
        >>> import tempfile
        >>> from genflow.data import load_digits
        >>> from genflow.metrics import train_classifier
        >>> train_set, test_set = load_digits("train"), load_digits("test")
        >>> extract = train_classifier(
        ...     train_set, test_set, tempfile.mkdtemp(), num_steps=2, show_progress=False
        ... )
        >>> report = evaluate_samples([train_set.images[:90]], [test_set.images], extract)
        >>> report["num_fake"], report["num_real"], report["extractor"]
        (90, 297, 'classifier of digits-train')

    References:
        Lucic et al., Are GANs Created Equal? A Large-Scale Study, 2017.
        https://arxiv.org/abs/1711.10337
    """
    fake = _measured(fake_batches, extractor, "fake_batches", _FEWEST)
    real = _measured(real_batches, extractor, "real_batches", _FEWEST)
    kid, kid_std = kernel_distance(
        real.features, fake.features, kid_subset_size, kid_num_subsets, seed
    )
    precision, recall = precision_recall(real.features, fake.features, _NUM_NEIGHBORS)
    report = {
        "fid": frechet_distance(fake.statistics, real.statistics),
        "kid": kid,
        "kid_std": kid_std,
        "precision": precision,
        "recall": recall,
        "num_fake": fake.statistics.count,
        "num_real": real.statistics.count,
        "extractor": extractor.name,
        "extractor_sha256": extractor.sha256,
        "extractor_accuracy": extractor.accuracy,
    }
    if fake.inception_score is not None:
        report["inception_score"] = fake.inception_score
        report["real_inception_score"] = real.inception_score
    if reference_batches is not None:
        reference = _measured(reference_batches, extractor, "reference_batches", 2)
        report["real_fid"] = frechet_distance(real.statistics, reference.statistics)
        report["num_reference"] = reference.statistics.count
    return report


def _measured(
    batches: Batches, extractor: FeatureExtractor, argument: str, fewest: int
) -> _Measured:
    statistics, score, features = FeatureStatistics(), InceptionScore(), []
    for found in extractor.of_batches(batches, argument.split("_")[0]):
        statistics.add(found.features)
        features.append(found.features)
        if found.probabilities is not None:
            score.add(found.probabilities)
    if statistics.count < fewest:
        raise ValueError(
            "`{}` must hold at least {} images; got {}.".format(argument, fewest, statistics.count)
        )
    return _Measured(
        statistics, np.concatenate(features), score.result()[0] if score.count else None
    )

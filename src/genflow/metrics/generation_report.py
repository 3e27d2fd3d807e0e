"""All measures of samples in one dictionary."""

from typing import Any, Dict, Iterable, Optional, Union

import numpy as np

from genflow.metrics.feature_extractor import FeatureExtractor
from genflow.metrics.frechet_distance import frechet_distance
from genflow.metrics.kernel_distance import kernel_distance
from genflow.metrics.measured_images import MeasuredImages, measure_images
from genflow.metrics.precision_recall import precision_recall

Images = Union[Iterable[np.ndarray], MeasuredImages]

_NUM_NEIGHBORS = 3


def evaluate_samples(
    fake: Images,
    real: Images,
    extractor: FeatureExtractor,
    reference: Optional[Images] = None,
    kid_subset_size: int = 1000,
    kid_num_subsets: int = 100,
    seed: int = 0,
) -> Dict[str, Any]:
    """Compares generated with real images by all measures, and says what they were made with.

    Images go through the extractor as they come; only features are kept. Real images that
    are compared with again and again need to be extracted only once, by `measure_images`.
    Numbers can be compared if their `extractor_sha256` and their counts are equal, and no
    others.

    Args:
        fake: Generated images: batches `[batch, height, width, channels]` uint8, or what
            `measure_images` has made of them. At least 4, as of the others.
        real: The same of real images, as many as can be had.
        extractor: Where the features come from.
        reference: The same of other real images. The distance between real images is what a
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
            real_fid, num_reference if there is a `reference`: the distance of `real` from
                                    it, and its number of images

    Raises:
        ValueError: If images are not as the extractor takes them; if they were measured with
            another one; if there are fewer than 4 in a set; or if a feature is not finite.

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
    fake = _measured(fake, extractor, "fake")
    real = _measured(real, extractor, "real")
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
    if reference is not None:
        reference = _measured(reference, extractor, "reference")
        report["real_fid"] = frechet_distance(real.statistics, reference.statistics)
        report["num_reference"] = reference.statistics.count
    return report


def _measured(images: Images, extractor: FeatureExtractor, argument: str) -> MeasuredImages:
    if not isinstance(images, MeasuredImages):
        return measure_images(images, extractor, argument)
    if images.extractor_sha256 != extractor.sha256:
        raise ValueError(
            "`{}` must have been measured with {}, whose SHA-256 is {}; got the features of {}: "
            "measure the images again.".format(
                argument, extractor.path, extractor.sha256, images.extractor_sha256
            )
        )
    return images

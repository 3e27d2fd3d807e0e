import json

import pytest

from genflow.metrics import (
    FeatureExtractor,
    FeatureStatistics,
    InceptionScore,
    evaluate_samples,
    frechet_distance,
    kernel_distance,
    measure_images,
    precision_recall,
)
from tests.metrics.extractors import features_of, probabilities_of, random_images, save_extractor

FAKE, REAL, REFERENCE = (random_images(count, seed) for seed, count in enumerate([30, 40, 20]))
FAKE = FAKE // 2


@pytest.fixture
def extractor(tmp_path):
    graph = save_extractor(str(tmp_path / "mean.pb"), name="means", test_accuracy=0.75)
    return FeatureExtractor(graph, show_progress=False)


def in_batches(images, size):
    return (images[first : first + size] for first in range(0, len(images), size))


def distance(first, second):
    statistics = [FeatureStatistics(), FeatureStatistics()]
    for one, images in zip(statistics, (first, second)):
        one.add(features_of(images))
    return frechet_distance(*statistics)


def test_every_number_is_that_of_its_metric(extractor):
    found = evaluate_samples(in_batches(FAKE, 7), in_batches(REAL, 9), extractor)

    score, kid = InceptionScore(), kernel_distance(features_of(REAL), features_of(FAKE))
    score.add(probabilities_of(FAKE))
    real_score = InceptionScore()
    real_score.add(probabilities_of(REAL))
    precision, recall = precision_recall(features_of(REAL), features_of(FAKE))
    expected = {
        "fid": distance(FAKE, REAL),
        "kid": kid[0],
        "kid_std": kid[1],
        "inception_score": score.result()[0],
        "real_inception_score": real_score.result()[0],
        "precision": precision,
        "recall": recall,
        "num_fake": 30,
        "num_real": 40,
        "extractor_accuracy": 0.75,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5, abs=1e-7)
    assert found["extractor"] == "means"
    assert found["extractor_sha256"] == extractor.sha256
    assert sorted(found) == sorted(list(expected) + ["extractor", "extractor_sha256"])


def test_real_against_real_stands_beside_it(extractor):
    arguments = [in_batches(images, 8) for images in (FAKE, REAL)]
    found = evaluate_samples(*arguments, extractor, reference=in_batches(REFERENCE, 6))

    assert found["real_fid"] == pytest.approx(distance(REAL, REFERENCE), rel=1e-5)
    assert found["num_reference"] == 20
    assert 0.0 < found["real_fid"] < found["fid"]


def test_the_size_of_batches_makes_no_difference(extractor):
    found = [
        evaluate_samples(in_batches(FAKE, size), in_batches(REAL, size), extractor)
        for size in (1, 50)
    ]

    assert sorted(found[0]) == sorted(found[1])
    for name, value in found[0].items():
        if not isinstance(value, str):
            assert value == pytest.approx(found[1][name], rel=1e-5, abs=1e-8), name


def test_the_report_is_json(extractor):
    found = evaluate_samples([FAKE], [REAL], extractor, [REFERENCE])

    assert json.loads(json.dumps(found)) == found


def test_equal_sets(extractor):
    found = evaluate_samples([REAL], [REAL], extractor)

    assert found["fid"] == pytest.approx(0.0, abs=1e-9)
    assert (found["precision"], found["recall"]) == (1.0, 1.0)
    assert found["inception_score"] == found["real_inception_score"]


def test_without_classes_there_is_no_inception_score(tmp_path):
    graph = save_extractor(str(tmp_path / "mean.pb"), outputs=["features"])
    extractor = FeatureExtractor(graph, show_progress=False)

    found = evaluate_samples([FAKE], [REAL], extractor)

    assert found["fid"] == pytest.approx(distance(FAKE, REAL), rel=1e-5)
    assert "inception_score" not in found
    assert "real_inception_score" not in found


def test_subsets_and_their_seed_can_be_chosen(extractor):
    settings = {"kid_subset_size": 5, "kid_num_subsets": 3, "seed": 1}
    found = evaluate_samples([FAKE], [REAL], extractor, **settings)

    expected = kernel_distance(features_of(REAL), features_of(FAKE), 5, 3, seed=1)
    assert (found["kid"], found["kid_std"]) == pytest.approx(expected, rel=1e-4)


def test_real_images_are_extracted_once(extractor):
    whole = evaluate_samples([FAKE], [REAL], extractor, [REFERENCE])
    batches = iter([REAL])  # Which can be had only once.
    real, reference = measure_images(batches, extractor), measure_images([REFERENCE], extractor)

    for _ in range(2):
        assert evaluate_samples([FAKE], real, extractor, reference) == whole
    assert (real.statistics.count, real.features.shape) == (40, (40, 2))
    assert real.inception_score == pytest.approx(whole["real_inception_score"])


def test_rejects_what_another_extractor_has_found(extractor, tmp_path):
    graph = save_extractor(str(tmp_path / "other.pb"), outputs=["features"])
    real = measure_images([REAL], FeatureExtractor(graph, show_progress=False))

    with pytest.raises(ValueError, match="`real` must have been measured with .*mean.pb, .* again"):
        evaluate_samples([FAKE], real, extractor)
    with pytest.raises(ValueError, match="`reference` must have been measured with"):
        evaluate_samples([FAKE], [REAL], extractor, real)


def test_rejects_too_few_images_to_measure(extractor):
    with pytest.raises(ValueError, match="`batches` must hold at least 4 images; got 3"):
        measure_images([REAL[:3]], extractor)


@pytest.mark.parametrize(
    ("fake", "real", "message"),
    [
        ([], [REAL], "`fake` must hold at least 4 images; got 0"),
        ([FAKE], [REAL[:3]], "`real` must hold at least 4 images; got 3"),
        ([FAKE / 255.0], [REAL], "must be uint8"),
    ],
)
def test_rejects(extractor, fake, real, message):
    with pytest.raises(ValueError, match=message):
        evaluate_samples(fake, real, extractor)

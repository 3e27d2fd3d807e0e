import numpy as np
import pytest

from genflow.metrics import FeatureStatistics, frechet_distance

RANDOM = np.random.RandomState(0)
FEATURES = RANDOM.standard_normal([40, 5]) @ RANDOM.standard_normal([5, 5]) + [1, 2, 3, 4, 5]
OTHERS = RANDOM.standard_normal([60, 5]) * [1.0, 2.0, 0.5, 1.0, 3.0] - 1.0


def statistics(*batches):
    result = FeatureStatistics()
    for batch in batches:
        result.add(batch)
    return result


def exactly(mean, covariance):
    """Features whose mean and unbiased covariance are exactly these, but for rounding."""
    size = len(mean)
    orthogonal = np.linalg.qr(np.random.RandomState(3).standard_normal([4 * size, size + 1]))[0]
    columns = orthogonal - orthogonal.mean(axis=0)
    columns = np.linalg.qr(columns[:, :size])[0]
    root = np.linalg.cholesky(covariance).T
    return columns @ root * np.sqrt(len(columns) - 1) + mean


def rotation(size, seed):
    return np.linalg.qr(np.random.RandomState(seed).standard_normal([size, size]))[0]


def test_statistics_are_those_of_all_features_at_once():
    found = statistics(FEATURES[:7], FEATURES[7:8], FEATURES[8:8], FEATURES[8:])

    assert found.count == 40
    np.testing.assert_allclose(found.mean, FEATURES.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(FEATURES, rowvar=False), rtol=1e-12)


def test_merging_is_adding():
    left, right = statistics(FEATURES[:13]), statistics(FEATURES[13:])
    left.merge(right)
    left.merge(FeatureStatistics())
    fresh = FeatureStatistics()
    fresh.merge(left)

    for found in (left, fresh):
        assert found.count == 40
        np.testing.assert_allclose(found.covariance, np.cov(FEATURES, rowvar=False), rtol=1e-12)
    assert right.count == 27


def test_a_far_off_mean_does_not_spoil_the_covariance():
    features = 1e8 + np.arange(1000.0).reshape(-1, 1) % 2
    found = statistics(*np.split(features, 100))

    np.testing.assert_allclose(found.covariance, [[250.0 / 999.0]], rtol=1e-7)


def test_half_precision_features_are_summed_in_double_precision():
    found = statistics(np.float16([[0.0], [300.0]] * 500))

    assert found.mean == [150.0]
    np.testing.assert_allclose(found.covariance, [[22500.0 * 1000 / 999]], rtol=1e-12)


def test_later_batches_change_what_was_read_before_not_at_all():
    found = statistics(FEATURES[:7])
    mean, covariance = found.mean, found.covariance
    before = mean.copy(), covariance.copy()
    found.add(FEATURES[7:])

    np.testing.assert_array_equal(mean, before[0])
    np.testing.assert_array_equal(covariance, before[1])


def test_the_distance_of_gaussians_with_one_eigenbasis():
    """There it is `|m1 - m2|^2 + sum((sqrt(l1) - sqrt(l2))^2)`."""
    basis, ones, twos = rotation(4, seed=1), np.float64([4, 1, 9, 2]), np.float64([1, 16, 9, 0.5])
    first = exactly([0, 1, 2, 3], basis * ones @ basis.T)
    second = exactly([1, 1, 0, 3], basis * twos @ basis.T)
    expected = 5.0 + np.sum((np.sqrt(ones) - np.sqrt(twos)) ** 2)

    found = frechet_distance(statistics(first), statistics(second))

    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_distance_of_gaussians_in_the_plane():
    """A 2x2 matrix has `trace(sqrt(M))^2 = trace(M) + 2 sqrt(det(M))`."""
    left, right = np.float64([[3, 1], [1, 2]]), np.float64([[1, -0.5], [-0.5, 4]])
    product = left @ right
    root_trace = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = 2.0 + np.trace(left) + np.trace(right) - 2 * root_trace

    a, b = statistics(exactly([0, 0], left)), statistics(exactly([1, -1], right))

    np.testing.assert_allclose(frechet_distance(a, b), expected, rtol=1e-10)


def test_it_agrees_with_the_matrix_root_of_scipy():
    from scipy import linalg

    covariances = [np.cov(features, rowvar=False) for features in (FEATURES, OTHERS)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    expected = np.sum((FEATURES.mean(axis=0) - OTHERS.mean(axis=0)) ** 2)
    expected += np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * np.trace(root).real

    found = frechet_distance(statistics(FEATURES), statistics(OTHERS))

    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_distance_is_symmetric_and_zero_from_itself():
    a, b = statistics(FEATURES), statistics(OTHERS)

    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-13)
    assert 0.0 <= frechet_distance(a, a) < 1e-12


def test_fewer_examples_than_features():
    """Singular covariances: roots of rounding errors below zero would be complex."""
    few, others = RANDOM.standard_normal([6, 50]), RANDOM.standard_normal([9, 50])
    a, b = statistics(few), statistics(others)

    assert 0.0 <= frechet_distance(a, a) < 1e-9
    assert isinstance(frechet_distance(a, b), float)
    shifted = frechet_distance(a, statistics(few + 1.0))
    assert shifted == pytest.approx(50.0, rel=1e-9)


def test_rejects_wrong_features():
    found = statistics(FEATURES)

    with pytest.raises(ValueError, match=r"`features` must be finite; got nan or infinity in 1 of"):
        found.add(np.float64([[1, 2, 3, 4, np.nan], [1, 2, 3, 4, 5]]))
    with pytest.raises(ValueError, match="must have 5 columns, as before; got 4"):
        found.add(FEATURES[:, :4])
    with pytest.raises(ValueError, match=r"must be numbers \[examples, dimension\]; got .*\(40,\)"):
        found.add(FEATURES[:, 0])
    with pytest.raises(ValueError, match="must have 5 columns, as before; got 4"):
        found.merge(statistics(FEATURES[:, :4]))
    assert found.count == 40


def test_rejects_too_few_examples_and_other_dimensions():
    with pytest.raises(ValueError, match="at least 2 examples; got 1"):
        frechet_distance(statistics(FEATURES), statistics(FEATURES[:1]))
    with pytest.raises(ValueError, match="at least 2 examples; got 0"):
        frechet_distance(FeatureStatistics(), statistics(FEATURES))
    with pytest.raises(ValueError, match="of one dimension; got 5 and 4"):
        frechet_distance(statistics(FEATURES), statistics(FEATURES[:, :4]))

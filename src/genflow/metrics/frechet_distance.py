"""The Frechet distance of two sets of features."""

import numpy as np

from genflow.metrics.feature_checks import check_one_dimension
from genflow.metrics.feature_statistics import FeatureStatistics


def frechet_distance(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """The squared Frechet distance of two Gaussians with these means and covariances.

    Computes

        |mean_a - mean_b|^2 + trace(cov_a) + trace(cov_b) - 2 trace(sqrt(cov_a @ cov_b))

    where the last trace is the sum of the singular values of `sqrt(cov_a) @ sqrt(cov_b)`.
    The square roots are those of symmetric matrices, with eigenvalues that rounding has put
    below zero taken for zero: nothing becomes complex, also with fewer examples than
    features.

    With the features of an Inception network this is called FID. The value depends on the
    features, and it falls with the number of examples: compare only what was computed with
    one extractor and equal counts.

    Args:
        a: Of one set,
        b: ... and of the other.

    Returns:
        The distance, not negative.

    Raises:
        ValueError: If one of them has seen fewer than 2 examples, or their dimensions differ.

    Example:
        >>> a, b = FeatureStatistics(), FeatureStatistics()
        >>> a.add(np.float64([[0, 0], [2, 0], [0, 2], [2, 2]]))
        >>> b.add(np.float64([[1, 0], [3, 0], [1, 2], [3, 2]]))
        >>> round(frechet_distance(a, b), 6)
        1.0

    References:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
        Equilibrium, 2017. https://arxiv.org/abs/1706.08500
    """
    covariances = [a.covariance, b.covariance]
    check_one_dimension(len(a.mean), len(b.mean))
    roots = [_half_root(covariance) for covariance in covariances]
    overlap = np.linalg.svd(roots[0].T @ roots[1], compute_uv=False).sum()
    distance = np.sum((a.mean - b.mean) ** 2) + np.trace(covariances[0]) + np.trace(covariances[1])
    return max(float(distance - 2.0 * overlap), 0.0)


def _half_root(covariance: np.ndarray) -> np.ndarray:
    """A matrix `h` with `h @ h.T` the covariance; its symmetric root, turned about."""
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    return eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))

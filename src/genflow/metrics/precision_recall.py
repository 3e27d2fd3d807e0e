"""Precision and recall of samples."""

from typing import Tuple

import numpy as np

from genflow.core.checks import check_positive_integer
from genflow.metrics.feature_checks import check_one_dimension, checked_features

# Relative to the squared lengths of two vectors: what rounding does to their distance.
_ROUNDING = 1e-12


def precision_recall(
    real: np.ndarray, fake: np.ndarray, num_neighbors: int = 3, block_size: int = 1024
) -> Tuple[float, float]:
    """How many samples look real, and how many real examples could have been sampled.

    A set of features stands for the region of all points that are not farther from one of
    them than the `num_neighbors`-th nearest other one of the set is. Then

        precision = share of `fake` in the region of `real`
        recall = share of `real` in the region of `fake`

    Args:
        real: `[examples, dimension]`.
        fake: `[examples, dimension]`; the counts may differ, but both shares depend on them.
        num_neighbors: Which neighbour bounds the region about a point.
        block_size: How many rows of distances are in memory at once.

    Returns:
        Precision and recall.

    Raises:
        ValueError: If features are no such arrays or not finite, or their dimensions differ; if
            there are not more of them than `num_neighbors`; or if a number is out of range.

    Example:
        >>> random = np.random.RandomState(0)
        >>> precision_recall(random.rand(50, 8), random.rand(60, 8) + 9.0)
        (0.0, 0.0)

    References:
        Kynkaanniemi et al., Improved Precision and Recall Metric for Assessing Generative
        Models, 2019, section 2. https://arxiv.org/abs/1904.06991
    """
    check_positive_integer(num_neighbors, "num_neighbors")
    check_positive_integer(block_size, "block_size")
    real = checked_features(real, "real", at_least=num_neighbors + 1)
    fake = checked_features(fake, "fake", at_least=num_neighbors + 1)
    check_one_dimension(real.shape[1], fake.shape[1])
    center = real.mean(axis=0)
    real, fake = real - center, fake - center  # The shorter the vectors, the less is rounded off.
    return (
        _share_inside(fake, real, _radii(real, num_neighbors, block_size), block_size),
        _share_inside(real, fake, _radii(fake, num_neighbors, block_size), block_size),
    )


def _radii(points: np.ndarray, num_neighbors: int, block_size: int) -> np.ndarray:
    """The squared distance of each point from its `num_neighbors`-th nearest other one."""
    radii = np.empty([len(points)])
    for first in range(0, len(points), block_size):
        rows = np.arange(first, min(first + block_size, len(points)))
        distances, _ = _squared_distances(points[rows], points)
        distances[rows - first, rows] = np.inf  # A point is no neighbour of itself.
        radii[rows] = np.partition(distances, num_neighbors - 1, axis=1)[:, num_neighbors - 1]
    return radii


def _share_inside(
    points: np.ndarray, centers: np.ndarray, radii: np.ndarray, block_size: int
) -> float:
    inside = 0
    for first in range(0, len(points), block_size):
        distances, rounding = _squared_distances(points[first : first + block_size], centers)
        inside += np.sum((distances <= radii + rounding).any(axis=1))
    return float(inside / len(points))


def _squared_distances(x: np.ndarray, y: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Squared distances `[len(x), len(y)]`, and how much of each may be rounding."""
    lengths = np.sum(x**2, axis=1)[:, np.newaxis] + np.sum(y**2, axis=1)
    return np.maximum(lengths - 2.0 * (x @ y.T), 0.0), _ROUNDING * lengths

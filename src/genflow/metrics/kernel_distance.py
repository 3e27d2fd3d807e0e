"""The kernel distance of two sets of features."""

from typing import Tuple

import numpy as np

from genflow.core.checks import check_positive_integer
from genflow.metrics.feature_checks import check_one_dimension, checked_features


def kernel_distance(
    real: np.ndarray,
    fake: np.ndarray,
    subset_size: int = 1000,
    num_subsets: int = 100,
    seed: int = 0,
) -> Tuple[float, float]:
    """The squared maximum mean discrepancy with a cubic kernel, estimated without bias.

    For sets of the sizes `m` and `n` it is

        sum over i != j of k(real[i], real[j]) / (m * (m - 1))
        + sum over i != j of k(fake[i], fake[j]) / (n * (n - 1))
        - 2 * sum over i, j of k(real[i], fake[j]) / (m * n)

    with `k(x, y) = (dot(x, y) / dimension + 1)^3`. It is computed of random subsets and
    averaged. Between equal distributions it is 0 on average, whatever the size of the
    subsets, and so it can be below 0.

    With the features of an Inception network this is called KID.

    Args:
        real: `[examples, dimension]`.
        fake: `[examples, dimension]`; the counts may differ.
        subset_size: The size of the subsets of both, or less if a set is smaller.
        num_subsets: The number of pairs of subsets.
        seed: Decides which examples are in each subset.

    Returns:
        Mean and standard deviation over the subsets.

    Raises:
        ValueError: If features are no such arrays or not finite, or their dimensions differ; if
            there are fewer than 2 of them; or if a number is out of range.

    Example:
        >>> random = np.random.RandomState(0)
        >>> mean, std = kernel_distance(random.rand(50, 8), random.rand(60, 8), subset_size=20)
        >>> bool(abs(mean) < 0.1)
        True

    References:
        Binkowski, Sutherland, Arbel and Gretton, Demystifying MMD GANs, 2018, section 4.
        https://arxiv.org/abs/1801.01401
    """
    if not isinstance(subset_size, int) or subset_size < 2:
        raise ValueError(
            "`subset_size` must be an integer of at least 2; got {}.".format(subset_size)
        )
    check_positive_integer(num_subsets, "num_subsets")
    real = checked_features(real, "real", at_least=2)
    fake = checked_features(fake, "fake", at_least=2)
    check_one_dimension(real.shape[1], fake.shape[1])
    random = np.random.RandomState(seed)
    estimates = [
        _discrepancy(*(_subset(features, subset_size, random) for features in (real, fake)))
        for _ in range(num_subsets)
    ]
    return float(np.mean(estimates)), float(np.std(estimates))


def _subset(features: np.ndarray, size: int, random: np.random.RandomState) -> np.ndarray:
    return features[random.permutation(len(features))[:size]]


def _discrepancy(real: np.ndarray, fake: np.ndarray) -> float:
    return _mean_of_pairs(real) + _mean_of_pairs(fake) - 2.0 * _kernel(real, fake).mean()


def _mean_of_pairs(features: np.ndarray) -> float:
    """The mean over all pairs of different examples."""
    values, count = _kernel(features, features), len(features)
    return (values.sum() - np.trace(values)) / (count * (count - 1))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1.0) ** 3

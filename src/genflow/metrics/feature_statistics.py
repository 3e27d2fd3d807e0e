"""Mean and covariance of features that come in batches."""

import numpy as np

from genflow.metrics.feature_checks import checked_features


class FeatureStatistics:
    """Mean and covariance of any number of features, of which none is kept.

    A batch with `m` examples joins the `n` before it by

        delta = mean of the batch - mean
        mean += delta * m / (n + m)
        scatter += scatter of the batch + outer(delta, delta) * n * m / (n + m)

    where the scatter is the sum of `outer(x - mean, x - mean)`; so nothing is lost where
    the mean is far from zero. Everything is computed in double precision.

    Attributes:
        count: The number of examples so far.

    Example:
        >>> statistics = FeatureStatistics()
        >>> for batch in np.split(np.random.RandomState(0).standard_normal([90, 8]), 3):
        ...     statistics.add(batch)
        >>> statistics.count, statistics.mean.shape, statistics.covariance.shape
        (90, (8,), (8, 8))

    References:
        Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing
        Sample Variances, 1979.
    """

    def __init__(self) -> None:
        """Constructs the statistics of no features."""
        self.count = 0
        self._mean, self._scatter = None, None

    @property
    def mean(self) -> np.ndarray:
        """The mean, `[dimension]`.

        Raises:
            ValueError: If there are no features yet.
        """
        self._require(1)
        return self._mean

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance, `[dimension, dimension]`.

        Raises:
            ValueError: If there are fewer than two features yet.
        """
        self._require(2)
        return self._scatter / (self.count - 1)

    def add(self, features: np.ndarray) -> None:
        """Takes a batch of features, which may be empty.

        Args:
            features: `[examples, dimension]`.

        Raises:
            ValueError: If their dimension is another one than before, or one is not finite.
                Then nothing is changed.
        """
        dimension = None if self._mean is None else len(self._mean)
        features = checked_features(features, "features", dimension)
        if len(features):
            mean = features.mean(axis=0)
            centered = features - mean
            self._join(len(features), mean, centered.T @ centered)

    def merge(self, other: "FeatureStatistics") -> None:
        """Takes all features that other statistics have taken.

        Args:
            other: Of features of the same kind.

        Raises:
            ValueError: If their dimension is another one.
        """
        if other.count:
            dimension = None if self._mean is None else len(self._mean)
            checked_features(other.mean[np.newaxis], "features", dimension)
            self._join(other.count, other._mean, other._scatter)

    def _join(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        # New arrays: what has been handed out stays as it was.
        if not self.count:
            self.count, self._mean, self._scatter = count, mean, scatter
            return
        total, delta = self.count + count, mean - self._mean
        self._mean = self._mean + delta * (count / total)
        between = np.outer(delta, delta) * (self.count * (count / total))
        self._scatter = self._scatter + scatter + between
        self.count = total

    def _require(self, count: int) -> None:
        if self.count < count:
            raise ValueError(
                "The statistics need at least {} examples; got {}.".format(count, self.count)
            )

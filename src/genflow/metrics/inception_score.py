"""The inception score."""

from typing import Tuple

import numpy as np
from scipy.special import xlogy

from genflow.core.checks import check_positive_integer
from genflow.metrics.feature_checks import checked_features

_TOLERANCE = 1e-3  # Of the sum of probabilities that were computed in half precision.


class InceptionScore:
    """How sure a classifier is of each image, and how many classes it sees altogether.

    Computes, from the probabilities `p` of the classes of each image,

        exp(mean of sum(p * log(p / mean of p)))

    which lies between 1 and the number of classes. A probability of 0 counts as
    `0 * log(0) = 0`. No probabilities are kept.

    With several splits, the examples are dealt out to them one by one as they come, and the
    score is the mean of those of the splits. It depends on the classifier and on the number
    of examples: compare only what was computed with equal ones.

    Attributes:
        count: The number of examples so far.

    Example:
        >>> score = InceptionScore()
        >>> score.add(np.eye(10))
        >>> mean, std = score.result()
        >>> round(mean, 6), std
        (10.0, 0.0)

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 4.
        https://arxiv.org/abs/1606.03498
    """

    def __init__(self, num_splits: int = 1) -> None:
        """Constructs the score of no images.

        Args:
            num_splits: How many parts the examples are dealt out to.

        Raises:
            ValueError: If `num_splits` is not a positive integer.
        """
        check_positive_integer(num_splits, "num_splits")
        self.count = 0
        self._num_splits = num_splits
        self._counts = np.zeros([num_splits])
        self._sums = None  # By split and class: of the probabilities,
        self._negentropies = np.zeros([num_splits])  # ... and by split, of p * log(p).

    def add(self, probabilities: np.ndarray) -> None:
        """Takes a batch, which may be empty.

        Args:
            probabilities: `[examples, classes]`.

        Raises:
            ValueError: If a row is no distribution, or the number of classes is another one
                than before. Then nothing is changed.
        """
        num_classes = None if self._sums is None else self._sums.shape[1]
        values = checked_features(probabilities, "probabilities", num_classes)
        _check_distributions(values)
        if self._sums is None:
            self._sums = np.zeros([self._num_splits, values.shape[1]])
        split = (self.count + np.arange(len(values))) % self._num_splits
        np.add.at(self._counts, split, 1.0)
        np.add.at(self._sums, split, values)
        np.add.at(self._negentropies, split, xlogy(values, values).sum(axis=1))
        self.count += len(values)

    def result(self) -> Tuple[float, float]:
        """Mean and standard deviation of the score over the splits.

        Raises:
            ValueError: If there are fewer than 2 examples in a split.
        """
        if self.count < 2 * self._num_splits:
            raise ValueError(
                "The score needs 2 examples for each of the {} splits, {}; got {}.".format(
                    self._num_splits, 2 * self._num_splits, self.count
                )
            )
        marginals = self._sums / self._counts[:, np.newaxis]
        information = self._negentropies / self._counts - xlogy(marginals, marginals).sum(axis=1)
        scores = np.exp(np.maximum(information, 0.0))
        return float(scores.mean()), float(scores.std())


def _check_distributions(values: np.ndarray) -> None:
    if not len(values):
        return
    if values.min() < 0.0:
        raise ValueError("`probabilities` must not be negative; got {:g}.".format(values.min()))
    sums = values.sum(axis=1)
    if np.abs(sums - 1.0).max() > _TOLERANCE:
        raise ValueError(
            "`probabilities` must sum to 1; got sums from {:g} to {:g}: they may be logits.".format(
                sums.min(), sums.max()
            )
        )

import numpy as np
import pytest

from genflow.metrics import InceptionScore

PROBABILITIES = np.random.RandomState(0).dirichlet(np.ones(6), size=31)


def score_of(*batches, num_splits=1):
    score = InceptionScore(num_splits)
    for batch in batches:
        score.add(batch)
    return score.result()


def slow(probabilities):
    """The definition, one example at a time."""
    marginal = probabilities.mean(axis=0)
    divergences = [np.sum(p * (np.log(p) - np.log(marginal))) for p in probabilities]
    return np.exp(np.mean(divergences))


def test_certain_and_uniform_is_the_number_of_classes():
    mean, std = score_of(np.tile(np.eye(10), [7, 1]))

    assert mean == pytest.approx(10.0, rel=1e-12)
    assert std == 0.0


@pytest.mark.parametrize("row", [[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]])
def test_always_the_same_is_one(row):
    assert score_of(np.tile(row, [9, 1]))[0] == pytest.approx(1.0, rel=1e-12)


def test_it_is_never_less_than_one():
    """As rounding would make it for some."""
    assert min(score_of(np.tile(row, [7, 1]))[0] for row in PROBABILITIES) == 1.0


def test_it_is_the_definition():
    assert score_of(PROBABILITIES)[0] == pytest.approx(slow(PROBABILITIES), rel=1e-12)


def test_batches_make_no_difference():
    whole = score_of(PROBABILITIES, num_splits=3)
    parts = score_of(PROBABILITIES[:2], PROBABILITIES[2:2], PROBABILITIES[2:], num_splits=3)

    np.testing.assert_allclose(parts, whole, rtol=1e-12)


def test_splits_are_dealt_out():
    splits = [slow(PROBABILITIES[first::3]) for first in range(3)]

    mean, std = score_of(PROBABILITIES, num_splits=3)

    assert mean == pytest.approx(np.mean(splits), rel=1e-12)
    assert std == pytest.approx(np.std(splits), rel=1e-12)


def test_probabilities_that_underflow_are_zero():
    tiny = np.float32([[1.0, 1e-45, 0.0], [0.0, 1.0, 0.0]])

    assert score_of(tiny)[0] == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([[0.5, np.nan]], "must be finite"),
        ([[0.5, 0.4]], "must sum to 1; got sums from 0.9 to 0.9"),
        ([[1.5, -0.5]], "must not be negative; got -0.5"),
        ([0.5, 0.5], r"\[examples, dimension\]"),
        ([[0.2, 0.3, 0.5]], "must have 2 columns, as before; got 3"),
    ],
)
def test_rejects_what_are_no_probabilities(wrong, message):
    score = InceptionScore()
    score.add(np.float64([[0.5, 0.5]]))

    with pytest.raises(ValueError, match=message):
        score.add(np.float64(wrong))
    assert score.count == 1


def test_rejects_too_few_examples():
    with pytest.raises(ValueError, match="2 examples for each of the 3 splits, 6; got 5"):
        score_of(PROBABILITIES[:5], num_splits=3)
    with pytest.raises(ValueError, match="`num_splits` must be a positive integer; got 0"):
        InceptionScore(num_splits=0)

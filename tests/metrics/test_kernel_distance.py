import numpy as np
import pytest

from genflow.metrics import kernel_distance

RANDOM = np.random.RandomState(0)
REAL = RANDOM.standard_normal([12, 4])
FAKE = RANDOM.standard_normal([12, 4]) * 1.5 + 0.3


def slow(real, fake):
    """The definition, pair by pair."""

    def kernel(x, y):
        return (np.dot(x, y) / len(x) + 1.0) ** 3

    def within(rows):
        pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows)) if i != j]
        return np.mean([kernel(rows[i], rows[j]) for i, j in pairs])

    between = np.mean([kernel(x, y) for x in real for y in fake])
    return within(real) + within(fake) - 2.0 * between


def test_it_is_the_definition_when_a_subset_is_everything():
    mean, std = kernel_distance(REAL, FAKE, num_subsets=3)

    assert mean == pytest.approx(slow(REAL, FAKE), rel=1e-12)
    assert std == pytest.approx(0.0, abs=1e-12)


def test_it_is_the_mean_and_deviation_over_subsets():
    """All pairs of subsets of 11 of 12: their mean is the whole, by linearity."""
    mean, std = kernel_distance(REAL, FAKE, subset_size=11, num_subsets=4000, seed=1)
    all_subsets = [
        slow(np.delete(REAL, i, axis=0), np.delete(FAKE, j, axis=0))
        for i in range(12)
        for j in range(12)
    ]

    # Five standard errors.
    assert abs(mean - slow(REAL, FAKE)) < 5 * np.std(all_subsets) / np.sqrt(4000)
    assert std == pytest.approx(np.std(all_subsets), rel=0.1)


def test_it_is_zero_on_average_between_equal_distributions():
    estimates = []
    for seed in range(300):
        features = np.random.RandomState(seed).standard_normal([2, 30, 3])
        estimates.append(kernel_distance(features[0], features[1], num_subsets=1)[0])

    assert abs(np.mean(estimates)) < 5 * np.std(estimates) / np.sqrt(300)
    assert min(estimates) < 0.0 < max(estimates)


def test_it_sees_another_mean():
    """`E k` of constants: `(x*x/1 + 1)^3`."""
    zeros, twos = np.zeros([5, 1]), np.full([7, 1], 2.0)

    mean, std = kernel_distance(zeros, twos)

    assert (mean, std) == (1.0 + 125.0 - 2.0, 0.0)


def test_a_seed_is_one_choice_of_subsets():
    first, again, other = (
        kernel_distance(REAL, FAKE, subset_size=5, num_subsets=4, seed=seed) for seed in (0, 0, 1)
    )

    assert first == again
    assert first != other


def test_the_global_generator_is_left_alone():
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    kernel_distance(REAL, FAKE, subset_size=5)

    assert np.random.rand() == expected


def test_sets_of_different_sizes():
    mean, _ = kernel_distance(REAL[:5], FAKE, num_subsets=1000, seed=0)

    assert mean == pytest.approx(slow(REAL[:5], FAKE), rel=0.2)


@pytest.mark.parametrize(
    ("real", "fake", "arguments", "message"),
    [
        (REAL[:1], FAKE, {}, "`real` must have at least 2 examples; got 1"),
        (REAL, FAKE[:, :3], {}, "of one dimension; got 4 and 3"),
        (REAL, FAKE * np.inf, {}, "`fake` must be finite"),
        (REAL, FAKE, {"subset_size": 1}, "`subset_size` must be an integer of at least 2; got 1"),
        (REAL, FAKE, {"num_subsets": 0}, "`num_subsets` must be a positive integer; got 0"),
    ],
)
def test_rejects(real, fake, arguments, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(real, fake, **arguments)

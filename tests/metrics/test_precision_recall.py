import numpy as np
import pytest

from genflow.metrics import precision_recall

RANDOM = np.random.RandomState(0)
REAL = RANDOM.standard_normal([40, 3])
FAKE = RANDOM.standard_normal([25, 3]) * 0.7 + 0.5


def slow(real, fake, num_neighbors):
    """The definition, point by point."""

    def share(points, manifold):
        inside = 0
        for point in points:
            for center in manifold:
                distances = sorted(np.linalg.norm(center - other) for other in manifold)
                if np.linalg.norm(point - center) <= distances[num_neighbors]:
                    inside += 1
                    break
        return inside / len(points)

    return share(fake, real), share(real, fake)


@pytest.mark.parametrize("num_neighbors", [1, 3, 5])
@pytest.mark.parametrize("block_size", [1, 7, 1000])
def test_it_is_the_definition(num_neighbors, block_size):
    found = precision_recall(REAL, FAKE, num_neighbors, block_size)

    assert found == slow(REAL, FAKE, num_neighbors)
    assert 0.0 < min(found) < 1.0


def test_on_a_line():
    real, fake = np.float64([[0], [1], [2], [3]]), np.float64([[-1], [1.5], [5], [2.9]])

    # The balls around the real points have radius 1; around the fake ones 2.5, 1.4, 2.1, 1.4.
    assert precision_recall(real, fake, num_neighbors=1) == (0.75, 1.0)


@pytest.mark.parametrize("block_size", [1, 9, 1000])
@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_equal_sets_have_both(scale, block_size):
    """Also where points are repeated more often than there are neighbours: of radius 0."""
    points = RANDOM.standard_normal([40, 67]) * scale + 1e3
    features = np.repeat(points, 6, axis=0)
    shuffled = features[RANDOM.permutation(len(features))]

    assert precision_recall(features, shuffled, block_size=block_size) == (1.0, 1.0)


def test_only_differences_count():
    assert precision_recall(REAL + 1e7, FAKE + 1e7) == slow(REAL, FAKE, num_neighbors=3)


def test_disjoint_sets_have_neither():
    assert precision_recall(REAL, FAKE + 1000.0) == (0.0, 0.0)


def test_few_modes_are_precise_without_recall():
    real = np.concatenate([REAL, REAL + 1000.0])

    precision, recall = precision_recall(real, REAL)

    assert (precision, recall) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("real", "fake", "arguments", "message"),
    [
        (REAL[:3], FAKE, {}, "`real` must have at least 4 examples; got 3"),
        (REAL, FAKE[:5], {"num_neighbors": 5}, "`fake` must have at least 6 examples; got 5"),
        (REAL, FAKE[:, :2], {}, "of one dimension; got 3 and 2"),
        (REAL * np.nan, FAKE, {}, "`real` must be finite"),
        (REAL, FAKE, {"num_neighbors": 0}, "`num_neighbors` must be a positive integer; got 0"),
        (REAL, FAKE, {"block_size": 0}, "`block_size` must be a positive integer; got 0"),
    ],
)
def test_rejects(real, fake, arguments, message):
    with pytest.raises(ValueError, match=message):
        precision_recall(real, fake, **arguments)

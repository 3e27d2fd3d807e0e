import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from scipy import stats

from genflow.networks import (
    Dense,
    glorot_uniform,
    he_normal,
    normal,
    orthogonal,
    truncated_normal,
    zeros,
)

SHAPE = [5, 5, 40, 20]  # fan_in 1000, fan_out 500
MAKERS = {
    "normal": lambda: normal(0.3),
    "truncated_normal": lambda: truncated_normal(0.3),
    "he_normal": he_normal,
    "glorot_uniform": glorot_uniform,
    "orthogonal": orthogonal,
}
DRAWN = pytest.mark.parametrize("make", list(MAKERS.values()), ids=list(MAKERS))


def drawn(initializer, shape=SHAPE, dtype=tf.float64, seed=0):
    return initializer(shape, dtype, seed).numpy()


@pytest.mark.parametrize(
    ("initializer", "distribution"),
    [
        (normal(0.3), stats.norm(scale=0.3)),
        (truncated_normal(0.3), stats.truncnorm(-2.0, 2.0, scale=0.3)),
        (he_normal(), stats.norm(scale=(2 / 1000) ** 0.5)),
        (glorot_uniform(), stats.uniform(-((6 / 1500) ** 0.5), 2 * (6 / 1500) ** 0.5)),
    ],
    ids=list(MAKERS)[:4],
)
def test_the_distribution_is_the_documented_one(initializer, distribution):
    values = drawn(initializer).ravel()

    # The distance of the distribution functions; at this one in 10,000 samples is rejected.
    assert stats.kstest(values, distribution.cdf)[0] < 2.2 * len(values) ** -0.5
    # Five deviations of the estimate (a normal's, the longest tail of these).
    np.testing.assert_allclose(values.std(), distribution.std(), rtol=5 * (2 * values.size) ** -0.5)


def test_a_truncated_normal_has_the_documented_deviation():
    assert abs(stats.truncnorm(-2.0, 2.0).std() - 0.8796) < 5e-5


@pytest.mark.parametrize("shape", [[5, 5, 4, 20], [3, 3, 2, 40], [7, 7]])
def test_orthogonal_has_orthonormal_columns_or_rows(shape):
    matrix = drawn(orthogonal(1.5), shape).reshape([-1, shape[-1]])

    gram = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(gram, 2.25 * np.eye(min(matrix.shape)), atol=1e-12)


def test_orthogonal_is_uniform_in_sign():
    """Without the signs of the diagonal of R, the first entry would never be positive."""
    first = [drawn(orthogonal(), [2, 2], seed=seed)[0, 0] for seed in range(40)]

    assert 8 < np.sum(np.array(first) > 0) < 32


@DRAWN
def test_a_seed_is_one_draw_in_every_type(make):
    one, same = drawn(make()), drawn(make())
    single, other = drawn(make(), dtype=tf.float32), drawn(make(), seed=1)

    np.testing.assert_array_equal(one, same)
    np.testing.assert_allclose(single, one, rtol=1e-6)
    assert single.dtype == np.float32
    # Of independent draws, not of one and its multiple.
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.05


@DRAWN
def test_is_the_same_in_a_graph(make):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        values = session.run(make()([4, 4, 3], tf.float64, 7))

    np.testing.assert_allclose(values, drawn(make(), [4, 4, 3], seed=7), rtol=1e-12)


NUMBERS = {
    "normal": [-0.40212861, -0.17836228, 0.08634368],
    "truncated_normal": [-0.40212861, -0.17836228, 0.08634368],
    "he_normal": [-1.09445536, -0.48544061, 0.23499773],
    "glorot_uniform": [-0.38883474, 0.44962108, 0.22126827],
    "orthogonal": [-0.89700144, -0.39786083, 0.19260109],
}


@pytest.mark.parametrize("name", list(MAKERS))
def test_the_numbers_are_the_same_on_every_tensorflow(name):
    values = drawn(MAKERS[name](), [3, 1]).ravel()

    np.testing.assert_allclose(values, NUMBERS[name], rtol=5e-7)


def test_zeros():
    np.testing.assert_array_equal(drawn(zeros(), [2, 3]), np.zeros([2, 3]))


def test_a_layer_without_a_seed_has_weights_of_its_own():
    networks = [Dense(4), Dense(4)]
    for network in networks:
        network(np.ones([2, 3]))

    assert np.all(networks[0].weight.numpy() != networks[1].weight.numpy())


@pytest.mark.parametrize("make", [normal, truncated_normal])
def test_rejects_a_negative_deviation(make):
    assert np.all(drawn(make(0.0), [2, 3]) == 0.0)
    with pytest.raises(ValueError, match="`stddev` must not be negative; got -0.1"):
        make(-0.1)


def test_rejects_a_gain_that_is_not_positive():
    with pytest.raises(ValueError, match="`gain` must be positive; got 0"):
        orthogonal(0.0)

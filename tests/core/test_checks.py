import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import checks
from genflow.core.log_det import (
    log_det_dtype,
    num_positions,
    num_values,
    per_example,
    sum_except_batch,
    zero_log_det,
)
from genflow.core.shapes import size, static_size
from genflow.layers import ActNorm
from tests.modes import Graph

OWNER = ActNorm(name="owner")


def placeholder(*shape):
    return tf.compat.v1.placeholder(tf.float32, shape)


@pytest.mark.parametrize("shape", [[2], [2, 3, 4], None])
def test_check_rank_refuses_other_ranks(shape):
    with Graph(), pytest.raises(ValueError, match="`owner` takes an input of rank 2 or 4; got"):
        checks.check_rank(tf.compat.v1.placeholder(tf.float32, shape), [2, 4], OWNER)


def test_check_rank_accepts_its_ranks():
    checks.check_rank(tf.zeros([2, 3]), [2, 4], OWNER)
    checks.check_rank(tf.zeros([2, 3, 4, 5]), [2, 4], OWNER)


@pytest.mark.parametrize("shape", [None, [3], [2, None]])
def test_static_channels_refuses_channels_that_are_not_known(shape):
    with Graph(), pytest.raises(ValueError, match="`owner` needs an input .* static channel cou"):
        checks.static_channels(tf.compat.v1.placeholder(tf.float32, shape), OWNER)


def test_static_channels_are_the_last_axis():
    with Graph():
        assert checks.static_channels(placeholder(None, None, None, 3), OWNER) == 3


@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_check_positive_refuses(value):
    with pytest.raises(ValueError, match="`width` must be positive; got"):
        checks.check_positive(value, "width")


@pytest.mark.parametrize(
    ("nest", "words"),
    [
        (np.zeros(2), "a ndarray"),
        ((1, 2), "a tuple of 2"),
        ([1], "a list of 1"),
        (None, "a NoneType"),
    ],
)
def test_describe_says_what_a_value_is(nest, words):
    assert checks.describe(nest) == words


def test_describe_gives_the_shape_of_a_tensor():
    assert checks.describe(tf.zeros([2, 3])) == "a tensor of shape (2, 3)"


@pytest.mark.parametrize("constant", [0.0, 0.1, 1.0, 300.0, -1e6])
def test_one_constant_channel_is_found_whatever_its_value(mode, constant):
    x = np.random.RandomState(0).standard_normal([64, 5, 5, 3]).astype(np.float32)
    x[..., 1] = constant
    error = ValueError if mode.name == "eager" else tf.errors.InvalidArgumentError

    with pytest.raises(error, match="`owner` cannot be initialised: a channel .* is constant"):
        mode.call(lambda x: checks.initialization_statistics(x, OWNER), x)


def test_statistics_are_those_of_every_channel(mode):
    x = np.random.RandomState(0).standard_normal([6, 4, 3, 2]) * [0.01, 20.0] + [5.0, -3.0]

    mean, std = mode.call(lambda x: checks.initialization_statistics(x, OWNER), x)

    np.testing.assert_allclose(mean, x.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(std, x.std(axis=(0, 1, 2)), rtol=1e-10)


def test_assign_sets_the_variable(mode):
    module = ActNorm()
    mode.call(module.forward, np.zeros([2, 3]))

    updates = mode.call(lambda value: checks.assign(module.shift, value), np.arange(3.0))

    assert mode.get(module.shift).tolist() == [0.0, 1.0, 2.0]
    assert len(updates) == (0 if mode.name == "eager" else 1)


def test_sizes_are_integers_where_they_are_known():
    with Graph() as mode:
        x = placeholder(None, 3)
        assert static_size(x, 0) is None
        assert (static_size(x, 1), size(x, 1), size(x, -1)) == (3, 3, 3)
        assert mode.session.run(size(x, 0), {x: np.zeros([5, 3])}) == 5


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.uint8])
def test_log_dets_are_kept_in_float32_at_least(dtype):
    expected = tf.float64 if dtype == tf.float64 else tf.float32
    x = tf.ones([2, 3, 4], dtype)

    assert log_det_dtype(dtype) == expected
    assert {
        tensor.dtype
        for tensor in (num_positions(x), num_values(x), per_example(1.0, x), zero_log_det(x))
    } == {expected}
    assert sum_except_batch(x).dtype == expected


@pytest.mark.parametrize(
    ("shape", "positions", "values"),
    [([5], 1, 1), ([5, 3], 1, 3), ([5, 7, 3], 7, 21), ([5, 2, 7, 3], 14, 42)],
)
def test_positions_and_values_are_counted(mode, shape, positions, values):
    def count(x):
        return num_positions(x), num_values(x), sum_except_batch(x)

    x = np.ones(shape)
    for outputs in (
        mode.call(count, x),
        mode.call(count, x, unknown_batch=True, unknown_grid=True),
    ):
        assert [float(output) for output in outputs[:2]] == [positions, values]
        np.testing.assert_array_equal(outputs[2], np.full([5], values))


def test_half_precision_sums_do_not_overflow():
    x = tf.fill([1, 1000], tf.constant(1000.0, tf.float16))

    assert sum_except_batch(x).numpy().tolist() == [1e6]

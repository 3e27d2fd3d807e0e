import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import Squeeze

# Value = 12 * row + 3 * column + channel.
IMAGE = np.arange(48, dtype=np.float32).reshape([1, 4, 4, 3])


def test_channel_major_order_is_that_of_glow(mode):
    y = mode.call(Squeeze().forward, IMAGE)

    assert y.shape == (1, 2, 2, 12)
    assert y[0, 0, 0].tolist() == [0, 3, 12, 15, 1, 4, 13, 16, 2, 5, 14, 17]
    assert y[0, 1, 0].tolist() == [24, 27, 36, 39, 25, 28, 37, 40, 26, 29, 38, 41]


def test_other_order_is_that_of_space_to_depth(mode):
    y = mode.call(Squeeze(channel_major=False).forward, IMAGE)

    assert y[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17]
    expected = mode.call(lambda x: tf.nn.space_to_depth(x, 2), IMAGE)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("factor", [2, 3])
def test_channel_follows_the_documented_formula(factor):
    x = np.random.RandomState(0).standard_normal([1, factor, factor, 2])
    glow = Squeeze(factor).forward(x).numpy().ravel()
    space_to_depth = Squeeze(factor, channel_major=False).forward(x).numpy().ravel()

    for dy in range(factor):
        for dx in range(factor):
            for c in range(2):
                assert glow[c * factor**2 + dy * factor + dx] == x[0, dy, dx, c]
                assert space_to_depth[(dy * factor + dx) * 2 + c] == x[0, dy, dx, c]


@pytest.mark.parametrize("channel_major", [True, False])
def test_keeps_integers(channel_major):
    x = IMAGE.astype(np.int32)

    assert Squeeze(channel_major=channel_major).forward(x).dtype == tf.int32


@pytest.mark.parametrize("factor", [1, 0, -2, 2.0, "2"])
def test_rejects_other_factors(factor):
    with pytest.raises(ValueError, match="`factor` must be an integer of at least 2; got"):
        Squeeze(factor)


def test_shapes_are_computed_without_sizes():
    layer = Squeeze(3)

    assert layer.output_shape([None, None, 6, 2]).as_list() == [None, None, 2, 18]
    assert layer.input_shape([None, None, 2, 18]).as_list() == [None, None, 6, 2]


@pytest.mark.parametrize(
    ("shape", "message"), [([1, 4], "rank 4"), ([1, 4, 5, 1], "divisible by 2; got shape")]
)
def test_output_shape_rejects_what_forward_rejects(shape, message):
    with pytest.raises(ValueError, match=message):
        Squeeze().output_shape(shape)

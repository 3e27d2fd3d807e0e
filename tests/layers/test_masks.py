import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import channel_mask, checkerboard_mask, complement


def test_checkerboard_is_that_of_the_paper():
    """Of figure 3: 1 where the sum of the coordinates is odd."""
    mask = np.array(checkerboard_mask([3, 4, 5]))

    expected = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    np.testing.assert_array_equal(mask[..., 0], np.array(expected, bool))
    assert mask.shape == (3, 4, 1)


def test_checkerboard_has_any_number_of_axes():
    np.testing.assert_array_equal(np.array(checkerboard_mask([3, 2]))[:, 0], [False, True, False])
    rows, columns, planes = np.indices([2, 3, 4])
    mask = np.array(checkerboard_mask([2, 3, 4, 7]))
    np.testing.assert_array_equal(mask[..., 0], (rows + columns + planes) % 2 == 1)


def test_checkerboard_of_a_vector_is_refused():
    with pytest.raises(ValueError, match=r"needs positions.*got the shape \[5\]: take `channel_m"):
        checkerboard_mask([5])


@pytest.mark.parametrize(("channels", "kept"), [(2, 1), (3, 2), (6, 3), (7, 4)])
def test_channel_mask_keeps_the_first_and_larger_half(channels, kept):
    mask = np.array(channel_mask([8, 8, channels]))

    np.testing.assert_array_equal(mask, np.arange(channels) < kept)


def test_channel_mask_of_one_channel_is_refused():
    with pytest.raises(ValueError, match=r"needs at least 2 channels to divide.*\[8, 8, 1\]"):
        channel_mask([8, 8, 1])


@pytest.mark.parametrize("mask", [checkerboard_mask, channel_mask, lambda _: np.ones([3], bool)])
def test_complement_keeps_the_rest(mask):
    one, other = np.array(mask([4, 5, 3]), bool), np.array(complement(mask)([4, 5, 3]))

    np.testing.assert_array_equal(other, ~one)


def test_sizes_can_be_tensors():
    for mask in (checkerboard_mask, channel_mask):
        known, unknown = mask([4, 6, 5]), mask([tf.constant(n) for n in (4, 6, 5)])
        np.testing.assert_array_equal(np.array(known), np.array(unknown))


def test_complement_of_an_array_is_refused():
    with pytest.raises(TypeError, match="`mask` must be a function of a shape.*got a ndarray"):
        complement(np.ones([3], bool))

import numpy as np
import pytest

from genflow.training import expand_bits, reduce_bits


def test_eight_bits_are_kept_and_fewer_are_rounded_down(mode):
    images = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
    kept = mode.call(lambda x: expand_bits(reduce_bits(x, 8), 8), images)
    np.testing.assert_array_equal(kept, images)
    reduced = mode.call(lambda x: reduce_bits(x, 5), images)
    np.testing.assert_array_equal(reduced, images // 8)
    np.testing.assert_array_equal(mode.call(lambda x: expand_bits(x, 5), reduced), images // 8 * 8)


def test_values_out_of_range_are_clipped(mode):
    values = np.array([[-3.0, 0.0, 255.0, 300.0]], np.float32)
    expanded = mode.call(lambda x: expand_bits(x, 8), values)
    np.testing.assert_array_equal(expanded, [[0, 0, 255, 255]])


@pytest.mark.parametrize("num_bits", [0, 9, 2.5])
def test_rejects_other_numbers_of_bits(num_bits):
    with pytest.raises(ValueError, match="`num_bits` must be an integer from 1 to 8"):
        reduce_bits(np.zeros([1, 1], np.uint8), num_bits)

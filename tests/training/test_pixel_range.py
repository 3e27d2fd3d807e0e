import numpy as np
import pytest

from genflow.training import from_range, to_range
from tests.modes import Eager

ALL = np.arange(256, dtype=np.uint8).reshape([4, 8, 8, 1])


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0)])
def test_every_pixel_value_comes_back(value_range):
    with Eager() as mode:
        values = mode.call(lambda x: to_range(x, value_range), ALL)
        restored = mode.call(lambda x: from_range(x, value_range), values)

    assert (values.min(), values.max()) == value_range
    np.testing.assert_array_equal(restored, ALL)
    assert restored.dtype == np.uint8


def test_values_beyond_the_range_are_clipped():
    values = np.array([-3.0, -1.0, 1.0, 3.0], np.float32)
    with Eager() as mode:
        restored = mode.call(lambda x: from_range(x, (-1.0, 1.0)), values)

    np.testing.assert_array_equal(restored, [0, 0, 255, 255])

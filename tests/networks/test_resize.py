import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from scipy import interpolate

from genflow.networks import bilinear, nearest

X = np.random.RandomState(0).standard_normal([2, 4, 6, 3])
SIZES = pytest.mark.parametrize("size", [(8, 12), (2, 3), (7, 9), (3, 13), (1, 1)])
BOTH = pytest.mark.parametrize("resize", [nearest, bilinear])


def centres(new, old):
    """Of the new pixels, in units of the old ones, whose first centre is 0.5."""
    return (np.arange(new) + 0.5) * old / new


@SIZES
def test_nearest_takes_the_pixel_in_which_the_centre_lies(size):
    y = nearest(X, size)

    rows, columns = (np.floor(centres(new, old)).astype(int) for new, old in zip(size, (4, 6)))
    np.testing.assert_array_equal(y, X[:, rows][:, :, columns])


@SIZES
def test_bilinear_is_the_interpolation_between_the_centres(size):
    y, h = bilinear(X, size), X

    for axis, (new, old) in enumerate(zip(size, (4, 6)), start=1):
        points = np.clip(centres(new, old), 0.5, old - 0.5)
        function = interpolate.interp1d(np.arange(old) + 0.5, h, axis=axis)
        h = function(points)
    np.testing.assert_allclose(y, h, rtol=1e-12, atol=1e-14)


@SIZES
@pytest.mark.parametrize(("resize", "name"), [(nearest, "nearest"), (bilinear, "bilinear")])
def test_is_what_tensorflow_2_calls_so(resize, name, size):
    x = X.astype(np.float32)

    expected = tf.image.resize(x, size, method=name)
    np.testing.assert_allclose(resize(x, size), expected, rtol=1e-5, atol=1e-6)


@BOTH
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_type_and_a_constant_stay(mode, resize, dtype):
    y = mode.call(lambda x: resize(x, (7, 9)), np.full([1, 4, 6, 1], 0.3, dtype))

    assert y.dtype == dtype
    np.testing.assert_allclose(y, dtype(0.3), rtol=2 * np.finfo(dtype).eps)


@BOTH
def test_batch_and_grid_can_be_unknown(mode, resize):
    def doubled(x):
        return resize(x, (2 * tf.shape(x)[1], 2 * tf.shape(x)[2]))

    function = mode.function(doubled, X, unknown_batch=True, unknown_grid=True)

    for x in (X, X[:1, 1:, :3], X[:0]):
        expected = mode.call(lambda x: resize(x, (2 * x.shape[1], 2 * x.shape[2])), x)
        np.testing.assert_array_equal(function(x), expected)


@BOTH
def test_the_second_derivative_exists(resize):
    """As a penalty on gradients needs it; that of TensorFlow's own operations does not always."""
    x = tf.constant(X)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.reduce_sum(resize(x**2, (8, 12)) ** 2)
        loss = tf.reduce_sum(inner.gradient(loss, x) ** 2)

    assert np.all(outer.gradient(loss, x).numpy() != 0.0)


@BOTH
def test_rejects_what_is_no_image(resize):
    with pytest.raises(ValueError, match=r"`x` must be images .*; got a tensor of shape \(4, 6\)"):
        resize(np.ones([4, 6]), (8, 12))

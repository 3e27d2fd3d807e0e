import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import fold_in, make_seed
from genflow.layers import Chain, Dequantize, Logit, Squeeze


def integers(num_bits, *shape):
    return np.random.RandomState(0).randint(2**num_bits, size=shape)


@pytest.mark.parametrize("num_bits", [1, 5, 8, 16])
@pytest.mark.parametrize("shape", [[3], [3, 7], [3, 4, 6, 2]])
def test_uniform_data_cost_exactly_the_bits_they_have(mode, num_bits, shape):
    """The uniform density on an interval of length 1 is 1, its logarithm 0."""
    x = integers(num_bits, *shape).astype(np.float64)

    _, log_det = mode.call(Dequantize(num_bits).forward_and_log_det, x)

    bits_per_value = -log_det / np.log(2.0) / np.prod(shape[1:])
    np.testing.assert_allclose(bits_per_value, np.full(3, num_bits), rtol=1e-14)


@pytest.mark.parametrize(("centered", "low"), [(True, -0.5), (False, 0.0)])
def test_noise_is_uniform_on_the_cell_of_each_integer(centered, low):
    x = integers(4, 100000).astype(np.float64)
    y = Dequantize(4, centered=centered, seed=1).forward(x).numpy()

    noise = (y - low) * 16.0 - x
    assert noise.min() >= 0.0
    assert noise.max() < 1.0
    # Five standard deviations of the mean, the variance and the counts of a uniform sample.
    size = len(noise)
    np.testing.assert_allclose(noise.mean(), 1 / 2, atol=5.0 * (12 * size) ** -0.5)
    np.testing.assert_allclose(noise.var(), 1 / 12, atol=5.0 * (180 * size) ** -0.5)
    counts = np.histogram(noise, bins=20, range=(0.0, 1.0))[0]
    np.testing.assert_allclose(counts, size / 20, atol=5.0 * (size / 20) ** 0.5)
    assert abs(np.corrcoef(noise, x)[0, 1]) < 5.0 * size**-0.5
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 5.0 * size**-0.5


@pytest.mark.parametrize("num_bits", range(1, 17))
@pytest.mark.parametrize("centered", [True, False])
def test_inverse_returns_the_integers_exactly(num_bits, centered):
    """Among this many, the sum of an integer and noise next to 1 would be rounded up."""
    x = integers(num_bits, 1000000).astype(np.float32)
    layer = Dequantize(num_bits, centered=centered, seed=2)

    np.testing.assert_array_equal(layer.inverse(layer.forward(x)), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("num_bits", range(1, 17))
@pytest.mark.parametrize("centered", [True, False])
def test_inverse_is_exact_for_the_largest_noise_too(num_bits, centered, dtype):
    layer = Dequantize(num_bits, centered=centered)
    x = np.arange(2**num_bits).astype(dtype)
    noise = dtype(layer._largest_noise(tf.as_dtype(dtype)))
    y = (x + noise) / dtype(2**num_bits) - dtype(0.5 if centered else 0.0)

    assert y.dtype == dtype
    np.testing.assert_array_equal(layer.inverse(y), x)


@pytest.mark.parametrize("centered", [True, False])
def test_values_lie_in_the_documented_interval(centered):
    low = -0.5 if centered else 0.0
    y = Dequantize(8, centered=centered, seed=3).forward(integers(8, 100000)).numpy()

    assert y.min() >= low
    assert y.max() < low + 1.0
    assert y.max() - y.min() > 0.999


def test_inverse_clips_to_the_range():
    y = tf.constant([-7.0, -0.51, -0.5, 0.0, 0.4999, 0.5, 7.0])

    assert Dequantize(8).inverse(y).numpy().tolist() == [0, 0, 0, 128, 255, 255, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_integers_become_float32(mode, dtype):
    x = integers(8, 2, 4, 4, 3).astype(dtype)

    y, log_det = mode.call(Dequantize(seed=0).forward_and_log_det, x)

    assert y.dtype == log_det.dtype == np.float32
    np.testing.assert_array_equal(mode.call(Dequantize().inverse, y), x)


X = integers(8, 2, 3).astype(np.float64)


def test_noise_without_a_seed_is_fresh_at_every_run(mode):
    function = mode.function(Dequantize().forward, X)

    assert np.all(function(X) != function(X))


def test_noise_of_an_integer_seed_is_the_same_at_every_run(mode):
    function = mode.function(Dequantize(seed=5).forward, X)
    y = function(X)

    np.testing.assert_array_equal(y, function(X))
    np.testing.assert_array_equal(y, mode.call(Dequantize(seed=5).forward, X))
    assert np.all(y != mode.call(Dequantize(seed=6).forward, X))


def test_noise_can_be_a_function_of_the_step(mode):
    def forward(x, step):
        return Dequantize(seed=lambda: fold_in(make_seed(0), step)).forward(x)

    steps = [np.array(step, np.int64) for step in range(3)]
    function = mode.function(forward, X, steps[0])
    outputs = [function(X, step) for step in steps]

    np.testing.assert_array_equal(outputs[1], function(X, steps[1]))
    assert np.all(outputs[0] != outputs[1])
    assert np.all(outputs[1] != outputs[2])


def test_a_function_for_a_seed_is_asked_at_every_call():
    seeds = iter(range(10))
    layer = Dequantize(seed=lambda: make_seed(next(seeds)))

    first, second = layer.forward(X).numpy(), layer.forward(X).numpy()

    np.testing.assert_array_equal(first, Dequantize(seed=0).forward(X))
    np.testing.assert_array_equal(second, Dequantize(seed=1).forward(X))


def test_examples_get_different_noise():
    y = Dequantize(seed=0).forward(np.zeros([50, 40])).numpy()

    assert len(set(y.ravel())) == y.size


@pytest.mark.parametrize("num_bits", [0, 17, -1, 8.0, "8", None])
def test_rejects_other_numbers_of_bits(num_bits):
    with pytest.raises(ValueError, match="`num_bits` must be an integer from 1 to 16; got"):
        Dequantize(num_bits)


def test_preprocessing_of_realnvp_adds_up(mode):
    """Integers to logits, as a chain: values and log-determinant in closed form."""
    x, alpha = integers(8, 2, 4, 2, 3).astype(np.float64), 0.05
    chain = Chain([Dequantize(8, centered=False, seed=1), Logit(alpha), Squeeze()])

    y, log_det = mode.call(chain.forward_and_log_det, x)

    unit = mode.call(Dequantize(8, centered=False, seed=1).forward, x)
    p = alpha / 2 + (1 - alpha) * unit
    np.testing.assert_allclose(np.sort(y.ravel()), np.sort(np.log(p / (1 - p)).ravel()))
    per_value = np.log(1 - alpha) - np.log(p) - np.log(1 - p) - 8 * np.log(2.0)
    np.testing.assert_allclose(log_det, per_value.sum(axis=(1, 2, 3)), rtol=1e-12)
    np.testing.assert_array_equal(mode.call(chain.inverse, y), x)

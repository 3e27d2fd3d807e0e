import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import VirtualBatchNorm
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([5, 4, 3, 2]) * [0.5, 20.0] + [5.0, -3.0]


def normalized(x, n, epsilon=1e-5):
    """Written out from mean and mean square, example by example."""
    positions = tuple(range(1, x.ndim - 1))
    reference = x[:n]
    ref_mean = reference.mean(axis=(0,) + positions)
    ref_square = (reference**2).mean(axis=(0,) + positions)
    rows = [(reference - ref_mean) / np.sqrt(ref_square - ref_mean**2 + epsilon)]
    for example in x[n:]:
        own_mean = example.mean(axis=tuple(p - 1 for p in positions))
        own_square = (example**2).mean(axis=tuple(p - 1 for p in positions))
        mean = (n * ref_mean + own_mean) / (n + 1)
        square = (n * ref_square + own_square) / (n + 1)
        rows.append(((example - mean) / np.sqrt(square - mean**2 + epsilon))[None])
    return np.concatenate(rows)


@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize("shape", [(5, 4, 3, 2), (5, 12, 2), (5, 2)])
def test_is_the_equation_of_the_paper(mode, n, shape):
    x = X.reshape(shape) if len(shape) > 2 else X[:, 0, 0]
    network = VirtualBatchNorm(n, epsilon=1e-3)

    y = mode.call(network, x)

    np.testing.assert_allclose(y, normalized(x, n, 1e-3), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("is_training", [True, False])
def test_scale_and_offset_act_after_the_norm_in_training_and_not(mode, is_training):
    network = VirtualBatchNorm(3)
    mode.call(network, X)
    perturb(network, mode, scale=0.5)

    y = mode.call(lambda x: network(x, training=is_training), X)

    scale, offset = mode.get([network.scale, network.offset])
    np.testing.assert_allclose(y, normalized(X, 3) * scale + offset, rtol=1e-9, atol=1e-11)


def test_an_example_depends_on_the_reference_but_not_on_the_other_examples(mode):
    network, other = VirtualBatchNorm(3), X.copy()
    other[4] += 7.0

    y, beside_another = mode.call(network, X), mode.call(network, other)
    np.testing.assert_array_equal(beside_another[:4], y[:4])

    other = X.copy()
    other[0] += 7.0
    assert np.all(mode.call(network, other)[3:] != y[3:])


def test_the_gradient_goes_through_the_moments_of_the_reference(mode):
    """Against differences, for the sum of the squares of what is not the reference."""
    network, x = VirtualBatchNorm(2, epsilon=0.1), X[:3, :2, 0] / [0.5, 20.0]

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(network(x)[2:] ** 2)
        return tape.gradient(loss, x)

    def loss(x):
        return np.sum(normalized(x, 2, 0.1)[2:] ** 2)

    step = 1e-6
    for index, value in np.ndenumerate(mode.call(gradient, x)):
        change = np.zeros_like(x)
        change[index] = step
        difference = (loss(x + change) - loss(x - change)) / (2.0 * step)
        np.testing.assert_allclose(value, difference, rtol=1e-5, atol=1e-7)
        assert abs(value) > 1e-6


def test_a_far_mean_does_not_cost_the_variance_its_precision():
    """Differences of mean squares would leave no digit of it in float32."""
    x = (X[..., :1] * 0.1 + 3000.0).astype(np.float32)

    y = VirtualBatchNorm(3)(x).numpy()

    np.testing.assert_allclose(y, normalized(x.astype(np.float64), 3), atol=5e-3)


def test_batch_and_grid_can_be_unknown(mode):
    network = VirtualBatchNorm(3)
    function = mode.function(network, X, unknown_batch=True, unknown_grid=True)

    for x in (X, X[:3, :2], X[:4]):
        np.testing.assert_allclose(function(x), normalized(x, 3), rtol=1e-9, atol=1e-11)


def test_half_precision_in_half_precision_out():
    x = tf.cast(300.0 + X, tf.float16)

    y = VirtualBatchNorm(3)(x)

    assert y.dtype == tf.float16
    np.testing.assert_allclose(y, normalized(x.numpy().astype(np.float64), 3), atol=1e-2)


def test_rejects_a_batch_smaller_than_the_reference(mode):
    with pytest.raises(ValueError, match="`virtual_batch_norm` needs a batch .* 6 reference ex"):
        mode.call(VirtualBatchNorm(6), X)


def test_rejects_a_batch_that_turns_out_to_be_smaller_than_the_reference(mode):
    function = mode.function(VirtualBatchNorm(4), X, unknown_batch=True)

    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        function(X[:3])


def test_rejects_other_inputs_and_wrong_numbers():
    network = VirtualBatchNorm(2)
    network(X)
    with pytest.raises(ValueError, match="`virtual_batch_norm` needs 2 channels from its input"):
        network(X[..., :1])
    with pytest.raises(TypeError, match="`virtual_batch_norm` takes an input of a floating type"):
        VirtualBatchNorm(2)(X.astype(np.int32))
    with pytest.raises(ValueError, match="`num_reference` must be a positive integer; got 0"):
        VirtualBatchNorm(0)
    with pytest.raises(ValueError, match="`epsilon` must be positive; got 0.0"):
        VirtualBatchNorm(2, epsilon=0.0)

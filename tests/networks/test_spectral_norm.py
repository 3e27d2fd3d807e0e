import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import Conv, ConvTranspose, Dense, SpectralNorm, orthogonal, zeros
from tests.modes import Graph, perturb

WEIGHT = np.random.RandomState(0).standard_normal([3, 3, 4, 5])
MATRIX = WEIGHT.reshape([-1, 5])
X = np.random.RandomState(1).standard_normal([2, 6, 6, 3])


def training(network):
    return lambda *arguments: network(*arguments, training=True)


def largest_singular_value(weight):
    return np.linalg.svd(weight.reshape([-1, weight.shape[-1]]), compute_uv=False)[0]


def power_iteration(u, steps):
    """The textbook's: the vectors and the estimate."""
    for _ in range(steps):
        v = MATRIX @ u / np.linalg.norm(MATRIX @ u)
        u = v @ MATRIX / np.linalg.norm(v @ MATRIX)
    return u, v, v @ MATRIX @ u


@pytest.mark.parametrize("num_iterations", [1, 3])
def test_every_training_call_is_some_power_iterations_more(mode, num_iterations):
    network = SpectralNorm(num_iterations)
    train, evaluate = mode.function(training(network), WEIGHT), mode.function(network, WEIGHT)
    evaluate(WEIGHT)
    start = mode.get(network.vector)

    for call in range(3):
        vector = mode.get(network.vector)
        for _ in range(2):  # Evaluation computes the same, and leaves the vector.
            _, _, sigma = power_iteration(start, (call + 1) * num_iterations)
            np.testing.assert_allclose(evaluate(WEIGHT), WEIGHT / sigma, rtol=1e-10)
            np.testing.assert_array_equal(mode.get(network.vector), vector)
        np.testing.assert_allclose(train(WEIGHT), WEIGHT / sigma, rtol=1e-10)
        u, _, _ = power_iteration(start, (call + 1) * num_iterations)
        np.testing.assert_allclose(mode.get(network.vector), u, rtol=1e-10)


@pytest.mark.parametrize("shape", [(30, 5), (5, 30), (3, 3, 4, 5), (2, 2)])
def test_converges_to_the_largest_singular_value(mode, shape):
    weight = np.random.RandomState(2).standard_normal(shape)
    network = SpectralNorm()
    train = mode.function(training(network), weight)
    for _ in range(200):
        y = train(weight)

    np.testing.assert_allclose(y, weight / largest_singular_value(weight), rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv(5, reparametrize=SpectralNorm(5)),
        lambda: ConvTranspose(5, reparametrize=SpectralNorm(5)),
        lambda: Dense(5, reparametrize=SpectralNorm(5)),
    ],
    ids=["conv", "conv_transpose", "dense"],
)
def test_the_weight_that_a_layer_uses_gets_the_largest_singular_value_1(mode, make):
    network = make()
    x = X[:, 0, 0] if isinstance(network, Dense) else X
    train = mode.function(training(network), x)
    for _ in range(40):
        y = train(x)
    used = mode.get(network.weight) / largest_singular_value(mode.get(network.weight))
    network.reparametrize = None
    mode.assign(network.weight, used)

    np.testing.assert_allclose(y, mode.call(network, x), rtol=1e-6, atol=1e-8)


def test_an_orthogonal_weight_stays_as_it_is(mode):
    network = Dense(5, initializer=orthogonal(), use_bias=False, reparametrize=SpectralNorm())
    x = np.random.RandomState(0).standard_normal([2, 9])

    y = mode.call(network, x)

    np.testing.assert_allclose(y, x @ mode.get(network.weight), rtol=1e-10)


def test_the_gradient_is_the_one_of_the_paper(mode):
    """Equation 11: `(upstream - sum(upstream * y) * outer(v, u)) / sigma`, for fixed `u`, `v`."""
    network = SpectralNorm()
    upstream = np.random.RandomState(3).standard_normal(WEIGHT.shape)

    def gradient(weight, upstream):
        with tf.GradientTape() as tape:
            tape.watch(weight)
            loss = tf.reduce_sum(network(weight, training=True) * upstream)
        return tape.gradient(loss, weight)

    mode.call(network, WEIGHT)
    start, function = mode.get(network.vector), mode.function(gradient, WEIGHT, upstream)

    u, v, sigma = power_iteration(start, 1)
    shrinking = np.sum(upstream * WEIGHT / sigma) * np.outer(v, u).reshape(WEIGHT.shape)
    expected = (upstream - shrinking) / sigma
    np.testing.assert_allclose(function(WEIGHT, upstream), expected, rtol=1e-9, atol=1e-12)


def test_a_train_step_that_never_runs_the_output_moves_the_vector():
    """Gradients alone are what a session runs that does not ask for the loss."""
    with Graph() as mode:
        network, weight = SpectralNorm(), tf.constant(WEIGHT)
        with tf.GradientTape() as tape:
            tape.watch(weight)
            loss = tf.reduce_sum(network(weight, training=True) ** 2)
        gradient = tape.gradient(loss, weight)
        start = mode.get(network.vector)
        mode.session.run(gradient)

        expected = power_iteration(start, 1)[0]
        np.testing.assert_allclose(mode.get(network.vector), expected, rtol=1e-10)


def test_the_vector_is_not_trained_and_is_saved_with_its_layer():
    network = Conv(5, reparametrize=SpectralNorm())
    network(X)

    assert list(network.named_variables()) == ["bias", "reparametrize/vector", "weight"]
    assert len(network.trainable_variables) == 2


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_bad_weight_leaves_the_vector(mode, value):
    network = SpectralNorm()
    train = mode.function(training(network), WEIGHT)
    train(WEIGHT)
    before = mode.get(network.vector)

    y = train(np.full_like(WEIGHT, value))

    np.testing.assert_array_equal(mode.get(network.vector), before)
    assert np.all(y == 0.0) if value == 0.0 else not np.any(np.isfinite(y))


def test_a_layer_that_starts_as_zero_starts_as_zero_and_learns(mode):
    network = Dense(5, initializer=zeros(), reparametrize=SpectralNorm())
    x = X[:, 0, 0]
    np.testing.assert_array_equal(mode.call(training(network), x), np.zeros([2, 5]))
    perturb(network, mode)

    y = mode.call(network, x)

    assert np.all(np.isfinite(y))
    assert np.max(np.abs(y)) > 0.1


def test_half_precision_in_half_precision_out():
    # Its squares do not fit float16.
    weight, network = tf.cast(300.0 * WEIGHT, tf.float16), SpectralNorm()
    for _ in range(60):
        y = network(weight, training=True)

    assert y.dtype == tf.float16
    expected = WEIGHT / largest_singular_value(WEIGHT)
    np.testing.assert_allclose(y.numpy(), expected, atol=2e-3)


def test_rejects_a_second_layer():
    norm = SpectralNorm(name="norm")
    Dense(5, reparametrize=norm)(np.ones([2, 3]))

    with pytest.raises(ValueError, match="`norm` needs 5 channels from the weight of one layer"):
        Dense(6, reparametrize=norm)(np.ones([2, 3]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_iterations": 0}, "`num_iterations` must be a positive integer; got 0"),
        ({"epsilon": 0.0}, "`epsilon` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralNorm(**arguments)

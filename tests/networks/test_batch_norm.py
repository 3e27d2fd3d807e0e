import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import BatchNorm
from tests.modes import Graph, get_variables, perturb

X = np.random.RandomState(0).standard_normal([6, 4, 3, 2]) * [0.5, 20.0] + [5.0, -3.0]
AXES = (0, 1, 2)
MEAN, VARIANCE = X.mean(axis=AXES), X.var(axis=AXES)


def training(network):
    return lambda x: network(x, training=True)


@pytest.mark.parametrize("shape", [(6, 4, 3, 2), (24, 3, 2), (72, 2), (6, 2, 2, 3, 2)])
def test_in_training_the_batch_is_standardized(mode, shape):
    network = BatchNorm(epsilon=1e-3)

    y = mode.call(training(network), X.reshape(shape)).reshape(X.shape)

    np.testing.assert_allclose(y, (X - MEAN) / np.sqrt(VARIANCE + 1e-3), rtol=1e-10, atol=1e-12)


def test_scale_and_offset_act_after_the_norm_in_training_and_not(mode):
    network = BatchNorm()
    mode.call(network, X)
    mode.assign([network.scale, network.offset], [np.array([2.0, -3.0]), np.array([0.5, 7.0])])
    for call, mean, variance in [(network, 0.0, 1.0), (training(network), MEAN, VARIANCE)]:
        expected = (X - mean) / np.sqrt(variance + 1e-5) * [2.0, -3.0] + [0.5, 7.0]

        np.testing.assert_allclose(mode.call(call, X), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("affine", [True, False])
def test_variables(affine):
    network = BatchNorm(affine=affine)
    network(X)

    learned = ["offset", "scale"] if affine else []
    assert list(network.named_variables()) == learned + ["statistics/mean", "statistics/variance"]
    assert len(network.trainable_variables) == len(learned)


def test_running_averages_move_by_the_formula_in_training_only(mode):
    network = BatchNorm(decay=0.9)
    train, evaluate = mode.function(training(network), X), mode.function(network, X)
    mean, variance = np.zeros(2), np.ones(2)

    for shift in (0.0, 3.0):
        train(X + shift)
        evaluate(X)
        mean, variance = 0.9 * mean + 0.1 * (MEAN + shift), 0.9 * variance + 0.1 * VARIANCE
        statistics = mode.get([network.statistics.mean, network.statistics.variance])
        np.testing.assert_allclose(statistics, [mean, variance], rtol=1e-12)

    expected = (X - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(evaluate(X), expected, rtol=1e-10)


def test_after_many_calls_evaluation_normalizes_by_the_true_moments(mode):
    network, random = BatchNorm(decay=0.9), np.random.RandomState(1)
    train = mode.function(training(network), X)
    for _ in range(120):
        train(random.standard_normal(X.shape) * [0.5, 20.0] + [5.0, -3.0])

    y = mode.call(network, X)

    # The averages are of about 19 batches of 72: five standard deviations of each are 5 /
    # sqrt(19 * 72) for the mean, in units of the deviation, and 5 * sqrt(2 / (19 * 72)) for the
    # variance, half of that for the deviation; and 1 in 144 for the mean that a batch estimates.
    expected = (X - [5.0, -3.0]) / [0.5, 20.0]
    np.testing.assert_allclose(y, expected, rtol=0.11, atol=0.14)


def test_on_one_batch_evaluation_becomes_training(mode):
    network = BatchNorm(decay=0.5)
    train = mode.function(training(network), X)
    for _ in range(40):
        y = train(X)

    np.testing.assert_allclose(mode.call(network, X), y, rtol=1e-9, atol=1e-9)


def test_a_train_step_that_never_runs_the_output_updates_the_averages():
    """Gradients alone are what a session runs that does not ask for the loss."""
    with Graph() as mode:
        network, x = BatchNorm(decay=0.9, affine=False), tf.constant(X)
        weight = tf.constant(1.0, tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(weight)
            loss = tf.reduce_sum(network(weight * x, training=True) * x)
        gradient = tape.gradient(loss, weight)
        mode.initialize_variables()
        mode.session.run(gradient)

        np.testing.assert_allclose(mode.get(network.statistics.mean), 0.1 * MEAN, rtol=1e-12)


def test_gradients_flow_through_the_statistics_of_the_batch(mode):
    """The closed form of Ioffe and Szegedy, section 3, for `sum(y * upstream)`."""
    network = BatchNorm(epsilon=1e-3)
    upstream = np.random.RandomState(2).standard_normal(X.shape)

    def gradients(x, upstream):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(network(x, training=True) * upstream)
        return tape.gradient(loss, [x, network.scale, network.offset])

    function = mode.function(gradients, X, upstream)
    function(X, upstream)
    perturb(network, mode, scale=0.3)
    scale = mode.get(network.scale)
    x, by_scale, by_offset = function(X, upstream)

    std = np.sqrt(VARIANCE + 1e-3)
    normalized = (X - MEAN) / std
    np.testing.assert_allclose(by_offset, upstream.sum(axis=AXES), rtol=1e-10)
    np.testing.assert_allclose(by_scale, (upstream * normalized).sum(axis=AXES), rtol=1e-10)
    expected = upstream - upstream.mean(axis=AXES)
    expected = expected - normalized * (upstream * normalized).mean(axis=AXES)
    np.testing.assert_allclose(x, scale / std * expected, rtol=1e-9, atol=1e-12)


def test_initialize_sets_the_statistics_of_the_batch_and_leaves_a_constant_channel(mode):
    """Masked inputs and dead units are constant channels; they become 0."""
    network, x = BatchNorm(), np.concatenate([X, np.full([6, 4, 3, 1], 0.3)], axis=-1)

    y, _ = mode.call(network.initialize, x)

    np.testing.assert_allclose(mode.get(network.statistics.mean)[:2], MEAN, rtol=1e-12)
    np.testing.assert_allclose(mode.get(network.statistics.variance)[:2], VARIANCE, rtol=1e-12)
    np.testing.assert_allclose(y[..., 2], 0.0, atol=1e-12)
    np.testing.assert_allclose(mode.call(network, x), y, rtol=1e-12, atol=1e-12)


def test_initialize_refuses_an_empty_batch():
    with pytest.raises(ValueError, match="cannot be initialised from a batch of one example or no"):
        BatchNorm().initialize(X[:0])


def test_in_training_batch_and_grid_can_be_unknown(mode):
    network = BatchNorm()
    function = mode.function(training(network), X, unknown_batch=True, unknown_grid=True)

    for x in (X, np.concatenate([X[:2], X[2:4]], axis=1)):
        expected = (x - x.mean(axis=AXES)) / np.sqrt(x.var(axis=AXES) + 1e-5)
        np.testing.assert_allclose(function(x), expected, rtol=1e-10, atol=1e-12)


def test_a_batch_of_one_vector_is_its_own_mean(mode):
    y = mode.call(training(BatchNorm()), X[:1, 0, 0])

    np.testing.assert_array_equal(y, np.zeros([1, 2]))


def test_a_bad_batch_leaves_every_variable(mode):
    network = BatchNorm()
    function = mode.function(training(network), X)
    function(X)
    before = get_variables(network, mode)

    assert np.all(np.isnan(function(X * np.nan)))

    for path, value in get_variables(network, mode).items():
        np.testing.assert_array_equal(value, before[path])


def test_half_precision_in_half_precision_out():
    network = BatchNorm()
    x = tf.cast(300.0 + X, tf.float16)

    y = network(x, training=True)

    assert y.dtype == tf.float16
    assert network.statistics.variance.dtype == tf.float32
    x = x.numpy().astype(np.float64)
    expected = (x - x.mean(axis=AXES)) / np.sqrt(x.var(axis=AXES) + 1e-5)
    np.testing.assert_allclose(y.numpy(), expected, atol=5e-3)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones([2, 3]), ValueError, "`norm` needs 2 channels from its input"),
        (np.ones([2]), ValueError, "`norm` needs an input .* static channel count"),
        (np.ones([2, 2], np.int32), TypeError, "`norm` .* float"),
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_rejects_other_inputs(x, error, message, affine):
    network = BatchNorm(affine=affine, name="norm")
    network(X)

    for call in (network, training(network), network.initialize):
        with pytest.raises(error, match=message):
            call(x)


@pytest.mark.parametrize("affine", [True, False])
def test_rejects_integers_at_the_first_call(affine):
    with pytest.raises(TypeError, match="`batch_norm` takes an input of a floating type; got int"):
        BatchNorm(affine=affine)(np.ones([2, 3], np.int32))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decay": 1.0}, r"`decay` must be in \[0, 1\); got 1.0"),
        ({"epsilon": 0.0}, "`epsilon` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchNorm(**arguments)

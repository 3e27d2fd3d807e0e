import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.optimizers import Adamax, linear_warmup

GRADIENTS = np.random.RandomState(0).standard_normal([7, 4]).astype(np.float32)


def expected_path(start, learning_rate=0.01, beta1=0.9, beta2=0.99, epsilon=1e-8, bias=True):
    """The update rule of facts and docstring, in float64."""
    variable, m, u, path = start.astype(np.float64), 0.0, 0.0, []
    for t, g in enumerate(GRADIENTS.astype(np.float64), 1):
        m = beta1 * m + (1 - beta1) * g
        u = np.maximum(beta2 * u, np.abs(g))
        step_size = learning_rate * (np.sqrt(1 - beta2**t) if bias else 1.0) / (1 - beta1**t)
        variable = variable - step_size * m / (u + epsilon)
        path.append(variable)
    return np.stack(path)


def actual_path(start, sparse=False):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variable = tf.Variable(start)
        gradient = tf.compat.v1.placeholder(tf.float32, [4])
        optimizer = Adamax(0.01, beta1=0.9, beta2=0.99)
        value = gradient
        if sparse:
            value = tf.IndexedSlices(gradient, tf.range(4), dense_shape=[4])
        step = tf.compat.v1.train.get_or_create_global_step()
        train_op = optimizer.apply_gradients([(value, variable)], global_step=step)
        session.run(tf.compat.v1.global_variables_initializer())
        path = []
        for g in GRADIENTS:
            session.run(train_op, {gradient: g})
            path.append(session.run(variable))
        assert session.run(step) == len(GRADIENTS)
    return np.stack(path)


@pytest.mark.parametrize("sparse", [False, True])
def test_follows_the_documented_rule(sparse):
    start = np.array([1.0, -2.0, 0.0, 3.0], np.float32)
    np.testing.assert_allclose(
        actual_path(start, sparse), expected_path(start), rtol=1e-5, atol=1e-6
    )
    # The rule of the paper would be somewhere else.
    assert np.max(np.abs(actual_path(start) - expected_path(start, bias=False))) > 1e-3


@pytest.mark.parametrize("wrap", [lambda step: step, tf.function], ids=["eager", "function"])
def test_works_eagerly_and_in_functions(wrap):
    variable = tf.Variable(np.array([1.0, -2.0, 0.0, 3.0], np.float32))
    optimizer = Adamax(0.01, beta1=0.9, beta2=0.99)

    def update(g):
        optimizer.apply_gradients([(g, variable)])

    step = wrap(update)
    for g in GRADIENTS:
        step(tf.constant(g))
    expected = expected_path(np.array([1.0, -2.0, 0.0, 3.0]))[-1]
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_sums_repeated_indices():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variable = tf.Variable(np.zeros([3], np.float32))
        gradient = tf.IndexedSlices(tf.constant([1.0, 1.0]), tf.constant([1, 1]), dense_shape=[3])
        optimizer = Adamax(0.01)
        train_op = optimizer.apply_gradients([(gradient, variable)])
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(train_op)
        np.testing.assert_allclose(session.run(optimizer.get_slot(variable, "u")), [0, 2, 0])


@pytest.mark.parametrize("argument", ["beta1", "beta2"])
def test_rejects_decays_out_of_range(argument):
    with pytest.raises(ValueError, match=r"`{}` must be in \[0, 1\); got 1.0".format(argument)):
        Adamax(**{argument: 1.0})


def test_warmup_is_linear_and_starts_at_zero(mode):
    rates = [
        float(mode.call(lambda s: linear_warmup(0.5, s, 100), np.int64(step)))
        for step in (0, 50, 100, 1000)
    ]
    np.testing.assert_allclose(rates, [0.0, 0.25, 0.5, 0.5])
    assert float(mode.call(lambda: linear_warmup(0.5, 0, 0))) == 0.5
    with pytest.raises(ValueError, match="`num_warmup_steps` must not be negative; got -1"):
        linear_warmup(0.5, 0, -1)

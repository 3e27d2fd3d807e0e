import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import FullMatrix, Invertible1x1Conv, PLUMatrix
from tests.modes import Graph, perturb

Y = np.random.RandomState(0).standard_normal([3, 4])


@pytest.mark.parametrize("matrix_type", [FullMatrix, PLUMatrix])
def test_the_inverse_is_kept_while_the_matrix_is_the_same(mode, matrix_type):
    layer = Invertible1x1Conv(matrix_type(seed=0))
    inverse = mode.function(layer.inverse, Y)
    x = inverse(Y)
    spoiled = 2.0 * mode.get(layer.inverse_cache.inverse)
    mode.assign(layer.inverse_cache.inverse, spoiled)

    # The spoiled inverse is what is used: it was not computed again.
    np.testing.assert_allclose(inverse(Y), 2.0 * x, rtol=1e-12)
    np.testing.assert_array_equal(mode.get(layer.inverse_cache.inverse), spoiled)


@pytest.mark.parametrize("matrix_type", [FullMatrix, PLUMatrix])
def test_the_inverse_is_computed_again_when_the_matrix_changes(mode, matrix_type):
    layer = Invertible1x1Conv(matrix_type(seed=0))
    inverse = mode.function(layer.inverse, Y)
    inverse(Y)

    for seed in range(3):
        perturb(layer, mode, seed=seed)
        matrix = mode.call(layer.matrix.value)
        np.testing.assert_allclose(inverse(Y), Y @ np.linalg.inv(matrix), rtol=1e-11)
        np.testing.assert_array_equal(mode.get(layer.inverse_cache.matrix), matrix)


def test_a_session_runs_the_inversion_only_when_the_matrix_has_changed():
    with Graph() as mode:
        layer = Invertible1x1Conv(FullMatrix(seed=0))
        x = layer.inverse(tf.constant(Y))
        mode.initialize_variables()

        assert num_inversions(mode.session, x) == 1
        assert num_inversions(mode.session, x) == 0
        perturb(layer, mode)
        assert num_inversions(mode.session, x) == 1
        assert num_inversions(mode.session, x) == 0


def num_inversions(session, fetch):
    """How many matrix inversions a run executes."""
    options = tf.compat.v1.RunOptions(trace_level=tf.compat.v1.RunOptions.FULL_TRACE)
    metadata = tf.compat.v1.RunMetadata()
    session.run(fetch, options=options, run_metadata=metadata)
    nodes = [node for device in metadata.step_stats.dev_stats for node in device.node_stats]
    assert nodes
    return sum(" = MatrixInverse(" in node.timeline_label for node in nodes)


@pytest.mark.parametrize("kept", [False, True], ids=["computed", "kept"])
def test_gradients_are_those_of_the_inverse(mode, kept):
    layer = Invertible1x1Conv(FullMatrix(seed=0))
    mode.call(layer.forward, Y)
    perturb(layer, mode, scale=0.3)
    if kept:
        mode.call(layer.inverse, Y)

    def gradients(y):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(y)
            cached = tf.reduce_sum(tf.sin(layer.inverse(y)))
            direct = tf.reduce_sum(tf.sin(tf.matmul(y, tf.linalg.inv(layer.matrix.weight))))
        sources = [layer.matrix.weight, y]
        return tape.gradient(cached, sources), tape.gradient(direct, sources)

    cached, direct = mode.call(gradients, Y)

    for one, other in zip(cached, direct):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    assert np.max(np.abs(cached[0])) > 0.1


def test_gradients_reach_every_factor_of_a_plu_matrix(mode):
    layer = Invertible1x1Conv(PLUMatrix(seed=0))
    mode.call(layer.forward, Y)
    perturb(layer, mode)
    factors = [layer.matrix.lower, layer.matrix.upper, layer.matrix.log_diagonal]

    def gradients(y):
        with tf.GradientTape(persistent=True) as tape:
            cached = tf.reduce_sum(tf.sin(layer.inverse(y)))
            direct = tf.reduce_sum(tf.sin(tf.matmul(y, tf.linalg.inv(layer.matrix.value()))))
        return tape.gradient(cached, factors), tape.gradient(direct, factors)

    for one, other in zip(*mode.call(gradients, Y)):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
        assert np.max(np.abs(one)) > 0.0


def test_the_inverse_is_computed_in_float64(mode):
    """Inverted in float32, this matrix has errors in the second decimal place."""
    hilbert = 1.0 / (np.arange(6)[:, None] + np.arange(6)[None] + 1.0).astype(np.float32)
    layer = Invertible1x1Conv(FullMatrix(seed=0))
    y = np.ones([1, 6], np.float32)
    mode.call(layer.forward, y)
    mode.assign(layer.matrix.weight, hilbert)

    mode.call(layer.inverse, y)

    expected = np.linalg.inv(hilbert.astype(np.float64))
    np.testing.assert_allclose(mode.get(layer.inverse_cache.inverse), expected, rtol=1e-6)


def test_a_layer_that_was_called_forward_only_has_the_variables_of_its_inverse():
    """So that a checkpoint of the training can be read where samples are drawn."""
    layer = Invertible1x1Conv(FullMatrix(seed=0))
    layer.forward(Y)

    assert list(layer.named_variables()) == [
        "inverse_cache/inverse",
        "inverse_cache/matrix",
        "matrix/weight",
    ]
    assert [v.trainable for v in layer.named_variables().values()] == [False, False, True]

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import FullMatrix, Invertible1x1Conv, PLUMatrix
from tests.modes import Graph, perturb

MATRICES = [FullMatrix, PLUMatrix]
# What a PLU matrix does without: these run on the host of an accelerator, if at all.
FACTORISATIONS = {
    "Cholesky",
    "LogMatrixDeterminant",
    "Lu",
    "MatrixDeterminant",
    "MatrixInverse",
    "MatrixSolve",
    "MatrixSolveLs",
    "MatrixTriangularSolve",
    "Qr",
    "SelfAdjointEigV2",
    "Svd",
}


def built(matrix, channels, dtype=tf.float64):
    matrix.build(channels, dtype)
    return matrix


@pytest.mark.parametrize("matrix_type", MATRICES)
@pytest.mark.parametrize("channels", [1, 2, 3, 12, 48])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_starts_as_a_rotation(matrix_type, channels, seed):
    matrix = built(matrix_type(seed=seed), channels)
    value = matrix.value().numpy()

    np.testing.assert_allclose(value @ value.T, np.eye(channels), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(value), 1.0, rtol=1e-12)
    np.testing.assert_allclose(matrix.log_abs_det(), 0.0, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 2, 5, 24])
def test_both_start_as_the_same_matrix(mode, channels):
    full, plu = FullMatrix(seed=3), PLUMatrix(seed=3)
    full.build(channels, tf.float64)
    plu.build(channels, tf.float64)

    values = mode.call(lambda: (full.value(), plu.value()))

    np.testing.assert_allclose(values[0], values[1], atol=1e-13)


@pytest.mark.parametrize("matrix_type", MATRICES)
def test_the_seed_decides(matrix_type):
    first, same, other = (built(matrix_type(seed=s), 4).value().numpy() for s in (1, 1, 2))

    np.testing.assert_array_equal(first, same)
    assert np.max(np.abs(first - other)) > 0.1


@pytest.mark.parametrize("matrix_type", MATRICES)
def test_both_precisions_start_alike(matrix_type):
    single = built(matrix_type(seed=1), 6, tf.float32).value()
    double = built(matrix_type(seed=1), 6, tf.float64).value()

    assert single.dtype == tf.float32
    np.testing.assert_allclose(single, double, atol=3e-7)


@pytest.mark.parametrize("matrix_type", MATRICES)
def test_log_abs_det_is_that_of_the_value(mode, matrix_type):
    matrix = matrix_type(seed=4)
    matrix.build(5, tf.float64)
    mode.call(matrix.value)
    perturb(matrix, mode, scale=0.5)

    value, log_abs_det = mode.call(lambda: (matrix.value(), matrix.log_abs_det()))

    np.testing.assert_allclose(log_abs_det, np.linalg.slogdet(value)[1], rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_log_abs_det_of_a_large_full_matrix_does_not_over_or_underflow(scale):
    matrix = built(FullMatrix(seed=0), 384, tf.float32)
    matrix.weight.assign(scale * matrix.weight)
    with np.errstate(over="ignore"):
        assert np.linalg.det(matrix.value().numpy()) in (0.0, np.inf)

    np.testing.assert_allclose(matrix.log_abs_det(), 384 * np.log(scale), rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_log_abs_det_of_a_large_plu_matrix_does_not_over_or_underflow(scale):
    matrix = built(PLUMatrix(seed=0), 384, tf.float32)
    matrix.log_diagonal.assign_add(tf.fill([384], np.float32(np.log(scale))))
    with np.errstate(over="ignore"):
        assert np.linalg.det(matrix.value().numpy()) in (0.0, np.inf)

    np.testing.assert_allclose(matrix.log_abs_det(), 384 * np.log(scale), rtol=1e-5)


def test_log_det_of_the_layer_does_not_over_or_underflow():
    layer = Invertible1x1Conv(FullMatrix(seed=0))
    x = tf.ones([2, 2, 3, 200])
    layer.forward(x)
    layer.matrix.weight.assign(1e-3 * layer.matrix.weight)

    _, log_det = layer.forward_and_log_det(x)

    np.testing.assert_allclose(log_det, np.full(2, 6 * 200 * np.log(1e-3)), rtol=1e-5)


def test_plu_matrix_is_made_of_its_factors():
    matrix = built(PLUMatrix(seed=1), 4)
    lower, upper = (np.random.RandomState(i).standard_normal([4, 4]) for i in range(2))
    log_diagonal = np.array([0.1, -0.2, 0.3, 0.4])
    matrix.lower.assign(lower)
    matrix.upper.assign(upper)
    matrix.log_diagonal.assign(log_diagonal)

    unit_lower = np.tril(lower, -1) + np.eye(4)
    full_upper = np.triu(upper, 1) + np.diag(matrix.sign.numpy() * np.exp(log_diagonal))
    expected = matrix.permutation.numpy() @ unit_lower @ full_upper

    np.testing.assert_allclose(matrix.value(), expected, rtol=1e-12)


def test_plu_matrix_trains_neither_permutation_nor_sign():
    matrix = built(PLUMatrix(seed=1), 4)
    trained = {id(variable) for variable in matrix.trainable_variables}

    assert trained == {id(v) for v in (matrix.lower, matrix.upper, matrix.log_diagonal)}
    assert np.all(np.abs(matrix.sign.numpy()) == 1.0)
    assert sorted(np.argmax(matrix.permutation.numpy(), axis=1)) == [0, 1, 2, 3]


@pytest.mark.parametrize("shape", [[2, 6], [2, 3, 4, 6]], ids=["vector", "image"])
@pytest.mark.parametrize(
    ("matrix_type", "expected"),
    # The gradient of the log-determinant is the transposed inverse.
    [(PLUMatrix, set()), (FullMatrix, {"LogMatrixDeterminant", "MatrixInverse"})],
)
def test_training_needs_no_factorisation_but_that_of_the_full_matrix(matrix_type, expected, shape):
    with Graph():
        layer = Invertible1x1Conv(matrix_type(seed=0))
        x = tf.compat.v1.placeholder(tf.float32, shape)
        with tf.GradientTape() as tape:
            y, log_det = layer.forward_and_log_det(x)
            loss = tf.reduce_sum(y**2) - tf.reduce_sum(log_det)
        gradients = tape.gradient(loss, layer.trainable_variables)
        types = types_of_ancestors([loss] + [tf.convert_to_tensor(g) for g in gradients])

    assert "VarHandleOp" in types
    assert types & {"Conv2D", "MatMul"}
    assert not types & {"If", "StatelessIf", "Switch", "PartitionedCall", "StatefulPartitionedCall"}
    assert types & FACTORISATIONS == expected


def types_of_ancestors(tensors):
    """The types of all operations that have to run for some tensors."""
    found, waiting = set(), [tensor.op for tensor in tensors]
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return {operation.type for operation in found}

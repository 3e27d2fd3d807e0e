import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import FullMatrix, Invertible1x1Conv, PLUMatrix
from tests.modes import perturb


@pytest.mark.parametrize("shape", [[3, 5], [3, 4, 5], [3, 2, 4, 5], [3, 2, 2, 2, 5]])
@pytest.mark.parametrize("matrix_type", [FullMatrix, PLUMatrix])
def test_multiplies_every_position_by_the_matrix(mode, shape, matrix_type):
    x = np.random.RandomState(0).standard_normal(shape)
    layer = Invertible1x1Conv(matrix_type(seed=0))
    mode.call(layer.forward, x)
    perturb(layer, mode, scale=0.2)

    y, log_det = mode.call(layer.forward_and_log_det, x)

    matrix = mode.call(layer.matrix.value)
    positions = np.prod(shape[1:-1])
    np.testing.assert_allclose(y, x @ matrix, rtol=1e-11, atol=1e-12)
    expected = positions * np.linalg.slogdet(matrix)[1]
    np.testing.assert_allclose(log_det, np.full(3, expected), rtol=1e-11, atol=1e-12)


def test_the_default_is_a_full_matrix():
    assert isinstance(Invertible1x1Conv().matrix, FullMatrix)


@pytest.mark.parametrize("matrix_type", [FullMatrix, PLUMatrix])
def test_condition_number_is_the_ratio_of_singular_values(matrix_type):
    layer = Invertible1x1Conv(matrix_type(seed=0))
    layer.forward(np.ones([1, 4]))
    np.testing.assert_allclose(layer.condition_number(), 1.0, rtol=1e-12)

    (layer.matrix.weight if matrix_type is FullMatrix else layer.matrix.upper).assign_add(
        np.triu(np.ones([4, 4]))
    )

    expected = np.linalg.cond(layer.matrix.value().numpy())
    np.testing.assert_allclose(layer.condition_number(), expected, rtol=1e-10)
    assert expected > 2.0


def test_condition_number_needs_a_first_call():
    with pytest.raises(ValueError, match="`invertible1x1_conv` has no matrix before its first"):
        Invertible1x1Conv().condition_number()


def test_rejects_what_is_no_matrix():
    with pytest.raises(TypeError, match="`matrix` must be a `FullMatrix` or a `PLUMatrix`; got"):
        Invertible1x1Conv(matrix=np.eye(3))


@pytest.mark.parametrize("matrix_type", [FullMatrix, PLUMatrix])
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_has_log_dets_in_float32(matrix_type, dtype):
    layer = Invertible1x1Conv(matrix_type(seed=0))
    x = tf.cast(tf.ones([2, 3, 3, 4]), dtype)

    y, log_det = layer.forward_and_log_det(x)
    restored, inverse_log_det = layer.inverse_and_log_det(y)

    assert log_det.dtype == inverse_log_det.dtype == tf.float32
    np.testing.assert_allclose(tf.cast(restored, tf.float32), np.ones([2, 3, 3, 4]), atol=0.05)

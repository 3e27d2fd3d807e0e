import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import Logit


@pytest.mark.parametrize("alpha", [1e-6, 0.05, 0.5])
@pytest.mark.parametrize("shape", [[3], [3, 5], [3, 4, 2, 3]])
def test_log_det_has_the_closed_form(mode, alpha, shape):
    x = np.random.RandomState(0).uniform(size=shape)

    y, log_det = mode.call(Logit(alpha).forward_and_log_det, x)

    p = alpha / 2 + (1 - alpha) * x
    np.testing.assert_allclose(y, np.log(p) - np.log(1 - p), rtol=1e-10)
    per_value = np.log(1 - alpha) - np.log(p) - np.log(1 - p)
    expected = per_value.reshape([3, -1]).sum(axis=1)
    np.testing.assert_allclose(log_det, expected, rtol=1e-12)


def test_the_ends_of_the_interval_are_finite(mode):
    x = np.array([[0.0, 1.0]], np.float32)

    y, log_det = mode.call(Logit(alpha=0.05).forward_and_log_det, x)

    np.testing.assert_allclose(y, [[np.log(0.025 / 0.975), np.log(0.975 / 0.025)]], rtol=1e-5)
    assert np.all(np.isfinite(log_det))
    np.testing.assert_allclose(mode.call(Logit(alpha=0.05).inverse, y), x, atol=1e-6)


def test_inverse_of_far_values_stays_finite():
    x, log_det = Logit().inverse_and_log_det(tf.constant([[-1e4, 1e4]]))

    np.testing.assert_allclose(x, [[-0.025 / 0.95, 0.975 / 0.95]], rtol=1e-5)
    assert np.all(np.isfinite(log_det.numpy()))


def test_the_middle_maps_to_zero():
    assert Logit().forward(tf.constant([[0.5]])).numpy().tolist() == [[0.0]]


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, 2.0])
def test_rejects_alpha_outside_the_unit_interval(alpha):
    with pytest.raises(ValueError, match="`alpha` must be between 0 and 1; got"):
        Logit(alpha)

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import ExpScale, SigmoidScale, SoftClampScale, TanhScale

EXTREMES = tf.constant([-1e30, -1e4, -3.0, 0.0, 3.0, 1e4, 1e30], tf.float64)
H = np.linspace(-6.0, 6.0, 25)


@pytest.mark.parametrize(
    ("scale_map", "expected"),
    [
        (SigmoidScale(), lambda h: -np.log1p(np.exp(-h - 2.0))),
        (SigmoidScale(offset=-1.0), lambda h: -np.log1p(np.exp(-h + 1.0))),
        (ExpScale(), lambda h: h),
        (TanhScale(), lambda h: 2.0 * np.tanh(h / 2.0)),
        (TanhScale(bound=0.5), lambda h: 0.5 * np.tanh(h / 0.5)),
        (SoftClampScale(), lambda h: 2.0 * 2.0 / np.pi * np.arctan(h / 2.0)),
        (SoftClampScale(clamp=3.0), lambda h: 3.0 * 2.0 / np.pi * np.arctan(h / 3.0)),
    ],
)
def test_computes_the_documented_formula(scale_map, expected):
    np.testing.assert_allclose(scale_map(tf.constant(H)), expected(H), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("scale_map", "bound"),
    [
        (TanhScale(), 2.0),
        (TanhScale(0.5), 0.5),
        (SoftClampScale(), 2.0),
        (SoftClampScale(3.0), 3.0),
    ],
)
def test_log_scale_is_bounded_on_both_sides(scale_map, bound):
    log_scale = scale_map(EXTREMES).numpy()

    assert np.all(np.abs(log_scale) <= bound)
    np.testing.assert_allclose(log_scale[[0, -1]], [-bound, bound], rtol=1e-9)
    assert log_scale[3] == 0.0


def test_sigmoid_scale_only_contracts_and_never_overflows():
    log_scale = SigmoidScale()(EXTREMES).numpy()

    assert np.all(log_scale <= 0.0)
    assert np.all(np.isfinite(log_scale))
    np.testing.assert_allclose(np.exp(log_scale[3]), 0.8807970779778823, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, -2.0])
def test_rejects_bounds_that_are_not_positive(value):
    with pytest.raises(ValueError, match="`bound` must be positive; got"):
        TanhScale(bound=value)
    with pytest.raises(ValueError, match="`clamp` must be positive; got"):
        SoftClampScale(clamp=value)

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from tensorflow_probability import bijectors as tfb

from genflow.layers import Inverse, TFPLayer
from tests.conformance.cases import affine_bijector

X = np.random.RandomState(0).uniform(0.1, 0.9, [3, 2, 4])


class Scale(tfb.Bijector):
    """`x = exp(log_scale) * z`, with a variable in a private attribute as in most bijectors."""

    def __init__(self):
        super().__init__(forward_min_event_ndims=0, name="scale")
        self._log_scale = tf.Variable(np.float32(np.log(2.0)), name="log_scale")

    def _forward(self, x):
        return x * tf.exp(self._log_scale)

    def _inverse(self, y):
        return y * tf.exp(-self._log_scale)

    def _forward_log_det_jacobian(self, x):
        return self._log_scale

    @classmethod
    def _is_increasing(cls):
        return True


def test_the_bijector_keeps_its_role(mode):
    """Forward of the layer is towards the latent, forward of the bijector towards the data."""
    y, log_det = mode.call(TFPLayer(tfb.Sigmoid()).forward_and_log_det, X)

    np.testing.assert_allclose(y, np.log(X / (1.0 - X)), rtol=1e-12)
    np.testing.assert_allclose(log_det, -np.log(X * (1.0 - X)).sum(axis=(1, 2)), rtol=1e-12)


def test_inverse_turns_it_round(mode):
    y, log_det = mode.call(Inverse(TFPLayer(tfb.Exp())).forward_and_log_det, X)

    np.testing.assert_allclose(y, np.exp(X), rtol=1e-12)
    np.testing.assert_allclose(log_det, X.sum(axis=(1, 2)), rtol=1e-12)


def test_a_constant_jacobian_counts_for_every_value_of_every_example(mode):
    _, log_det = mode.call(TFPLayer(affine_bijector()).forward_and_log_det, X)

    np.testing.assert_allclose(log_det, np.full(3, -8 * np.log(3.0)), rtol=1e-12)


def test_the_variables_of_the_bijector_are_those_of_the_layer():
    layer = TFPLayer(Scale())
    with tf.GradientTape() as tape:
        y, log_det = layer.forward_and_log_det(tf.constant(X, tf.float32))
        loss = tf.reduce_sum(y**2) - tf.reduce_sum(log_det)

    assert list(layer.named_variables()) == ["variables_of_bijector/0"]
    gradients = tape.gradient(loss, list(layer.named_variables().values()))
    assert gradients[0].numpy() != 0.0
    np.testing.assert_allclose(y, X / 2.0, rtol=1e-6)
    np.testing.assert_allclose(log_det, np.full(3, -8 * np.log(2.0)), rtol=1e-6)


def test_shapes_are_those_of_the_bijector():
    layer = TFPLayer(tfb.Reshape(event_shape_out=[2, 3], event_shape_in=[6]))

    # The bijector goes from latent [6] to data [2, 3].
    assert layer.output_shape([None, 2, 3]).as_list() == [None, 6]
    assert layer.input_shape([None, 6]).as_list() == [None, 2, 3]


@pytest.mark.parametrize("bijector", ["sigmoid", None, tfb.Sigmoid])
def test_rejects_what_is_no_bijector(bijector):
    with pytest.raises(TypeError, match="`bijector` must be a tfp.bijectors.Bijector; got a"):
        TFPLayer(bijector)

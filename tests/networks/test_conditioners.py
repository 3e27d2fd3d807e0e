import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import ActNorm, AffineCoupling, Chain, FullMatrix, Invertible1x1Conv
from genflow.networks import ContextGlowConditioner, GlowConditioner
from tests.modes import perturb

X = np.random.RandomState(0).standard_normal([3, 4, 6, 4])
LABELS = np.eye(3)


@pytest.mark.parametrize(("channels", "count"), [(12, 352044), (24, 435576), (48, 603504)])
def test_a_step_of_glow_has_the_parameters_of_the_original(channels, count):
    """OpenAI's, with affine coupling and width 512, at the three levels for CIFAR-10."""
    step = Chain(
        [
            ActNorm(),
            Invertible1x1Conv(FullMatrix()),
            AffineCoupling(GlowConditioner(512, channels)),
        ]
    )
    with tf.Graph().as_default():
        step.forward(tf.zeros([1, 4, 4, channels]))
        sizes = [v.shape.num_elements() for v in step.named_variables().values() if v.trainable]

    assert sum(sizes) == count


@pytest.mark.parametrize("conditioner", [GlowConditioner, ContextGlowConditioner])
def test_starts_as_zero(mode, conditioner):
    y = mode.call(conditioner(8, 6, seed=0), X, LABELS)

    np.testing.assert_array_equal(y, np.zeros([3, 4, 6, 6]))


def test_both_hidden_layers_are_standardized_on_what_they_will_get(mode):
    network = GlowConditioner(8, 6, seed=0)
    mode.call(network.initialize, X)

    def hidden(x):
        first = network.conv_in(x)
        return first, network.conv_hidden(tf.nn.relu(first))

    for h in mode.call(hidden, X):
        np.testing.assert_allclose(h.mean(axis=(0, 1, 2)), 0.0, atol=1e-12)
        np.testing.assert_allclose(h.std(axis=(0, 1, 2)), 1.0, rtol=1e-4)


def test_the_second_layer_is_standardized_with_the_context_in(mode):
    network = ContextGlowConditioner(8, 6, seed=0)
    mode.call(network, X, LABELS)
    perturb(network, mode, scale=0.2)
    mode.call(network.initialize, X, LABELS)

    def hidden(x, context):
        h = network.conv_in(x) + network.context_bias(x, context)
        return network.conv_hidden(tf.nn.relu(h))

    h = mode.call(hidden, X, LABELS)
    np.testing.assert_allclose(h.mean(axis=(0, 1, 2)), 0.0, atol=1e-12)


def test_without_a_context_of_consequence_both_conditioners_are_the_same(mode):
    plain, conditional = GlowConditioner(8, 6, seed=1), ContextGlowConditioner(8, 6, seed=1)
    mode.call(plain, X)
    mode.call(conditional, X, LABELS)
    perturb(plain, mode)
    perturb(conditional, mode)

    # A context of zeros and the bias set to zero leave nothing of it.
    mode.assign(conditional.context_bias.bias, np.zeros(8))
    y = mode.call(conditional, X, np.zeros([3, 3]))

    np.testing.assert_allclose(y, mode.call(plain, X), rtol=1e-12)


def test_a_class_conditional_coupling_depends_on_the_label(mode):
    coupling = AffineCoupling(ContextGlowConditioner(8, 4, seed=0))
    same = np.repeat(X[:1], 3, axis=0)
    at_start = mode.call(coupling.forward, same, LABELS)
    np.testing.assert_array_equal(at_start[0], at_start[1])
    perturb(coupling, mode)

    y, log_det = mode.call(coupling.forward_and_log_det, same, LABELS)

    assert len(set(np.round(log_det, 8))) == 3
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        assert np.max(np.abs(y[one] - y[other])) > 1e-5
    np.testing.assert_allclose(mode.call(coupling.inverse, y, LABELS), same, rtol=1e-10)
    wrong = mode.call(coupling.inverse, y, LABELS[::-1])
    assert np.max(np.abs(wrong[0] - same[0])) > 1e-5


def test_a_context_image_acts_where_it_is(mode):
    network = ContextGlowConditioner(8, 4, seed=0)
    x, context = X[:1], np.zeros([1, 4, 6, 2])
    mode.call(network, x, context)
    perturb(network, mode, scale=0.2)
    y = mode.call(network, x, context)
    context[0, 0, 0] = 10.0

    changed = np.abs(mode.call(network, x, context) - y).max(axis=(0, 3)) > 0.0

    # After the last convolution, of 3x3, one pixel reaches its neighbours and no further.
    expected = np.zeros([4, 6], bool)
    expected[:2, :2] = True
    np.testing.assert_array_equal(changed, expected)


def test_rejects_a_width_that_is_not_positive():
    with pytest.raises(ValueError, match="`out_channels` must be a positive integer; got 0"):
        GlowConditioner(0, 4)

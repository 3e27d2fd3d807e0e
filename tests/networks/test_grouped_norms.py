"""GroupNorm, InstanceNorm and LayerNorm."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.networks import GroupNorm, InstanceNorm, LayerNorm
from tests.modes import get_variables, perturb

X = np.random.RandomState(0).normal(size=[3, 4, 5, 6]) * [1, 20, 3, 4, 5, 6] + [1, 2, 3, 0, 9, 1]
MAKERS = {1: LayerNorm, 2: lambda **kw: GroupNorm(2, **kw), 6: InstanceNorm}


def standardized(x, groups, epsilon=1e-5):
    """By loops over examples and groups."""
    y, width = np.empty_like(x), x.shape[-1] // groups
    for i in range(len(x)):
        for first in range(0, x.shape[-1], width):
            values = x[i, ..., first : first + width]
            scaled = (values - values.mean()) / np.sqrt(values.var() + epsilon)
            y[i, ..., first : first + width] = scaled
    return y


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (3, 20, 6), (3, 2, 2, 5, 6)])
def test_groups_of_an_example_are_standardized(mode, groups, shape):
    y = mode.call(GroupNorm(groups, epsilon=1e-3), X.reshape(shape))

    np.testing.assert_allclose(y, standardized(X.reshape(shape), groups, 1e-3), rtol=1e-10)


@pytest.mark.parametrize("groups", sorted(MAKERS))
@pytest.mark.parametrize("is_training", [True, False])
def test_scale_and_offset_act_after_the_norm(mode, groups, is_training):
    network = MAKERS[groups](epsilon=1e-4)
    mode.call(network, X)
    perturb(network, mode, scale=0.5)

    y = mode.call(lambda x: network(x, training=is_training), X)

    scale, offset = mode.get([network.scale, network.offset])
    expected = standardized(X, groups, 1e-4) * scale + offset
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-11)
    assert scale.shape == offset.shape == (6,)


def test_vectors_are_standardized_over_their_channels(mode):
    x = X[:, 0, 0]

    np.testing.assert_allclose(mode.call(LayerNorm(), x), standardized(x, 1), rtol=1e-10)
    np.testing.assert_allclose(mode.call(GroupNorm(3), x), standardized(x, 3), rtol=1e-10)


@pytest.mark.parametrize("groups", sorted(MAKERS))
def test_variables(groups):
    network, without = MAKERS[groups](), MAKERS[groups](affine=False)
    network(X)
    y = without(X)

    assert list(network.named_variables()) == ["offset", "scale"]
    assert not without.variables
    np.testing.assert_allclose(y, standardized(X, groups), rtol=1e-10)


@pytest.mark.parametrize("groups", sorted(MAKERS))
def test_batch_and_grid_can_be_unknown_and_an_example_alone(mode, groups):
    network = MAKERS[groups]()
    function = mode.function(network, X, unknown_batch=True, unknown_grid=True)

    for x in (X, X[:1, :3], X[:0]):
        np.testing.assert_allclose(function(x), standardized(x, groups), rtol=1e-10)


def test_a_gradient_flows_through_the_moments(mode):
    """For `sum(y * upstream)`, as for batch norm, over each example."""
    network, upstream = LayerNorm(epsilon=1e-3), np.random.RandomState(1).standard_normal(X.shape)

    def gradient(x, upstream):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(network(x) * upstream)
        return tape.gradient(loss, x)

    axes = (1, 2, 3)
    std = np.sqrt(X.var(axis=axes, keepdims=True) + 1e-3)
    normalized = standardized(X, 1, 1e-3)
    expected = upstream - upstream.mean(axis=axes, keepdims=True)
    expected -= normalized * (upstream * normalized).mean(axis=axes, keepdims=True)
    np.testing.assert_allclose(
        mode.call(gradient, X, upstream), expected / std, rtol=1e-9, atol=1e-12
    )


def test_half_precision_in_half_precision_out():
    x = tf.cast(300.0 + X, tf.float16)

    y = GroupNorm(2)(x)

    assert y.dtype == tf.float16
    expected = standardized(x.numpy().astype(np.float64), 2)
    np.testing.assert_allclose(y.numpy(), expected, atol=5e-3)


@pytest.mark.parametrize(
    ("make", "shape"),
    [(InstanceNorm, (2, 3)), (InstanceNorm, (2, 1, 1, 3)), (lambda: GroupNorm(3), (2, 3))],
)
def test_rejects_groups_of_one_value(make, shape):
    with pytest.raises(ValueError, match="`.*_norm` needs groups of more than one value; got"):
        make()(np.ones(shape))


def test_rejects_groups_that_do_not_divide_the_channels():
    with pytest.raises(ValueError, match="`group_norm` must divide .* got 4 groups for 6 chan"):
        GroupNorm(4)(X)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones([2, 4, 3]), ValueError, "`norm` needs 6 channels from its input"),
        (np.ones([2]), ValueError, "`norm` needs 6 channels"),
        (np.ones([2, 4, 6], np.int32), TypeError, "`norm` .* float"),
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_rejects_other_inputs(x, error, message, affine):
    network = LayerNorm(affine=affine, name="norm")
    network(X)

    with pytest.raises(error, match=message):
        network(x)


def test_rejects_integers_at_the_first_call():
    with pytest.raises(TypeError, match="`layer_norm` takes an input of a floating type; got int"):
        LayerNorm(affine=False)(np.ones([2, 3], np.int32))


def test_rejects_wrong_numbers():
    with pytest.raises(ValueError, match="`num_groups` must be a positive integer; got 0"):
        GroupNorm(0)
    for make in MAKERS.values():
        with pytest.raises(ValueError, match="`epsilon` must be positive; got 0.0"):
            make(epsilon=0.0)


def test_training_moves_nothing(mode):
    network = GroupNorm(2)
    mode.call(network, X)
    before = get_variables(network, mode)

    mode.call(lambda x: network(x, training=True), X)

    for path, value in get_variables(network, mode).items():
        np.testing.assert_array_equal(value, before[path])

import numpy as np
import pytest

from genflow.networks import ConditionalBatchNorm
from tests.modes import get_variables, perturb

X = np.random.RandomState(0).standard_normal([6, 4, 3, 2]) * [0.5, 20.0] + [5.0, -3.0]
AXES = (0, 1, 2)
LABELS = np.array([2, 0, 1, 2, 2, 0])
CONTEXT = np.eye(3)[LABELS]


def standardized(x):
    axes = tuple(range(x.ndim - 1))
    return (x - x.mean(axis=axes)) / np.sqrt(x.var(axis=axes) + 1e-5)


def training(network):
    return lambda x, context: network(x, context, training=True)


@pytest.mark.parametrize("shape", [(6, 4, 3, 2), (6, 12, 2)])
def test_every_class_has_its_scale_and_offset(mode, shape):
    network, x = ConditionalBatchNorm(), X.reshape(shape)
    np.testing.assert_allclose(
        mode.call(training(network), x, CONTEXT), standardized(x), rtol=1e-10, atol=1e-12
    )
    perturb(network, mode, scale=0.5)

    y = mode.call(training(network), x, CONTEXT)

    scale, offset = mode.get([network.scale_weight, network.offset_weight])
    assert scale.shape == offset.shape == (3, 2)
    for i, label in enumerate(LABELS):
        expected = standardized(x)[i] * (1.0 + scale[label]) + offset[label]
        np.testing.assert_allclose(y[i], expected, rtol=1e-10, atol=1e-11)


def test_any_vector_can_be_the_context(mode):
    network, context = ConditionalBatchNorm(), np.random.RandomState(1).standard_normal([6, 4])
    x = X[:, 0, 0]
    mode.call(training(network), x, context)
    perturb(network, mode, scale=0.5)

    y = mode.call(training(network), x, context)

    scale, offset = mode.get([network.scale_weight, network.offset_weight])
    expected = standardized(x) * (1.0 + context @ scale) + context @ offset
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-11)


def test_running_averages_serve_the_evaluation(mode):
    network = ConditionalBatchNorm(decay=0.9, epsilon=1e-3)
    mode.call(training(network), X, CONTEXT)
    perturb(network, mode, scale=0.5)
    scale, offset = mode.get([network.scale_weight, network.offset_weight])

    y = mode.call(network, X, CONTEXT)

    mean, variance = 0.1 * X.mean(axis=AXES), 0.9 + 0.1 * X.var(axis=AXES)
    expected = (X - mean) / np.sqrt(variance + 1e-3)
    expected = expected * (1.0 + CONTEXT @ scale)[:, None, None]
    expected += (CONTEXT @ offset)[:, None, None]
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-11)


def test_variables():
    network = ConditionalBatchNorm()
    network(X, CONTEXT)

    assert [(path, v.trainable) for path, v in network.named_variables().items()] == [
        ("norm/statistics/mean", False),
        ("norm/statistics/variance", False),
        ("offset_weight", True),
        ("scale_weight", True),
    ]


def test_initialize_sets_the_statistics_of_the_batch(mode):
    network = ConditionalBatchNorm()

    y, _ = mode.call(network.initialize, X, CONTEXT)

    np.testing.assert_allclose(y, standardized(X), rtol=1e-10, atol=1e-12)
    variables = get_variables(network, mode)
    np.testing.assert_allclose(variables["norm/statistics/mean"], X.mean(axis=AXES), rtol=1e-12)


def test_labels_can_have_another_type_than_the_input(mode):
    assert mode.call(ConditionalBatchNorm(), X, CONTEXT.astype(np.int32)).dtype == np.float64


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (None, "`norm` needs a `context`; got none"),
        (np.ones([6]), r"`norm` needs a `context` \[batch, context_channels\] .* got a tensor of"),
        (np.ones([6, 4, 3, 3]), "one-hot labels; got a tensor of shape"),
        ([np.ones([6, 3])], "one-hot labels; got a list of 1"),
        (np.ones([1, 3]), "`norm` needs a `context` for every example: 6 of them; got shape"),
        (np.ones([6, 4]), "`norm` needs 3 channels from its context, as at the first call"),
    ],
)
def test_rejects_other_contexts(context, message):
    network = ConditionalBatchNorm(name="norm")
    network(X, CONTEXT)

    for call in (network, network.initialize):
        with pytest.raises(ValueError, match=message):
            call(X, context)


def test_rejects_a_missing_context_at_the_first_call(mode):
    with pytest.raises(ValueError, match="`conditional_batch_norm` needs a `context`; got none"):
        mode.call(ConditionalBatchNorm(), X)


def test_rejects_other_channels_and_wrong_numbers():
    network = ConditionalBatchNorm()
    network(X, CONTEXT)
    with pytest.raises(ValueError, match="`conditional_batch_norm` needs 2 channels from its inp"):
        network(X[..., :1], CONTEXT)
    with pytest.raises(ValueError, match=r"`decay` must be in \[0, 1\); got 1.0"):
        ConditionalBatchNorm(decay=1.0)
    with pytest.raises(ValueError, match="`epsilon` must be positive; got 0.0"):
        ConditionalBatchNorm(epsilon=0.0)

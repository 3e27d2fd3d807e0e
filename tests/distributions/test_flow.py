import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AffineCoupling,
    Chain,
    Dequantize,
    LearnedPrior,
    MultiScale,
    Permute,
    RunningBatchNorm,
    Split,
    Squeeze,
    TanhScale,
    reversed_order,
)
from genflow.networks import MLP, ContextBias, ContextGlowConditioner, GlowConditioner, ZerosConv
from tests.modes import perturb


def coupled_flow():
    layers = []
    for seed in range(3):
        conditioner = MLP([8], out_channels=2, seed=seed)
        layers += [ActNorm(), AffineCoupling(conditioner, TanhScale()), Permute(reversed_order)]
    return Flow(Chain(layers), event_shape=[2])


def image_flow():
    first = Chain(
        [Squeeze(), ActNorm(), AffineCoupling(GlowConditioner(8, 12, seed=0)), Split(ZerosConv(12))]
    )
    second = Chain([Squeeze(), ActNorm(), LearnedPrior(ZerosConv(48))])
    return Flow(MultiScale([first, second]), event_shape=[8, 8, 3])


def conditional_flow():
    conditioner = ContextGlowConditioner(8, out_channels=4, seed=0)
    prior = LearnedPrior(ContextBias(8))
    return Flow(Chain([ActNorm(), AffineCoupling(conditioner), prior]), event_shape=[4, 4, 4])


def test_log_prob_of_a_known_gaussian(mode):
    """`z = (x - mean) / std` through an actnorm is the density of N(mean, std**2)."""
    mean, std = np.array([1.0, -2.0, 0.5]), np.array([0.5, 2.0, 3.0])
    x = np.random.RandomState(0).standard_normal([6, 3])
    flow = Flow(ActNorm(), event_shape=[3])
    mode.call(flow.log_prob, x)
    mode.assign(flow.bijection.shift, -mean)
    mode.assign(flow.bijection.log_scale, -np.log(std))
    expected = np.sum(
        -0.5 * ((x - mean) / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi), axis=1
    )
    np.testing.assert_allclose(mode.call(flow.log_prob, x), expected, rtol=1e-12)
    bits = mode.call(flow.bits_per_dim, x)
    np.testing.assert_allclose(bits, -expected / (3 * np.log(2)), rtol=1e-12)


def test_density_integrates_to_one(mode):
    flow = coupled_flow()
    axis = np.linspace(-20.0, 20.0, 600)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    mode.call(flow.log_prob, grid)
    perturb(flow, mode, scale=0.2)
    density = np.exp(mode.call(flow.log_prob, grid))
    integral = np.sum(density) * (axis[1] - axis[0]) ** 2
    assert abs(integral - 1.0) < 1e-3
    assert np.std(density) > 1e-3


def test_samples_follow_the_density(mode):
    """E[log p(x)] over samples equals that over the grid, weighted with the density."""
    flow = coupled_flow()
    axis = np.linspace(-20.0, 20.0, 600).astype(np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    mode.call(flow.log_prob, grid)
    perturb(flow, mode, scale=0.2)
    log_prob = mode.call(flow.log_prob, grid).astype(np.float64)
    entropy = np.sum(np.exp(log_prob) * log_prob) * (axis[1] - axis[0]) ** 2
    sampled = mode.call(lambda: flow.log_prob(flow.sample(40000, seed=0)))
    # Five standard errors at 40,000 samples.
    assert abs(np.mean(sampled) - entropy) < 5 * np.std(sampled) / np.sqrt(40000)


def test_uniform_integers_cost_num_bits(mode):
    """A flow whose density is uniform on the unit cube costs exactly the bits it stores."""

    class Uniform:
        def log_prob(self, z):
            return tf.zeros(tf.shape(z)[:1])

    for num_bits in (1, 5, 8):
        x = np.random.RandomState(0).randint(0, 2**num_bits, [4, 3, 3, 2]).astype(np.float32)
        flow = Flow(Dequantize(num_bits, seed=0), event_shape=[3, 3, 2], base=Uniform())
        np.testing.assert_allclose(mode.call(flow.bits_per_dim, x), num_bits, rtol=1e-6)


def test_encode_and_decode_undo_each_other(mode):
    flow = image_flow()
    x = np.random.RandomState(0).standard_normal([3, 8, 8, 3]).astype(np.float32)
    mode.call(flow.encode, x)
    perturb(flow, mode)
    z = mode.call(flow.encode, x)
    assert [leaf.shape for leaf in z] == [(3, 4, 4, 6), (3, 2, 2, 24)]
    np.testing.assert_allclose(mode.call(lambda *z: flow.decode(z), *z), x, atol=1e-5)


def test_sample_has_the_shape_and_zero_temperature_has_no_variety(mode):
    flow = image_flow()
    samples = mode.call(lambda: flow.sample(5, temperature=0.0, seed=0))
    assert samples.shape == (5, 8, 8, 3)
    np.testing.assert_allclose(samples, samples[:1].repeat(5, axis=0), atol=1e-6)
    one = mode.call(lambda: flow.sample(1, seed=0))
    assert one.shape == (1, 8, 8, 3)


def test_initialize_standardises_the_latents(mode):
    flow = Flow(ActNorm(), event_shape=[2])
    x = np.random.RandomState(0).standard_normal([50, 2]) * [2.0, 3.0] + [5.0, -1.0]
    mode.call(flow.initialize, x)
    z = mode.call(flow.encode, x)
    np.testing.assert_allclose(np.mean(z, axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.std(z, axis=0), 1.0, atol=1e-5)


def test_interpolation_starts_and_ends_at_the_given_examples(mode):
    flow = image_flow()
    random = np.random.RandomState(0)
    start, end = (random.standard_normal([2, 8, 8, 3]).astype(np.float32) for _ in range(2))
    mode.call(flow.encode, start)
    perturb(flow, mode)
    line = mode.call(lambda a, b: flow.interpolate(a, b, num_points=5), start, end)
    assert line.shape == (2, 5, 8, 8, 3)
    np.testing.assert_allclose(line[:, 0], start, atol=1e-5)
    np.testing.assert_allclose(line[:, -1], end, atol=1e-5)
    middle = mode.call(
        lambda a, b: flow.decode(
            tuple(0.5 * (p + q) for p, q in zip(flow.encode(a), flow.encode(b)))
        ),
        start,
        end,
    )
    np.testing.assert_allclose(line[:, 2], middle, atol=1e-5)


def test_context_reaches_density_samples_and_interpolation(mode):
    flow = conditional_flow()
    x = np.random.RandomState(0).standard_normal([2, 4, 4, 4]).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)
    mode.call(lambda x, c: flow.log_prob(x, c), x, labels[[0, 1]])
    perturb(flow, mode)
    first, second = (
        mode.call(lambda x, c: flow.log_prob(x, c), x, labels[i]) for i in ([0, 1], [2, 1])
    )
    assert first[0] != second[0]
    assert first[1] == second[1]
    a, b = (
        mode.call(lambda c: flow.sample(2, context=c, seed=0), labels[i]) for i in ([0, 1], [2, 1])
    )
    assert np.max(np.abs(a[0] - b[0])) > 1e-3
    np.testing.assert_array_equal(a[1], b[1])
    line = mode.call(lambda x, c: flow.interpolate(x, x, 3, c), x, labels[[0, 1]])
    np.testing.assert_allclose(line, x[:, None].repeat(3, axis=1), atol=1e-5)


def test_rejects_what_it_cannot_use():
    with pytest.raises(TypeError, match="`bijection` must be a bijection; got a int"):
        Flow(3, event_shape=[2])
    with pytest.raises(ValueError, match=r"`event_shape` must be positive integers; got \(0,\)"):
        Flow(ActNorm(), event_shape=[0])
    flow = Flow(ActNorm(), event_shape=[2])
    with pytest.raises(ValueError, match=r"`flow` takes examples of shape \(2,\); got .*5, 3"):
        flow.log_prob(np.zeros([5, 3], np.float32))
    with pytest.raises(ValueError, match="`num_points` must be at least 2; got 1"):
        flow.interpolate(np.zeros([1, 2], np.float32), np.zeros([1, 2], np.float32), 1)


def test_samples_have_the_type_of_the_flow_and_other_types_are_refused():
    flow = coupled_flow()
    flow.initialize(np.random.RandomState(0).standard_normal([50, 2]))
    assert flow.sample(3).dtype == tf.float64
    with pytest.raises(TypeError, match="`act_norm` was built for float64; got float32: cast"):
        flow.log_prob(np.zeros([5, 2], np.float32))
    with pytest.raises(TypeError, match="`act_norm` takes an input of a floating type; got int64"):
        Flow(ActNorm(), event_shape=[2]).log_prob(np.zeros([5, 2], np.int64))


def test_samples_have_the_type_of_the_weights_and_not_of_running_statistics():
    flow = Flow(Chain([RunningBatchNorm(), ActNorm()]), event_shape=[3])
    flow.log_prob(tf.ones([2, 3], tf.float16))
    assert flow.sample(4).dtype == tf.float16

    flow = Flow(RunningBatchNorm(), event_shape=[3])
    flow.log_prob(tf.ones([2, 3], tf.float64))
    assert flow.sample(4).dtype == tf.float64

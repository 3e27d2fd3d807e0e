import functools

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import ResizeGenerator
from genflow.networks import (
    ConditionalBatchNorm,
    ConvTranspose,
    Identity,
    InstanceNorm,
    ResizeConv,
    nearest,
    truncated_normal,
)
from tests.gan.reference import LABELS, num_trained
from tests.modes import Eager, get_variables, perturb
from tests.networks.convolution import conv, conv_transpose

Z = np.random.RandomState(0).standard_normal([4, 5])
TRANSPOSED = functools.partial(ConvTranspose, kernel_size=3, initializer=truncated_normal(0.01))
NEAREST = functools.partial(ResizeConv, resize=nearest)


def training(network):
    return lambda *arguments: network(*arguments, training=True)


@pytest.mark.parametrize("make", [{}, {"make_upsample": TRANSPOSED}], ids=["bilinear", "transpose"])
@pytest.mark.parametrize(
    ("image_shape", "count"), [((28, 28, 1), 6420417), ((32, 32, 3), 6420483)], ids=str
)
def test_has_as_many_weights_as_the_original(image_shape, count, make):
    with tf.Graph().as_default():
        generator = ResizeGenerator(image_shape, **make)
        generator(tf.zeros([1, 128]))

        assert num_trained(generator) == count
        assert [norm.statistics.decay for norm in generator.norms] == [0.99] * 5
        assert [norm.epsilon for norm in generator.norms] == [1e-3] * 5


@pytest.mark.parametrize(
    ("image_shape", "width", "widths"),
    [
        ((16, 16, 1), 32, [16, 8, 4, 2]),
        ((17, 3, 1), 32, [16, 8, 4, 2, 1]),
        ((3, 8, 3), 8, [4, 3, 3]),
        ((1, 1, 2), 8, []),
    ],
)
def test_the_size_decides_the_blocks(image_shape, width, widths):
    generator = ResizeGenerator(image_shape, width)
    with tf.Graph().as_default():
        z = tf.compat.v1.placeholder(tf.float32, [None, 5])

        assert generator(z).shape.as_list() == [None] + list(image_shape)
        assert [norm.scale.shape.as_list()[0] for norm in generator.norms] == widths


def bilinear_resized(h, size):
    """By the definition: between the centres of pixels, the outermost repeated."""
    for axis, side in enumerate(size, start=1):
        old = h.shape[axis]
        centres = np.clip((np.arange(side) + 0.5) * old / side - 0.5, 0.0, old - 1.0)
        low = np.minimum(centres.astype(int), old - 1)
        share = (centres - low).reshape([-1] + [1] * (3 - axis))
        high = np.minimum(low + 1, old - 1)
        h = h.take(low, axis) * (1.0 - share) + h.take(high, axis) * share
    return h


def repeated(h, size):
    return h.repeat(size[0] // h.shape[1], axis=1).repeat(size[1] // h.shape[2], axis=2)


def upsampled(kind, h, variables, path):
    """Twice the size, then a convolution; or the transpose of one of stride 2."""
    size = (2 * h.shape[1], 2 * h.shape[2])
    if kind == "transpose":
        weight, bias = variables[path + "/weight"], variables[path + "/bias"]
        return conv_transpose(h, weight, size, 2) + bias
    h = bilinear_resized(h, size) if kind == "bilinear" else repeated(h, size)
    return conv(h, variables[path + "/conv/weight"], 1) + variables[path + "/conv/bias"]


def generated(variables, z, kind, num_blocks, size):
    """The formula, of the values of all variables; in training."""
    h = z @ variables["dense/weight"] + variables["dense/bias"]
    h = np.where(h > 0.0, h, 0.125 * h)[:, None, None]
    for index in range(num_blocks):
        h = np.maximum(upsampled(kind, h, variables, "upsamples/{}".format(index)), 0.0)
        std = np.sqrt(h.var(axis=(0, 1, 2)) + 1e-3)
        h = (h - h.mean(axis=(0, 1, 2))) / std
        path = "norms/{}/".format(index)
        h = h * variables[path + "scale"] + variables[path + "offset"]
    y = np.tanh(h @ variables["conv/weight"][0, 0] + variables["conv/bias"])
    return bilinear_resized(y, size)


@pytest.mark.parametrize("image_shape", [(4, 4, 2), (3, 2, 1)])
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("bilinear", {}),
        ("nearest", {"make_upsample": NEAREST}),
        ("transpose", {"make_upsample": TRANSPOSED}),
    ],
)
def test_is_the_formula(kind, arguments, image_shape):
    generator = ResizeGenerator(image_shape, 8, slope=0.125, seed=0, **arguments)
    with Eager() as mode:
        mode.call(generator, Z)
        perturb(generator, mode, scale=0.3)
        y = mode.call(training(generator), Z)
        variables = get_variables(generator, mode)

    expected = generated(variables, Z, kind, 2, image_shape[:2])
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-11)


def test_weights_start_as_glorot_uniform_and_biases_as_zero():
    generator = ResizeGenerator((8, 8, 3), 64, seed=0)
    generator(Z)

    for path, variable in generator.named_variables().items():
        values = variable.numpy()
        if path.endswith("/weight"):
            fans = int(np.prod(values.shape[:-2])) * sum(values.shape[-2:])
            assert 0.85 < np.max(np.abs(values)) / (6.0 / fans) ** 0.5 <= 1.0
        elif path.endswith("/bias"):
            np.testing.assert_array_equal(values, np.zeros_like(values))


def test_training_moves_the_statistics_and_gives_every_trained_variable_a_gradient(mode):
    generator = ResizeGenerator((4, 3, 1), 8, seed=0)
    mode.call(generator, Z)
    before = get_variables(generator, mode)

    def gradients(z):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(generator(z, training=True) ** 2)
        return tape.gradient(loss, list(generator.trainable_variables))

    values = mode.call(gradients, Z)

    after = get_variables(generator, mode)
    assert len(values) == 2 + 2 * 4 + 2
    assert all(np.all(np.isfinite(value)) and np.any(value != 0.0) for value in values)
    changed = {path for path in before if np.any(before[path] != after[path])}
    assert changed == {path for path in before if "statistics" in path}


@pytest.mark.parametrize("make_norm", [InstanceNorm, Identity])
def test_norms_can_be_others(make_norm):
    generator = ResizeGenerator((4, 4, 1), 8, make_norm=make_norm, output=tf.identity, seed=0)

    images = generator(Z).numpy()

    assert np.max(images.std(axis=0)) > 1e-2
    np.testing.assert_array_equal(generator(Z, training=True).numpy(), images)


def test_a_context_is_for_the_norms():
    generator = ResizeGenerator((4, 4, 1), 8, make_norm=ConditionalBatchNorm, seed=0)

    assert generator(Z, LABELS).shape.as_list() == [4, 4, 4, 1]
    with pytest.raises(ValueError, match="`g` got a `context`, but no part .* give it `make_norm"):
        ResizeGenerator((4, 4, 1), 8, name="g")(Z, LABELS)


def test_a_seed_is_a_generator():
    images = [ResizeGenerator((3, 2, 1), 4, seed=seed)(Z).numpy() for seed in (0, 0, 1)]

    np.testing.assert_array_equal(images[0], images[1])
    assert np.all(images[0] != images[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (4, 4)}, r"`image_shape` must be \(height, width, channels\); got"),
        ({"hidden_width": 0}, "`hidden_width` must be a positive integer; got 0"),
        ({"widths": (4, 0)}, "`widths` must be a positive integer; got 0"),
        ({"slope": 0.0}, "`slope` must be positive; got 0.0"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResizeGenerator(**dict({"image_shape": (4, 4, 1)}, **arguments))


def test_rejects_what_is_no_vector():
    with pytest.raises(ValueError, match="`g` takes an input of rank 2; got shape"):
        ResizeGenerator((4, 4, 1), 4, name="g")(Z[:, None])

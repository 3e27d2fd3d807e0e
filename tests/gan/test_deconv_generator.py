import functools

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import DeconvGenerator
from genflow.networks import ConditionalBatchNorm, Identity, SpectralNorm, WeightNormalization
from tests.gan.reference import LABELS, append, batch_norm, num_trained, weights_of_layers
from tests.modes import Eager, get_variables, perturb
from tests.networks.convolution import conv_transpose

Z = np.random.RandomState(0).standard_normal([4, 5])


def training(network):
    return lambda *arguments: network(*arguments, training=True)


def for_mnist():
    return DeconvGenerator((28, 28, 1), (128, 128), hidden_widths=(1024,), output=tf.sigmoid)


@pytest.mark.parametrize(
    ("make", "num_classes", "count"),
    [(lambda: DeconvGenerator((64, 64, 3)), 0, 5135363), (for_mnist, 10, 7065211)],
    ids=["colour", "mnist"],
)
def test_has_as_many_weights_as_the_original(make, num_classes, count):
    with tf.Graph().as_default():
        generator, context = make(), tf.zeros([1, num_classes]) if num_classes else None
        generator(tf.zeros([1, 100]), context)

        assert num_trained(generator) == count


@pytest.mark.parametrize(
    "image_shape", [(28, 28, 1), (32, 32, 3), (31, 17, 3), (16, 48, 2), (1, 1, 1), (33, 2, 1)]
)
@pytest.mark.parametrize("widths", [(4,), (4, 3), (4, 3, 2, 2)])
def test_makes_images_of_any_size(image_shape, widths):
    generator = DeconvGenerator(image_shape, widths)
    with tf.Graph().as_default():
        z = tf.compat.v1.placeholder(tf.float32, [None, 5])

        assert generator(z).shape.as_list() == [None] + list(image_shape)


def test_sizes_are_halved_and_rounded_up():
    generator = DeconvGenerator((28, 30, 1), (4, 3, 2, 2))
    with tf.Graph().as_default():
        generator(tf.zeros([1, 5]))

        assert [conv.size for conv in generator.convs] == [(4, 4), (7, 8), (14, 15), (28, 30)]
        assert generator.dense[0].weight.shape.as_list() == [5, 2 * 2 * 4]


@pytest.mark.parametrize(
    ("output", "lowest", "highest"), [(tf.tanh, -1.0, 1.0), (tf.sigmoid, 0.0, 1.0)]
)
def test_the_output_function_gives_the_range(mode, output, lowest, highest):
    generator = DeconvGenerator((6, 6, 1), (4, 3), output=output, make_norm=Identity, seed=0)

    y = mode.call(generator, 1e6 * Z)

    assert y.min() == pytest.approx(lowest)
    assert y.max() == pytest.approx(highest)


def generated(variables, z, labels, sizes):
    """The formula, of the values of all variables; in training."""

    def layer(path, h, product):
        h = product(append(h, labels), variables[path + "/weight"])
        return h + variables[path + "/bias"]

    def norm(path, h):
        return batch_norm(h, variables[path + "/scale"], variables[path + "/offset"])

    def as_images(h):
        return h.reshape([len(h), sizes[0][0], sizes[0][1], -1])

    if "dense/1/weight" in variables:
        h = np.maximum(norm("dense_norms/0", layer("dense/0", z, np.matmul)), 0.0)
        h = as_images(norm("dense_norms/1", layer("dense/1", h, np.matmul)))
    else:
        h = norm("dense_norms/0", as_images(layer("dense/0", z, np.matmul)))
    h = np.maximum(h, 0.0)
    for index, size in enumerate(sizes[1:]):
        product = functools.partial(conv_transpose, size=size, stride=2)
        h = layer("convs/{}".format(index), h, product)
        if index < len(sizes) - 2:
            h = np.maximum(norm("conv_norms/{}".format(index), h), 0.0)
    return np.tanh(h)


@pytest.mark.parametrize("hidden_widths", [(), (6,)])
@pytest.mark.parametrize("labels", [None, LABELS], ids=["alone", "labels"])
def test_is_the_formula(hidden_widths, labels):
    generator = DeconvGenerator((7, 5, 2), (4, 3), hidden_widths, seed=0)
    arguments = [Z] if labels is None else [Z, labels]
    with Eager() as mode:
        mode.call(generator, *arguments)
        perturb(generator, mode, scale=0.3)
        y = mode.call(training(generator), *arguments)
        variables = get_variables(generator, mode)

    expected = generated(variables, Z, labels, [(2, 2), (4, 3), (7, 5)])
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-11)


def test_the_last_layer_can_do_another_thing_to_its_weight():
    """As the generators of Improved-GAN for CIFAR-10 and SVHN do."""
    generator = DeconvGenerator(
        (8, 8, 3),
        (6, 5, 4),
        make_reparametrize=SpectralNorm,
        make_last_reparametrize=WeightNormalization,
        output=tf.identity,
        seed=0,
    )
    generator(Z)
    inputs = np.random.RandomState(1).standard_normal([2, 4, 4, 4])
    weight = generator.convs[-1].weight.numpy()

    y = generator.convs[-1](inputs).numpy()

    kinds = [type(conv.reparametrize) for conv in generator.convs]
    assert kinds == [SpectralNorm, SpectralNorm, WeightNormalization]
    unit = weight / np.sqrt(np.sum(weight**2, axis=(0, 1, 2)))
    np.testing.assert_allclose(y, conv_transpose(inputs, unit, (8, 8), 2), rtol=1e-9, atol=1e-11)


def test_the_first_norm_is_of_channels_and_behind_hidden_layers_of_features():
    sizes = []
    for hidden_widths in [(), (6,)]:
        generator = DeconvGenerator((8, 8, 1), (4, 3), hidden_widths)
        generator(Z)
        sizes.append([norm.scale.shape.as_list()[0] for norm in generator.dense_norms])

    assert sizes == [[4], [6, 2 * 2 * 4]]


def test_all_weights_start_as_normal_and_biases_as_zero():
    generator = DeconvGenerator((16, 16, 3), (64, 32), (50,), seed=0)
    generator(Z)

    for path, variable in generator.named_variables().items():
        values = variable.numpy()
        if path.endswith("/weight"):
            # Five deviations of the estimate; a truncated one has 0.88 of the deviation.
            np.testing.assert_allclose(values.std(), 0.02, rtol=5 * (2 * values.size) ** -0.5)
        elif path.endswith("/bias"):
            np.testing.assert_array_equal(values, np.zeros_like(values))
    weights = list(weights_of_layers(generator).values())
    assert len({float(np.ravel(weight.numpy())[0]) for weight in weights}) == len(weights) == 4


def test_the_context_reaches_every_layer(mode):
    generator = DeconvGenerator((7, 5, 1), (4, 3), hidden_widths=(6,), seed=0)

    def gradients(z, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(generator(z, labels, training=True) ** 2)
        weights = list(weights_of_layers(generator).values())
        return [gradient[..., -3:, :] for gradient in tape.gradient(loss, weights)]

    values = mode.call(gradients, Z, LABELS)

    assert len(values) == 4
    for value in values:
        # Every label of the batch has weights of its own.
        assert np.all(np.max(np.abs(value), axis=(-1,)) > 0.0)


def test_the_context_reaches_the_norms():
    generator = DeconvGenerator((7, 5, 1), (4, 3), (6,), make_norm=ConditionalBatchNorm)
    generator(Z, LABELS)

    paths = list(generator.named_variables())
    assert sum("scale_weight" in path for path in paths) == 3


def test_only_training_moves_statistics_and_it_moves_all(mode):
    generator = DeconvGenerator((7, 5, 1), (4, 3), (6,), seed=0)
    mode.call(generator, Z, LABELS)
    before = get_variables(generator, mode)
    statistics = {path for path in before if "statistics" in path}
    mode.call(training(generator), Z, LABELS)
    after = get_variables(generator, mode)

    assert {path for path in before if np.any(before[path] != after[path])} == statistics
    assert len(statistics) == 6


def test_one_example_is_enough(mode):
    generator = DeconvGenerator((7, 5, 1), (4, 3), (6,), seed=0)

    for call in (generator, training(generator)):
        y = mode.call(call, Z[:1], LABELS[:1])
        assert y.shape == (1, 7, 5, 1)
        assert np.all(np.isfinite(y))


def test_a_seed_is_a_generator():
    images = [DeconvGenerator((4, 4, 1), (3,), seed=seed)(Z).numpy() for seed in (0, 0, 1)]

    np.testing.assert_array_equal(images[0], images[1])
    assert np.all(images[0] != images[2])


@pytest.mark.parametrize(
    ("first", "context", "message"),
    [
        (LABELS, None, "`g` was first called with a context of 3 channels, .* got no context"),
        (None, LABELS, "`g` was first called with no context, .* got a context of 3 channels"),
        (LABELS, LABELS[:, :2], "a context of 3 channels, .* got a context of 2 channels"),
        (LABELS, LABELS[:2], r"`g` needs a `context` for every example: 4 of them; got .*\(2, 3\)"),
        (None, np.arange(4), "`g` needs a `context` .* such as one-hot labels; got a tensor of"),
        (None, LABELS[:, None], r"`g` needs a `context` \[batch, context_channels\]"),
        (None, [LABELS, LABELS], r"`g` needs a `context` \[batch, context_channels\]"),
    ],
)
def test_rejects_other_contexts(first, context, message):
    generator = DeconvGenerator((4, 4, 1), (3,), name="g")
    if first is not None or context is LABELS:
        generator(Z, first)

    with pytest.raises(ValueError, match=message):
        generator(Z, context)


def test_rejects_noise_that_is_no_vector():
    with pytest.raises(ValueError, match="`deconv_generator` takes an input of rank 2; got shape"):
        DeconvGenerator((4, 4, 1))(np.ones([2, 4, 4]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (28, 28)}, r"`image_shape` must be \(height, width, channels\); got \(28"),
        ({"image_shape": (28, 0, 1)}, "`image_shape` must be a positive integer; got 0"),
        ({"widths": ()}, "`widths` must hold at least one width; got none"),
        ({"widths": (4, -1)}, "`widths` must be a positive integer; got -1"),
        ({"hidden_widths": (0,)}, "`hidden_widths` must be a positive integer; got 0"),
        ({"kernel_size": 0}, "`kernel_size` must be a positive integer; got 0"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        DeconvGenerator(**dict({"image_shape": (4, 4, 1)}, **arguments))

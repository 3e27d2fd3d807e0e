import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.gan import DenseGenerator
from genflow.networks import BatchNorm, ConditionalBatchNorm, Identity
from tests.gan.reference import LABELS, num_trained
from tests.modes import Eager, get_variables, perturb

Z = np.random.RandomState(0).standard_normal([4, 5])


def training(network):
    return lambda *arguments: network(*arguments, training=True)


def test_has_as_many_weights_as_the_original():
    with tf.Graph().as_default():
        generator = DenseGenerator((28, 28, 1))
        generator(tf.zeros([1, 100]))

        layers = [100 * 500 + 500, 500 * 500 + 500, 500 * 784 + 2 * 784]
        assert num_trained(generator) == sum(layers) == 694568


def generated(variables, z, num_layers, is_normed):
    """The formula, of the values of all variables; in training."""
    h = z
    for index in range(num_layers):
        h = h @ variables["dense/{}/weight".format(index)]
        if is_normed:
            h = (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-6)
        h = np.log1p(np.exp(h + variables["offsets/{}/bias".format(index)]))
    weight = variables["last/weight"]
    weight = weight * variables["last/reparametrize/gain"] / np.linalg.norm(weight, axis=0)
    return 1.0 / (1.0 + np.exp(-h @ weight - variables["last/bias"]))


@pytest.mark.parametrize("image_shape", [(3, 2, 2), (1, 7, 1)])
@pytest.mark.parametrize("make_norm", [None, Identity], ids=["batch_norm", "identity"])
def test_is_the_formula(image_shape, make_norm):
    norm = {} if make_norm is None else {"make_norm": make_norm}
    generator = DenseGenerator(image_shape, (6, 3), seed=0, **norm)
    with Eager() as mode:
        mode.call(generator, Z)
        perturb(generator, mode, scale=0.3)
        y = mode.call(training(generator), Z)
        variables = get_variables(generator, mode)

    expected = generated(variables, Z, 2, make_norm is None).reshape((4,) + image_shape)
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-11)


def test_weights_start_as_glorot_uniform_biases_as_zero_and_gains_as_one():
    generator = DenseGenerator((5, 4, 1), (40, 30), seed=0)
    generator(Z)

    for path, variable in generator.named_variables().items():
        values = variable.numpy()
        if path.endswith("/weight"):
            limit = (6.0 / sum(values.shape)) ** 0.5
            assert 0.9 * limit < np.max(np.abs(values)) <= limit
        elif path.endswith("/bias"):
            np.testing.assert_array_equal(values, np.zeros_like(values))
    np.testing.assert_array_equal(generator.last.reparametrize.gain.numpy(), np.ones(20))
    assert generator.norms[0].epsilon == 1e-6
    assert generator.norms[0].statistics.decay == 0.9


def test_every_trained_variable_has_a_gradient_in_training(mode):
    generator = DenseGenerator((3, 2, 1), (6, 4), seed=0)

    def gradients(z):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(generator(z, training=True) ** 2)
        return tape.gradient(loss, list(generator.trainable_variables))

    values = mode.call(gradients, Z)

    assert len(values) == 2 * 2 + 3
    assert all(np.all(np.isfinite(value)) and np.any(value != 0.0) for value in values)


def test_initialize_sets_the_statistics_of_the_norms_alone(mode):
    generator = DenseGenerator((3, 2, 1), (6, 4), seed=0)
    mode.call(generator, Z)
    before = get_variables(generator, mode)

    y, _ = mode.call(generator.initialize, Z)

    after = get_variables(generator, mode)
    changed = {path for path in before if np.any(before[path] != after[path])}
    assert changed == {path for path in before if "statistics" in path}
    np.testing.assert_allclose(y, mode.call(generator, Z), rtol=1e-12)
    np.testing.assert_allclose(y, mode.call(training(generator), Z), rtol=1e-12)


def test_the_activation_the_output_and_the_last_weight_can_be_others():
    generator = DenseGenerator(
        (3, 2, 1), (), tf.nn.relu, tf.identity, make_last_reparametrize=None, seed=0
    )

    y = generator(Z).numpy()

    assert sorted(generator.named_variables()) == ["last/bias", "last/weight"]
    np.testing.assert_allclose(y.reshape([4, 6]), Z @ generator.last.weight.numpy(), rtol=1e-12)
    relu = DenseGenerator((3, 2, 1), (6,), lambda h: 0.0 * h, tf.identity, seed=0)
    np.testing.assert_array_equal(relu(Z).numpy(), np.zeros([4, 3, 2, 1]))


def test_a_context_is_for_the_norms():
    generator = DenseGenerator((3, 2, 1), (6,), make_norm=ConditionalBatchNorm, seed=0)
    plain = DenseGenerator((3, 2, 1), (6,), make_norm=BatchNorm, name="g")

    assert generator(Z, LABELS).shape.as_list() == [4, 3, 2, 1]
    with pytest.raises(ValueError, match="`g` got a `context`, but no part .* give it `make_norm"):
        plain(Z, LABELS)


def test_a_seed_is_a_generator():
    images = [DenseGenerator((3, 2, 1), (3,), seed=seed)(Z).numpy() for seed in (0, 0, 1)]

    np.testing.assert_array_equal(images[0], images[1])
    assert np.all(images[0] != images[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (4, 4)}, r"`image_shape` must be \(height, width, channels\); got"),
        ({"widths": (4, 0)}, "`widths` must be a positive integer; got 0"),
    ],
)
def test_rejects_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        DenseGenerator(**dict({"image_shape": (4, 4, 1)}, **arguments))


def test_rejects_what_is_no_vector():
    with pytest.raises(ValueError, match="`g` takes an input of rank 2; got shape"):
        DenseGenerator((4, 4, 1), name="g")(Z[:, None])

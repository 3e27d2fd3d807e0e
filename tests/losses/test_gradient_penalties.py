import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Network, fold_in, make_seed
from genflow.losses import dragan_penalty, r1_penalty, wgan_gp_penalty

RANDOM = np.random.RandomState(0)
REAL, FAKE = RANDOM.standard_normal([2, 6, 3, 4, 2])
WEIGHT = RANDOM.standard_normal([3, 4, 2]) / 3.0


def linear(weight):
    """A discriminator whose gradient is `weight` wherever it is."""
    return lambda x: tf.reduce_sum(x * weight, axis=[1, 2, 3], keepdims=True)[..., 0, 0]


def quadratic(weight):
    """... and one whose gradient is `weight * x`."""
    return lambda x: 0.5 * tf.reduce_sum(weight * x**2, axis=[1, 2, 3])


def penalties(discriminator, real, fake):
    return {
        "dragan": dragan_penalty(discriminator, real, seed=0),
        "r1": r1_penalty(discriminator, real),
        "wgan_gp": wgan_gp_penalty(discriminator, real, fake, seed=0),
    }


def norm(gradients):
    """Of each example, in one of the many ways that there are to write it."""
    return np.linalg.norm(gradients.reshape([len(gradients), -1]), axis=1)


def test_a_linear_discriminator_has_the_norm_of_its_weight(mode):
    found = mode.call(lambda x, y, w: penalties(linear(w), x, y), REAL, FAKE, WEIGHT)

    length = np.sqrt(np.sum(WEIGHT**2))
    np.testing.assert_allclose(found["wgan_gp"], (length - 1.0) ** 2, rtol=1e-12)
    np.testing.assert_allclose(found["dragan"], (length - 1.0) ** 2, rtol=1e-12)
    np.testing.assert_allclose(found["r1"], length**2, rtol=1e-12)


@pytest.mark.parametrize("target", [0.0, 0.5, 1.0])
def test_a_norm_on_target_costs_nothing(target):
    weight = WEIGHT * target / np.linalg.norm(WEIGHT)

    for penalty in (
        wgan_gp_penalty(linear(weight), REAL, FAKE, target=target),
        dragan_penalty(linear(weight), REAL, target=target),
    ):
        np.testing.assert_allclose(penalty, 0.0, atol=1e-30)


def test_gradients_for_the_weights_of_a_linear_discriminator(mode):
    """d (|w| - 1)^2 / dw = 2 (|w| - 1) w / |w|, and d |w|^2 / dw = 2 w."""

    def gradients(x, y, weight):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(weight)
            found = penalties(linear(weight), x, y)
        return {name: tape.gradient(penalty, weight) for name, penalty in found.items()}

    found = mode.call(gradients, REAL, FAKE, WEIGHT)

    length = np.sqrt(np.sum(WEIGHT**2))
    expected = 2.0 * (length - 1.0) / length * WEIGHT
    np.testing.assert_allclose(found["wgan_gp"], expected, rtol=1e-11)
    np.testing.assert_allclose(found["dragan"], expected, rtol=1e-11)
    np.testing.assert_allclose(found["r1"], 2.0 * WEIGHT, rtol=1e-11)


def test_r1_of_a_quadratic_discriminator(mode):
    """mean_i |w x_i|^2, whose gradient is 2 w mean_i x_i^2."""

    def run(x, weight):
        with tf.GradientTape() as tape:
            tape.watch(weight)
            penalty = r1_penalty(quadratic(weight), x)
        return penalty, tape.gradient(penalty, weight)

    penalty, gradient = mode.call(run, REAL, WEIGHT)

    np.testing.assert_allclose(penalty, np.mean(norm(WEIGHT * REAL) ** 2), rtol=1e-12)
    np.testing.assert_allclose(gradient, 2.0 * WEIGHT * np.mean(REAL**2, axis=0), rtol=1e-11)


def seen(penalty, discriminator=None):
    """The images at which a penalty takes the gradient, and the penalty."""
    images = []
    value = penalty(lambda x: images.append(x) or (discriminator or quadratic(WEIGHT))(x))
    return images[0], value


def test_wgan_gp_takes_one_mix_for_each_example(mode):
    def run(real, fake):
        return seen(lambda discriminator: wgan_gp_penalty(discriminator, real, fake, seed=0))

    at, penalty = mode.call(run, REAL, FAKE)

    mixes = (at - FAKE) / (REAL - FAKE)
    mix = mixes.reshape([len(mixes), -1]).mean(axis=1)
    np.testing.assert_allclose(mixes, np.broadcast_to(mix[:, None, None, None], mixes.shape), 1e-9)
    assert len(set(np.round(mix, 6))) == len(mix)
    np.testing.assert_allclose(penalty, np.mean((norm(WEIGHT * at) - 1.0) ** 2), rtol=1e-12)


def test_wgan_gp_mixes_uniformly():
    zeros = np.zeros([4000, 1])
    at, _ = seen(lambda d: wgan_gp_penalty(d, zeros + 1.0, zeros, seed=0), tf.square)
    at = at.numpy()

    assert np.all((at >= 0.0) & (at < 1.0))
    shares = np.histogram(at, bins=10, range=(0.0, 1.0))[0] / 4000.0
    assert np.all(np.abs(shares - 0.1) < 5.0 * (0.1 * 0.9 / 4000.0) ** 0.5)


def test_dragan_adds_noise_in_proportion_to_the_deviation_of_the_batch(mode):
    real = np.ones([1000, 10])
    real[:500, :5] = 5.0  # Neither examples nor values have the deviation of all, sqrt(3).

    def run(real):
        return seen(lambda d: dragan_penalty(d, real, seed=0, scale=0.25), tf.square)[0]

    noise = (mode.call(run, real) - real) / (0.25 * 3.0**0.5)

    # Five standard deviations of the mean, and of the deviation; half of it is below 0.674.
    assert abs(noise.mean()) < 5.0 / 100.0
    assert abs(noise.std() - 1.0) < 5.0 / (100.0 * 2.0**0.5)
    assert abs(noise[:500, :5].std() - 1.0) < 5.0 / (50.0 * 2.0**0.5)
    assert abs(np.mean(np.abs(noise) < 0.674) - 0.5) < 5.0 * 0.5 / 100.0
    assert len(np.unique(noise)) > 9990  # One for each value, not for each example.


def test_dragan_without_noise_is_at_the_images():
    at, _ = seen(lambda discriminator: dragan_penalty(discriminator, REAL, scale=0.0))

    np.testing.assert_array_equal(at, REAL)


@pytest.mark.parametrize("penalty", ["wgan_gp", "dragan"])
def test_seeds(mode, penalty):
    def run(real, fake, step):
        def penalized(seed):
            if penalty == "dragan":
                return dragan_penalty(quadratic(WEIGHT), real, seed=seed)
            return wgan_gp_penalty(quadratic(WEIGHT), real, fake, seed=seed)

        return penalized(7), penalized(lambda: fold_in(make_seed(7), step)), penalized(None)

    function = mode.function(run, REAL, FAKE, np.int32(0))
    (one, at_3, fresh), (same, at_4, other) = (function(REAL, FAKE, np.int32(s)) for s in (3, 4))

    assert one == same
    assert at_3 != at_4
    assert fresh != other


def test_a_gradient_of_zero_is_no_obstacle(mode):
    """The norm has no derivative there, and the penalty is `target**2`."""

    def run(x, weight):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(weight)
            found = penalties(linear(weight), x, x)
        return found, {name: tape.gradient(penalty, weight) for name, penalty in found.items()}

    for size, dtype in ((0.0, "float64"), (0.0, "float32"), (1e-20, "float32")):
        x, weight = REAL.astype(dtype), np.full_like(WEIGHT, size, dtype)
        found, gradients = mode.call(run, x, weight)
        np.testing.assert_allclose(found["wgan_gp"], 1.0)
        np.testing.assert_allclose(found["dragan"], 1.0)
        np.testing.assert_allclose(found["r1"], 0.0, atol=1e-12)
        for gradient in gradients.values():
            assert np.all(np.abs(gradient) <= 1e-10)


def test_one_example_with_a_gradient_of_zero_does_not_hide_the_others():
    x = np.concatenate([np.zeros_like(REAL[:1]), REAL[:1]])

    penalty = wgan_gp_penalty(quadratic(WEIGHT), x, x)

    np.testing.assert_allclose(penalty, (1.0 + (norm(WEIGHT * REAL[:1])[0] - 1.0) ** 2) / 2.0)


class Critic(Network):
    """A small one, with second derivatives for its images and its weights."""

    def _build(self, x):
        self.kernel = self._variable("kernel", normal, [3, 3, 2, 3], x.dtype)
        self.weight = self._variable("weight", normal, [36, 1], x.dtype)

    def _call(self, x, context, training):
        x = tf.nn.leaky_relu(tf.nn.conv2d(x, self.kernel, strides=1, padding="SAME"), 0.2)
        return tf.reshape(tf.nn.tanh(x), [-1, 36]) @ self.weight


def normal(shape, dtype):
    return tf.random.stateless_normal(shape, [0, 1], stddev=0.5, dtype=dtype)


def test_trains_the_weights_of_a_network(mode):
    """The gradient for its weights is that of differences, in every mode."""
    critic = Critic()

    def gradients(real, fake):
        critic(real)
        weights = [critic.kernel, critic.weight]
        found = []
        for name in ("dragan", "r1", "wgan_gp"):
            with tf.GradientTape() as tape:
                penalty = penalties(lambda x: critic(x, training=True), real, fake)[name]
            found.append((penalty, tape.gradient(penalty, weights)))
        return found

    function = mode.function(gradients, REAL, FAKE)
    found = function(REAL, FAKE)
    for variable, index, entry in (
        (critic.kernel, 0, (0, 1, 1, 2)),
        (critic.weight, 1, (7, 0)),
    ):
        value, sides = mode.get(variable), []
        for step in (1e-5, -1e-5):
            moved = value.copy()
            moved[entry] += step
            mode.assign(variable, moved)
            sides.append([penalty for penalty, _ in function(REAL, FAKE)])
        mode.assign(variable, value)
        for (_, exact), above, below in zip(found, *sides):
            np.testing.assert_allclose(exact[index][entry], (above - below) / 2e-5, rtol=1e-4)


def test_an_optimizer_in_a_graph_gets_its_gradients():
    """The way of `tf.gradients`, which knows nothing of tapes."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        weight = tf.constant(WEIGHT)
        penalty = wgan_gp_penalty(linear(weight), tf.constant(REAL), tf.constant(FAKE))
        [gradient] = session.run(tf.gradients(penalty, [weight]))

    length = np.linalg.norm(WEIGHT)
    np.testing.assert_allclose(gradient, 2.0 * (length - 1.0) / length * WEIGHT, rtol=1e-11)


@pytest.mark.parametrize("shape", [[6], [6, 1], [6, 1, 1, 1]])
def test_logits_have_any_shape(shape):
    found = penalties(lambda x: tf.reshape(quadratic(WEIGHT)(x), shape), REAL, FAKE)
    expected = penalties(quadratic(WEIGHT), REAL, FAKE)

    for name, penalty in found.items():
        np.testing.assert_allclose(penalty, expected[name], rtol=1e-12)


def test_the_logits_of_an_example_are_summed():
    def patches(x):
        return tf.reduce_sum(WEIGHT * x, axis=3)

    np.testing.assert_allclose(r1_penalty(patches, REAL), np.sum(WEIGHT**2), rtol=1e-12)


def test_vectors_and_numbers_are_examples_too():
    for shape in ([6, 24], [6, 24, 1], [24]):
        x = REAL[: shape[0] if len(shape) > 1 else 1].reshape(shape)
        np.testing.assert_allclose(
            r1_penalty(lambda x: 3.0 * x, x), 9.0 * np.prod(shape[1:]), rtol=1e-12
        )


def test_half_precision_norms_are_computed_in_float32():
    """The square of the gradient, 90000, is above the range of float16."""
    x = tf.cast(REAL, tf.float16)
    steep = linear(tf.fill([3, 4, 2], tf.constant(300.0, tf.float16)))

    penalty = r1_penalty(steep, x)

    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, 24 * 90000.0)
    assert wgan_gp_penalty(steep, x, x).dtype == dragan_penalty(steep, x).dtype == tf.float32


def test_batch_and_grid_can_be_unknown(mode):
    def run(real, fake):
        return penalties(lambda x: tf.reduce_sum(x**2, axis=[1, 2, 3]), real, fake)

    function = mode.function(run, REAL, FAKE, unknown_batch=True, unknown_grid=True)
    found = function(REAL[:2, :, :1], FAKE[:2, :, :1])

    np.testing.assert_allclose(found["r1"], np.mean(norm(2.0 * REAL[:2, :, :1]) ** 2), rtol=1e-12)


@pytest.mark.parametrize("name", ["dragan", "r1", "wgan_gp"])
def test_rejects_a_discriminator_that_does_not_look(name):
    run = {
        "dragan": lambda d: dragan_penalty(d, REAL),
        "r1": lambda d: r1_penalty(d, REAL),
        "wgan_gp": lambda d: wgan_gp_penalty(d, REAL, FAKE),
    }[name]
    with pytest.raises(ValueError, match="`discriminator` must return what depends on the images"):
        run(lambda x: tf.zeros([6]))


@pytest.mark.parametrize(
    ("real", "fake", "error", "message"),
    [
        (np.ones([2, 3], np.uint8), np.ones([2, 3]), TypeError, "`real` must be .*; got uint8"),
        (np.ones([2, 3]), np.ones([2, 3], int), TypeError, "`fake` must be .*; got int64"),
        (np.ones([2, 3]), np.ones([2, 3], "float32"), TypeError, "got float64 and float32"),
        (np.ones([2, 3]), np.ones([2, 4]), ValueError, r"one shape; got \(2, 3\) and \(2, 4\)"),
        (np.ones([2, 3]), np.ones([1, 3]), ValueError, r"one shape; got \(2, 3\) and \(1, 3\)"),
        (
            np.float32(1),
            np.float32(1),
            ValueError,
            r"`real` must be \[batch, ...\].*got shape \(\)",
        ),
    ],
)
def test_wgan_gp_rejects_images_that_cannot_be_mixed(real, fake, error, message):
    with pytest.raises(error, match=message):
        wgan_gp_penalty(lambda x: x, real, fake)


def test_dragan_rejects_a_negative_scale():
    with pytest.raises(ValueError, match="`scale` must not be negative; got -0.5"):
        dragan_penalty(lambda x: x, REAL, scale=-0.5)

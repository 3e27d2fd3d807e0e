"""Every family of losses has these properties: a table of families, and a test for each."""

import collections

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from scipy.special import expit

from genflow import losses

RANDOM = np.random.RandomState(0)
REAL, FAKE = RANDOM.uniform(-3.0, 3.0, [2, 5, 2, 3, 1])
# In float32, 1 - exp(-20) is 1 and exp(-1000) is 0.
EXTREME = np.array([-1000.0, -20.0, 0.0, 1000.0])


def log_sigmoid(x):
    return -np.logaddexp(0.0, -x)


def cross_entropy(logits, target):
    return np.mean(-target * log_sigmoid(logits) - (1.0 - target) * log_sigmoid(-logits))


def square(logits, target):
    return np.mean((logits - target) ** 2) / 2.0


def relativistic(real, fake, target=1.0):
    return cross_entropy(real - fake.mean(), target) + cross_entropy(fake - real.mean(), 0.0)


Family = collections.namedtuple("Family", "name generator discriminator undecided")

# In closed form: the losses of the pair, and that of a discriminator that returns 0 always.
FAMILIES = [
    Family(
        "hinge",
        lambda real, fake: -fake.mean(),
        lambda real, fake: np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(),
        2.0,
    ),
    Family(
        "least_squares",
        lambda real, fake: square(fake, 1.0),
        lambda real, fake: square(real, 1.0) + square(fake, 0.0),
        0.5,
    ),
    Family(
        "minimax",
        lambda real, fake: -cross_entropy(fake, 0.0),
        lambda real, fake: cross_entropy(real, 1.0) + cross_entropy(fake, 0.0),
        2.0 * np.log(2.0),
    ),
    Family(
        "non_saturating",
        lambda real, fake: cross_entropy(fake, 1.0),
        lambda real, fake: cross_entropy(real, 1.0) + cross_entropy(fake, 0.0),
        2.0 * np.log(2.0),
    ),
    Family(
        "relativistic_average",
        lambda real, fake: relativistic(fake, real),
        relativistic,
        2.0 * np.log(2.0),
    ),
    Family(
        "wasserstein",
        lambda real, fake: -fake.mean(),
        lambda real, fake: fake.mean() - real.mean(),
        0.0,
    ),
]
SMOOTHED = ["minimax", "non_saturating", "relativistic_average"]
NEEDS_REAL = ["relativistic_average"]

every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def generator_loss(name):
    """The generator's loss as a function of both logits."""
    loss = getattr(losses, name + "_generator_loss")
    return loss if name in NEEDS_REAL else lambda real, fake: loss(fake)


def discriminator_loss(name, **arguments):
    loss = getattr(losses, name + "_discriminator_loss")
    return lambda real, fake: loss(real, fake, **arguments)


def both(name):
    return generator_loss(name), discriminator_loss(name)


def with_gradients(*functions):
    """From functions of both logits to one of the values and all gradients."""

    def run(real, fake):
        values, gradients = [], []
        for function in functions:
            with tf.GradientTape() as tape:
                tape.watch([real, fake])
                value = function(real, fake)
            values.append(value)
            gradients.append(
                tape.gradient(
                    value, [real, fake], unconnected_gradients=tf.UnconnectedGradients.ZERO
                )
            )
        return values, gradients

    return run


def test_the_table_is_complete():
    pairs = {
        "{}_{}_loss".format(f.name, kind)
        for f in FAMILIES
        for kind in ("generator", "discriminator")
    }

    ends = ("_generator_loss", "_discriminator_loss")
    assert {name for name in losses.__all__ if name.endswith(ends)} == pairs


@every_family
def test_values_are_those_of_the_formulas(mode, family):
    values, _ = mode.call(with_gradients(*both(family.name)), REAL, FAKE)

    np.testing.assert_allclose(values[0], family.generator(REAL, FAKE), rtol=1e-12)
    np.testing.assert_allclose(values[1], family.discriminator(REAL, FAKE), rtol=1e-12)


def test_the_generators_of_the_original_game_are_what_its_paper_says():
    saturating, non_saturating = np.log(1.0 - expit(FAKE)).mean(), -np.log(expit(FAKE)).mean()

    np.testing.assert_allclose(losses.minimax_generator_loss(FAKE), saturating)
    np.testing.assert_allclose(losses.non_saturating_generator_loss(FAKE), non_saturating)


@every_family
def test_the_loss_of_a_discriminator_that_cannot_tell(family):
    zeros = np.zeros([4, 1])

    np.testing.assert_allclose(discriminator_loss(family.name)(zeros, zeros), family.undecided)


@every_family
def test_players_pull_the_logits_their_way(family):
    (generator, discriminator), gradients = with_gradients(*both(family.name))(
        tf.constant(0.3 * REAL), tf.constant(0.3 * FAKE)
    )

    assert generator.shape.as_list() == discriminator.shape.as_list() == []
    (_, generator_fake), (discriminator_real, discriminator_fake) = gradients
    assert np.all(generator_fake.numpy() < 0.0)  # Down the gradient, the logit grows.
    assert np.all(discriminator_real.numpy() < 0.0)
    if family.name == "least_squares":  # Towards 0, the target, from both sides.
        np.testing.assert_array_equal(np.sign(discriminator_fake), np.sign(FAKE))
    else:
        assert np.all(discriminator_fake.numpy() > 0.0)


@every_family
def test_gradients_are_those_of_the_formulas(family):
    """By differences of the closed forms, at every logit."""
    _, gradients = with_gradients(*both(family.name))(tf.constant(REAL), tf.constant(FAKE))

    for formula, found in zip((family.generator, family.discriminator), gradients):
        expected = [np.zeros_like(REAL), np.zeros_like(FAKE)]
        for which in (0, 1):
            for index in np.ndindex(REAL.shape):
                step = [np.zeros_like(REAL), np.zeros_like(FAKE)]
                step[which][index] = 1e-5
                above = formula(REAL + step[0], FAKE + step[1])
                below = formula(REAL - step[0], FAKE - step[1])
                expected[which][index] = (above - below) / 2e-5
        np.testing.assert_allclose(found, expected, atol=1e-9)


@every_family
@pytest.mark.parametrize("shape", [[30], [30, 1], [5, 6], [1, 30, 1, 1]])
def test_logits_have_any_shape(family, shape):
    for loss in both(family.name):
        flat = loss(REAL.reshape(shape), FAKE.reshape(shape))
        np.testing.assert_allclose(flat, loss(REAL, FAKE), rtol=1e-12)


@every_family
def test_real_and_fake_batches_have_any_size(mode, family):
    run = mode.function(with_gradients(*both(family.name)), REAL, FAKE, unknown_batch=True)
    values, _ = run(REAL[:2], FAKE)

    np.testing.assert_allclose(values[0], family.generator(REAL[:2], FAKE), rtol=1e-12)
    np.testing.assert_allclose(values[1], family.discriminator(REAL[:2], FAKE), rtol=1e-12)


@every_family
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16], ids=["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(family, dtype):
    # Too many for the integers of a half-precision number to count, and a sum above its range.
    real, fake = (
        tf.cast(np.tile(x.reshape([-1, 1]) + 20.0, [500, 1]), dtype) for x in (REAL, FAKE)
    )
    wide = [tf.cast(x, tf.float64).numpy() for x in (real, fake)]

    for loss in both(family.name):
        value = loss(real, fake)
        assert value.dtype == tf.float32
        np.testing.assert_allclose(value, loss(*wide), rtol=1e-5, atol=1e-6)


@every_family
def test_is_stable_for_any_logits(family):
    pairs = np.stack(np.meshgrid(EXTREME, EXTREME)).reshape([2, -1, 1]).astype(np.float32)
    for real, fake in zip(*pairs):
        values, gradients = with_gradients(*both(family.name))(tf.constant(real), tf.constant(fake))
        wide = real.astype(np.float64), fake.astype(np.float64)
        for value, gradient in zip(values, gradients):
            assert np.all(np.isfinite(gradient))
            assert np.isfinite(value)
        np.testing.assert_allclose(values[0], family.generator(*wide), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(values[1], family.discriminator(*wide), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("logit", [-1000.0, 1000.0])
def test_gradients_of_the_cross_entropies_at_the_ends(logit):
    """The saturating loss has none where the other has its largest, and the other way around."""
    logits = tf.constant([[logit]])
    _, gradients = with_gradients(generator_loss("minimax"), generator_loss("non_saturating"))(
        logits, logits
    )

    saturating, non_saturating = gradients[0][1].numpy(), gradients[1][1].numpy()
    assert saturating == (-1.0 if logit > 0 else 0.0)
    assert non_saturating == (0.0 if logit > 0 else -1.0)


@pytest.mark.parametrize("name", SMOOTHED)
def test_smoothing_moves_the_target_of_real_images_alone(name):
    shift = (FAKE.mean(), REAL.mean()) if name == "relativistic_average" else (0.0, 0.0)
    expected = cross_entropy(REAL - shift[0], 0.9) + cross_entropy(FAKE - shift[1], 0.0)

    smoothed = discriminator_loss(name, label_smoothing=0.1)(REAL, FAKE)

    np.testing.assert_allclose(smoothed, expected, rtol=1e-12)


def test_a_smoothed_loss_is_lowest_where_the_sigmoid_is_the_target():
    real, fake = tf.constant([[np.log(0.9 / 0.1)]]), tf.constant([[0.0]], tf.float64)
    loss = discriminator_loss("non_saturating", label_smoothing=0.1)
    _, [[at_target, _]] = with_gradients(loss)(real, fake)

    np.testing.assert_allclose(at_target, 0.0, atol=1e-15)


@pytest.mark.parametrize("name", SMOOTHED)
@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0, float("nan")])
def test_rejects_smoothing_out_of_range(name, label_smoothing):
    with pytest.raises(ValueError, match=r"`label_smoothing` must be in \[0, 1\); got"):
        discriminator_loss(name, label_smoothing=label_smoothing)(REAL, FAKE)


def test_least_squares_takes_the_other_targets_of_the_paper():
    value = losses.least_squares_discriminator_loss(REAL, FAKE, real_target=1.0, fake_target=-1.0)
    np.testing.assert_allclose(value, square(REAL, 1.0) + square(FAKE, -1.0), rtol=1e-12)

    value = losses.least_squares_generator_loss(FAKE, target=0.0)
    np.testing.assert_allclose(value, square(FAKE, 0.0), rtol=1e-12)


def test_hinge_leaves_what_is_beyond_the_margin():
    real, fake = tf.constant([[1.5], [-1.5]]), tf.constant([[1.5], [-1.5]])
    _, [[real, fake]] = with_gradients(discriminator_loss("hinge"))(real, fake)

    np.testing.assert_array_equal(real, [[0.0], [-0.5]])
    np.testing.assert_array_equal(fake, [[0.5], [0.0]])


@every_family
def test_rejects_integers(family):
    for loss in both(family.name):
        with pytest.raises(TypeError, match="`(real|fake)_logits` must be logits.*; got int64"):
            loss(np.ones([4, 1], np.int64), np.ones([4, 1], np.int64))


@every_family
@pytest.mark.parametrize(
    ("real", "fake"), [([4], [4, 1]), ([4, 2, 2, 1], [4, 1]), ([4, 1], [4, 2])]
)
def test_rejects_logits_of_two_kinds(family, real, fake):
    message = r"must have one shape, but for the size of the batch; got \({}.*\) and \({}".format(
        real[0], fake[0]
    )
    compared = both(family.name) if family.name in NEEDS_REAL else both(family.name)[1:]
    for loss in compared:
        with pytest.raises(ValueError, match=message):
            loss(np.ones(real), np.ones(fake))


def test_rejects_logits_of_two_types():
    with pytest.raises(TypeError, match="must be of one type; got float32 and float64"):
        discriminator_loss("hinge")(np.ones([4, 1], np.float32), np.ones([4, 1]))


def test_the_minimax_game_has_a_sum_of_zero():
    generator = losses.minimax_generator_loss(FAKE)
    discriminator = losses.minimax_discriminator_loss(np.full_like(REAL, 1000.0), FAKE)

    np.testing.assert_allclose(generator, -discriminator, rtol=1e-12)

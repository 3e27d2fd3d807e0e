"""The losses of a discriminator that knows classes, in both of the forms that they have."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from scipy.special import expit, log_softmax, logsumexp

from genflow.losses import (
    append_fake_logit,
    generated_loss,
    labelled_accuracy,
    labelled_loss,
    logit_of_real,
    minimax_generator_loss,
    unlabelled_loss,
)

RANDOM = np.random.RandomState(0)
LOGITS = RANDOM.uniform(-3.0, 3.0, [6, 5])  # 4 classes, and that of generated images.
OTHERS = RANDOM.uniform(-3.0, 3.0, [6, 5])
LABELS = np.array([3, 0, 1, 1, 2, 0], np.int32)
MASKED = np.array([3, -1, 1, -1, -1, 0], np.int32)
KNOWN = [0, 2, 5]
UNKNOWN = np.full([6], -1, np.int32)
# In float32, exp(100) is infinite.
EXTREME = np.array([[1e4, -1e4, 1e4], [-1e4, 1e4, -1e4], [-1e4, -1e4, 1e4], [1e4, 0.0, -1e4]])
EXTREME_REAL = np.array([0.0, 2e4, np.log(2.0) - 2e4, 2e4])


def softplus(x):
    return np.logaddexp(0.0, x)


def cross_entropy(logits, targets):
    return -np.mean(np.sum(targets * log_softmax(logits, axis=1), axis=1))


def with_targets(labels):
    """What the labels ask of all logits: [onehot, 0]."""
    return np.eye(5)[labels]


def log_of_being_real(logits):
    """As a sum of probabilities, which is right while they are of a usual size."""
    return np.log(np.exp(log_softmax(logits, axis=1))[:, :-1].sum(axis=1))


def value_and_gradient(function):
    def run(x, *others):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x, *others)
        return value, tape.gradient(value, x)

    return run


def test_the_logit_of_being_real_is_that_of_the_probability(mode):
    value = mode.call(logit_of_real, LOGITS, unknown_batch=True)

    assert value.shape == (6,)
    np.testing.assert_allclose(np.log(expit(value)), log_of_being_real(LOGITS), rtol=1e-12)


def test_appends_the_logit_zero(mode):
    value = mode.call(append_fake_logit, LOGITS[:, :-1], unknown_batch=True)

    np.testing.assert_array_equal(value, np.hstack([LOGITS[:, :-1], np.zeros([6, 1])]))


def test_a_classifier_says_how_real_an_image_is_by_the_sum_of_its_exponentials():
    total = np.exp(LOGITS).sum(axis=1)
    value = logit_of_real(append_fake_logit(LOGITS))

    np.testing.assert_allclose(expit(value), total / (total + 1.0), rtol=1e-12)
    np.testing.assert_allclose(value, np.log(total), rtol=1e-12)


def test_the_logit_of_being_real_is_that_of_the_only_class():
    np.testing.assert_allclose(logit_of_real(append_fake_logit([[2.5], [-1.0]])), [2.5, -1.0])


def test_known_labels_count_and_others_do_not(mode):
    value, gradient = mode.call(
        value_and_gradient(labelled_loss), LOGITS, MASKED, unknown_batch=True
    )

    classes, labels = LOGITS[KNOWN, :-1], MASKED[KNOWN]
    log_probabilities = log_softmax(classes, axis=1)
    np.testing.assert_allclose(value, -log_probabilities[[0, 1, 2], labels].mean(), rtol=1e-12)
    expected = np.zeros([6, 5])
    expected[KNOWN, :-1] = (np.exp(log_probabilities) - np.eye(4)[labels]) / 3.0
    np.testing.assert_allclose(gradient, expected, atol=1e-14)


def test_without_a_known_label_there_is_nothing_to_learn(mode):
    value, gradient = mode.call(value_and_gradient(labelled_loss), LOGITS, UNKNOWN)

    assert value == 0.0
    np.testing.assert_array_equal(gradient, np.zeros([6, 5]))
    assert mode.call(labelled_accuracy, LOGITS, UNKNOWN) == 0.0


def test_real_images_are_called_real(mode):
    value, gradient = mode.call(value_and_gradient(unlabelled_loss), LOGITS, unknown_batch=True)

    np.testing.assert_allclose(value, -log_of_being_real(LOGITS).mean(), rtol=1e-12)
    p = np.exp(log_softmax(LOGITS, axis=1))
    is_real = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    expected = (p - is_real * p / p[:, :-1].sum(axis=1, keepdims=True)) / 6.0
    np.testing.assert_allclose(gradient, expected, rtol=1e-10)


def test_one_sided_smoothing_lowers_the_target_of_real_images():
    is_real = log_of_being_real(LOGITS)
    expected = -np.mean(0.75 * is_real + 0.25 * np.log(1.0 - np.exp(is_real)))

    np.testing.assert_allclose(unlabelled_loss(LOGITS, label_smoothing=0.25), expected, rtol=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_generated_images_are_called_generated(mode, smoothing):
    def run(logits):
        return generated_loss(logits, label_smoothing=smoothing)

    value, gradient = mode.call(value_and_gradient(run), LOGITS, unknown_batch=True)

    targets = np.tile([smoothing / 4.0] * 4 + [1.0 - smoothing], [6, 1])
    np.testing.assert_allclose(value, cross_entropy(LOGITS, targets), rtol=1e-12)
    expected = (np.exp(log_softmax(LOGITS, axis=1)) - targets) / 6.0
    np.testing.assert_allclose(gradient, expected, atol=1e-14)


def test_accuracy_is_of_the_known_labels_and_the_classes_alone(mode):
    logits = np.array(
        [[1.0, 2.0, 9.0], [1.0, 2.0, 0.0], [3.0, 2.0, 9.0], [3.0, 2.0, 0.0], [0.0, 1.0, 0.0]]
    )
    labels = np.array([1, 0, 0, -1, -1], np.int32)

    np.testing.assert_allclose(
        mode.call(labelled_accuracy, logits, labels, unknown_batch=True), 2.0 / 3.0
    )


def test_labelled_and_unlabelled_add_up_to_the_cross_entropy_of_all_classes():
    expected = cross_entropy(LOGITS, with_targets(LABELS))

    np.testing.assert_allclose(
        labelled_loss(LOGITS, LABELS) + unlabelled_loss(LOGITS), expected, rtol=1e-12
    )


def test_generated_is_the_softplus_of_being_real():
    expected = softplus(logit_of_real(LOGITS)).mean()

    np.testing.assert_allclose(generated_loss(LOGITS), expected, rtol=1e-12)


def test_a_classifier_has_the_losses_of_the_authors():
    labelled, unlabelled, generated = RANDOM.uniform(-3.0, 3.0, [3, 6, 4])
    log_z, log_z_unlabelled, log_z_generated = (
        logsumexp(logits, axis=1) for logits in (labelled, unlabelled, generated)
    )
    labelled_term = -labelled[np.arange(6), LABELS].mean() + log_z.mean()
    unlabelled_term = (
        -0.5 * log_z_unlabelled.mean()
        + 0.5 * softplus(log_z_unlabelled).mean()
        + 0.5 * softplus(log_z_generated).mean()
    )

    np.testing.assert_allclose(
        labelled_loss(append_fake_logit(labelled), LABELS), labelled_term, rtol=1e-12
    )
    both = unlabelled_loss(append_fake_logit(unlabelled)) + generated_loss(
        append_fake_logit(generated)
    )
    np.testing.assert_allclose(0.5 * both, unlabelled_term, rtol=1e-12)


def test_only_differences_of_the_logits_count():
    shifted = LOGITS + np.arange(6.0)[:, np.newaxis]

    for loss in (unlabelled_loss, generated_loss):
        for smoothing in (0.0, 0.1):
            np.testing.assert_allclose(
                loss(shifted, smoothing), loss(LOGITS, smoothing), rtol=1e-12
            )
    np.testing.assert_allclose(
        labelled_loss(shifted, LABELS), labelled_loss(LOGITS, LABELS), rtol=1e-12
    )
    classes = append_fake_logit(LOGITS[:, :-1] - LOGITS[:, -1:])
    np.testing.assert_allclose(logit_of_real(classes), logit_of_real(LOGITS), rtol=1e-10)


def test_the_generator_can_saturate_by_the_last_logit_or_by_the_softmax():
    by_sigmoid, by_softmax = np.log(expit(LOGITS[:, -1])), log_softmax(LOGITS, axis=1)[:, -1]

    np.testing.assert_allclose(
        minimax_generator_loss(-LOGITS[:, -1]), by_sigmoid.mean(), rtol=1e-12
    )
    np.testing.assert_allclose(
        minimax_generator_loss(logit_of_real(LOGITS)), by_softmax.mean(), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (lambda x: labelled_loss(x, [0, 0, -1, 1]), (0.0 + 2e4 + 1e4) / 3.0),
        (unlabelled_loss, softplus(-EXTREME_REAL).mean()),
        (
            lambda x: unlabelled_loss(x, 0.1),
            (0.9 * softplus(-EXTREME_REAL) + 0.1 * softplus(EXTREME_REAL)).mean(),
        ),
        (generated_loss, softplus(EXTREME_REAL).mean()),
        (
            lambda x: generated_loss(x, 0.1),
            cross_entropy(EXTREME, np.tile([0.05, 0.05, 0.9], [4, 1])),
        ),
        (lambda x: tf.reduce_sum(logit_of_real(x)), EXTREME_REAL.sum()),
    ],
)
def test_extreme_logits_are_finite_and_have_finite_gradients(mode, loss, expected):
    value, gradient = mode.call(value_and_gradient(loss), EXTREME.astype(np.float32))

    assert value.dtype == np.float32
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    assert np.all(np.isfinite(gradient))
    assert np.any(gradient)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    logits = tf.cast(LOGITS, dtype)
    values = [
        append_fake_logit(logits),
        logit_of_real(logits),
        labelled_loss(logits, LABELS),
        unlabelled_loss(logits),
        generated_loss(logits),
        labelled_accuracy(logits, LABELS),
    ]

    assert [value.dtype for value in values] == [tf.float32] * 6


@pytest.mark.parametrize("dtype", [np.int64, np.int8])
def test_labels_are_integers_of_any_kind(dtype):
    value = labelled_loss(LOGITS, MASKED.astype(dtype))

    np.testing.assert_allclose(value, labelled_loss(LOGITS, MASKED), rtol=1e-15)


@pytest.mark.parametrize("loss", [labelled_loss, labelled_accuracy])
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (LABELS.astype(np.float32), TypeError, "`labels` must be .* integer type; got float32"),
        (LABELS[:, np.newaxis], ValueError, r"`labels` must be \[batch\], .*got shape \(6, 1\)"),
        (LABELS[:1], ValueError, r"one for each .* of shape \(6, 5\); got shape \(1,\)"),
        (np.int32(1), ValueError, r"`labels` must be \[batch\], .*got shape \(\)"),
    ],
)
def test_rejects_labels_that_are_not_one_for_each_example(loss, labels, error, message):
    with pytest.raises(error, match=message):
        loss(LOGITS, labels)


@pytest.mark.parametrize(
    "loss",
    [
        logit_of_real,
        unlabelled_loss,
        generated_loss,
        lambda logits: labelled_loss(logits, LABELS),
        lambda logits: labelled_accuracy(logits, LABELS),
    ],
)
@pytest.mark.parametrize(
    ("logits", "error", "message"),
    [
        (LOGITS[:, 0], ValueError, r"`class_logits` must be \[batch, classes\] .*shape \(6,\)"),
        (LOGITS[:, :1], ValueError, r"at least 2 columns, .* \"generated\"; got shape \(6, 1\)"),
        (LABELS, TypeError, "`class_logits` must be logits, .*got int32"),
    ],
)
def test_rejects_what_are_no_class_logits(loss, logits, error, message):
    with pytest.raises(error, match=message):
        loss(logits)


@pytest.mark.parametrize("logits", [LOGITS[0], LOGITS[:, :0]])
def test_rejects_to_append_to_what_are_no_class_logits(logits):
    with pytest.raises(ValueError, match="`class_logits` must"):
        append_fake_logit(logits)


def test_rejects_an_unknown_number_of_classes():
    with tf.Graph().as_default():
        logits = tf.compat.v1.placeholder(tf.float32, [None, None])
        with pytest.raises(ValueError, match="static number of classes; got shape"):
            logit_of_real(logits)


@pytest.mark.parametrize("loss", [unlabelled_loss, generated_loss])
@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_rejects_a_smoothing_that_is_none(loss, smoothing):
    with pytest.raises(ValueError, match=r"`label_smoothing` must be in \[0, 1\); got"):
        loss(LOGITS, label_smoothing=smoothing)

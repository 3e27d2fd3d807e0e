import numpy as np
import pytest
import scipy.special
import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core import Network
from genflow.data import ImageSet, PartlyLabelledSet
from genflow.gan import DenseDiscriminator
from genflow.networks import Dense
from genflow.training import (
    FeatureMatching,
    Fooling,
    GanTrainer,
    Minimizer,
    Ratio,
    SemiSupervisedLoss,
)

NUM_CLASSES, SHAPE = 3, (2, 2, 1)
RANDOM = np.random.RandomState(0)
IMAGES = ImageSet(
    "random",
    RANDOM.randint(256, size=(60,) + SHAPE).astype(np.uint8),
    np.arange(60, dtype=np.int32) % NUM_CLASSES,
    NUM_CLASSES,
)


class Generator(Network):
    """A linear map, which remembers what it has made."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(4, seed=1)
        self._made = []

    def _call(self, x, context, training):
        self._made.append(tf.reshape(self.dense(x), (-1,) + SHAPE))
        return self._made[-1]


class Features(Network):
    def __init__(self):
        super().__init__()
        self.dense = Dense(5, seed=2)

    def _call(self, x, context, training):
        return tf.nn.relu(self.dense(tf.reshape(x, [-1, 4])))


class Discriminator(Network):
    """Two layers, the first of which gives features."""

    def __init__(self, num_outputs):
        super().__init__()
        self.features = Features()
        self.head = Dense(num_outputs, seed=3)

    def _call(self, x, context, training):
        return self.head(self.features(x))


def make_trainer(run_dir, loss, images=None, num_outputs=NUM_CLASSES, **arguments):
    def minimizer():
        return Minimizer(lambda step: tf.compat.v1.train.AdamOptimizer(0.01))

    settings = {"batch_size": 12, "z_dim": 3, "show_progress": False, "num_samples": 4}
    settings.update(arguments)
    return GanTrainer(
        lambda seed: Generator(),
        lambda seed: Discriminator(num_outputs),
        loss,
        minimizer(),
        minimizer(),
        images or PartlyLabelledSet(IMAGES, labels_per_class=4, seed=0),
        str(run_dir),
        **settings,
    )


def of_one_update(trainer, name):
    """The metrics of an update, and what it was computed from, before it."""
    graph = trainer.tensors
    with trainer._graph.as_default(), trainer._open() as session:
        draw, update = graph.updates(["draw", name])[:2]
        session.run(draw.op)
        fake = graph.generator._made[0 if name == "discriminator" else 1]
        real, labels, fake = session.run([graph._real, graph._labels, fake])
        weights = session.run(dict(graph.discriminator.named_variables()))
        metrics = session.run([update.metrics, update.op])[0]
    return real, labels, fake, weights, metrics


def features(images, weights):
    h = images.reshape([-1, 4]) @ weights["features/dense/weight"]
    return np.maximum(h + weights["features/dense/bias"], 0.0)


def outputs(images, weights):
    return features(images, weights) @ weights["head/weight"] + weights["head/bias"]


def test_the_discriminator_minimises_what_the_paper_says(tmp_path):
    """The K-class form, written out from the authors' formulas in numpy."""
    trainer = make_trainer(tmp_path, SemiSupervisedLoss(FeatureMatching(), unlabelled_weight=0.7))
    real, labels, fake, weights, metrics = of_one_update(trainer, "discriminator")

    assert sorted(labels >= 0) == [False] * 6 + [True] * 6
    known, unknown = outputs(real[labels >= 0], weights), outputs(real[labels < 0], weights)
    log_z = [scipy.special.logsumexp(x, axis=1) for x in (known, unknown, outputs(fake, weights))]
    softplus = [np.logaddexp(0.0, x) for x in log_z]
    right = known[np.arange(6), labels[labels >= 0]]
    supervised = np.mean(log_z[0]) - np.mean(right)
    unsupervised = 0.5 * (np.mean(softplus[1]) - np.mean(log_z[1])) + 0.5 * np.mean(softplus[2])
    expected = {
        "supervised_loss": supervised,
        "real_loss": np.mean(softplus[1] - log_z[1]),
        "fake_loss": np.mean(softplus[2]),
        "discriminator_loss": supervised + 0.7 * unsupervised,
        "accuracy": np.mean(np.argmax(known, axis=1) == labels[labels >= 0]),
        "real_probability": np.mean(scipy.special.expit(log_z[1])),
        "fake_probability": np.mean(scipy.special.expit(log_z[2])),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(metrics[name], value, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("distance", "order"), [(losses.mean_absolute_distance, 1), (losses.mean_squared_distance, 2)]
)
def test_features_are_matched_to_those_of_images_without_labels(tmp_path, distance, order):
    trainer = make_trainer(tmp_path, SemiSupervisedLoss(FeatureMatching(distance)))
    real, labels, fake, weights, metrics = of_one_update(trainer, "generator")

    means = [np.mean(features(x, weights), axis=0) for x in (real[labels < 0], fake)]
    expected = np.mean(np.abs(means[0] - means[1]) ** order)
    np.testing.assert_allclose(metrics["generator_loss"], expected, rtol=1e-5)


def test_every_image_learns_without_labels_where_all_have_one(tmp_path):
    """The form with a class more, as in the port: labels and reality are one cross-entropy."""
    loss = SemiSupervisedLoss(
        Fooling(to_class_logits=tf.identity), tf.identity, 2.0, fake_smoothing=0.1
    )
    trainer = make_trainer(tmp_path, loss, IMAGES, NUM_CLASSES + 1)
    real, labels, fake, weights, metrics = of_one_update(trainer, "discriminator")

    log_p = scipy.special.log_softmax(outputs(real, weights), axis=1)
    expected = -np.mean(log_p[np.arange(12), labels])
    smoothed = np.array([0.1 / 3] * 3 + [0.9])
    log_p = scipy.special.log_softmax(outputs(fake, weights), axis=1)
    expected -= np.mean(log_p @ smoothed)
    np.testing.assert_allclose(metrics["discriminator_loss"], expected, rtol=1e-5)


def test_a_generator_that_fools_takes_the_probability_of_any_class(tmp_path):
    loss = SemiSupervisedLoss(Fooling(losses.minimax_generator_loss))
    _, _, fake, weights, metrics = of_one_update(make_trainer(tmp_path, loss), "generator")

    log_z = scipy.special.logsumexp(outputs(fake, weights), axis=1)
    np.testing.assert_allclose(
        metrics["generator_loss"], -np.mean(np.logaddexp(0.0, log_z)), rtol=1e-5
    )


def test_without_weight_there_is_a_classifier_alone(tmp_path):
    loss = SemiSupervisedLoss(FeatureMatching(), unlabelled_weight=0.0)
    trainer = make_trainer(tmp_path, loss, schedule=Ratio(1, 0))
    before = initial_values(trainer)
    trainer.train(2)
    after = checkpoint(trainer)

    assert not np.array_equal(after["discriminator/head/weight"], before["head/weight"])
    moments = [name for name in after if name.startswith("generator_optimizer/m/")]
    assert moments
    for name in moments:
        np.testing.assert_array_equal(after[name], 0.0)


def test_real_images_may_be_smoothed(tmp_path):
    loss = SemiSupervisedLoss(FeatureMatching(), real_smoothing=0.25)
    real, labels, _, weights, metrics = of_one_update(make_trainer(tmp_path, loss), "discriminator")

    log_z = scipy.special.logsumexp(outputs(real[labels < 0], weights), axis=1)
    expected = 0.75 * np.logaddexp(0.0, -log_z) + 0.25 * np.logaddexp(0.0, log_z)
    np.testing.assert_allclose(metrics["real_loss"], np.mean(expected), rtol=1e-5)


def test_rejects_a_negative_weight():
    with pytest.raises(ValueError, match="`unlabelled_weight` must not be negative; got -1"):
        SemiSupervisedLoss(FeatureMatching(), unlabelled_weight=-1)


def test_a_discriminator_is_initialised_from_data(tmp_path):
    """Before training every layer gives mean 0 and deviation 1 on images of the set."""
    trainer = GanTrainer(
        lambda seed: Generator(),
        lambda seed: DenseDiscriminator((7,), NUM_CLASSES, 0.0, 0.0),
        SemiSupervisedLoss(FeatureMatching()),
        Minimizer(lambda step: tf.compat.v1.train.AdamOptimizer(0.01)),
        Minimizer(lambda step: tf.compat.v1.train.AdamOptimizer(0.01)),
        IMAGES,
        str(tmp_path),
        batch_size=12,
        z_dim=3,
        num_samples=1,
        init_batch_size=60,
        show_progress=False,
    )
    with trainer._graph.as_default(), trainer._open() as session:
        logits = trainer.tensors.judge(session, IMAGES.images, IMAGES.labels)

    np.testing.assert_allclose(np.mean(logits, axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(np.std(logits, axis=0), 1.0, rtol=1e-3)


def initial_values(trainer):
    with trainer._graph.as_default(), trainer._open() as session:
        return session.run(dict(trainer.tensors.discriminator.named_variables()))


def checkpoint(trainer):
    reader = tf.train.load_checkpoint(trainer.checkpoints.latest())
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}

import functools

import numpy as np
import pytest
import scipy.special
import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core import Network
from genflow.data import ImageSet, PartlyLabelledSet
from genflow.gan import DenseDiscriminator, DenseGenerator
from genflow.networks import BatchNorm, Dense
from genflow.training import (
    FeatureMatching,
    Fooling,
    GanRound,
    GanTrainer,
    Minimizer,
    Ratio,
    Reconstruction,
    SemiSupervisedLoss,
    SessionFlags,
    Turns,
    session_from_flags,
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


def make_round(num_outputs, num_fake=3, step=0, discriminator=None):
    """Two labelled images, four others and some generated ones; and the passes made of them."""
    passes, random = [], np.random.RandomState(1)
    real, fake = (
        tf.constant(random.uniform(size=(count,) + SHAPE), tf.float32) for count in (6, num_fake)
    )
    game = GanRound(
        "discriminator",
        discriminator or Discriminator(num_outputs),
        real=real,
        labels=tf.constant([2, 0, -1, -1, -1, -1]),
        context=None,
        step=tf.constant(step, tf.int64),
        num_labelled=2,
        num_classes=NUM_CLASSES,
        make_fake=lambda: fake,
        start_pass=passes.append,
        batch_seed=None,
    )
    return game, passes


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
    loss = SemiSupervisedLoss(Fooling(), tf.identity, 2.0, fake_smoothing=0.1)
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


def last_logit(class_logits):
    return -class_logits[:, -1]


def test_a_generator_that_fools_may_take_other_logits():
    game, _ = make_round(NUM_CLASSES + 1)
    fooling = Fooling(losses.minimax_generator_loss, to_logits=last_logit)
    loss, metrics = SemiSupervisedLoss(fooling, tf.identity).generator_loss(game)

    logits = game._discriminator(game.fake).numpy()[:, -1]
    np.testing.assert_allclose(loss, -np.mean(np.logaddexp(0.0, -logits)), rtol=1e-5)
    assert metrics == {}


@pytest.mark.parametrize(("step", "weight"), [(0, 10.0), (750, 5.0), (1500, 0.0), (3000, 0.0)])
def test_reconstruction_fades_away(step, weight):
    """In the form of SSGAN, written out; the gradient is that of both terms."""
    game, _ = make_round(NUM_CLASSES + 1, num_fake=4, step=step)
    fooling = Fooling(losses.minimax_generator_loss, to_logits=last_logit)
    owner = SemiSupervisedLoss(Reconstruction(fooling, 10.0, 1500), tf.identity)
    with tf.GradientTape() as tape:
        tape.watch(game.fake)
        loss, metrics = owner.generator_loss(game)
        alone, _ = fooling(game, owner)
        added = loss - alone
    error = game.fake.numpy() - game.real.numpy()[2:]

    assert list(metrics) == ["reconstruction_weight"]
    assert float(metrics["reconstruction_weight"]) == weight
    assert np.max(np.abs(error)) < 1.0
    np.testing.assert_allclose(added, weight * np.mean(error**2) / 2, rtol=1e-5, atol=1e-6)
    gradient = tape.gradient(added, game.fake)
    np.testing.assert_allclose(gradient, weight * error / error.size, rtol=1e-4, atol=1e-6)


def test_reconstruction_goes_with_any_loss_of_the_generator():
    game, _ = make_round(NUM_CLASSES, num_fake=4)

    def with_metric(game, owner):
        return tf.constant(2.0), {"mine": tf.constant(1.0)}

    loss, metrics = SemiSupervisedLoss(Reconstruction(with_metric, 0.0)).generator_loss(game)
    assert float(loss) == 2.0
    assert sorted(metrics) == ["mine", "reconstruction_weight"]


def test_reconstruction_needs_an_image_for_each_generated_one():
    game, _ = make_round(NUM_CLASSES)
    loss = SemiSupervisedLoss(Reconstruction(Fooling()))
    message = r"(?s)as many generated images as .*got 3 and 4: .*`fake_batch_size=4`"
    with pytest.raises(ValueError, match=message):
        loss.generator_loss(game)


def test_rejects_a_reconstruction_that_grows_or_never_fades():
    with pytest.raises(ValueError, match="`weight` must not be negative; got -0.1"):
        Reconstruction(Fooling(), weight=-0.1)
    with pytest.raises(ValueError, match="`num_steps` must be a positive integer; got 0"):
        Reconstruction(Fooling(), num_steps=0)


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_one_pass_for_all_images_is_the_same_without_noise(name):
    """The loss and the gradient, of which `unlabelled` rows are a part."""
    game, passes = make_round(NUM_CLASSES)
    found = {}
    for is_joint in (False, True):
        loss = SemiSupervisedLoss(FeatureMatching(), is_joint=is_joint)
        del passes[:]
        with tf.GradientTape() as tape:
            tape.watch(game.fake)
            value, _ = getattr(loss, name + "_loss")(game)
        weights = game._discriminator.trainable_variables
        gradients = tape.gradient(value, [game.fake, weights[0]])
        found[is_joint] = [value] + [tf.convert_to_tensor(gradient) for gradient in gradients]
        assert len(passes) == (1 if is_joint else 2)

    for joint, separate in zip(found[True], found[False]):
        assert np.any(separate)
        np.testing.assert_allclose(joint, separate, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_rejects_one_pass_where_running_statistics_would_not_move(name):
    """What moves them is a pass of real images alone."""
    network = Discriminator(NUM_CLASSES)
    network.norms = [BatchNorm()]
    game, passes = make_round(NUM_CLASSES, discriminator=network)
    message = "`discriminator` .*batch norm.*`is_joint=False`"

    with pytest.raises(ValueError, match=message):
        getattr(SemiSupervisedLoss(FeatureMatching(), is_joint=True), name + "_loss")(game)
    assert passes == []
    getattr(SemiSupervisedLoss(FeatureMatching()), name + "_loss")(game)


def test_rejects_a_discriminator_without_features():
    class Bare(Network):
        """Whose features have another name."""

    game, _ = make_round(NUM_CLASSES, discriminator=Bare(name="judge"))
    with pytest.raises(ValueError, match=r"`judge` \(Bare\) must have `features`, .*`Fooling`"):
        SemiSupervisedLoss(FeatureMatching()).generator_loss(game)


def test_shapes_are_known_before_a_run():
    """Of a graph with others, accelerators compile every operation again and again."""
    with tf.Graph().as_default() as graph:
        game, _ = make_round(NUM_CLASSES)
        rows = game.unlabelled(game.real)
        parts = game.together(game.features, rows, game.fake)

    assert [part.shape.as_list() for part in [rows] + parts] == [[4, 2, 2, 1], [4, 5], [3, 5]]
    types = [operation.type for operation in graph.get_operations()]
    assert not {"Shape", "Where"} & set(types)
    split = graph.get_operations()[types.index("SplitV")]
    assert split.inputs[1].op.type == "Const"


def test_batches_of_any_size_pass_together():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        game, _ = make_round(NUM_CLASSES)
        images = tf.compat.v1.placeholder_with_default(np.ones((2,) + SHAPE), [None, 2, 2, 1])
        images = tf.cast(images, tf.float32)
        parts = game.together(game.features, images, game.fake)
        session.run([v.initializer for v in game._discriminator.trainable_variables])
        assert [len(part) for part in session.run(parts)] == [2, 3]


@pytest.mark.parametrize("name", ["discriminator", "generator"])
@pytest.mark.parametrize(
    ("num_outputs", "to_class_logits"),
    [(NUM_CLASSES + 1, losses.append_fake_logit), (NUM_CLASSES, tf.identity)],
)
def test_rejects_another_number_of_outputs_than_of_classes(name, num_outputs, to_class_logits):
    game, _ = make_round(num_outputs)
    loss = SemiSupervisedLoss(Fooling(), to_class_logits)
    message = r"`num_outputs=3`.*append_fake_logit.*`num_outputs=4`.*tf.identity.* got .*\(\d, {}\)"

    with pytest.raises(ValueError, match=message.format(num_outputs)):
        getattr(loss, name + "_loss")(game)


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


def noisy(run_dir, schedule):
    def minimizer():
        adam = functools.partial(tf.compat.v1.train.AdamOptimizer, 0.01)
        return Minimizer(lambda step: adam(), average_decay=0.5)

    return GanTrainer(
        lambda seed: DenseGenerator(SHAPE, widths=(5,), seed=1),
        lambda noise_seed: DenseDiscriminator((7,), NUM_CLASSES, seed=2, noise_seed=noise_seed),
        SemiSupervisedLoss(FeatureMatching(), is_joint=True),
        minimizer(),
        minimizer(),
        PartlyLabelledSet(IMAGES, labels_per_class=4, seed=0),
        str(run_dir),
        schedule,
        batch_size=12,
        z_dim=3,
        num_samples=0,
        init_batch_size=20,
        open_session=session_from_flags(SessionFlags(backend="cpu", num_threads=1)),
        show_progress=False,
    )


@pytest.mark.parametrize(
    ("schedule", "stop"), [(Ratio(), 2), pytest.param(Turns(), 1, marks=pytest.mark.slow)]
)
def test_a_run_that_goes_on_equals_one_that_never_stopped(tmp_path, schedule, stop):
    """With few labels, noise, weights set from data and averages of both networks."""
    whole = noisy(tmp_path / "whole", schedule)
    whole.train(3)
    noisy(tmp_path / "broken", schedule).train(stop)
    broken = noisy(tmp_path / "broken", schedule)
    assert broken.checkpoints.step == stop
    broken.train(3)

    expected, values = checkpoint(whole), checkpoint(broken)
    assert set(values) == set(expected)
    kinds = {name.split("/")[0] for name in values}
    assert {"average", "discriminator_average", "generator", "discriminator"} <= kinds
    for name in set(values) - {"run/state"}:
        np.testing.assert_array_equal(values[name], expected[name], err_msg=name)


def initial_values(trainer):
    with trainer._graph.as_default(), trainer._open() as session:
        return session.run(dict(trainer.tensors.discriminator.named_variables()))


def checkpoint(trainer):
    reader = tf.train.load_checkpoint(trainer.checkpoints.latest())
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}

import contextlib
import functools
import os
import signal
import time

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow import losses
from genflow.core import Network
from genflow.data import ImageSet, PartlyLabelledSet, load_digits
from genflow.export import FrozenGraph
from genflow.gan import ConvDiscriminator, DeconvGenerator
from genflow.networks import BatchNorm, Dense, Dropout
from genflow.training import (
    CheckpointError,
    GanLoss,
    GanTrainer,
    Minimizer,
    NonFiniteError,
    Ratio,
    SessionFlags,
    TrainingStopped,
    Turns,
    read_log,
    session_from_flags,
)
from genflow.training.gan_report import save_samples
from genflow.training.run_lock import run_lock

SHAPE = (8, 8, 1)
CROSS_ENTROPY = GanLoss(
    losses.non_saturating_generator_loss, losses.non_saturating_discriminator_loss
)


class DroppingDiscriminator(Network):
    """Convolutions behind dropout."""

    def __init__(self, noise_seed):
        super().__init__()
        self.dropout = Dropout(0.3, seed=noise_seed)
        self.network = ConvDiscriminator(widths=(4, 6), seed=2)

    def _call(self, x, context, training):
        return self.network(self.dropout(x, training=training), context, training)


class LinearGenerator(Network):
    """Remembers the tensors it was called with."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(8 * 8, seed=1)
        self._seen = []

    def _call(self, x, context, training):
        self._seen.append((x, context))
        return tf.reshape(self.dense(x), [-1, 8, 8, 1])


class LinearDiscriminator(Network):
    """A logistic regression."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(1, seed=2)

    def _call(self, x, context, training):
        return self.dense(tf.reshape(x, [-1, 8 * 8]))


def minimizer(average_decay=None, rate=0.01):
    adam = functools.partial(tf.compat.v1.train.AdamOptimizer, rate, 0.5)
    return Minimizer(lambda step: adam(), average_decay=average_decay)


def convolutional(run_dir, loss=CROSS_ENTROPY, average_decay=0.9, **arguments):
    settings = {
        "class_conditional": True,
        "batch_size": 16,
        "z_dim": 5,
        "num_samples": 13,
        "open_session": session_from_flags(SessionFlags(backend="cpu", num_threads=1)),
        "show_progress": False,
    }
    settings.update(arguments)
    return GanTrainer(
        lambda seed: DeconvGenerator(SHAPE, widths=(8, 4), seed=1),
        DroppingDiscriminator,
        loss,
        minimizer(average_decay),
        minimizer(),
        load_digits("train"),
        str(run_dir),
        **settings,
    )


def linear(run_dir, **arguments):
    settings = {"batch_size": 16, "z_dim": 3, "show_progress": False, "num_samples": 4}
    settings.update(arguments)
    return GanTrainer(
        lambda seed: LinearGenerator(),
        lambda seed: LinearDiscriminator(),
        settings.pop("loss", CROSS_ENTROPY),
        minimizer(settings.pop("average_decay", None)),
        minimizer(settings.pop("discriminator_decay", None)),
        settings.pop("images", None) or load_digits("train"),
        str(run_dir),
        **settings,
    )


@contextlib.contextmanager
def opened(trainer):
    """A session with the variables as they are at the start, and the data."""
    with trainer._graph.as_default(), trainer._open() as session:
        yield session


def checkpoint_values(trainer):
    reader = tf.train.load_checkpoint(trainer.checkpoints.latest())
    names = sorted(reader.get_variable_to_shape_map())
    return {name: reader.get_tensor(name) for name in names if name != "run/state"}


def numbers(run_dir):
    """The log without what a clock says."""
    records = read_log(os.path.join(str(run_dir), "log.jsonl"))
    return [{k: v for k, v in r.items() if k != "images_per_second"} for r in records]


def test_a_run_that_goes_on_equals_one_that_never_stopped(tmp_path):
    whole, schedule = tmp_path / "whole", Ratio(2, 2, shares_latents=True)
    uninterrupted = convolutional(whole, schedule=schedule)
    uninterrupted.train(7, log_every=2)
    broken = tmp_path / "broken"
    convolutional(broken, schedule=schedule).train(3, log_every=2)
    trainer = convolutional(broken, schedule=schedule)
    assert trainer.checkpoints.step == 3
    trainer.train(7, log_every=2)

    expected = checkpoint_values(uninterrupted)
    values = checkpoint_values(trainer)
    assert set(values) == set(expected)
    for name, value in values.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    assert numbers(broken) == numbers(whole)


@pytest.mark.parametrize("shares", [True, False])
def test_latents_are_shared_if_they_are_to_be(tmp_path, shares):
    trainer = linear(tmp_path, schedule=Ratio(1, 2, shares_latents=shares))
    graph = trainer.tensors
    (of_discriminator, _), (of_generator, _), _ = graph.generator._seen
    with opened(trainer) as session:
        drawn = []
        for _ in range(2):
            draw, update = graph.updates(["draw", "discriminator"])[:2]
            session.run(draw.op)
            first = session.run([of_discriminator, of_generator])
            session.run(update.op)
            second = session.run([of_discriminator, of_generator])
            np.testing.assert_array_equal(first, second)
            assert np.array_equal(*first) == shares
            drawn.append(first[0])
    assert not np.any(drawn[0] == drawn[1])
    assert np.min(drawn) < -0.5
    assert 0.5 < np.max(drawn) < 1.0


def test_an_update_trains_one_network_only(tmp_path):
    trainer = linear(tmp_path)
    graph, changed = trainer.tensors, []
    with opened(trainer) as session:
        for names in (["draw"], ["discriminator"], ["generator"]):
            before = session.run(graph.state)
            session.run(graph.updates(names)[0].op)
            after = session.run(graph.state)
            different = [n for n in after if not np.array_equal(after[n], before[n])]
            changed.append({name.split("/")[0] for name in different})

    assert changed == [
        set(),
        {"discriminator", "discriminator_optimizer"},
        {"generator", "generator_optimizer"},
    ]


def test_the_log_has_what_the_discriminator_believes(tmp_path):
    """Against a logistic regression in numpy, with its weights before the update."""
    trainer = linear(tmp_path, num_samples=1)
    graph = trainer.tensors
    with opened(trainer) as session:
        draw, update = graph.updates(["draw", "discriminator"])[:2]
        session.run(draw.op)
        weights = session.run([v for v in graph.discriminator.named_variables().values()])
        z, _ = graph.generator._seen[0]
        real, fake = session.run([graph._real, graph.generator(z)])
        found = session.run([update.metrics, update.op])[0]
    bias, weight = weights
    real, fake = (
        1.0 / (1.0 + np.exp(-images.reshape([16, -1]) @ weight - bias)) for images in (real, fake)
    )

    np.testing.assert_allclose(found["real_probability"], np.mean(real), rtol=1e-5)
    np.testing.assert_allclose(found["fake_probability"], np.mean(fake), rtol=1e-5)
    loss = -np.mean(np.log(real)) - np.mean(np.log(1.0 - fake))
    np.testing.assert_allclose(found["discriminator_loss"], loss, rtol=1e-5)


def test_samples_come_from_the_averages_of_weights_and_statistics(tmp_path):
    trainer = convolutional(tmp_path, average_decay=0.5)
    trainer.train(3)
    stored = checkpoint_values(trainer)

    with trainer._session_of_trained() as (session, _):
        used = session.run(dict(trainer.tensors.generator.named_variables()))
    differing = 0
    for path, value in used.items():
        np.testing.assert_array_equal(value, stored["average/generator/" + path], err_msg=path)
        differing += not np.array_equal(value, stored["generator/" + path])
    assert differing > 5
    assert any("statistics" in path for path in used)


def test_a_trained_generator_makes_any_number_of_images(tmp_path):
    trainer = convolutional(tmp_path)
    trainer.train(1)
    z = np.random.RandomState(0).uniform(-1, 1, [3, 5]).astype(np.float32)

    with trainer.trained() as generator:
        images = generator(z, [7, 7, 1])
        np.testing.assert_array_equal(generator(z[1:2], [7]), images[1:2])
        assert np.any(generator(z[1:2], [3]) != images[1:2])
        many = np.concatenate(list(generator.generate(37, 0)))
        assert np.any(np.concatenate(list(generator.generate(37, 1))) != many)
    assert images.shape == (3,) + SHAPE
    assert images.dtype == np.uint8
    assert len(many) == 37
    assert len({image.tobytes() for image in many}) > 15


@pytest.mark.parametrize(
    "loss",
    [
        GanLoss(
            losses.relativistic_average_generator_loss,
            losses.relativistic_average_discriminator_loss,
            is_relativistic=True,
        ),
        CROSS_ENTROPY._replace(penalty=losses.wgan_gp_penalty),
        CROSS_ENTROPY._replace(
            penalty=lambda network, real, fake, seed: losses.r1_penalty(network, real)
        ),
    ],
    ids=["relativistic", "wgan_gp", "r1"],
)
def test_other_losses_train(tmp_path, loss):
    trainer = linear(tmp_path, loss=loss)
    trainer.train(4, log_every=1)

    records = [r for r in numbers(tmp_path) if "train_generator_loss" in r]
    assert len(records) == 4
    for record in records:
        assert record["train_generator_gradient_norm"] > 0
        assert record["train_discriminator_gradient_norm"] > 0


def test_a_relativistic_generator_is_compared_with_the_real_images(tmp_path):
    """Against numpy, with the weights before the update."""
    loss = GanLoss(
        losses.relativistic_average_generator_loss,
        losses.relativistic_average_discriminator_loss,
        is_relativistic=True,
    )
    trainer = linear(tmp_path, loss=loss)
    graph = trainer.tensors
    with opened(trainer) as session:
        draw, update = graph.updates(["draw", "generator"])[:2]
        session.run(draw.op)
        z = graph.generator._seen[1][0]
        bias, weight = session.run([v for v in graph.discriminator.named_variables().values()])
        real, fake = session.run([graph._real, graph.generator(z)])
        found = session.run([update.metrics, update.op])[0]["generator_loss"]
    real, fake = (images.reshape([16, -1]) @ weight + bias for images in (real, fake))
    expected = np.mean(np.logaddexp(0, -(fake - np.mean(real))))
    expected += np.mean(np.logaddexp(0, real - np.mean(fake)))

    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_running_statistics_are_those_of_real_images(tmp_path):
    """The discriminator's running mean after both updates, written out."""

    class Normed(LinearDiscriminator):
        def __init__(self):
            super().__init__()
            self.norm = BatchNorm(decay=0.5)

        def _call(self, x, context, training):
            return super()._call(self.norm(x, training=training), context, training)

    trainer = GanTrainer(
        lambda seed: LinearGenerator(),
        lambda seed: Normed(),
        CROSS_ENTROPY._replace(
            penalty=lambda network, real, fake, seed: tf.reduce_mean(network(3.0 + real))
        ),
        minimizer(),
        minimizer(),
        load_digits("train"),
        str(tmp_path),
        z_dim=3,
        show_progress=False,
    )
    graph = trainer.tensors
    with opened(trainer) as session:
        for update in graph.updates(["draw", "discriminator", "generator"]):
            session.run(update.op)
        real = session.run(graph._real)
        mean = session.run(graph.discriminator.norm.statistics.mean)

    np.testing.assert_allclose(mean, [0.5 * np.mean(real)], rtol=1e-4)


def test_every_random_layer_has_noise_of_its_own(tmp_path):
    seeds = []

    class Noisy(LinearDiscriminator):
        def __init__(self, noise_seed):
            super().__init__()
            self._noise_seed = noise_seed

        def _call(self, x, context, training):
            if training:
                seeds.extend([self._noise_seed(), self._noise_seed()])
            return super()._call(x, context, training)

    trainer = GanTrainer(
        lambda seed: LinearGenerator(),
        Noisy,
        CROSS_ENTROPY,
        minimizer(),
        minimizer(),
        load_digits("train"),
        str(tmp_path),
        show_progress=False,
    )
    with opened(trainer) as session:
        draw = trainer.tensors.updates(["draw"])[0]
        drawn = []
        for _ in range(2):
            session.run(draw.op)
            drawn += [tuple(seed) for seed in session.run(seeds)]

    assert len(drawn) == 12  # Two layers in three passes, for two batches.
    assert len(set(drawn)) == 12


def test_turns_train_and_log_what_there_is(tmp_path):
    linear(tmp_path, schedule=Turns(1), show_progress=True).train(4, log_every=1)

    records = [r for r in numbers(tmp_path) if "train_generator_loss" in r]
    assert [record["step"] for record in records] == [2, 4]
    assert all("train_discriminator_loss" not in record for record in records)


def test_a_penalty_is_added_as_it_is(tmp_path):
    """A linear discriminator's penalty is known: `(norm(weight) - 1) ** 2`."""
    plain, penalized = (
        linear(tmp_path / name, loss=CROSS_ENTROPY._replace(penalty=penalty))
        for name, penalty in (("plain", None), ("penalized", losses.wgan_gp_penalty))
    )
    found = []
    for trainer in (plain, penalized):
        trainer.train(1, log_every=1)
        found.append(numbers(trainer.run_dir)[0]["train_discriminator_loss"])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        network = LinearDiscriminator()
        network(tf.zeros([1, 8, 8, 1]))
        session.run(tf.compat.v1.global_variables_initializer())
        norm = np.linalg.norm(session.run(network.dense.weight))

    np.testing.assert_allclose(found[1] - found[0], (norm - 1.0) ** 2, rtol=1e-3)


def test_what_is_not_finite_names_the_network_and_is_not_made(tmp_path):
    def spoiled(fake_logits):
        step = tf.compat.v1.train.get_global_step()
        return losses.non_saturating_generator_loss(fake_logits) / tf.cast(step < 2, tf.float32)

    trainer = linear(tmp_path, loss=CROSS_ENTROPY._replace(generator=spoiled))

    with pytest.raises(
        NonFiniteError, match=r"step 3 is not finite.*generator/dense/(bias|weight)"
    ):
        trainer.train(5)
    assert linear(tmp_path).checkpoints.step == 0
    assert all(np.all(np.isfinite(v)) for v in checkpoint_values(trainer).values())


def test_a_frozen_generator_makes_the_same_images(tmp_path):
    trainer = convolutional(tmp_path)
    trainer.train(2)
    path = str(tmp_path / "frozen" / "generator.pb")
    z = np.random.RandomState(0).uniform(-1, 1, [3, 5]).astype(np.float32)
    with trainer._session_of_trained() as (session, _):
        tensors = trainer.tensors
        images = session.run(tensors.images, {tensors.z: z, tensors.labels: [1, 2, 3]})

    trainer.freeze(path)

    frozen = FrozenGraph(path)
    found = frozen(z=z, labels=np.array([1, 2, 3], np.int32))["images"]
    np.testing.assert_allclose(found, images, atol=1e-6)
    assert frozen.manifest["step"] == 2


def test_an_exported_checkpoint_has_the_weights_that_are_used(tmp_path):
    trainer = convolutional(tmp_path)
    trainer.train(2)

    path = trainer.export(str(tmp_path / "export"))

    assert path.endswith("generator.ckpt-2")
    reader = tf.train.load_checkpoint(path)

    stored = checkpoint_values(trainer)
    names = reader.get_variable_to_shape_map()
    assert {"average/generator/" + name for name in names} == {
        name for name in stored if name.startswith("average/generator/")
    }
    for name in names:
        np.testing.assert_array_equal(reader.get_tensor(name), stored["average/generator/" + name])


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0)])
def test_grids_have_the_range_of_the_outputs(tmp_path, value_range):
    """The original draws the outputs of a sigmoid as if they were those of tanh."""

    class Constant(LinearGenerator):
        def _call(self, x, context, training):
            low, high = value_range
            made = super()._call(x, context, training)
            return 0.0 * made + tf.constant([low, high] * 32, tf.float32, [1, 8, 8, 1])

    trainer = GanTrainer(
        lambda seed: Constant(),
        lambda seed: LinearDiscriminator(),
        CROSS_ENTROPY,
        minimizer(),
        minimizer(),
        load_digits("train"),
        str(tmp_path),
        value_range=value_range,
        batch_size=4,
        show_progress=False,
    )
    trainer.train(1)

    with trainer.trained() as generator:
        assert set(generator(np.zeros([2, 100], np.float32)).ravel()) == {0, 255}


@pytest.mark.parametrize("num_classes", [1, 10])
@pytest.mark.parametrize("count", [1, 7, 13, 100])
def test_a_grid_of_any_count_is_drawn(tmp_path, count, num_classes):
    path = str(tmp_path / "grid.png")

    save_samples(path, np.zeros((count,) + SHAPE, np.uint8), num_classes, "any")

    with Image.open(path) as image:
        black = np.asarray(image.convert("L")) == 0
    assert black.sum() >= count * 64  # All of them, about twice as large.


def test_evaluations_are_logged_and_the_best_is_kept(tmp_path):
    seen = []

    def evaluate(gan):
        images = np.concatenate(list(gan.generate(21, 3)))
        seen.append(images)
        return {"fid": abs(10.0 - 4 * len(seen)), "extractor": "abc"}

    trainer = linear(tmp_path, evaluate=evaluate)
    summary = trainer.train(4, evaluate_at=lambda step: True)

    assert [images.shape for images in seen] == [(21,) + SHAPE] * 4
    assert summary["test_fid"] == 6.0
    fids = [r["test_fid"] for r in numbers(tmp_path) if "test_fid" in r]
    assert fids == [6.0, 2.0, 2.0, 6.0]
    assert all(r["test_extractor"] == "abc" for r in numbers(tmp_path) if "test_fid" in r)
    assert trainer.state["best"] == {"value": 2.0, "step": 2}


def test_another_metric_may_choose_the_best(tmp_path):
    errors = [0.5, 0.2, 0.3]
    trainer = linear(
        tmp_path, evaluate=lambda gan: {"error": errors.pop(0), "fid": 0.0}, best_metric="error"
    )
    trainer.train(3, evaluate_at=lambda step: True)

    assert trainer.state["best"] == {"value": 0.2, "step": 2}


def test_a_gan_judges_images_as_its_discriminator(tmp_path):
    """In evaluation, against a logistic regression in numpy; also after training."""
    images, seen = load_digits("test").images[:21], []

    def evaluate(gan):
        seen.append(gan.judge(images))
        return {"mean": float(np.mean(seen[-1]))}

    trainer = linear(tmp_path, evaluate=evaluate)
    trainer.train(2)
    values = checkpoint_values(trainer)
    scaled = images.reshape([21, -1]) / 127.5 - 1.0
    expected = scaled @ values["discriminator/dense/weight"] + values["discriminator/dense/bias"]

    np.testing.assert_allclose(seen[-1], expected, rtol=1e-4, atol=1e-5)
    again = linear(tmp_path, evaluate=evaluate)
    assert again.evaluate() == {"mean": float(np.mean(seen[0]))}
    with pytest.raises(ValueError, match="has nothing to measure: construct it with `evaluate`"):
        linear(tmp_path).evaluate()


def test_a_discriminator_with_classes_is_told_them(tmp_path):
    trainer = convolutional(tmp_path)
    trainer.train(1)
    test_set = load_digits("test")
    images, labels = test_set.images[:3], test_set.labels[:3]

    with trainer.trained() as gan:
        logits = gan.judge(images, labels)
        assert np.any(gan.judge(images, (labels + 1) % 10) != logits)
        with pytest.raises(ValueError, match="`labels` must be 3 numbers from 0 to 9"):
            gan.judge(images, labels[:2])
    assert logits.shape == (3, 1)


def test_both_networks_may_be_averaged(tmp_path):
    trainer = linear(tmp_path, average_decay=0.5, discriminator_decay=0.9)
    trainer.train(3)
    stored = checkpoint_values(trainer)

    for prefix, name in (("", "generator"), ("discriminator_", "discriminator")):
        with trainer._session_of_trained() as (session, _):
            used = session.run(dict(trainer.tensors.modules[name].named_variables()))
        for path, value in used.items():
            averaged = stored["{}average/{}/{}".format(prefix, name, path)]
            np.testing.assert_array_equal(value, averaged, err_msg=path)
            assert np.any(value != stored["{}/{}".format(name, path)])


def test_more_pictures_may_be_drawn(tmp_path):
    def draw(gan, step, folder):
        path = os.path.join(folder, "more_{}.png".format(step))
        Image.fromarray(next(gan.generate(1, 0))[0, :, :, 0]).save(path)
        return {"more": path}

    pictures = linear(tmp_path, draw=draw).train(2)["pictures"]

    assert os.path.exists(str(tmp_path / "more_2.png"))
    assert set(pictures) == {"sample grid", "more"}


def test_a_run_starts_from_the_checkpoint_of_another(tmp_path):
    first = linear(tmp_path / "first")
    first.train(3)
    second = linear(tmp_path / "second", restore_path=str(tmp_path / "first"))
    assert second.checkpoints.step == 3
    second.train(3)

    before, after = checkpoint_values(first), checkpoint_values(second)
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value, err_msg=name)


def test_as_many_images_are_generated_as_asked_for(tmp_path):
    trainer = linear(tmp_path, fake_batch_size=5)
    sizes = [x.shape.as_list()[0] for x, _ in trainer.tensors.generator._seen]
    assert sizes == [5, 5, None]


def test_rejects_what_is_no_loss(tmp_path):
    with pytest.raises(TypeError, match="`loss` must have the methods.*without `discriminator_l"):
        linear(tmp_path, loss=losses.minimax_generator_loss)


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (lambda logits: tf.reduce_mean(logits), "`generator_loss`.*a scalar, and a dictionary"),
        (lambda logits: (logits, {}), r"`generator_loss`.*a scalar; got shape \(16, 1\)"),
    ],
    ids=["no dictionary", "no scalar"],
)
def test_rejects_a_loss_that_returns_something_else(tmp_path, made, error):
    class Wrong:
        def discriminator_loss(self, game):
            return CROSS_ENTROPY.discriminator_loss(game)

        def generator_loss(self, game):
            return made(game.judge(game.fake))

    with pytest.raises((TypeError, ValueError), match=error):
        linear(tmp_path, loss=Wrong())


def test_rejects_classes_that_are_not_known(tmp_path):
    images = PartlyLabelledSet(load_digits("train"), 10)
    with pytest.raises(ValueError, match="of a batch of 16, 8 have"):
        linear(tmp_path, images=images, class_conditional=True)
    with pytest.raises(ValueError, match="`fake_batch_size` must be `batch_size`, 16.*; got 8"):
        linear(tmp_path, class_conditional=True, fake_batch_size=8)


def test_measures_of_another_kind_are_not_compared(tmp_path):
    def evaluate(gan):
        seen.append(1)
        kind = "first" if len(seen) < 3 else "second"
        return {"fid": [5.0, 4.0, 9.0, 8.0][len(seen) - 1], "extractor_sha256": kind}

    seen = []
    trainer = linear(tmp_path, evaluate=evaluate)
    trainer.train(4, evaluate_at=lambda step: True)

    assert trainer.state["best"] == {"value": 8.0, "step": 4, "kind": "second"}
    assert linear(tmp_path).state["best"] == trainer.state["best"]


def test_what_is_measured_at_the_end_is_not_missed_when_time_is_up(tmp_path):
    trainer = linear(tmp_path, evaluate=lambda gan: {"fid": 3.0})

    summary = trainer.train(10**6, sample_at=lambda step: True, max_seconds=0.5)

    assert summary["num_steps"] < 10**6
    assert summary["test_fid"] == 3.0


def test_a_grid_before_the_first_line_of_the_log(tmp_path):
    (tmp_path / "log.jsonl").write_text("")
    trainer = linear(tmp_path, evaluate=lambda gan: {"other": 1.0})

    pictures = trainer.train(2, sample_at=lambda step: True)["pictures"]

    assert set(pictures) == {"sample grid"}


@pytest.mark.parametrize("labels", [[1], [1, 10], [[1], [2]], [1.5, 2]])
def test_rejects_labels_that_are_not(tmp_path, labels):
    trainer = convolutional(tmp_path)
    trainer.train(0)

    with trainer.trained() as generator:
        with pytest.raises(ValueError, match="`labels` must be 2 numbers from 0 to 9"):
            generator(np.zeros([2, 5], np.float32), labels)


def test_rejects_labels_where_there_are_no_classes(tmp_path):
    trainer = linear(tmp_path)
    trainer.train(0)

    with trainer.trained() as generator:
        with pytest.raises(ValueError, match="`labels` must be None"):
            generator(np.zeros([2, 3], np.float32), [0, 0])


def test_a_signal_ends_the_use_of_a_generator(tmp_path):
    trainer = linear(tmp_path)
    trainer.train(0)

    def use():
        with trainer.trained() as generator:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.2)
            generator(np.zeros([2, 3], np.float32))

    with pytest.raises(TrainingStopped):
        use()


def test_two_do_not_train_in_one_folder(tmp_path):
    os.makedirs(str(tmp_path / "run"))
    trainer = linear(tmp_path / "run")
    with run_lock(str(tmp_path / "run")):
        with pytest.raises(OSError, match="Another process is training in .*run: wait until"):
            trainer.train(1)
    linear(tmp_path / "run").train(1)


def test_using_a_generator_disturbs_no_run(tmp_path):
    """What another process is writing has no index yet."""
    trainer = linear(tmp_path)
    trainer.train(1)
    half = tmp_path / "model.ckpt-7.data-00000-of-00001"
    half.write_text("half")

    with linear(tmp_path).trained() as generator:
        generator(np.zeros([1, 3], np.float32))

    assert half.exists()


def test_constructing_a_trainer_makes_no_folder(tmp_path):
    trainer = linear(tmp_path / "run")

    assert not os.path.exists(str(tmp_path / "run"))
    with pytest.raises(CheckpointError, match="no checkpoint in .*run: train first"):
        with trainer.trained():
            pass


def test_rejects_what_is_no_range(tmp_path):
    with pytest.raises(ValueError, match="`value_range` must be two numbers in rising order"):
        linear(tmp_path, value_range=(1.0, -1.0))


@pytest.mark.parametrize("size", ["z_dim", "num_samples", "init_batch_size", "fake_batch_size"])
def test_rejects_negative_sizes(tmp_path, size):
    with pytest.raises(ValueError, match="`{}` must be a positive integer; got -5".format(size)):
        linear(tmp_path, **{size: -5})


def test_rejects_more_images_in_a_batch_than_there_are(tmp_path):
    images = ImageSet("few", np.zeros([3, 8, 8, 1], np.uint8), np.zeros([3], np.int32), 1)

    with pytest.raises(ValueError, match="`batch_size` must be between 1 and 3"):
        GanTrainer(
            lambda seed: LinearGenerator(),
            lambda seed: LinearDiscriminator(),
            CROSS_ENTROPY,
            minimizer(),
            minimizer(),
            images,
            str(tmp_path),
        )

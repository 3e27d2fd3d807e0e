import contextlib
import dataclasses
import functools
import importlib
import io
import json
import os
import re
import shutil
import sys
import time
from unittest import mock

import h5py
import numpy as np
import pytest
import scipy.special
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow import losses
from genflow.core import Network
from genflow.data import ImageSet, ImageSource, load_digits, write_image_records
from genflow.gan import (
    DenseDiscriminator,
    DenseGenerator,
    ResizeGenerator,
    StridedDiscriminator,
)
from genflow.layers import ActNorm
from genflow.training import GanRound, Reconstruction, Report, TrainedGan, latest_checkpoint

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")


@pytest.fixture(scope="module")
def improved():
    sys.path.insert(0, os.path.join(ROOT, "examples"))
    try:
        yield importlib.import_module("improved_gan_mnist")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def real_mnist():
    data_dir = os.environ.get("GENFLOW_DATA_DIR", "")
    if not os.path.isdir(os.path.join(data_dir, "mnist")):
        pytest.skip("GENFLOW_DATA_DIR is not set, or has no folder mnist: no real data")
    return data_dir


def parsed(improved, *flags):
    config = improved.parse_flags(improved.Config, list(flags))
    improved.check(config)
    return config


def blank(*image_shape, count=1, num_classes=10):
    labels = np.arange(count, dtype=np.int32) % num_classes
    return ImageSet("blank", np.zeros((count,) + image_shape, np.uint8), labels, num_classes)


# The networks.


def pair(improved, image_shape, *flags):
    """Both networks, after a pass in training, and what they gave."""
    chosen = improved.preset(parsed(improved, *flags), image_shape)
    generator = chosen.make_generator()
    discriminator = chosen.make_discriminator(10, noise_seed=3)
    z = np.random.RandomState(0).uniform(-1, 1, [2, chosen.numbers.n_z]).astype(np.float32)
    images = generator(z, training=True)
    return generator, discriminator, images, discriminator(images, training=True)


def count(network):
    return sum(variable.shape.num_elements() for variable in network.trainable_variables)


@pytest.mark.parametrize(
    ("image_shape", "expected"),
    [((28, 28, 1), (6420417, 996555)), ((32, 32, 3), (6420483, 997131))],
)
def test_the_port_has_the_parameters_of_the_original(improved, image_shape, expected):
    generator, discriminator, images, logits = pair(improved, image_shape, "--preset=port")

    assert (count(generator), count(discriminator)) == expected
    assert images.shape.as_list() == [2] + list(image_shape)
    assert logits.shape.as_list() == [2, 11]


@pytest.mark.parametrize(
    ("norm_type", "deconv_type", "norm"),
    [("instance", "nn", "InstanceNorm"), ("None", "transpose", None)],
)
def test_the_port_has_its_other_norms_and_upsamplings(improved, norm_type, deconv_type, norm):
    flags = ["--preset=port", "--norm_type", norm_type, "--deconv_type", deconv_type]
    generator, discriminator, images, logits = pair(improved, (4, 4, 1), *flags)

    for network in (generator, discriminator):
        kinds = {type(module).__name__ for module in network.submodules}
        assert {kind for kind in kinds if kind.endswith("Norm")} == ({norm} if norm else set())
        assert ("ConvTranspose" in kinds) == (deconv_type == "transpose" and network is generator)
    assert images.shape.as_list() == [2, 4, 4, 1]
    assert np.all(np.isfinite(logits))
    assert np.ptp(logits, axis=0).max() > 0


@pytest.mark.parametrize(
    ("image_shape", "flags", "num_features", "convolutions"),
    [
        ((28, 28, 1), [], 250, set()),
        ((32, 32, 3), ["--dataset=CIFAR10"], 192, {96, 192}),
        ((32, 32, 3), ["--dataset=SVHN", "--minibatch_discrimination"], 128, {64, 128}),
    ],
)
def test_the_paper_has_networks_for_gray_and_colour(
    improved, image_shape, flags, num_features, convolutions
):
    _, discriminator, images, logits = pair(improved, image_shape, *flags)

    assert images.shape.as_list() == [2] + list(image_shape)
    assert logits.shape.as_list() == [2, 10]
    lowest = improved.preset(parsed(improved, *flags), image_shape).numbers.value_range[0]
    assert lowest == (0.0 if image_shape[-1] == 1 else -1.0)
    assert lowest <= np.min(images) <= np.max(images) <= 1
    assert discriminator.features(images).shape.as_list() == [2, num_features]
    shapes = [variable.shape.as_list() for variable in discriminator.features.trainable_variables]
    assert {shape[-1] for shape in shapes if len(shape) == 4} == convolutions
    kinds = {type(module).__name__ for module in discriminator.submodules}
    assert ("WeightNormMinibatchDiscrimination" in kinds) == ("--minibatch_discrimination" in flags)


def test_minibatch_discrimination_is_seeded_and_does_not_grow_with_the_batch(improved):
    def closeness(*flags):
        flags += ("--dataset=SVHN", "--minibatch_discrimination")
        chosen = improved.preset(parsed(improved, *flags), (16, 16, 3))
        minibatch = chosen.make_discriminator(10, noise_seed=3).minibatch
        x = np.random.RandomState(0).normal(size=[2, 128]).astype(np.float32)
        few, many = minibatch(x).numpy()[0, 128:], minibatch(x[[0, 1, 1, 1]]).numpy()[0, 128:]
        np.testing.assert_allclose(few, many, rtol=1e-5)
        return few

    np.testing.assert_array_equal(closeness(), closeness())
    assert np.max(np.abs(closeness() - closeness("--seed=1"))) > 0


# The flags.

# Of the original, then of its Ascend port: the field, and a value that is not its default.
ORIGINAL = {
    "debug": ("debug", True),
    "prefix": ("prefix", "mine"),
    "train_dir": ("train_dir", "there"),
    "checkpoint": ("checkpoint", "runs/a"),
    "dataset": ("dataset", "SVHN"),
    "dump_result": ("dump_result", True),
    "batch_size": ("batch_size", 16),
    "n_z": ("n_z", 64),
    "norm_type": ("norm_type", "instance"),
    "deconv_type": ("deconv_type", "nn"),
    "log_step": ("log_step", 7),
    "write_summary_step": ("steps_log", 7),
    "ckpt_save_step": ("steps_checkpoint", 7),
    "test_sample_step": ("test_sample_step", 7),
    "output_save_step": ("output_save_step", 7),
    "max_sample": ("max_sample", 7),
    "max_training_steps": ("steps", 7),
    "learning_rate_g": ("learning_rate_g", 0.5),
    "learning_rate_d": ("learning_rate_d", 0.5),
    "update_rate": ("update_rate", 7),
    "data_id": ("data_id", "3,14"),  # And, as in the original, several words: see below.
    "data_url": ("data_dir", "there"),
    "train_url": ("train_dir", "there"),
}


@pytest.mark.parametrize("name", sorted(ORIGINAL))
def test_every_flag_of_the_original_is_there(improved, name):
    field, value = ORIGINAL[name]
    assert getattr(improved.Config(), field) != value

    config = improved.parse_flags(improved.Config, ["--" + name, str(value)])

    assert config == dataclasses.replace(improved.Config(), **{field: value})


@pytest.mark.parametrize(
    ("line", "more", "expected"),
    [
        ("--dataset MNIST", "", {"dataset": "MNIST"}),
        ("--dataset SVHN", "", {"dataset": "SVHN"}),
        ("--dataset CIFAR10", "", {"dataset": "CIFAR10"}),
        ("--dataset MNIST --max_training_steps 40000", "", {"steps": 40000}),
        (
            "--data_url datasets --train_url train --max_training_steps=45000",
            "",
            {"data_dir": "datasets", "train_dir": "train", "steps": 45000},
        ),
        ("--data_id 3 14 15", "--evaluate", {"data_id": "3 14 15"}),
        ("--checkpoint train_dir/a/model.ckpt-7", "--evaluate", {"dataset": "MNIST"}),
        # What the networks of the paper do not have.
        (
            "--dataset=SVHN --norm_type=instance --deconv_type=transpose --update_rate=2",
            "--preset=port",
            {"norm_type": "instance", "deconv_type": "transpose", "update_rate": 2},
        ),
    ],
)
@pytest.mark.parametrize("preset", ["paper", "port"])
def test_lines_of_the_original_are_understood(improved, line, more, expected, preset):
    """Of both presets; `more` is what has to be added."""
    more = more.split() if "--preset" in more else more.split() + ["--preset", preset]
    config = parsed(improved, *(line.split() + more))

    assert {name: getattr(config, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("flags", "shape", "expected"),
    [
        (["--preset=port"], (28, 28, 1), (32, 128, 0.001, 20.0, (-1.0, 1.0))),
        ([], (28, 28, 1), (200, 100, 0.003, 0.0, (0.0, 1.0))),
        ([], (32, 32, 3), (200, 100, 0.0003, 0.0, (-1.0, 1.0))),
        (
            ["--batch_size=9", "--n_z=8", "--clip_norm=7"],
            (28, 28, 1),
            (9, 8, 0.003, 7.0, (0.0, 1.0)),
        ),
    ],
)
def test_a_preset_has_the_numbers_of_its_source(improved, flags, shape, expected):
    numbers = improved.preset(parsed(improved, *flags), shape).numbers

    found = (numbers.batch_size, numbers.n_z, numbers.learning_rate, numbers.clip_norm)
    assert found + (numbers.value_range,) == expected


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--labels_per_class=5"], "--labels_per_class must be at least 10, or 0 for all; got 5"),
        (["--dataset=digits", "--labels_per_class=1000"], "`labels_per_class` .* got 1000"),
        (
            ["--norm_type=instance"],
            "^--norm_type has no effect with --preset paper: pass --preset port, or leave it out.$",
        ),
        (["--deconv_type=nn"], "--deconv_type has no effect with --preset paper"),
        (
            ["--preset=port", "--feature_distance=l1"],
            "^--feature_distance has no effect with --preset port: pass --preset paper, or leave "
            "it out.$",
        ),
        (
            ["--dataset=SVHN", "--minibatch_discrimination", "--feature_distance=l1"],
            "^--feature_distance has no effect with --minibatch_discrimination: leave it out.$",
        ),
        (
            ["--dataset=SVHN", "--minibatch_discrimination", "--evaluate", "--data_id", "3"],
            "^--data_id is not for --minibatch_discrimination, .* the images beside it: leave it",
        ),
        (
            ["--max_sample=7"],
            "^--max_sample has no effect without --dump_result: pass that too, or leave it out.$",
        ),
        (
            ["--dataset=digits", "--transposed"],
            "--transposed is for a folder with data.hdf5.*digits",
        ),
        (["--dataset=digits", "--batch_size=1"], "^--batch_size must be at least 2: .* got 1.$"),
        (["--preset=port", "--minibatch_discrimination"], "--minibatch_.* with --preset port"),
        (
            ["--dataset=digits", "--minibatch_discrimination"],
            "--minibatch_discrimination has no effect with gray images: leave it out",
        ),
        (
            ["--dataset=nowhere"],
            "^--dataset must be MNIST, FASHION_MNIST, SVHN, CIFAR10, digits, or a folder with "
            "records in train and test, .*or with data.hdf5; got nowhere.$",
        ),
        (["--prefix=../away"], "--prefix must be letters, digits and any of _.=-; got '../away'"),
        (["--data_id=3"], "--data_id is for --evaluate"),
        (["--dataset=digits", "--evaluate", "--data_id=3,x"], "--data_id .* to 296.* got 3,x"),
        (["--dataset=digits", "--evaluate", "--data_id=,"], "--data_id .* to 296.* got ,"),
        (["--dataset=digits", "--evaluate", "--data_id=297"], "--data_id .* to 296.* got 297"),
        (["--dataset=digits", "--batch_size=5000"], "--batch_size 5000 asks for 5000 images"),
        (
            ["--dataset=digits", "--supervised_only", "--batch_size=400"],
            "--batch_size 400 asks for 200 images of 16x16; there are 100",
        ),
        (["--decay_from=1.5"], r"--decay_from must be in \[0, 1\], or -1 .* preset; got 1.5"),
        (["--decay_from=-0.5"], r"--decay_from must be in \[0, 1\], or -1 .* preset; got -0.5"),
        (["--average_decay=-0.5"], "--average_decay must be at least 0, or -1 .* got -0.5"),
        (["--reconstruction_weight=-2"], "--reconstruction_weight must be at least -1"),
        (["--label_smoothing=1"], "--label_smoothing must be below 1"),
        (["--max_training_steps=0"], "--steps .--max_training_steps. must be at least 1"),
        (["--data_url=s3://bucket"], "--data_dir .--data_url. must be a place on this machine"),
        (["--dataset=MNIST", "--data_dir=."], "MNIST was not found"),
    ],
)
def test_rejects_in_one_sentence(improved, tmp_path, flags, message):
    run = str(tmp_path / "run")
    with pytest.raises(SystemExit, match=message):
        improved.main(flags + ["--train_dir", run])
    assert not os.path.exists(run)


@pytest.mark.parametrize(
    "flag",
    [
        "unlabelled_weight=2",
        "label_smoothing=0.1",
        "feature_distance=l1",
        "update_rate=2",
        "learning_rate_g=0.1",
        "reconstruction_weight=0",
        "n_z=7",
        "num_samples=7",
        "max_sample=7 --dump_result",
        "deconv_type=nn --preset=port",
        "dump_result",
    ],
)
def test_a_classifier_has_no_flags_of_a_gan(improved, flag):
    flags = ("--" + flag).split()
    parsed(improved, *flags)  # Of others it is one.

    names = "|".join(word[2:].split("=")[0] for word in flags)
    message = "^--({}) has no effect with --supervised_only: leave it out.$".format(names)
    with pytest.raises(ValueError, match=message):
        parsed(improved, "--supervised_only", *flags)


def test_an_error_is_shown_as_it_came_with_debug(improved):
    with pytest.raises(FileNotFoundError, match="--dataset"):
        improved.main(["--dataset=nowhere", "--debug"])


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ([], "default-MNIST"),
        (["--prefix=my.run", "--dataset=digits", "--steps=7"], "my.run-digits"),
        (["--preset=port", "--n_z=3"], "default-MNIST-n_z=3-preset=port"),
        (["--supervised_only"], "default-MNIST-supervised_only"),
        (
            ["--learning_rate_d=0.5", "--learning_rate_g=0.25", "--clip_norm=1"],
            "default-MNIST-learning_rate_g=0.25-learning_rate_d=0.5-clip_norm=1.0",
        ),
    ],
)
def test_a_run_is_called_after_what_makes_it_another(improved, flags, name):
    config = parsed(improved, *flags)
    assert improved.run_dir(config) == os.path.join("train_dir", name)
    assert improved.run_dir(dataclasses.replace(config, train_dir="there")) == "there"


def test_no_run_is_called_best(improved):
    with pytest.raises(ValueError, match="--train_dir must not be called best"):
        parsed(improved, "--train_dir=runs/best/")


def test_the_page_names_every_flag(improved):
    with open(os.path.join(ROOT, "docs", "improved_gan.md")) as file:
        page = file.read()

    for field in dataclasses.fields(improved.Config):
        for name in (field.name,) + field.metadata.get("aliases", ()):
            assert "`--{}`".format(name) in page or "`--{} ".format(name) in page, name


# The images and their labels.


def contents(source):
    """The bytes of every image."""
    return [image.tobytes() for image in source.read(np.arange(len(source)))[0]]


def write_hdf5(folder):
    """Fifty images, as the original keeps them."""
    os.makedirs(folder)
    random = np.random.RandomState(0)
    ids = [str(number) for number in range(50)]
    with h5py.File(os.path.join(folder, "data.hdf5"), "w") as file:
        for id_ in ids:
            group = file.create_group(id_)
            group["image"] = random.randint(256, size=[6, 5, 1]).astype(np.uint8)
            group["label"] = np.eye(10, dtype=np.bool_)[int(id_) % 10]
    with open(os.path.join(folder, "id.txt"), "w") as file:
        file.write("\n".join(ids))


def write_records(folder):
    """Parts of the digits."""
    train, validation = load_digits("train").hold_out(100, seed=0)
    splits = {"train": train.take(300), "validation": validation, "test": load_digits("test")}
    write_image_records(splits, folder)


def write_two_splits(folder):
    splits = {"train": load_digits("train").take(300), "test": load_digits("test")}
    write_image_records(splits, folder)


@pytest.fixture(params=["digits", "hdf5", "records", "two", "mnist"])
def data_set(request, tmp_path):
    """A data set by its --dataset, and how many images it has of which kind."""
    if request.param == "mnist":
        request.getfixturevalue("real_mnist")
        return "mnist", [55000, 5000, 10000]
    if request.param == "digits":
        return "digits", [1350, 150, 297]
    folder = str(tmp_path / request.param)
    write, sizes = {
        "hdf5": (write_hdf5, [36, 4, 10]),
        "records": (write_records, [300, 100, 297]),
        "two": (write_two_splits, [270, 30, 297]),
    }[request.param]
    write(folder)
    return folder, sizes


def test_the_original_s_cifar10_is_put_upright(improved, tmp_path):
    folder = str(tmp_path / "hdf5")
    write_hdf5(folder)

    lying, upright = (
        improved.load_splits(parsed(improved, "--dataset", folder, *flags)).train
        for flags in ([], ["--transposed"])
    )

    assert (lying.image_shape, upright.image_shape) == ((6, 5, 1), (5, 6, 1))
    images = lying.read(np.arange(3))[0]
    np.testing.assert_array_equal(upright.read(np.arange(3))[0], images.transpose([0, 2, 1, 3]))


def test_splits_of_two_data_sets_are_refused(improved, tmp_path):
    write_records(str(tmp_path / "small"))
    splits = {"train": load_digits("train", scale=2).take(20), "test": blank(16, 16, 1)}
    write_image_records(splits, str(tmp_path / "large"))
    os.rename(str(tmp_path / "large" / "train"), str(tmp_path / "train"))
    os.rename(str(tmp_path / "small" / "train"), str(tmp_path / "large" / "train"))

    message = "large must have images of one shape, .* 8x8x1 in 10 classes, 16x16x1 in 10 classes"
    with pytest.raises(ValueError, match=message):
        improved.load_splits(parsed(improved, "--dataset", str(tmp_path / "large")))


def test_too_few_images_to_hold_any_out_are_refused(improved, tmp_path):
    splits = {split: load_digits(split).take(8) for split in ("train", "test")}
    write_image_records(splits, str(tmp_path))

    message = "--dataset must have at least 10 images .*--n_valid holds out; .* has 8.$"
    with pytest.raises(ValueError, match=message):
        improved.load_splits(parsed(improved, "--dataset", str(tmp_path)))


def test_no_image_is_in_two_of_the_splits(improved, data_set):
    dataset, sizes = data_set

    splits = improved.load_splits(parsed(improved, "--dataset", dataset))

    assert [len(split) for split in splits] == sizes
    found = [image for split in splits for image in contents(split)]
    assert len(set(found)) == len(found) == sum(sizes)


def test_what_is_held_out_depends_on_the_seed_and_has_the_size_asked_for(improved):
    def held_out(*flags):
        return contents(improved.load_splits(parsed(improved, "--dataset=digits", *flags))[1])

    assert held_out("--n_valid=20") == held_out()[:20]
    assert held_out("--n_valid=20") != held_out("--n_valid=20", "--seed=1")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("--dataset=digits", 10),
        ("--dataset=MNIST", 10),
        ("--dataset=FASHION_MNIST", 10),
        ("--dataset=CIFAR10", 400),
        ("--dataset=SVHN", 100),
        ("--dataset=SVHN --labels_per_class=25", 25),
        ("--dataset=MNIST --labels_per_class=0", 0),
        ("--dataset=MNIST --preset=port", 0),
        ("--dataset=MNIST --preset=port --labels_per_class=100", 100),
    ],
)
def test_each_data_set_has_labels_by_default(improved, flags, expected):
    config = parsed(improved, *flags.split())
    assert improved.preset(config, (28, 28, 1)).labels_per_class == expected


def batches(improved, train, *flags):
    config = parsed(improved, *flags)
    chosen = improved.preset(config, train.image_shape)
    return improved.training_batches(config, chosen, train)


def labelled(improved, train, *flags):
    """The images with a label in updates, their labels, and how many have none."""
    images = batches(improved, train, "--dataset=digits", *flags).images
    indices = np.arange(len(images))
    labels = images.read_labels(indices)
    known = indices[labels >= 0]
    pixels = [image.tobytes() for image in images.read(known)[0]]
    return dict(zip(pixels, labels[known])), int(np.sum(labels < 0))


def test_exactly_so_many_labels_are_used_as_are_asked_for(improved):
    train = improved.load_splits(parsed(improved, "--dataset=digits")).train
    every_label = dict(zip(contents(train), train.read_labels(np.arange(len(train)))))

    ten, num_unlabelled = labelled(improved, train)
    assert np.bincount(list(ten.values())).tolist() == [10] * 10
    assert num_unlabelled == len(train)  # Also those with a label, once more, without.
    assert all(every_label[image] == label for image, label in ten.items())
    fifteen, _ = labelled(improved, train, "--labels_per_class=15")
    assert np.bincount(list(fifteen.values())).tolist() == [15] * 10
    assert set(ten) < set(fifteen)
    other, _ = labelled(improved, train, "--seed=1")
    assert set(other) != set(ten)
    assert labelled(improved, train, "--labels_per_class=0") == (every_label, len(train))
    assert labelled(improved, train, "--preset=port") == (every_label, 0)
    assert labelled(improved, train, "--supervised_only") == (ten, 0)
    assert labelled(improved, train, "--supervised_only", "--preset=port") == (every_label, 0)


def test_a_classifier_has_as_many_labels_in_an_update_as_the_gan(improved):
    images = load_digits("train")

    alone = ["--supervised_only"]
    assert batches(improved, images).size == 200
    assert batches(improved, images, *alone).size == 100
    few, flags = images.take(100), alone + ["--labels_per_class=0"]
    assert batches(improved, few, *flags).size == 100
    port = ["--preset=port"]
    assert batches(improved, images, *port).size == 32
    assert batches(improved, images, *(port + alone)).size == 32
    assert batches(improved, images, *(port + alone + ["--labels_per_class=10"])).size == 16


@pytest.mark.parametrize(
    ("flags", "shift", "num_generated"),
    [
        ([], None, 100),
        (["--shift=2", "--batch_size=50"], 2, 25),
        (["--preset=port"], None, 32),
        (["--preset=port", "--labels_per_class=10"], None, 16),
        # Of an odd batch, one has a label more or less than has none.
        (["--preset=port", "--labels_per_class=10", "--batch_size=33"], None, 17),
        (["--batch_size=35"], None, 17),
    ],
)
def test_as_many_images_are_generated_as_have_no_label(improved, flags, shift, num_generated):
    config = parsed(improved, "--dataset=digits", *flags)
    splits = improved.load_splits(config)

    with mock.patch.object(improved, "GanTrainer") as trainer:
        improved.make_trainer(config, splits, improved.preset(config, splits.train.image_shape))

    images, arguments = trainer.call_args[0][5], trainer.call_args[1]
    labels = images.read_labels(images.batch_indices(arguments["batch_size"], seed=0, step=0))
    assert arguments["fake_batch_size"] == num_generated == np.sum(labels < 0) or len(labels)
    assert getattr(arguments["augment"], "pixels", None) == shift


# The losses and the updates.


class Linear(Network):
    """Eleven logits, linear in the pixels."""

    weights = np.random.RandomState(1).normal(size=[4, 11]).astype(np.float32)

    def _call(self, x, context, training):
        return tf.reshape(x, [-1, 4]) @ self.weights


RANDOM = np.random.RandomState(2)
REAL, FAKE = (RANDOM.uniform(-1, 1, [6, 2, 2, 1]).astype(np.float32) * 3 for _ in range(2))
LABELS = np.array([0, 9, 3, 3, 5, 1], np.int32)


def judged(images):
    return images.reshape([-1, 4]).astype(np.float64) @ Linear.weights


def game(step=0, num_classes=10, num_labelled=6, fake=FAKE):
    return GanRound(
        "update",
        Linear(),
        real=tf.constant(REAL),
        labels=LABELS,
        context=None,
        step=tf.constant(step, tf.int64),
        num_labelled=num_labelled,
        num_classes=num_classes,
        make_fake=lambda: tf.constant(fake),
        start_pass=lambda name: None,
        batch_seed=None,
    )


@pytest.mark.parametrize(("step", "weight"), [(0, 10.0), (750, 5.0), (1500, 0.0), (3000, 0.0)])
def test_the_generator_of_the_port_saturates_and_at_first_reconstructs(improved, step, weight):
    error = np.abs(REAL.astype(np.float64) - FAKE)
    assert error.min() < 1 < error.max()
    huber = np.mean(np.where(error <= 1, error**2 / 2, error - 0.5))
    saturating = np.mean(np.log(scipy.special.expit(judged(FAKE)[:, -1])))

    loss = improved.preset(parsed(improved, "--preset=port"), (2, 2, 1)).make_loss()
    value, metrics = loss.generator_loss(game(step))

    np.testing.assert_allclose(value, saturating + weight * huber, rtol=1e-5)
    np.testing.assert_allclose(metrics["reconstruction_weight"], weight, atol=1e-6)


def test_the_port_reconstructs_images_without_labels(improved):
    """With few labels there are as many generated images as real ones without a label."""
    error = np.abs(REAL[4:].astype(np.float64) - FAKE[:2])
    huber = np.mean(np.where(error <= 1, error**2 / 2, error - 0.5))
    saturating = np.mean(np.log(scipy.special.expit(judged(FAKE[:2])[:, -1])))

    loss = improved.preset(parsed(improved, "--preset=port"), (2, 2, 1)).make_loss()
    value, _ = loss.generator_loss(game(num_labelled=4, fake=FAKE[:2]))

    np.testing.assert_allclose(value, saturating + 10.0 * huber, rtol=1e-5)


@pytest.mark.parametrize(
    ("flags", "weight"),
    [
        ("--preset=port --reconstruction_weight=0", None),
        ("--preset=port --reconstruction_weight=3", 3.0),
        ("--preset=paper", None),
        ("--preset=paper --minibatch_discrimination --reconstruction_weight=3", 3.0),
    ],
)
def test_the_weight_of_the_reconstruction_is_that_of_the_flag(improved, flags, weight):
    loss = improved.preset(parsed(improved, *flags.split()), (2, 2, 3)).make_loss()
    if weight is None:
        assert not isinstance(loss.generator, Reconstruction)
        return
    _, metrics = loss.generator_loss(game(num_classes=10 if "port" in flags else 11))
    np.testing.assert_allclose(metrics["reconstruction_weight"], weight)


def test_with_minibatch_discrimination_the_generator_is_taken_for_real(improved):
    """It minimises the mean of -softplus(logsumexp(l)), as that of the authors."""
    flags = ["--dataset=SVHN", "--minibatch_discrimination"]
    loss = improved.preset(parsed(improved, *flags), (32, 32, 3)).make_loss()
    value, _ = loss.generator_loss(game(num_classes=11))

    logits = scipy.special.logsumexp(judged(FAKE), axis=1)
    np.testing.assert_allclose(value, np.mean(-np.logaddexp(0, logits)), rtol=1e-5)


def cross_entropy(logits, targets):
    return np.mean(-np.sum(targets * scipy.special.log_softmax(logits, axis=1), axis=1))


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
def test_the_discriminator_of_the_port_has_eleven_classes(improved, smoothing):
    """The sum of two cross-entropies, of which that of generated images is smoothed."""
    real_target = np.eye(11)[LABELS]
    fake_target = np.full([6, 11], 0.1 / 10)
    fake_target[:, -1] = 0.9
    expected = cross_entropy(judged(REAL), real_target) + cross_entropy(judged(FAKE), fake_target)
    # Smoothed, real images are in part called generated: the odds of being real are less.
    logits = judged(REAL)
    expected += smoothing * np.mean(scipy.special.logsumexp(logits[:, :-1], axis=1) - logits[:, -1])

    flags = ["--preset=port", "--label_smoothing={}".format(smoothing)]
    loss = improved.preset(parsed(improved, *flags), (2, 2, 1)).make_loss()
    value, _ = loss.discriminator_loss(game())

    np.testing.assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("preset", ["paper", "port"])
def test_a_classifier_learns_the_labels_and_nothing_else(improved, preset):
    flags = ["--supervised_only", "--preset", preset]
    loss = improved.preset(parsed(improved, *flags), (2, 2, 1)).make_loss()
    # In `paper` every output is the logit of a class.
    num_classes = 11 if preset == "paper" else 10
    value, metrics = loss.discriminator_loss(game(num_classes=num_classes))
    logits = judged(REAL)[:, :num_classes]
    expected = cross_entropy(logits, np.eye(logits.shape[1])[LABELS])

    np.testing.assert_allclose(value, expected, rtol=1e-5)
    assert set(metrics) == {"supervised_loss", "accuracy"}


def test_the_paper_matches_features_by_the_distance_asked_for(improved):
    def distance(shape, *flags):
        loss = improved.preset(parsed(improved, *flags), shape).make_loss()
        return loss.generator.distance

    gray, colour = (28, 28, 1), (32, 32, 3)
    assert distance(gray) is distance(colour, "--feature_distance=l2")
    assert distance(gray) is losses.mean_squared_distance
    assert distance(colour) is distance(gray, "--feature_distance=l1")
    assert distance(colour) is losses.mean_absolute_distance


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--preset=port"], [["D"], ["G"], ["D"], ["G"]]),
        (["--preset=port", "--update_rate=2"], [["D"], ["G"], ["G"], ["D"]]),
        ([], [["D", "G"]] * 4),
        (["--update_rate=2"], [["D", "G", "G"]] * 4),
        (["--supervised_only"], [["D"]] * 4),
        (["--supervised_only", "--preset=port"], [["D"]] * 4),
    ],
)
def test_networks_are_updated_in_the_order_of_the_source(improved, flags, expected):
    schedule = improved.preset(parsed(improved, *flags), (2, 2, 1)).schedule

    letters = {"discriminator": "D", "generator": "G"}
    updates = [[letters[n] for n in schedule.names(s) if n in letters] for s in range(4)]
    assert updates == expected
    assert not schedule.shares_latents


@pytest.mark.parametrize(
    ("flags", "step", "share"),
    [
        (["--decay_from=0.5"], 0, 1.0),
        (["--decay_from=0.5"], 50, 1.0),
        (["--decay_from=0.5"], 75, 0.5),
        (["--decay_from=0"], 75, 0.25),
        (["--decay_from=1"], 99, 1.0),
        ([], 99, 1.0),
    ],
)
def test_the_learning_rate_falls_to_zero_at_the_end(improved, flags, step, share):
    """The first step of Adam is the learning rate."""
    config = parsed(improved, "--steps=100", "--preset=port", *flags)
    numbers = improved.preset(config, (28, 28, 1)).numbers
    minimizer = improved.make_minimizer(config, 0.01, numbers)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        layer, global_step = ActNorm(), tf.compat.v1.train.get_or_create_global_step()
        loss = tf.reduce_sum(layer.forward(tf.ones([2, 3])))
        update = minimizer.update(loss, {"layer": layer}, global_step)
        shift = layer.named_variables()["shift"]
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(global_step.assign(step))
        before = session.run(shift)
        session.run(update.op)
        np.testing.assert_allclose(before - session.run(shift), [0.01 * share] * 3, rtol=1e-4)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], (0.5, 0.999)),
        (["--preset=port"], (1.0, 0.0)),
        (["--average_decay=0", "--decay_from=0"], (0.0, 0.0)),
        (["--preset=port", "--average_decay=0.9", "--decay_from=0.25"], (0.25, 0.9)),
    ],
)
def test_rates_and_weights_are_those_of_the_source(improved, flags, expected):
    """The original of the port has constant rates, and no average."""
    config = parsed(improved, *flags)
    numbers = improved.preset(config, (28, 28, 1)).numbers
    assert (numbers.decay_from, numbers.average_decay) == expected
    assert improved.make_minimizer(config, 0.01, numbers).average_decay == (expected[1] or None)


@pytest.mark.parametrize(
    ("flags", "epsilon"), [([], 1e-4), (["--preset=port"], 1e-8)], ids=["paper", "port"]
)
def test_small_gradients_make_the_small_steps_of_the_preset(improved, flags, epsilon):
    config = parsed(improved, "--steps=100", *flags)
    numbers = improved.preset(config, (28, 28, 1)).numbers
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        layer, global_step = ActNorm(), tf.compat.v1.train.get_or_create_global_step()
        loss = 1e-3 * tf.reduce_sum(layer.forward(tf.ones([1, 3])))
        minimizer = improved.make_minimizer(config, 0.01, numbers)
        update = minimizer.update(loss, {"layer": layer}, global_step)
        shift = layer.named_variables()["shift"]
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(update.op)
        # Kingma and Ba, section 2, at the first step: epsilon counts 1 / sqrt(1 - beta2) times.
        expected = 0.01 * 1e-3 / (1e-3 + epsilon / np.sqrt(1e-3))
        np.testing.assert_allclose(-session.run(shift), [expected] * 3, rtol=1e-4)


# The line on the console.

LINE = (
    r"^\[train step +(\d+)\] Supervised loss: \d+\.\d{5} D loss: \d+\.\d{5} "
    r"G loss: (-?\d+\.\d{5}|-) Accuracy: \d\.\d{5} "
    r"\(\d+\.\d{3} sec/batch, \d+\.\d{3} instances/sec\)$"
)


def test_the_line_leaves_out_evaluation_and_has_the_last_of_both_networks(improved, monkeypatch):
    now, lines = [100.0], []
    monkeypatch.setattr(time, "time", lambda: now[0])
    observe = improved.UpdateLine(2, 30, 1, {}, lines.append)
    discriminator = {"supervised_loss": 2.5, "discriminator_loss": 3.25, "accuracy": 0.125}

    now[0] = 101.0
    observe(1, discriminator, Report())
    now[0] = 113.0
    observe(2, {"generator_loss": -0.5}, Report({}, {}, False, 8.0, 2.0))
    now[0] = 114.0
    observe(3, dict(discriminator, accuracy=0.25), Report())
    observe(4, {"generator_loss": -0.75}, Report())

    assert lines == [
        "[train step    2] Supervised loss: 2.50000 D loss: 3.25000 G loss: -0.50000 "
        "Accuracy: 0.12500 (1.500 sec/batch, 20.000 instances/sec)",
        "[train step    4] Supervised loss: 2.50000 D loss: 3.25000 G loss: -0.75000 "
        "Accuracy: 0.25000 (0.500 sec/batch, 60.000 instances/sec)",
    ]
    assert all(re.match(LINE, line) for line in lines)


def test_the_line_counts_every_batch_of_a_step(improved, monkeypatch):
    """In `paper` a step has a batch for each update of the generator."""
    now, lines = [100.0], []
    monkeypatch.setattr(time, "time", lambda: now[0])
    chosen = improved.preset(parsed(improved, "--update_rate=4"), (28, 28, 1))
    observe = improved.UpdateLine(1, 30, chosen.schedule.draws_before(1), {}, lines.append)

    now[0] = 102.0
    observe(1, {}, Report())

    assert lines[0].endswith("(0.500 sec/batch, 60.000 instances/sec)")


# Runs.

RUN = "--dataset=digits --num_threads=1 --batch_size=20 --num_samples=4 --checkpoints=5".split()
RUN += "--steps_log=1 --log_step=1 --steps_checkpoint=1".split()
RATES = ["--learning_rate_d=0.02", "--learning_rate_g=0.005"]


def said(improved, *flags):
    """What a call prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        improved.main(list(flags))
    return output.getvalue()


def small_networks(improved):
    """Has networks take no time; for `with`."""
    return mock.patch.multiple(
        sys.modules[improved.preset.__module__],
        DenseGenerator=functools.partial(DenseGenerator, widths=(20,)),
        DenseDiscriminator=functools.partial(DenseDiscriminator, widths=(20,)),
        ResizeGenerator=functools.partial(ResizeGenerator, hidden_width=8, widths=(4,)),
        StridedDiscriminator=functools.partial(StridedDiscriminator, widths=(8,)),
    )


@pytest.fixture
def small(improved):
    with small_networks(improved):
        yield


@pytest.fixture(scope="module")
def run(improved, tmp_path_factory):
    """A run of three updates in two calls: its folder, and what it printed."""
    folder = str(tmp_path_factory.mktemp("run"))
    flags = RUN + RATES + ["--train_dir", folder]
    with small_networks(improved):
        output = said(improved, "--steps=2", *flags)
        output += said(improved, "--steps=3", "--dump_result", "--max_sample=25", *flags)
    return folder, output


def numbers_in(folder):
    with open(os.path.join(folder, "log.jsonl")) as file:
        return [json.loads(line) for line in file]


def started_from(improved, checkpoint, folder, *flags):
    """What a run prints that starts from a checkpoint."""
    flags += ("--checkpoint", checkpoint, "--train_dir", str(folder))
    return said(improved, *(RUN + RATES + list(flags)))


@pytest.mark.usefixtures("small")
def test_another_run_is_started_from_and_its_steps_count(improved, run, tmp_path):
    other = str(tmp_path / "other")
    shutil.copytree(run[0], other)
    checkpoint = os.path.join(other, "model.ckpt-2")
    with pytest.raises(
        SystemExit, match="--checkpoint .*has made 2 steps, and --steps is 2, which"
    ):
        started_from(improved, checkpoint, tmp_path / "new", "--steps=2")
    assert os.listdir(str(tmp_path)) == ["other"]

    output = started_from(improved, checkpoint, tmp_path / "new", "--steps=3")
    assert "from update 2 on, up to 3, in {}".format(tmp_path / "new") in output
    shutil.rmtree(other)  # The same command goes on without it.
    output = started_from(improved, checkpoint, tmp_path / "new", "--steps=3")
    message = "The run in {} has made 3 steps, and --steps is 3: there is nothing to train. Pass"
    assert message.format(tmp_path / "new") in output
    assert latest_checkpoint(str(tmp_path / "new")).endswith("-3")


@pytest.mark.parametrize("name", ["model.ckpt-2", "nowhere"])
def test_a_checkpoint_is_refused_beside_one_of_the_run_s_own(improved, run, name):
    before = sorted(os.listdir(run[0]))
    message = "another configuration .checkpoint was '', is '.*{}'.: repeat that".format(name)
    with pytest.raises(SystemExit, match=message):
        started_from(improved, os.path.join(run[0], name), run[0], "--steps=9")
    assert sorted(os.listdir(run[0])) == before


def weights(folder, step, network):
    """The weights of a network, and where it keeps any, its running statistics."""
    return variables(folder, step, network + "/")


def variables(folder, step, prefix):
    reader = tf.train.load_checkpoint(os.path.join(folder, "model.ckpt-{}".format(step)))
    names = sorted(n for n in reader.get_variable_to_shape_map() if n.startswith(prefix))
    return {name[len(prefix) :]: reader.get_tensor(name) for name in names}


def largest_step(folder, step, network):
    """How far the weight goes that goes furthest in an update."""
    before, after = (weights(folder, number, network) for number in (step - 1, step))
    trained = variables(folder, step, "{0}_optimizer/m/{0}/".format(network))
    return max(np.max(np.abs(after[name] - before[name])) for name in trained)


def test_trains_goes_on_and_leaves_pictures_and_images(run):
    folder, output = run
    lines = [re.match(LINE, line) for line in output.splitlines() if line.startswith("[train")]
    assert [line.group(1) for line in lines] == ["1", "2", "3"]
    assert "1,350 images of digits-train, with 100 labels; from update 2 on" in output
    assert re.search(r"^Accuracy 0\.\d{4} on 150 validation images, after 3 steps$", output, re.M)
    shown = [line[24:].strip() for line in output.split("Look at:\n")[-1].splitlines()]
    assert [os.path.basename(path) for path in shown] == [
        "train_00000003.png",
        "judged_00000003.png",
        "learning_curves.png",
    ]
    for path in shown:
        with Image.open(path) as image:
            assert min(image.size) > 16
    assert latest_checkpoint(folder).endswith("-3")
    with h5py.File(os.path.join(folder, "samples_00000003.hdf5"), "r") as file:
        images = file["image"][()]
    assert (images.shape, images.dtype) == ((25, 16, 16, 1), np.uint8)
    assert images.std(axis=0).max() > 0


@pytest.mark.parametrize(("network", "rate"), [("discriminator", 0.02), ("generator", 0.005)])
def test_the_learning_rates_are_those_of_the_flags(run, network, rate):
    # A little less than the rate: epsilon is 1e-4.
    np.testing.assert_allclose(largest_step(run[0], 1, network), rate, rtol=0.05)


def test_the_log_and_tensorboard_show_what_the_original_did(run):
    records = [record for record in numbers_in(run[0]) if "train_accuracy" in record]
    assert [record["step"] for record in records] == [1, 2, 3]
    names = "accuracy supervised_loss discriminator_loss real_loss fake_loss generator_loss "
    names += "discriminator_gradient_norm generator_gradient_norm"
    assert {"train_" + name for name in names.split()} <= set(records[0])
    assert [r["step"] for r in numbers_in(run[0]) if "test_accuracy" in r] == [2, 3]

    scalars, pictures = {}, set()
    for name in filter(lambda name: "tfevents" in name, sorted(os.listdir(run[0]))):
        for event in tf.compat.v1.train.summary_iterator(os.path.join(run[0], name)):
            for value in event.summary.value:
                if value.image.width:
                    pictures.add(value.tag)
                else:
                    scalars[event.step, value.tag] = value.simple_value
    assert pictures == {"sample_grid", "real_images_judged", "learning_curves"}
    for record in numbers_in(run[0]):
        for name in set(record) - {"step"}:
            np.testing.assert_allclose(scalars[record["step"], name], record[name], rtol=1e-6)

    # The page has all of them, and no others.
    with open(os.path.join(ROOT, "docs", "improved_gan.md")) as file:
        table = file.read().split("## TensorBoard")[1]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("|")]
    on_page = {name for row in rows for name in re.findall(r"`(\w+)`", row[2])}
    assert on_page - {"port", "train_reconstruction_weight"} == pictures | {n for _, n in scalars}


class WrongButFor(ImageSource):
    """Another set, with wrong labels on all images that are read but for some."""

    def __init__(self, source, right):
        self.name, self.image_shape = source.name, source.image_shape
        self.num_classes, self._source, self._right = source.num_classes, source, right

    def __len__(self):
        return len(self._source)

    def read(self, indices):
        images, labels = self._source.read(indices)
        return images, np.where(np.isin(indices, self._right), labels, (labels + 1) % 10)

    def read_labels(self, indices):
        """The right ones, by which it is chosen whose label is used."""
        return self._source.read_labels(indices)

    def _part(self, first, last):
        raise NotImplementedError


@pytest.mark.usefixtures("small")
def test_no_other_label_has_an_effect(improved, run, tmp_path, monkeypatch):
    config = parsed(improved, "--dataset=digits")
    splits = improved.load_splits(config)
    chosen = improved.preset(config, splits.train.image_shape)
    right = improved.training_batches(config, chosen, splits.train).images.labelled_indices
    assert len(right) == 100
    wrong = splits._replace(train=WrongButFor(splits.train, right))
    monkeypatch.setattr(improved, "load_splits", lambda config: wrong)

    flags = RUN + RATES + ["--train_dir", str(tmp_path), "--steps_checkpoint=2"]
    said(improved, "--steps=2", *flags)

    for network in ("discriminator", "generator"):
        expected = weights(run[0], 2, network)
        for name, value in weights(str(tmp_path), 2, network).items():
            np.testing.assert_array_equal(value, expected[name], name)


@pytest.mark.usefixtures("small")
def test_evaluates_on_all_test_images(improved, run, monkeypatch):
    told, judge = [], TrainedGan.judge

    def remembered(gan, images, labels=None):
        logits = judge(gan, images, labels)
        told.extend(zip((image.tobytes() for image in images), np.argmax(logits, axis=1)))
        return logits

    monkeypatch.setattr(TrainedGan, "judge", remembered)
    flags = RUN + RATES + ["--train_dir", run[0], "--evaluate"]
    output = said(improved, *flags)

    test = load_digits("test", scale=2)
    told, truth = dict(told), dict(zip(contents(test), test.labels))
    assert set(told) == set(truth)
    accuracy = np.mean([told[image] == label for image, label in truth.items()])
    assert output.splitlines()[0].startswith("Runs on the CPU")
    first = output.splitlines()[1]
    assert first == "Accuracy {:.4f} on 297 test images, after 3 steps".format(accuracy)
    assert os.path.exists(os.path.join(run[0], "wrong_00000003.png"))
    assert "wrong images" in output
    assert latest_checkpoint(run[0]).endswith("-3")
    assert accuracy_in(run[0]) == {
        "accuracy": pytest.approx(accuracy),
        "num_images": 297,
        "step": 3,
        "checkpoint": "model.ckpt-3",
    }


def accuracy_in(folder):
    with open(os.path.join(folder, "test_accuracy.json")) as file:
        return json.load(file)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["", "best", "model.ckpt-2"])
def test_evaluates_the_checkpoint_asked_for(improved, run, tmp_path, name):
    """By the averages of its weights, which are those of the checkpoint."""
    judged_by, trained = {}, improved.GanTrainer.trained

    @contextlib.contextmanager
    def remembered(trainer, *arguments):
        with trained(trainer, *arguments) as gan:
            for key, variable in trainer.tensors.discriminator.named_variables().items():
                judged_by[key] = gan._session.run(variable)
            yield gan

    folder = str(tmp_path / "run")
    shutil.copytree(run[0], folder)
    flags = RUN + RATES + ["--evaluate", "--checkpoint", os.path.join(folder, name)]
    with mock.patch.object(improved.GanTrainer, "trained", remembered):
        output = said(improved, *flags)

    where = os.path.join(folder, "best" if name == "best" else "")
    checkpoint = os.path.join(folder, name) if "ckpt" in name else latest_checkpoint(where)
    step = int(checkpoint.split("-")[-1])
    assert "on 297 test images, after {} steps".format(step) in output
    found = accuracy_in(where)
    assert (found["step"], found["checkpoint"]) == (step, "model.ckpt-{}".format(step))
    reader = tf.train.load_checkpoint(checkpoint)
    averages = [n for n in reader.get_variable_to_shape_map() if "average/discriminator" in n]
    assert len(averages) == len(judged_by)
    furthest = 0.0
    for average in averages:
        name = average.split("average/")[1]
        np.testing.assert_array_equal(judged_by[name[14:]], reader.get_tensor(average))
        difference = reader.get_tensor(name) - reader.get_tensor(average)
        furthest = max(furthest, np.max(np.abs(difference)))
    assert furthest > 1e-3  # They are not the weights as they are.


@pytest.mark.usefixtures("small")
def test_some_images_are_not_the_accuracy_of_a_run(improved, run, tmp_path):
    folder = str(tmp_path / "run")
    shutil.copytree(run[0], folder, ignore=shutil.ignore_patterns("test_accuracy.json"))
    flags = RUN + RATES + ["--train_dir", folder, "--evaluate", "--data_id", "3", "14"]
    assert "on 2 test images, after 3 steps" in said(improved, *flags)
    assert not os.path.exists(os.path.join(folder, "test_accuracy.json"))


def test_there_must_be_something_to_measure(improved, tmp_path):
    for flags, message in (
        (["--train_dir", str(tmp_path)], "There is no checkpoint in .*train with the same flags"),
        (["--checkpoint", str(tmp_path / "no")], "none at .*no.$"),
    ):
        with pytest.raises(SystemExit, match=message):
            improved.main(RUN + ["--evaluate"] + flags)


def test_looks_at_the_images_asked_for(improved):
    test = load_digits("test")
    for data_id in (["3,14,3"], ["3 14 3"], [" 3, 14 3"], ["3", "14", "3"], ["3,", "14", "3"]):
        config = parsed(improved, "--evaluate", "--data_id", *data_id)
        chosen, labels = improved.chosen_images(config, test).read(np.arange(3))
        np.testing.assert_array_equal(chosen, test.images[[3, 14, 3]])
        np.testing.assert_array_equal(labels, test.labels[[3, 14, 3]])
    assert improved.chosen_images(parsed(improved, "--evaluate"), test) is test


def test_another_configuration_is_refused(improved, run):
    with pytest.raises(SystemExit, match="another configuration .*n_z was 0, is 50"):
        improved.main(RUN + RATES + ["--train_dir", run[0], "--n_z=50"])


@pytest.mark.usefixtures("small")
def test_a_classifier_is_trained_alone(improved, tmp_path):
    flags = [flag for flag in RUN if not flag.startswith("--num_samples")]  # It draws none.
    flags += ["--supervised_only", "--train_dir", str(tmp_path)]
    output = said(improved, "--steps=2", *flags)
    assert "; 100 images of digits-train, with all labels; from update 0 on, up to 2, in" in output

    lines = [re.match(LINE, line) for line in output.splitlines() if line.startswith("[train")]
    assert [line.groups() for line in lines] == [("1", "-"), ("2", "-")]
    np.testing.assert_allclose(largest_step(str(tmp_path), 1, "discriminator"), 0.003, rtol=0.05)
    assert largest_step(str(tmp_path), 2, "generator") == 0
    assert "train_fake_loss" not in numbers_in(str(tmp_path))[0]


@pytest.mark.usefixtures("small")
def test_the_port_trains_in_turns_at_the_rate_it_had_in_effect(improved, tmp_path):
    folder = str(tmp_path)
    flags = RUN + ["--preset=port", "--train_dir", folder, "--log_step=2"]
    said(improved, "--steps=1", *flags)
    output = said(improved, "--steps=2", *flags)

    assert "with all labels; from update 1 on" in output
    records = {record["step"]: record for record in numbers_in(folder) if len(record) > 3}
    # The generator's turn was the second; the rest is from before the run was broken.
    of_both = dict(records[1], **records[2])
    assert re.search(
        r"^\[train step    2\] Supervised loss: {train_supervised_loss:.5f} "
        r"D loss: {train_discriminator_loss:.5f} G loss: {train_generator_loss:.5f} "
        r"Accuracy: {train_accuracy:.5f} ".format(**of_both),
        output,
        re.M,
    )
    for step, network in ((1, "discriminator"), (2, "generator")):
        np.testing.assert_allclose(largest_step(folder, step, network), 0.001, rtol=1e-3)
    assert largest_step(folder, 1, "generator") == 0
    assert "train_generator_loss" not in records[1]
    np.testing.assert_allclose(records[2]["train_reconstruction_weight"], 10 * 1499 / 1500)


@pytest.mark.slow
def test_learns_real_digits_in_seconds(improved, real_mnist, tmp_path):
    """In 50 updates, of a hundred labels of each digit; chance is 0.1."""
    flags = "--labels_per_class=100 --batch_size=100 --steps=50 --average_decay=0.9"
    flags += " --num_samples=4 --n_valid=1000"
    said(improved, "--data_dir", real_mnist, "--train_dir", str(tmp_path), *flags.split())

    assert numbers_in(str(tmp_path))[-1]["test_accuracy"] > 0.65

import dataclasses
import importlib
import json
import os
import re
import sys

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow.export import FrozenGraph, save_frozen_graph
from genflow.training import latest_checkpoint

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")


@pytest.fixture(scope="module")
def dcgan():
    sys.path.insert(0, os.path.join(ROOT, "examples"))
    try:
        yield importlib.import_module("dcgan_mnist")
    finally:
        sys.path.pop(0)


def parsed(dcgan, *flags):
    return dcgan.parse_flags(dcgan.Config, list(flags))


def count(network, *arguments):
    network(*arguments)
    return sum(variable.shape.num_elements() for variable in network.trainable_variables)


def test_parameters_are_those_of_the_original(dcgan):
    label = np.eye(10, dtype=np.float32)[:1]
    z, image = np.zeros([1, 100], np.float32), np.zeros([1, 28, 28, 1], np.float32)
    config = parsed(dcgan, "--dataset=mnist")
    assert count(dcgan.make_generator(config, (28, 28, 1)), z, label) == 7065211
    assert count(dcgan.make_discriminator(config, (28, 28, 1), 10), image, label) == 3769479

    config, image = parsed(dcgan, "--dataset=celebA"), np.zeros([1, 64, 64, 3], np.float32)
    assert count(dcgan.make_generator(config, (64, 64, 3)), z) == 5135363
    assert count(dcgan.make_discriminator(config, (64, 64, 3), 1), image) == 4316545


@pytest.mark.parametrize(
    ("line", "size", "conditional"),
    [
        ("--dataset mnist --input_height=28 --output_height=28 --train", (28, 28), True),
        ("--dataset mnist --train=True", (28, 28), True),
        ("--dataset celebA --input_height=108 --train --crop", (64, 64), False),
        (
            "--dataset lsun --input_height 96 --output_height 32 --output_width 48 --train",
            (32, 48),
            False,
        ),
    ],
)
def test_published_lines_mean_what_they_say(dcgan, line, size, conditional):
    config = parsed(dcgan, *line.split())

    dcgan.check(config)
    assert config.train is True
    known = (28, 28) if config.dataset == "mnist" else (64, 64)
    assert tuple(importlib.import_module("dcgan_data").image_size(config, known)) == size
    assert dcgan.is_conditional(config) == conditional
    defaults = (config.epoch, config.learning_rate, config.beta1, config.batch_size, config.z_dim)
    assert defaults == (25, 0.0002, 0.5, 64, 100)


def test_the_schedule_of_the_original_is_the_default(dcgan, tmp_path):
    config = parsed(dcgan, "--dataset=digits", "--out_dir", str(tmp_path))

    trainer = dcgan.make_trainer(config, dcgan.load_data(config, "train"))

    assert trainer._schedule.names(0) == ["draw", "discriminator", "generator", "generator"]
    assert trainer._schedule.shares_latents


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "Say what to do: --train"),
        (["--train", "--precision_mode=mixed"], "--precision_mode must be a value of"),
        (["--train", "--over_dump", "--data_dump_flag"], "--over_dump excludes --data_dump_flag"),
        (["--train", "--crop"], "--crop is for folders of images; got --dataset mnist"),
        (["--train", "--dataset=celebA", "--download"], "`genflow data download`"),
        (["--train", "--dataset=digits", "--output_height=32"], "must be 16 and 16 with --dataset"),
        (["--train", "--loss=hinge", "--label_smoothing=0.1"], "--label_smoothing is for losses"),
        (["--train", "--dataset=digits", "--train_size=5000"], "asks for 5000 images"),
        (["--train", "--dataset=digits", "--batch_size=2000"], "asks for 2000 images"),
        (
            ["--train", "--dataset=digits", "--batch_size=600", "--discriminator_updates=3"],
            "--discriminator_updates 3 asks for 1800 images",
        ),
        (["--train", "--loss=wasserstein"], "--penalty wgan_gp too"),
        (["--train", "--n_fid=3"], "--n_fid must be 0 or at least 4; got 3"),
        (["--train", "--out_name=../run"], "--out_name must be a name within --out_dir"),
        (
            ["--train", "--sample_dir", os.path.abspath("x")],
            "--sample_dir must be a name within --out_dir",
        ),
        (["--train", "--beta1=1"], "--beta1 must be below 1"),
        (["--visualize", "--dataset=digits", "--out_name=none"], "no checkpoint .*train first"),
        (["--train", "--dataset=nowhere", "--data_dir=."], "There is no folder ./nowhere"),
        (["--train", "--dataset=celebA", "--data_dir=."], "`genflow data download celebA`"),
    ],
)
def test_rejects_in_one_sentence(dcgan, tmp_path, flags, message):
    with pytest.raises(SystemExit, match=message):
        dcgan.main(flags + ["--out_dir", str(tmp_path)])
    assert not os.listdir(str(tmp_path))


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ([], "mnist"),
        (["--input_height=28", "--output_height=28", "--epoch=3"], "mnist"),
        (["--unconditional", "--loss=hinge"], "mnist-unconditional-loss=hinge"),
        (["--dataset=celebA", "--crop", "--input_height=96"], "celebA-input_height=96-crop"),
        (["--dataset=../my cats/"], "my_cats"),
        (["--out_name=mine", "--z_dim=3"], "mine"),
    ],
)
def test_a_run_is_called_after_what_makes_it_another(dcgan, flags, name):
    assert dcgan.run_dir(parsed(dcgan, "--out_dir=out", *flags)) == os.path.join("out", name)


@pytest.mark.parametrize("penalty", ["wgan_gp", "dragan", "r1"])
def test_a_penalized_discriminator_has_no_batch_norm(dcgan, penalty):
    config = parsed(dcgan, "--dataset=digits", "--penalty", penalty)
    network = dcgan.make_discriminator(config, (16, 16, 1), 10)

    kinds = {type(module).__name__ for module in network.submodules}
    assert "LayerNorm" in kinds
    assert "BatchNorm" not in kinds
    images = np.random.RandomState(0).uniform(0, 1, [4, 16, 16, 1]).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[:4]
    value = dcgan.make_penalty(config)(lambda x: network(x, labels), images, images, 0)
    twice = dcgan.make_penalty(
        parsed(dcgan, "--penalty", penalty, "--penalty_weight", "10" if penalty == "r1" else "20")
    )
    np.testing.assert_allclose(
        twice(lambda x: network(x, labels), images, images, 0), 2.0 * value, rtol=1e-5
    )


def test_lsun_is_found_as_it_was_downloaded(dcgan, tmp_path):
    folder = tmp_path / "lsun" / "bedroom_train" / "000"
    os.makedirs(str(folder))
    for index in range(3):
        image = Image.fromarray(np.full([70, 90, 3], 50 * index, np.uint8))
        image.save(str(folder / "{}.webp".format(index)))
    config = parsed(dcgan, "--dataset=lsun", "--data_dir", str(tmp_path))

    images = dcgan.load_data(config, "train")

    assert len(images) == 3
    assert images.image_shape == (64, 64, 3)


def numbers_in(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


DIGITS = "--dataset=digits --num_threads=1 --batch_size=20 --n_fid=0 --sample_freq=2".split()


def test_trains_goes_on_and_makes_everything(dcgan, tmp_path, capsys):
    flags = DIGITS + ["--out_dir", str(tmp_path), "--out_name=run", "--steps_log=1", "--z_dim=3"]
    dcgan.main(flags + ["--train", "--steps=2"])
    dcgan.main(flags + ["--train", "--steps=3", "--visualize", "--export", "--freeze"])

    run, output = tmp_path / "run", capsys.readouterr().out
    lines = re.findall(
        r"^\[ {7}(\d) Epoch:\[ 0/25\] \[ {3}(\d)/ {2}75\] time: \d+\.\d{4}, d_loss: "
        r"\d+\.\d{8}, g_loss: \d+\.\d{8}$",
        output,
        re.MULTILINE,
    )
    assert lines == [("1", "0"), ("2", "1"), ("3", "2")]
    assert sorted(os.listdir(str(run / "samples"))) == ["train_00000002.png", "train_00000003.png"]
    records = [r for r in numbers_in(str(run / "log.jsonl")) if "train_generator_loss" in r]
    assert [record["step"] for record in records] == [1, 2, 3]
    assert {"train_real_probability", "train_fake_probability"} <= set(records[0])
    assert latest_checkpoint(str(run / "checkpoint")).endswith("-3")
    for line in output.split("Look at:\n")[-1].splitlines():
        path = line[28:].strip()
        assert os.path.exists(path) or os.path.exists(path + ".index"), line
    drawn = os.listdir(str(run / "visualize"))
    assert {"test_grid.png", "test_arange_2.png", "test_gif_2.gif", "test_gif_merged.gif"} <= set(
        drawn
    )
    assert any(name.startswith("test_random_") for name in drawn)
    frozen = FrozenGraph(str(run / "frozen_b20" / "generator_frz.pb"))
    images = frozen(z=np.zeros([3, 3], np.float32), labels=np.array([0, 1, 2], np.int32))
    assert images["images"].shape == (3, 16, 16, 1)
    assert np.ptp(images["images"][0] - images["images"][1]) > 0


def test_another_configuration_is_refused(dcgan, tmp_path):
    flags = DIGITS + ["--out_dir", str(tmp_path), "--out_name=run", "--train", "--steps=1"]
    dcgan.main(flags)

    with pytest.raises(SystemExit, match="another configuration .*z_dim was 100, is 50"):
        dcgan.main(flags + ["--z_dim=50"])


@pytest.mark.parametrize("mode", [pytest.param("L", marks=pytest.mark.slow), "RGB"])
def test_trains_on_a_folder_of_jpegs(dcgan, tmp_path, mode, capsys):
    """Of other sizes than the output, with one that is no image; 64x64."""
    folder, random = tmp_path / "data" / "flowers", np.random.RandomState(0)
    os.makedirs(str(folder))
    for index in range(9):
        shape = [80 + index, 120] + ([3] if mode == "RGB" else [])
        image = Image.fromarray(random.randint(0, 256, shape).astype(np.uint8), mode)
        image.save(str(folder / "{}.jpg".format(index)))
    with open(str(folder / "broken.jpg"), "wb") as file:
        file.write(b"no image")
    flags = ["--dataset=flowers", "--data_dir", str(tmp_path / "data"), "--batch_size=4", "--crop"]
    flags += ["--input_height=80", "--out_dir", str(tmp_path), "--out_name=run", "--num_samples=3"]

    with pytest.warns(UserWarning, match=r"broken\.jpg"):
        dcgan.main(flags + ["--train", "--steps=1", "--freeze"])

    assert "9 images of" in capsys.readouterr().out
    with open(str(tmp_path / "run" / "frozen_b4" / "generator_frz.pb.json")) as file:
        manifest = json.load(file)
    channels = 3 if mode == "RGB" else 1
    assert manifest["outputs"]["images"]["shape"] == [None, 64, 64, channels]
    assert manifest["value_range"] == [-1.0, 1.0]


def test_measures_with_an_extractor_of_its_own(dcgan, tmp_path, capsys):
    """Thirty-two block means as features; the numbers and the extractor's hash are logged."""
    path = str(tmp_path / "blocks.pb")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        images = tf.compat.v1.placeholder(tf.float32, [None, 16, 16, 1])
        blocks = tf.nn.avg_pool2d(images, [1, 4, 2, 1], [1, 4, 2, 1], "VALID")
        features = tf.reshape(blocks, [-1, 32])
        outputs = {"features": features, "probabilities": tf.nn.softmax(features[:, :10])}
        save_frozen_graph(path, session, {"images": images}, outputs, {"value_range": [0.0, 1.0]})
    flags = ["--dataset=digits", "--batch_size=50", "--out_dir", str(tmp_path), "--out_name=run"]

    dcgan.main(flags + ["--train", "--steps=2", "--n_fid=100", "--extractor", path])

    record = [r for r in numbers_in(str(tmp_path / "run" / "log.jsonl")) if "test_fid" in r][-1]
    assert record["test_fid"] > 5 * record["test_real_fid"] > 0
    assert FrozenGraph(path).sha256 in json.dumps(record)
    assert "fid" in capsys.readouterr().out


def test_the_page_names_every_flag(dcgan):
    with open(os.path.join(ROOT, "docs", "dcgan.md")) as file:
        page = file.read()

    for field in dataclasses.fields(dcgan.Config):
        names = (field.name,) + field.metadata.get("aliases", ())
        for name in names:
            assert "`--{}`".format(name) in page or "`--{} ".format(name) in page, name

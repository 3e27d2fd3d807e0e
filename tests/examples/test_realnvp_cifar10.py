import importlib
import json
import os
import sys

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow.core.random import host_seed
from genflow.data import ImageSet
from genflow.layers import MaskedAffineCoupling, RunningBatchNorm
from genflow.training import latest_checkpoint

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples")
PUBLISHED = ["--save_interval=2", "--load_params=0", "--nr_gpu=1"]


@pytest.fixture(scope="module")
def real_nvp():
    sys.path.insert(0, EXAMPLES)
    try:
        yield importlib.import_module("realnvp_cifar10")
    finally:
        sys.path.remove(EXAMPLES)


def parsed(real_nvp, *flags):
    return real_nvp.parse_flags(real_nvp.Config, list(flags))


def images(count):
    """Of CIFAR-10 if it is there; else noise, which is harder to restore."""
    if os.environ.get("GENFLOW_DATA_DIR"):
        from genflow.data import load_cifar10

        return load_cifar10("test").images[:count]
    return np.random.RandomState(0).randint(0, 256, [count, 32, 32, 3]).astype(np.uint8)


def test_the_paper_preset_has_the_parameters_that_its_page_says(real_nvp):
    flow = real_nvp.make_model(parsed(real_nvp), (32, 32, 3))
    flow.log_prob(np.zeros([1, 32, 32, 3], np.uint8))

    sizes = [variable.shape.num_elements() for variable in flow.trainable_variables]
    assert sum(sizes) == 5922713


def test_the_original_preset_has_the_parameters_of_the_original(real_nvp):
    flow = real_nvp.make_model(parsed(real_nvp, "--preset=original"), (32, 32, 3))
    flow.log_prob(np.zeros([1, 32, 32, 3], np.uint8))

    sizes = [variable.shape.num_elements() for variable in flow.trainable_variables]
    assert sum(sizes) == 5911688
    couplings = [m for m in flow.submodules if isinstance(m, MaskedAffineCoupling)]
    counts = [sum(v.shape.num_elements() for v in c.trainable_variables) for c in couplings]
    assert sorted(counts) == [590420] * 3 + [590996] * 4 + [592148] * 3


@pytest.mark.parametrize("preset", ["original", "paper"])
def test_the_order_is_that_of_the_original(real_nvp, preset):
    """Checkerboards 0, 1, 0; squeeze; channels 0, 1, 0; half leaves; checkerboards 0, 1, 0, 1."""
    flow = real_nvp.make_model(parsed(real_nvp, "--preset", preset), (32, 32, 3))
    first, last = flow.bijection.layers[-1].levels

    layers = [layer for layer in first.layers if not isinstance(layer, RunningBatchNorm)]
    kinds = [type(layer).__name__ for layer in layers]
    couplings = ["MaskedAffineCoupling"] * 3
    assert kinds == couplings + ["Squeeze"] + couplings + ["Permute", "Split"]
    has_norm = preset == "paper"
    assert len(first.layers) == len(kinds) + 6 * has_norm
    assert len(last.layers) == 4 + 4 * has_norm
    masks = [np.array(m([4, 4, 6])) for m in masks_of(first) + masks_of(last)]
    # Kept: checkerboard 0 has the pixel (0, 1), channels 0 the first half.
    assert [bool(mask.ravel()[1]) for mask in masks[:3]] == [True, False, True]
    assert [bool(mask[0]) for mask in masks[3:6]] == [True, False, True]
    assert [bool(mask.ravel()[1]) for mask in masks[6:]] == [True, False, True, False]


def masks_of(chain):
    return [layer.mask for layer in chain.layers if isinstance(layer, MaskedAffineCoupling)]


@pytest.mark.parametrize(
    ("preset", "leaves"), [("original", range(6)), ("paper", [3, 4, 5, 6, 7, 8])]
)
def test_the_half_leaves_that_should(real_nvp, preset, leaves):
    """The first half of the channels in the original; a colour of the board in the paper."""
    flow = real_nvp.make_model(parsed(real_nvp, "--preset", preset), (32, 32, 3))
    *_, permute, split = flow.bijection.layers[-1].levels[0].layers
    channels = np.broadcast_to(np.arange(12.0), [1, 16, 16, 12])

    _, latent = split.forward(permute.forward(channels))

    np.testing.assert_array_equal(latent[0, 0, 0], list(leaves))


def test_latents_are_those_of_the_original_in_two_parts(real_nvp):
    """Together 16x16x12."""
    flow = real_nvp.make_model(parsed(real_nvp), (32, 32, 3))

    shapes = flow.bijection.output_shape([None, 32, 32, 3])
    assert [shape.as_list() for shape in shapes] == [[None, 16, 16, 6], [None, 16, 16, 6]]


@pytest.mark.parametrize("preset", [pytest.param("original", marks=pytest.mark.slow), "paper"])
def test_the_full_model_restores_what_it_encodes(real_nvp, preset):
    flow = real_nvp.make_model(parsed(real_nvp, "--preset", preset), (32, 32, 3), noise_seed=0)
    x = images(8)
    flow.initialize(x)
    random = np.random.RandomState(0)
    for variable in flow.trainable_variables:
        noise = 0.01 * random.standard_normal(variable.shape.as_list())
        variable.assign_add(noise.astype(np.float32))
    dequantize, logit, multi_scale = flow.bijection.layers
    pixels = dequantize.forward(x[:2])

    z, log_det = multi_scale.forward_and_log_det(logit.forward(pixels))
    restored, inverse_log_det = multi_scale.inverse_and_log_det(z)

    assert np.max(np.abs(logit.inverse(restored) - pixels)) < 1e-4
    np.testing.assert_allclose(inverse_log_det, -log_det, rtol=1e-4)
    # What rounding carries across the border of two pixel values: one in thousands, by one.
    difference = np.abs(flow.decode(flow.encode(x[:2])).numpy() - x[:2])
    assert np.max(difference) <= 1.0
    assert np.mean(difference) < 2e-3


@pytest.mark.parametrize("preset", ["original", "paper"])
def test_the_density_of_an_image_does_not_depend_on_its_neighbours(real_nvp, preset):
    """The original normalises with the statistics of the batch, in evaluation too."""
    config = parsed(real_nvp, "--preset", preset, "--width=8", "--num_blocks=1")
    flow = real_nvp.make_model(config, (32, 32, 3), noise_seed=lambda: tf.constant([1, 2]))
    x = images(12)
    flow.initialize(x)
    in_training = [flow.log_prob(batch, training=True) for batch in (x[:4], x[[0, 4, 5, 6]])]
    # Twice as far: what stands beside it moves the density of the first image in training.
    assert abs(float(in_training[0][0] - in_training[1][0])) > 1.0

    bits = flow.bits_per_dim(x[:4])
    for others in (x[[0, 4, 5, 6]], np.concatenate([x[:1], 255 - x[:3]]), x[[0, 0, 0, 0]]):
        np.testing.assert_allclose(flow.bits_per_dim(others)[0], bits[0], atol=2e-5)
    np.testing.assert_allclose(flow.bits_per_dim(x[:1])[0], bits[0], atol=2e-5)


# With one scale, whose graph is made in less than half the time of that of two.
SMALL = (
    "--data_set=digits --num_scales=1 --width=4 --num_blocks=1 --n_test=20 --init_batch_size=20"
).split()


def run(real_nvp, save_dir, *flags):
    real_nvp.main(SMALL + ["--save_dir", str(save_dir)] + list(flags))


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(
            [
                "--preset=paper",
                "--dropout_p=0.2",
                "--steps=30",
                "--steps_log=10",
                "--batch_size=30",
            ],
            marks=pytest.mark.slow,
        ),
        ["--preset=original", "--alpha=0.1", "--clip_norm=50", "--steps=3"],
    ],
    ids=["paper", "original"],
)
def test_trains_with_every_choice(real_nvp, tmp_path, capsys, flags):
    run(real_nvp, tmp_path, *flags)

    output = capsys.readouterr().out
    assert "Held-out bits/dim after " in output
    for name in ("sample grid", "reconstructions", "bits per dim", "learning curve"):
        line = [line for line in output.splitlines() if line.strip().startswith(name)][0]
        assert os.path.getsize(line[len("  sample grid         ") :].strip()) > 1000
    with open(str(tmp_path / "log.jsonl")) as file:
        records = [json.loads(line) for line in file]
    losses = [r["train_bits_per_dim"] for r in records if "train_bits_per_dim" in r]
    assert len(losses) < 2 or losses[-1] < losses[0] - 0.2


def test_ends_an_epoch_as_the_original_does(real_nvp, tmp_path, capsys):
    """1500 digits make two batches of 700; the rest is left to the next epoch."""
    run(real_nvp, tmp_path, "--batch_size=700", "--max_epochs=2", "--save_interval=1")

    output = capsys.readouterr().out
    for epoch in (0, 1):
        start = "Iteration {}, time = ".format(epoch)
        line = [line for line in output.splitlines() if line.startswith(start)][0]
        words = line.replace(",", "").split()
        assert words[5:7] + words[9:11] == ["train", "bits_per_dim", "test", "bits_per_dim"]
    kept = np.load(str(tmp_path / "test_bpd_digits.npz"))["test_bpd"]
    assert kept.shape == (2,)
    np.testing.assert_allclose(kept[1], float(words[-1]), atol=5e-5)
    assert {"samples_000002.png", "samples_000004.png"} <= set(os.listdir(str(tmp_path)))


def test_saves_pictures_when_the_original_does(real_nvp):
    """After its iterations 0, 2, 4 ..., which are the epochs 1, 3, 5 ..."""
    for interval, epochs in ((1, [1, 2, 3, 4, 5, 6]), (2, [1, 3, 5]), (20, [1])):
        config = parsed(real_nvp, "-t", str(interval))
        assert [epoch for epoch in range(1, 7) if real_nvp.saves(config, epoch)] == epochs


def test_load_params_goes_on_bit_for_bit(real_nvp, tmp_path):
    """With dropout and running statistics, in the middle of an epoch of two updates."""
    flags = ["--dropout_p=0.3", "--num_threads=1", "--steps_log=1", "--batch_size=700"]
    run(real_nvp, tmp_path / "whole", "--steps=5", *flags)
    run(real_nvp, tmp_path / "parts", "--steps=3", *flags)
    run(real_nvp, tmp_path / "parts", "--steps=5", "--load_params=1", *flags)

    whole, parts = (
        tf.train.load_checkpoint(latest_checkpoint(str(tmp_path / name)))
        for name in ("whole", "parts")
    )
    names = [name for name in whole.get_variable_to_shape_map() if whole.has_tensor(name)]
    assert any("statistics" in name for name in names)
    for name in names:
        if np.asarray(whole.get_tensor(name)).dtype.kind == "f":
            np.testing.assert_array_equal(parts.get_tensor(name), whole.get_tensor(name))
    kept = [
        np.load(str(tmp_path / name / "test_bpd_digits.npz"))["test_bpd"]
        for name in ("whole", "parts")
    ]
    assert kept[0].shape == (2,)
    np.testing.assert_array_equal(kept[0], kept[1])


def test_a_folder_with_a_run_needs_load_params(real_nvp, tmp_path):
    run(real_nvp, tmp_path, "--steps=1")

    with pytest.raises(SystemExit, match="holds a run.* go on with it by .*--load_params=1"):
        run(real_nvp, tmp_path, "--steps=2")
    # What the guard against values that are not finite recommends.
    clipped = SMALL + ["--save_dir", str(tmp_path), "--clip_norm=5", "-l", "0.0001", "--steps=2"]
    real_nvp.check_config(str(tmp_path), parsed(real_nvp, *clipped), real_nvp.MAY_CHANGE)
    with pytest.raises(SystemExit, match="dropout_p was 0.0, is 0.5"):
        run(real_nvp, tmp_path, "--steps=2", "--load_params=1", "--dropout_p=0.5")


def test_init_batch_size_is_how_many_images_initialise(real_nvp, tmp_path, monkeypatch):
    read, chosen = ImageSet.read, []

    def recorded(self, indices):
        images, labels = read(self, indices)
        chosen.extend([images] if len(indices) == 37 else [])
        return images, labels

    monkeypatch.setattr(ImageSet, "read", recorded)
    flags = ["--init_batch_size=37", "--preset=original", "--save_dir", str(tmp_path)]
    config = parsed(real_nvp, *(SMALL + flags))
    train_set, test_set = real_nvp.load_data(config, "train"), real_nvp.load_data(config, "test")
    real_nvp.make_trainer(config, train_set, test_set).write_checkpoint()

    noise_seed = host_seed(config.seed, "initialize", 0)
    flow = real_nvp.make_model(config, (16, 16, 1), lambda: tf.constant(noise_seed))
    flow.initialize(chosen[0])
    reader = tf.train.load_checkpoint(str(tmp_path / "model.ckpt-0"))
    for path, variable in flow.named_variables().items():
        found = reader.get_tensor("flow/" + path)
        np.testing.assert_allclose(found, variable.numpy(), rtol=1e-3, atol=1e-4)


def test_dropout_acts_in_training_only(real_nvp):
    config = parsed(real_nvp, "--dropout_p=0.5", "--width=8", "--num_blocks=1")
    x = np.random.RandomState(0).standard_normal([4, 32, 32, 3]).astype(np.float32)

    def latents(noise_seed, training):
        flow = real_nvp.make_model(config, (32, 32, 3), noise_seed)
        return flow.bijection.layers[-1].forward(x, training=training)[0].numpy()

    np.testing.assert_array_equal(latents(1, False), latents(2, False))
    np.testing.assert_array_equal(latents(1, True), latents(1, True))
    # The noise of dropout is that of the step.
    assert np.max(np.abs(latents(1, True) - latents(2, True))) > 1e-2


def test_the_learning_rate_falls_with_every_update(real_nvp):
    config = parsed(real_nvp, "-l", "0.5", "-e", "0.9")

    rates = [float(real_nvp.learning_rate(config, tf.constant(step))) for step in (0, 1, 10)]

    np.testing.assert_allclose(rates, [0.5, 0.45, 0.5 * 0.9**10], rtol=1e-6)


def test_every_flag_of_the_original_and_of_the_port_is_there(real_nvp):
    short = "-i a -o b -d imagenet -t 3 -r 1 -l 0.1 -e 0.5 -b 7 -a 8 -p 0.25 -x 9 -g 1 -z 1 -s 4"
    long = (
        "--data_dir a --save_dir b --data_set imagenet --save_interval 3 --load_params 1 "
        "--learning_rate 0.1 --lr_decay 0.5 --batch_size 7 --init_batch_size 8 --dropout_p 0.25 "
        "--max_epochs 9 --nr_gpu 1 --num_gpus 1 --seed 4"
    )
    port = long.replace("--data_dir", "--data_url").replace("--save_dir", "--train_url")

    first, *others = [
        parsed(real_nvp, "--sample_batch_size=5", *line.split()) for line in (short, long, port)
    ]

    assert others == [first, first]
    assert (first.data_dir, first.save_dir, first.init_batch_size) == ("a", "b", 8)
    real_nvp.check(first)


def test_the_published_line_makes_the_published_model(real_nvp):
    config = parsed(real_nvp, *PUBLISHED)
    real_nvp.check(config)

    assert (config.batch_size, config.width, config.num_blocks, config.num_scales) == (12, 64, 8, 2)
    assert (config.learning_rate, config.lr_decay, config.max_epochs) == (0.001, 0.999995, 5000)


@pytest.mark.skipif(not os.environ.get("GENFLOW_DATA_DIR"), reason="GENFLOW_DATA_DIR is not set")
def test_trains_on_real_cifar10_by_the_published_line(real_nvp, tmp_path, capsys):
    """Only smaller, and for one update of 12 images."""
    urls = ["--data_url", os.environ["GENFLOW_DATA_DIR"], "--train_url", str(tmp_path)]
    small = ["--width=4", "--num_blocks=1", "--num_scales=1", "--steps=1", "--n_test=12"]
    real_nvp.main(PUBLISHED + urls + small)

    assert "Held-out bits/dim after 1 steps: " in capsys.readouterr().out


def test_data_set_imagenet_is_a_folder_of_pngs(real_nvp, tmp_path):
    random = np.random.RandomState(0)
    for folder, count in (("train_32x32", 30), ("valid_32x32", 20)):
        os.makedirs(str(tmp_path / "data" / folder))
        for index in range(count):
            pixels = random.randint(0, 256, [32, 32, 3]).astype(np.uint8)
            path = tmp_path / "data" / folder / "{}.png".format(index)
            Image.fromarray(pixels).save(str(path))
    config = parsed(real_nvp, "-d", "imagenet", "-i", str(tmp_path / "data"))

    sets = [real_nvp.load_data(config, split) for split in ("train", "test")]

    assert [(len(image_set), image_set.image_shape) for image_set in sets] == [
        (30, (32, 32, 3)),
        (20, (32, 32, 3)),
    ]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--nr_gpu=2"], "got 2: for the same updates pass --batch_size 24"),
        (["-z", "8"], "--num_gpus must be 1"),
        (["-p", "1"], "--dropout_p must be below 1; got 1.0"),
        (["--batch_size=0"], "--batch_size must be at least 1; got 0"),
        (["--init_batch_size=1"], "--init_batch_size must be at least 2; got 1"),
        (
            ["--batch_size=1501"],
            "1501 images of 16x16; there are 1500: lower it",
        ),
        (["--n_test=400"], "--n_test 400 asks for 400 images of 16x16; there are 297"),
        (
            ["--num_scales=6"],
            "--num_scales 6 halves images 5 times; those of 16x16 can be",
        ),
        (["--num_scales=5"], "--num_scales 5 leaves single pixels of images of 16x16"),
        (["--lr_decay=2"], "--lr_decay must be at most 1; got 2.0"),
        (["--data_dir=here"], "--data_dir is not for --data_set digits"),
        (["--seed=-1"], "--seed must be at least 0; got -1"),
        (["--n_test=-1"], "--n_test must be at least 0; got -1"),
        (["--download"], "--download is for --data_set cifar; got digits"),
        (["--learning_rate=nan"], "--learning_rate must be a finite number; got nan"),
        (
            ["--train_url=s3://out"],
            "--save_dir (--train_url) must be a place on this machine",
        ),
        (["--alpha=1"], "--alpha must be below 1; got 1.0"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_flags_are_one_sentence(real_nvp, tmp_path, flags, message):
    with pytest.raises(SystemExit) as stopped:
        real_nvp.main(SMALL + ["--steps=1"] + flags)
    assert message in str(stopped.value)
    assert "\n" not in str(stopped.value)

import dataclasses
import importlib
import json
import os
import sys

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.data import ImageSet
from genflow.training import TrainingStopped

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples")


@pytest.fixture(scope="module")
def glow():
    sys.path.insert(0, EXAMPLES)
    try:
        yield importlib.import_module("glow_cifar10")
    finally:
        sys.path.remove(EXAMPLES)


@pytest.mark.parametrize(
    ("flags", "image_shape", "expected"),
    [
        (["--flow_coupling=1", "--learntop"], (32, 32, 3), 44603604),
        pytest.param(["--learntop"], (32, 32, 3), 38395668, marks=pytest.mark.slow),
        pytest.param([], (32, 32, 3), 38311668, marks=pytest.mark.slow),
        # Published for 256x256; the count does not depend on the size of the image.
        pytest.param(
            ["--learntop", "--n_levels=6"], (64, 64, 3), 175099620, marks=pytest.mark.slow
        ),
    ],
    ids=["affine-learntop", "additive-learntop", "additive", "six-levels"],
)
def test_has_the_parameters_of_the_original(glow, flags, image_shape, expected):
    flow = glow.make_model(glow.parse_flags(glow.Config, flags), image_shape)
    flow.log_prob(np.zeros((1,) + image_shape, np.float32))
    sizes = [variable.shape.num_elements() for variable in flow.trainable_variables]
    assert sum(sizes) == expected


def test_latents_have_the_published_shapes(glow):
    config = glow.parse_flags(glow.Config, ["--n_levels=6", "--depth=1", "--width=4"])
    flow = glow.make_model(config, (256, 256, 3))
    shapes = flow.bijection.output_shape([None, 256, 256, 3])
    assert [shape.as_list()[1:] for shape in shapes] == [
        [128, 128, 6],
        [64, 64, 12],
        [32, 32, 24],
        [16, 16, 48],
        [8, 8, 96],
        [4, 4, 384],
    ]


def test_affine_couplings_start_with_the_published_log_det(glow):
    """Each contributes log(sigmoid(2)) for each of the values that it changes."""
    config = glow.parse_flags(glow.Config, ["--depth=2", "--width=4", "--flow_coupling=1"])
    flow = glow.make_model(config, (32, 32, 3), noise_seed=0)
    images = np.random.RandomState(0).randint(0, 256, [4, 32, 32, 3]).astype(np.float32)
    _, log_det = flow.bijection.forward_and_log_det(images)
    num_values = sum(2 * size for size in (16 * 16 * 6, 8 * 8 * 12, 4 * 4 * 24))
    expected = -0.126928 * num_values - 3072 * 8 * np.log(2.0)
    np.testing.assert_allclose(log_det.numpy(), expected, rtol=1e-5)


SMALL = ["--problem=digits", "--depth=1", "--width=8", "--n_levels=2", "--n_test=20"]
SMALL += ["--n_batch_train=5", "--n_batch_init=20", "--n_batch_test=5"]  # Of four times the area.


def run(glow, logdir, *flags):
    glow.main(SMALL + ["--logdir", str(logdir)] + list(flags))


def lines(path):
    with open(str(path)) as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize(
    ("permutation", "extra"),
    [
        (0, ["--ycond", "--optimizer=adam"]),
        pytest.param(
            1,
            ["--learntop", "--polyak", "--gradient_checkpointing=0", "--dal=1"],
            marks=pytest.mark.slow,
        ),
        (2, ["--plu", "--learntop", "--ycond", "--flow_coupling=1", "--weight_y=0.1"]),
    ],
)
def test_trains_with_every_choice(glow, tmp_path, capsys, permutation, extra):
    flags = ["--flow_permutation={}".format(permutation), "--steps=3", "--steps_log=1"]
    run(glow, tmp_path, "--n_bits_x=5", "--clip_norm=100", *(flags + extra))
    output = capsys.readouterr().out
    assert "Held-out bits/dim after 3 steps: " in output
    assert ("Held-out classification error: " in output) == ("--weight_y=0.1" in extra)
    for name in ("sample grid", "reconstructions", "bits per dim", "learning curve"):
        line = [line for line in output.splitlines() if line.strip().startswith(name)][0]
        assert os.path.getsize(line[len("  sample grid         ") :].strip()) > 1000
    with open(str(tmp_path / "config.json")) as file:
        assert json.load(file)["flow_permutation"] == permutation


def test_trains_on_photographs_with_a_lower_loss_at_the_end(glow, tmp_path):
    flags = ["--problem=photos", "--depth=1", "--width=8", "--flow_coupling=1", "--steps=40"]
    flags += ["--steps_warmup=5", "--steps_log=10", "--n_test=50", "--logdir", str(tmp_path)]
    glow.main(flags)
    records = lines(tmp_path / "log.jsonl")
    losses = [r["train_bits_per_dim"] for r in records if "train_bits_per_dim" in r]
    assert losses[-1] < losses[0] - 0.3


@pytest.fixture
def real_data():
    if not os.environ.get("GENFLOW_DATA_DIR"):
        pytest.skip("GENFLOW_DATA_DIR does not say where MNIST and CIFAR-10 are")


PUBLISHED = (
    "--problem cifar10 --image_size 32 --n_level 3 --depth 32 --flow_permutation 2 "
    "--flow_coupling 1 --seed 0 --learntop --lr 0.001 --n_bits_x 8 --epochs=100"
).split()


@pytest.mark.usefixtures("real_data")
def test_trains_on_real_cifar10_by_the_published_line(glow, tmp_path, capsys):
    """Only smaller, and for two epochs of 40 images."""
    urls = ["--data_url", os.environ["GENFLOW_DATA_DIR"], "--train_url", str(tmp_path / "out")]
    small = ["--depth=1", "--width=8", "--epochs=2", "--n_train=40", "--n_test=50"]
    glow.main(PUBLISHED + urls + small + ["--n_batch_train=20"])
    output = capsys.readouterr().out
    assert "epoch n_processed n_images ips dtrain dtest dsample dtot" in output
    records = lines(tmp_path / "out" / "train.txt")
    assert records[0]["flow_coupling"] == 1
    assert [(r["epoch"], r["n_processed"]) for r in records[1:]] == [(1, 40), (2, 80)]
    assert float(records[2]["bits_x"]) < 9.0


def test_the_published_line_makes_the_published_model(glow):
    config = glow.parse_flags(glow.Config, PUBLISHED + ["--data_url=a", "--train_url=b"])
    assert (config.n_levels, config.width, config.learntop) == (3, 512, True)
    assert (config.data_dir, config.logdir) == ("a", "b")
    assert glow.Config().logdir == "./logs"


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize("dal", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_trains_on_real_mnist_by_class(glow, tmp_path, capsys, dal):
    flags = ["--problem=mnist", "--depth=1", "--width=8", "--steps=4", "--n_test=20", "--ycond"]
    flags += ["--weight_y=0.5", "--dal", dal, "--image_size=16", "--logdir", str(tmp_path)]
    glow.main(flags + ["--n_batch_train=5", "--n_batch_init=10", "--n_levels=2"])
    assert "Held-out classification error: " in capsys.readouterr().out


def write_records(folder, stored_size):
    """Two splits of random images, in the layout of the original."""
    random = np.random.RandomState(0)
    for split in ("train", "validation"):
        os.makedirs(str(folder / split))
        name = "{}-r05-s-0000-of-0001.tfrecords".format(split)
        with tf.io.TFRecordWriter(str(folder / split / name)) as writer:
            for _ in range(12):
                image = random.randint(0, 256, [stored_size, stored_size, 3]).astype(np.uint8)
                features = {
                    "data": tf.train.Feature(
                        bytes_list=tf.train.BytesList(value=[image.tobytes()])
                    ),
                    "shape": tf.train.Feature(
                        int64_list=tf.train.Int64List(value=list(image.shape))
                    ),
                    "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[0])),
                }
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())


@pytest.mark.parametrize(
    ("problem", "size"), [pytest.param("celeba", 32, marks=pytest.mark.slow), ("lsun_realnvp", 96)]
)
def test_trains_on_records(glow, tmp_path, capsys, problem, size):
    write_records(tmp_path / "data" / "tower", size)
    flags = ["--problem", problem, "--category=tower", "--data_dir", str(tmp_path / "data")]
    flags += ["--image_size=32", "--depth=1", "--width=4", "--steps=2", "--n_batch_train=4"]
    glow.main(flags + ["--fmap=2", "--n_batch_init=4", "--logdir", str(tmp_path / "run")])
    assert "12 training images" in capsys.readouterr().out


def test_auto_takes_photographs_when_there_is_nothing_else(glow, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    data = glow.load_data(glow.parse_flags(glow.Config, ["--problem=auto"]))
    assert data.train.name.startswith("photo")
    assert data.augment is None
    assert "No CIFAR-10 at hand" in capsys.readouterr().out


def test_missing_data_is_one_sentence(glow, tmp_path, monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit, match="CIFAR-10 was not found"):
        glow.main(["--logdir", str(tmp_path / "run")])


def test_goes_on_with_a_run_but_not_with_other_flags(glow, tmp_path):
    run(glow, tmp_path, "--steps=2")
    with pytest.raises(SystemExit, match="holds a run, at model.ckpt-2: .*--resume"):
        run(glow, tmp_path, "--steps=3")
    with open(str(tmp_path / "config.json")) as file:
        kept = json.load(file)
    with open(str(tmp_path / "config.json"), "w") as file:
        json.dump(dict(kept, data_url="a", train_url="b"), file)  # Flags of former versions.
    run(glow, tmp_path, "--steps=3", "--resume")
    with open(str(tmp_path / "config.json")) as file:
        kept = file.read()
    with pytest.raises(SystemExit, match="another configuration .beta1 was 0.9, is 0.5.: repeat"):
        run(glow, tmp_path, "--steps=4", "--beta1=0.5", "--resume")
    with open(str(tmp_path / "config.json")) as file:
        assert file.read() == kept


def test_starts_from_another_run_and_infers(glow, tmp_path, capsys):
    run(glow, tmp_path / "a", "--steps=2")
    before = sorted(os.listdir(str(tmp_path / "a")))
    run(glow, tmp_path / "b", "--steps=3", "--restore_path", str(tmp_path / "a"))
    assert sorted(os.listdir(str(tmp_path / "a"))) == before
    capsys.readouterr()
    run(glow, tmp_path / "b", "--inference")
    with open(str(tmp_path / "b" / "inference.npz"), "rb") as file:
        of_b = file.read()
    output = capsys.readouterr().out
    assert "Largest difference of a decoded pixel value: 0" in output
    arrays = np.load(str(tmp_path / "b" / "inference.npz"))
    assert arrays["z0"].shape == (20, 8, 8, 2)
    assert arrays["z1"].shape == (20, 4, 4, 8)
    np.testing.assert_array_equal(arrays["images"], arrays["decoded"])
    run(glow, tmp_path / "b", "--inference", "--restore_path", str(tmp_path / "a" / "best"))
    with open(str(tmp_path / "b" / "inference.npz"), "rb") as file:
        assert file.read() != of_b


def test_inference_needs_a_run(glow, tmp_path):
    with pytest.raises(SystemExit, match="must be a checkpoint .* none at .*none"):
        run(glow, tmp_path / "none", "--inference")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--depth=0"], "--depth must be at least 1; got 0"),
        (["--polyak_epochs=0"], "--polyak_epochs must be above 0; got 0.0"),
        (["--polyak_epochs=0.00001"], "--polyak_epochs must be at least 1/"),
        (["--category=tower"], "--category is not for --problem digits"),
        (["--lr=nan"], "--lr must be a finite number; got nan"),
        (["--weight_y=-1", "--ycond"], "--weight_y must be at least 0; got -1.0"),
        (
            ["--restore_path=s3://bucket"],
            "--restore_path must be a place on this machine; got s3://bucket",
        ),
        (["--n_test=5000"], "--n_test 5000 asks for 5000 images of 16x16; there are 297"),
        (
            ["--n_levels=6"],
            "--n_levels 6 halves images 6 times; those of 16x16 can be halved 4",
        ),
        (["--n_bits_x=9"], "`num_bits` must be an integer from 1 to 8; got 9"),
        (
            ["--n_batch_train=5000"],
            "5000 asks for 20000 images of 16x16; there are 1500",
        ),
        (
            ["--n_batch_init=1", "--anchor_size=16"],
            "--n_batch_init 1 is less than 2 images of 16x16",
        ),
        (["--weight_y=0.1"], "--weight_y 0.1 .* pass --ycond"),
        (["--image_size=64"], "--image_size must be at most 16 for digits; got 64"),
        (["--image_size=12"], "`size` must divide the 16x16 of digits"),
        (["--data_url=obs://b/data"], "--data_dir .--data_url. must be a place on this machine"),
        (["--checkpoints=1"], "--checkpoints must be at least 2; got 1"),
        (["--restore_path=nowhere"], "`restore_path` must be a checkpoint"),
        (["--weight_decay=0"], "`weight_decay` is the factor"),
    ],
)
def test_bad_flags_are_one_sentence(glow, tmp_path, flags, message):
    with pytest.raises(SystemExit, match=message):
        run(glow, tmp_path / "run", "--steps=1", *flags)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--data_url=a", "--data_dir=b"], "--data_dir and --data_url name one thing: pass one."),
        (["--train_url=a"], "--train_url and --logdir name one thing: pass one."),
    ],
)
def test_one_thing_has_one_name(glow, tmp_path, capsys, flags, message):
    with pytest.raises(SystemExit):
        run(glow, tmp_path / "run", *flags)
    assert message in capsys.readouterr().err


def test_all_numbers_have_the_bounds_that_they_need(glow):
    """Those without a bound are checked elsewhere, or mean something when negative."""
    free = {
        field.name
        for field in dataclasses.fields(glow.Config)
        if type(field.default) in (int, float)
        and all(field.metadata[name] is None for name in ("at_least", "above", "choices"))
    }
    minus_one = {"n_train", "n_test", "image_size"}
    assert free == minus_one | {"seed", "beta1", "weight_decay", "n_bits_x"}


def test_a_new_run_leaves_the_files_of_others(glow, tmp_path):
    """Such as the logs of the original, which have the same names."""
    (tmp_path / "train.txt").write_text("img1.png 0")
    (tmp_path / "log.jsonl").write_text('{"step": 5}\n')
    run(glow, tmp_path, "--steps=1")
    assert (tmp_path / "train.txt.old").read_text() == "img1.png 0"
    assert (tmp_path / "log.jsonl.old").read_text() == '{"step": 5}\n'


def test_a_refused_run_changes_nothing(glow, tmp_path):
    run(glow, tmp_path, "--steps=2")
    path = tmp_path / "model.ckpt-2.data-00000-of-00001"
    path.write_bytes(path.read_bytes()[:1000])
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    with pytest.raises(SystemExit, match="model.ckpt-2 is damaged"):
        run(glow, tmp_path, "--steps=3", "--resume")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before


def test_a_damaged_record_is_named_when_training_comes_to_it(glow, tmp_path):
    write_records(tmp_path / "data", 32)
    path = tmp_path / "data" / "train" / "train-r05-s-0000-of-0001.tfrecords"
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(bytes(contents))
    flags = ["--problem=celeba", "--data_dir", str(tmp_path / "data"), "--image_size=32"]
    flags += ["--depth=1", "--width=4", "--steps=9", "--n_batch_train=2", "--n_batch_init=2"]
    with pytest.raises(SystemExit, match="record.* of .*train-r05-s-0000-of-0001.tfrecords"):
        glow.main(flags + ["--logdir", str(tmp_path / "run")])


def test_a_folder_that_cannot_be_made_is_one_sentence(glow, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SystemExit, match="file"):
        run(glow, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_ctrl_c_says_how_to_go_on(glow, tmp_path, monkeypatch, capsys):
    stopped = [TrainingStopped(15), KeyboardInterrupt()]

    def stop(*args, **kwargs):
        raise stopped.pop()

    monkeypatch.setattr(glow.FlowTrainer, "train", stop)
    for code in (128 + 2, 128 + 15):
        with pytest.raises(SystemExit) as status:
            run(glow, tmp_path)
        assert status.value.code == code
        assert "with --resume the same command goes on" in capsys.readouterr().out


def schedule(glow, flags, num_images=60000, size=32):
    images = ImageSet(
        "blank", np.zeros([1, size, size, 3], np.uint8), np.zeros([1], np.int32), num_classes=1
    )
    many = type("Many", (), {"__len__": lambda self: num_images})()
    config = glow.parse_flags(glow.Config, flags)
    return glow.Schedule(config, glow.Data(many, images, None))


def test_epochs_are_those_of_the_original(glow):
    found = schedule(glow, ["--n_batch_train=64"])
    assert (found.steps_per_epoch, found.num_steps) == (782, 78200)
    assert found.num_warmup_steps == pytest.approx(7812.5)
    assert found.decay == pytest.approx(0.99872, abs=1e-5)
    assert schedule(glow, [], num_images=1000).steps_per_epoch == 20
    assert schedule(glow, ["--n_train=200000"]).steps_per_epoch == 4000
    assert schedule(glow, ["--polyak_epochs=10"]).decay == pytest.approx(1 - 1 / 10000)


def test_batches_shrink_with_the_area_of_the_images(glow):
    assert schedule(glow, []).batch_size(50) == 50
    assert schedule(glow, [], size=64).batch_size(50) == 12
    assert schedule(glow, [], size=256).batch_size(50) == 1
    assert schedule(glow, ["--anchor_size=64"], size=64).batch_size(50) == 50


def test_prints_evaluates_and_samples_when_the_original_does(glow):
    found = schedule(glow, ["--epochs_full_valid=15", "--epochs_full_sample=20"])
    epochs = range(1, 62)
    assert [e for e in epochs if found.prints(e)] == list(range(1, 10)) + [
        10,
        15,
        20,
        30,
        40,
        45,
        60,
    ]
    assert [e for e in epochs if found.evaluates_at(1000 * e)] == [15, 30, 45, 60]
    assert [e for e in epochs if found.samples_at(1000 * e)] == [1, 10, 20, 40, 60]
    assert not found.evaluates_at(15001)


def test_the_classifier_does_not_see_the_class(glow):
    """It takes the latent as it is before the prior, which has been told the class."""
    flags = ["--depth=1", "--width=4", "--n_levels=1", "--ycond", "--learntop", "--weight_y=1"]
    config = glow.parse_flags(glow.Config, flags)
    flow = glow.make_model(config, (8, 8, 3), noise_seed=0)
    classifier = glow.TopClassifier(flow, 10)
    images = np.random.RandomState(0).randint(0, 256, [4, 8, 8, 3]).astype(np.float32)
    flow.initialize(images, tf.one_hot([0, 1, 2, 3], 10))
    random = np.random.RandomState(1)
    classifier(flow.encode(images, tf.one_hot([0, 1, 2, 3], 10)), tf.one_hot([0, 1, 2, 3], 10))
    for variable in classifier.trainable_variables + flow.bijection.trainable_variables:
        if "kernel" not in variable.name:
            variable.assign_add(0.1 * random.standard_normal(variable.shape.as_list()))
    logits = []
    for labels in ([0, 1, 2, 3], [9, 8, 7, 6]):
        context = tf.one_hot(labels, 10)
        z = flow.encode(images, context)
        logits.append((classifier(z, context).numpy(), z[-1].numpy()))
    assert np.abs(logits[0][1] - logits[1][1]).max() > 0.05
    np.testing.assert_allclose(logits[0][0], logits[1][0], atol=1e-5)
    assert len(classifier.named_variables()) == 3


def test_every_flag_of_the_original_and_of_the_port_is_there(glow):
    fields = dataclasses.fields(glow.Config)
    names = {field.name for field in fields}
    aliases = {alias for field in fields for alias in field.metadata["aliases"]}
    assert set(ORIGINAL.split()) <= names | aliases
    assert set(glow.MAY_CHANGE) <= names


ORIGINAL = (
    "verbose restore_path inference logdir problem category data_dir data_url train_url dal fmap "
    "pmap n_train n_test n_batch_train n_batch_test n_batch_init optimizer lr beta1 polyak_epochs "
    "weight_decay epochs epochs_warmup epochs_full_valid gradient_checkpointing image_size "
    "anchor_size width depth n_levels weight_y n_bits_x n_sample epochs_full_sample learntop ycond "
    "seed flow_permutation flow_coupling"
)

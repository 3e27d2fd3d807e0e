import importlib.util
import json
import os
import sys

import numpy as np
import pytest

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples")


@pytest.fixture(scope="module")
def glow():
    spec = importlib.util.spec_from_file_location(
        "glow_cifar10", os.path.join(EXAMPLES, "glow_cifar10.py")
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["glow_cifar10"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("flags", "image_shape", "expected"),
    [
        (["--flow_coupling=1", "--learntop"], (32, 32, 3), 44603604),
        (["--learntop"], (32, 32, 3), 38395668),
        ([], (32, 32, 3), 38311668),
        # Published for 256x256; the count does not depend on the size of the image.
        (["--learntop", "--n_levels=6"], (64, 64, 3), 175099620),
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


@pytest.mark.parametrize(
    ("permutation", "extra"),
    [
        (0, ["--ycond"]),
        (1, ["--learntop"]),
        (2, ["--plu", "--learntop", "--ycond", "--flow_coupling=1"]),
    ],
)
def test_trains_with_every_choice(glow, tmp_path, capsys, permutation, extra):
    flags = ["--problem=digits", "--depth=1", "--width=8", "--n_level=2", "--steps=3"]
    flags += ["--flow_permutation={}".format(permutation), "--logdir", str(tmp_path)]
    flags += ["--n_test=20", "--steps_log=1", "--n_bits_x=5"]
    glow.main(flags + extra)
    output = capsys.readouterr().out
    assert "Held-out bits/dim after 3 steps: " in output
    for name in ("sample grid", "reconstructions", "learning curve"):
        line = [line for line in output.splitlines() if line.strip().startswith(name)][0]
        assert os.path.getsize(line[len("  sample grid         ") :].strip()) > 1000
    with open(str(tmp_path / "config.json")) as file:
        assert json.load(file)["flow_permutation"] == permutation


def test_trains_on_photographs_with_a_lower_loss_at_the_end(glow, tmp_path):
    flags = ["--problem=photos", "--depth=1", "--width=8", "--flow_coupling=1", "--steps=40"]
    flags += ["--steps_warmup=5", "--steps_log=10", "--n_test=50", "--logdir", str(tmp_path)]
    glow.main(flags)
    with open(str(tmp_path / "log.jsonl")) as file:
        records = [json.loads(line) for line in file]
    losses = [r["train_bits_per_dim"] for r in records if "train_bits_per_dim" in r]
    assert losses[-1] < losses[0] - 0.3


def test_trains_on_real_cifar10(glow, tmp_path):
    if not os.environ.get("GENFLOW_DATA_DIR"):
        pytest.skip("GENFLOW_DATA_DIR does not say where CIFAR-10 is")
    flags = ["--depth=1", "--width=8", "--steps=20", "--steps_warmup=5", "--n_test=50"]
    config = glow.parse_flags(glow.Config, flags + ["--logdir", str(tmp_path)])
    assert glow.train(config)["test_bits_per_dim"] < 8.0


def test_auto_takes_photographs_when_there_is_nothing_else(glow, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    config = glow.parse_flags(glow.Config, ["--problem=auto"])
    train_set, test_set = glow.load_data(config)
    assert train_set.name.startswith("photo")
    assert "No CIFAR-10 at hand" in capsys.readouterr().out


def test_missing_data_is_one_sentence(glow, tmp_path, monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit, match="CIFAR-10 was not found"):
        glow.main(["--logdir", str(tmp_path / "run")])


def test_goes_on_with_a_run_but_not_with_other_flags(glow, tmp_path):
    flags = ["--problem=digits", "--depth=1", "--width=8", "--n_levels=2", "--n_test=20"]
    flags += ["--logdir", str(tmp_path)]
    glow.main(flags + ["--steps=2"])
    glow.main(flags + ["--steps=3"])
    with open(str(tmp_path / "config.json")) as file:
        kept = file.read()
    with pytest.raises(SystemExit, match="another configuration .beta1 was 0.9, is 0.5.: repeat"):
        glow.main(flags + ["--steps=4", "--beta1=0.5"])
    with open(str(tmp_path / "config.json")) as file:
        assert file.read() == kept


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--depth=0"], "--depth must be positive; got 0"),
        (["--polyak_epochs=0"], "--polyak_epochs must be positive"),
        (["--n_levels=6"], "--n_levels 6 halves images that many times; those of digits are 16x16"),
        (["--n_bits_x=9"], "`num_bits` must be an integer from 1 to 8; got 9"),
        (["--n_batch_train=5000"], "5000"),
        (["--n_batch_init=1"], "`init_batch_size` must be at least 2"),
    ],
)
def test_bad_flags_are_one_sentence(glow, tmp_path, flags, message):
    small = ["--problem=digits", "--width=8", "--depth=1", "--n_levels=2", "--steps=1"]
    with pytest.raises(SystemExit, match=message):
        glow.main(small + flags + ["--logdir", str(tmp_path)])


def test_a_folder_that_cannot_be_made_is_one_sentence(glow, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SystemExit, match="file"):
        glow.main(["--problem=digits", "--n_levels=2", "--logdir", str(tmp_path / "file")])
    assert (tmp_path / "file").read_text() == "mine"

"""The scripts of `examples/ascend`."""

import importlib
import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from genflow.data import load_digits

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
ASCEND = os.path.join(ROOT, "examples", "ascend")
SCRIPTS = ["full_1p", "performance_1p", "full_8p"]
MODELS = ["glow", "realnvp", "dcgan", "improved_gan"]
KEYS = (
    "Network RankSize BatchSize DeviceType CaseName ActualFPS TrainingTime TrainAccuracy "
    "ActualLoss E2ETrainingTime"
).split()


@pytest.fixture(scope="module")
def scripts():
    """Imports the files beside the scripts, by their names."""
    folders = [os.path.join(ROOT, "examples"), ASCEND]
    sys.path[:0] = folders
    try:
        yield importlib.import_module
    finally:
        for folder in folders:
            sys.path.remove(folder)


def parsed(scripts, *words, script="full_1p", check=True):
    flags, training = scripts("train_flags"), scripts("genflow.training")
    config = training.parse_flags(flags.Config, list(words))
    if check:
        flags.check(config, flags.SCRIPTS[script])
    return config


def example_line(scripts, *words, script="full_1p", rank=0, others=()):
    flags = scripts("train_flags")
    config = parsed(scripts, *words, script=script)
    return flags.command_line(config, flags.SCRIPTS[script], "out/0", rank, others)


def example_config(scripts, line):
    example = scripts(os.path.splitext(os.path.basename(line[0]))[0])
    return example.parse_flags(example.Config, line[1:])


# The two forms of the arguments, and what the examples make of them.


@pytest.mark.parametrize(
    "words",
    [
        ["--network=glow", "--data_path=.", "--train_steps=5", "--over_dump=True"],
        ["--network", "glow", "--data_path", ".", "--train_steps", "5", "--over_dump", "True"],
        ["--network", "glow", "--data_path", ".", "--train_steps=5", "--over_dump"],
    ],
)
def test_arguments_have_two_forms(scripts, words):
    config = parsed(scripts, *words)
    assert (config.network, config.data_path, config.train_steps) == ("glow", ".", 5)
    assert config.over_dump is True


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("network", MODELS)
def test_every_example_understands_every_argument(scripts, network, script):
    line = example_line(
        scripts,
        "--network=" + network,
        "--data_path=.",
        "--train_steps=7",
        "--batch_size=9",
        "--precision_mode=allow_mix_precision",
        "--loss_scale=dynamic",
        "--over_dump",
        "--profiling",
        "--backend=cpu",
        "--seed=3",
        script=script,
        rank=2,
    )

    config = example_config(scripts, line)

    assert (config.steps, config.steps_log, config.seed) == (7, 1, 5)
    assert getattr(config, "n_batch_train", None) or config.batch_size == 9
    assert (config.precision_mode, config.backend) == ("allow_mix_precision", "cpu")
    assert config.loss_scale == "dynamic"
    assert (config.over_dump, config.profiling, config.data_dump_flag) == (True, True, False)
    assert config.over_dump_path == os.path.join("out/0", "overflow_dump")
    assert config.profiling_dump_path == os.path.join("out/0", "profiling")
    assert config.data_dir == os.path.abspath(".")


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("glow", {"logdir": "out/0/run", "epochs": 3, "plu": True, "n_batch_train": 50}),
        ("realnvp", {"save_dir": "out/0/run", "max_epochs": 3, "batch_size": 12}),
        ("dcgan", {"out_dir": "out/0", "out_name": "run", "epoch": 3, "train": True}),
        ("improved_gan", {"train_dir": "out/0/run", "batch_size": 200, "steps": 20000}),
    ],
)
def test_arguments_are_those_of_the_example(scripts, network, expected):
    epochs = [] if network == "improved_gan" else ["--train_epochs=3"]
    config = example_config(
        scripts, example_line(scripts, "--network=" + network, "--data_path=.", *epochs)
    )
    assert {name: getattr(config, name) for name in expected} == expected


def test_epochs_are_updates_where_the_example_counts_these(scripts, capsys):
    epochs, script = scripts("epochs"), scripts("train_flags").SCRIPTS["performance_1p"]
    words = ["--dataset=digits", "--train_epochs=3", "--batch_size=40"]
    glow = parsed(scripts, "--network=glow", *words)
    assert epochs.epochs_as_steps(glow, script, []) is glow
    config = parsed(scripts, "--network=improved_gan", *words)
    config = epochs.epochs_as_steps(config, script, ["--n_valid=50"])
    num_images = len(load_digits("train")) - 50
    assert (config.train_epochs, config.train_steps) == (0, -(-3 * num_images // 40))
    assert "3 epochs of {:,} images are".format(num_images) in capsys.readouterr().out


def test_the_updates_of_epochs_are_what_is_trained(scripts, tmp_path, monkeypatch):
    train, lines = scripts("train"), []
    monkeypatch.setattr(
        train, "launch", lambda command, job, folder: lines.extend(command(job.ranks[0])) or 5
    )
    words = "full_1p --network=improved_gan --dataset=digits --train_epochs=2 --backend=cpu"
    with pytest.raises(SystemExit):
        train.main(words.split() + ["--output_path", str(tmp_path)])
    (steps,) = [int(word[len("--steps=") :]) for word in lines if word.startswith("--steps=")]
    assert 2 * 1000 / 200 < steps < 2 * 1797 / 200


def test_the_default_batch_sizes_are_those_of_the_examples(scripts):
    for network in ("glow", "realnvp", "dcgan"):
        model = scripts("train_flags").MODELS[network]
        example = scripts(os.path.splitext(model.program)[0])
        assert getattr(example.Config(), model.batch_size) == model.default_batch_size
    improved = scripts("improved_gan_flags")
    model = scripts("train_flags").MODELS["improved_gan"]
    assert model.default_batch_size == improved.PAPER_GRAY.batch_size


def test_speed_is_measured_without_the_rest(scripts):
    line = example_line(scripts, "--network=dcgan", "--data_path=.", script="performance_1p")
    config = example_config(scripts, line)
    assert (config.steps, config.steps_log, config.n_fid) == (200, 20, 0)


def test_data_dumps_have_their_steps(scripts):
    words = ["--network=glow", "--data_path=.", "--data_dump_flag", "--data_dump_step=0|5"]
    config = example_config(scripts, example_line(scripts, *words))
    assert (config.data_dump_flag, config.data_dump_step) == (True, "0|5")
    assert config.data_dump_path == os.path.join("out/0", "data_dump")


@pytest.mark.parametrize("network", ["glow", "realnvp"])
def test_a_run_goes_on_when_asked_to(scripts, network):
    words = ["--network=" + network, "--dataset=digits"]
    for extra, expected in ([], False), (["--resume"], True):
        config = example_config(scripts, example_line(scripts, *(words + extra)))
        assert (
            bool(getattr(config, "resume", False) or getattr(config, "load_params", 0)) == expected
        )


def test_what_follows_two_dashes_is_the_examples(scripts):
    assert scripts("train").split_words(["--a", "1", "--", "--b", "--"]) == (
        ["--a", "1"],
        ["--b", "--"],
    )
    words = ["--network=glow", "--dataset=digits"]
    config = example_config(scripts, example_line(scripts, *words, others=["--depth", "2"]))
    assert config.depth == 2
    assert config.anchor_size == 16


@pytest.mark.parametrize(
    ("words", "script", "message"),
    [
        ([], "full_1p", "--network must be one of glow, realnvp, dcgan, improved_gan; got ''"),
        (["--network=glow"], "full_1p", "--data_path must be the folder with the data"),
        (["--network=glow", "--data_path=no"], "full_1p", "--data_path must be a folder; got no"),
        (["--network=glow", "--dataset=digits", "--batch_size=-1"], "full_1p", "--batch_size must"),
        (
            ["--network=glow", "--dataset=digits", "--train_steps=1", "--train_epochs=1"],
            "full_1p",
            "both say how long",
        ),
        (["--network=glow", "--dataset=digits", "--num_devices=2"], "full_1p", "--num_devices is"),
        (["--network=glow", "--dataset=digits", "--device_id=2"], "full_8p", "--device_id is for"),
    ],
)
def test_rejects_in_one_sentence(scripts, words, script, message):
    with pytest.raises((ValueError, OSError), match=message):
        parsed(scripts, *words, script=script)


def test_an_unknown_argument_is_an_error(scripts, capsys):
    with pytest.raises(SystemExit) as exit_:
        scripts("train").main(["full_1p", "--network=glow", "--data_pth=."])
    assert exit_.value.code == 2
    assert "unrecognized arguments: --data_pth=." in capsys.readouterr().err


def test_a_run_that_is_there_is_not_mixed_with_another(scripts, tmp_path):
    run = tmp_path / "3" / "run"
    run.mkdir(parents=True)
    (run / "log.jsonl").write_text("")
    words = "full_1p --network=glow --dataset=digits --backend=cpu --device_id=3 --output_path"
    with pytest.raises(SystemExit, match="3/run holds a run: go on with it by --resume"):
        scripts("train").main(words.split() + [str(tmp_path)])


@pytest.mark.parametrize("name", ["Glow_bs50_1p_acc.log", "train_Glow_bs50_1p_acc_loss.txt"])
def test_results_of_another_run_are_kept(scripts, tmp_path, name):
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / name).symlink_to(tmp_path / "nowhere")
    words = "full_1p --network=glow --dataset=digits --backend=cpu --device_id=3 --output_path"
    for more in ([], ["--resume"]):  # There is no run to go on with.
        with pytest.raises(SystemExit, match=name + " is of another run: move it, or pass another"):
            scripts("train").main(words.split() + [str(tmp_path)] + more)
    assert os.listdir(str(tmp_path / "3")) == [name]


@pytest.mark.parametrize(
    ("network", "word", "flag"),
    [
        ("glow", "--n_batch_train=7", "n_batch_train"),
        ("glow", "--n_batch_tr", "n_batch_train"),
        ("glow", "--train_url=x", "logdir"),
        ("glow", "--see=3", "seed"),
        ("glow", "--backend", "backend"),
        ("glow", "--prob=digits", "problem"),
        ("glow", "--precision=force_fp16", "precision_mode"),
        ("glow", "--plu=false", "plu"),
        ("glow", "--resume", "resume"),
        ("realnvp", "-b7", "batch_size"),
        ("realnvp", "-o", "save_dir"),
        ("realnvp", "--max_epochs=2", "max_epochs"),
        ("dcgan", "--out_name=x", "out_name"),
        ("dcgan", "--loss_sc=2", "loss_scale"),
        ("dcgan", "--data_dir=.", "data_dir"),
        ("improved_gan", "--max_training_steps=5", "steps"),
        ("improved_gan", "--train_d=x", "train_dir"),
    ],
)
def test_words_that_the_script_sets_are_refused(scripts, tmp_path, network, word, flag):
    words = "full_1p --backend=cpu --dataset=digits --network=" + network
    words = words.split() + ["--output_path", str(tmp_path / "out"), "--", "--num_threads=1", word]
    with pytest.raises(SystemExit, match=word + " after -- would set --" + flag + ", which this"):
        scripts("train").main(words)
    assert not (tmp_path / "out").exists()


def test_other_words_are_passed_on(scripts):
    check = scripts("passed_words").check_passed
    for network in MODELS:
        check(network, small(scripts, network) + ["--num_threads=1", "--max_minutes", "2"])
    check("glow", ["--n_train", "-1", "--anchor_size=16", "--no_such_flag", "--"])


def test_a_loss_scale_is_checked_before_anything_starts(scripts, tmp_path):
    words = "full_1p --network=glow --dataset=digits --backend=cpu --loss_scale=often --output_path"
    with pytest.raises(SystemExit, match="often"):
        scripts("train").main(words.split() + [str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_models_that_share_a_gpu_are_said_to(scripts, tmp_path, monkeypatch, capsys):
    train, flags = scripts("train"), scripts("train_flags")
    config = parsed(
        scripts, "--network=glow", "--dataset=digits", "--output_path", str(tmp_path), check=False
    )
    script = flags.SCRIPTS["full_8p"]
    for backend, is_shared in (("cpu", False), ("gpu", True)):
        job = train.make_job(config, script, backend)
        shown = capsys.readouterr().out
        assert ("All of them share the first GPU" in shown) == is_shared
        assert "ActualFPS is the sum of their rates" in shown
        for rank in job.ranks:
            run = tmp_path / str(rank.device_id) / "run"
            run.mkdir(parents=True, exist_ok=True)
            (run / "log.jsonl").write_text('{"step": 1, "images_per_second": 2.0}\n')
        with open(train.write(config, script, job, backend, 1.0)) as file:
            lines = dict(line.rstrip("\n").split(" = ") for line in file)
        assert (lines["ActualFPS"], lines["GradientsAveraged"]) == ("16.00", "False")
        assert lines["Models"].startswith("8, each by itself")
        assert ("all on one GPU" in lines["Models"]) == is_shared


def test_several_npus_are_refused(scripts):
    train, flags = scripts("train"), scripts("train_flags")
    config = parsed(scripts, "--network=glow", "--dataset=digits", script="full_8p")
    with pytest.raises(ValueError, match="Several NPUs cannot train one model yet"):
        train.make_job(config, flags.SCRIPTS["full_8p"], "npu")


def test_the_device_is_that_of_the_environment(scripts, monkeypatch):
    train, flags = scripts("train"), scripts("train_flags")
    config = parsed(scripts, "--network=glow", "--dataset=digits")
    monkeypatch.setenv("ASCEND_DEVICE_ID", "5")
    job = train.make_job(config, flags.SCRIPTS["full_1p"], "cpu")
    assert ([rank.device_id for rank in job.ranks], job.num_ranks, job.rank_table) == ([5], 1, None)
    monkeypatch.setenv("ASCEND_DEVICE_ID", "")
    monkeypatch.setenv("DEVICE_ID", "3")
    assert train.make_job(config, flags.SCRIPTS["full_1p"], "cpu").ranks[0].device_id == 3
    assert scripts("verify").own_folder() == "3"


def test_a_device_that_is_no_number_is_refused_in_one_sentence(scripts, tmp_path, monkeypatch):
    monkeypatch.setenv("ASCEND_DEVICE_ID", "first")
    words = ["--backend=cpu", "--output_path", str(tmp_path / "out")]
    training = ["full_1p", "--network=glow", "--dataset=digits"]
    for program, line in (("train", training + words), ("verify", words)):
        with pytest.raises(SystemExit, match="ASCEND_DEVICE_ID must be the number of a device"):
            scripts(program).main(line)
    assert not (tmp_path / "out").exists()


def test_a_table_of_the_environment_is_for_other_jobs(scripts, monkeypatch):
    train, flags = scripts("train"), scripts("train_flags")
    config = parsed(scripts, "--network=glow", "--dataset=digits", "--device_id=0")
    monkeypatch.setenv("RANK_TABLE_FILE", "/no/8p.json")
    assert train.make_job(config, flags.SCRIPTS["full_1p"], "npu").rank_table is None


# What is said of a run.


def test_the_rate_is_without_the_first_average(scripts):
    rate = scripts("case_log").images_per_second
    first, second, third = ((10, 1.0), (20, 100.0), (40, 400.0))

    def records(*pairs):
        logged = [{"step": step, "images_per_second": value} for step, value in pairs]
        return logged[:1] + [{"step": 15, "test_loss": 3.0}] + logged[1:]

    # 10 steps at 100 and 20 steps at 400: the seconds are what is added.
    expected = 30 / (10 / 100.0 + 20 / 400.0)
    np.testing.assert_allclose(rate(records(first, second, third)), expected)
    np.testing.assert_allclose(rate(records(first, second)), 100.0)
    np.testing.assert_allclose(rate(records(first)), 1.0)
    assert rate([]) is None


def test_the_rate_is_without_the_first_average_of_each_start(scripts):
    rate = scripts("case_log").images_per_second
    pairs = [(10, 1.0), (20, 100.0), (30, 2.0), (40, 400.0), (50, 3.0)]
    records = [{"step": step, "images_per_second": value} for step, value in pairs]
    expected = 20 / (10 / 100.0 + 10 / 400.0)
    np.testing.assert_allclose(rate(records, [20, 40]), expected)
    # It was killed before it had made an average, and has gone on from the same checkpoint.
    np.testing.assert_allclose(rate(records, [20, 25, 40, 50]), expected)
    np.testing.assert_allclose(rate(records[:2], [10]), 20 / (10 / 1.0 + 10 / 100.0))


@pytest.mark.parametrize("place", [".", "checkpoint"])
def test_a_start_is_after_the_newest_checkpoint(scripts, tmp_path, place):
    starts, run = scripts("starts"), tmp_path / "run"
    starts.note_start(str(run))
    assert not run.exists()
    assert starts.read_starts(str(run)) == []
    for folder, step in ((run / place, 30), (run / "best", 40)):
        folder.mkdir(parents=True)
        name = "model.ckpt-{}".format(step)
        (folder / (name + ".index")).write_text("")
        lines = 'model_checkpoint_path: "{0}"\nall_model_checkpoint_paths: "{0}"\n'
        (folder / "checkpoint").write_text(lines.format(name))
    starts.note_start(str(run))
    starts.note_start(str(run))
    assert starts.read_starts(str(run)) == [30, 30]


def test_a_case_has_the_customary_lines(scripts, tmp_path):
    case_log = scripts("case_log")
    log = tmp_path / "log.jsonl"
    records = [
        {"step": 1, "train_loss": 5.0, "images_per_second": 1.0},
        {"step": 2, "train_loss": 4.5, "images_per_second": 80.0},
        {"step": 2, "test_bits_per_dim": 4.25},
    ]
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    case = case_log.read_case(str(log), "train_loss", "test_bits_per_dim")

    path = case_log.write_case(str(tmp_path), "Glow", 20, 2, "perf", case, 61.7, {"Backend": "cpu"})

    assert os.path.basename(path) == "Glow_bs20_2p_perf.log"
    with open(path) as file:
        lines = dict(line.rstrip("\n").split(" = ") for line in file)
    assert list(lines) == KEYS + ["Backend"]
    lines.pop("DeviceType")
    assert lines == {
        "Network": "Glow",
        "RankSize": "2",
        "BatchSize": "20",
        "CaseName": "Glow_bs20_2p_perf",
        "ActualFPS": "80.00",
        "TrainingTime": "500.00",
        "TrainAccuracy": "4.2500",
        "ActualLoss": "4.5000",
        "E2ETrainingTime": "62",
        "Backend": "cpu",
    }
    assert (tmp_path / "train_Glow_bs20_2p_perf_loss.txt").read_text() == "5.0\n4.5\n"


def test_what_was_not_measured_is_nan(scripts, tmp_path):
    case_log = scripts("case_log")
    path = case_log.write_case(
        str(tmp_path), "Glow", 20, 1, "acc", case_log.Case(None, [], None), 1.0
    )
    with open(path) as file:
        assert file.read().count(" = nan\n") == 4


def test_the_line_of_the_adapter_is_found(scripts, tmp_path):
    log = tmp_path / "train_0.log"
    log.write_text("2020 [INFO] The model has been compiled on the Ascend AI processor, current")
    assert scripts("case_log").was_compiled(str(log))
    log.write_text("compiled")
    assert not scripts("case_log").was_compiled(str(log))
    case_log = scripts("case_log")
    log.write_text("{}\n{}now ====\n".format(case_log.COMPILED, case_log.STARTED))
    assert not case_log.was_compiled(str(log))
    log.write_text("{}now ====\n{}\n".format(case_log.STARTED, case_log.COMPILED))
    assert case_log.was_compiled(str(log))


# The scripts themselves.


@pytest.mark.parametrize("name", ["train_" + script for script in SCRIPTS] + ["verify"])
def test_a_script_passes_its_words_on_as_they_are(tmp_path, name):
    python = tmp_path / "a python"
    python.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    path = os.path.join(ASCEND, name + ".sh")

    words = ["--data_path", "my data", "--", "a  b", ""]
    shown = subprocess.check_output(
        ["bash", path] + words, env=dict(os.environ, PYTHON=str(python)), cwd=str(tmp_path)
    ).decode()

    first = [name[len("train_") :]] if name != "verify" else []
    program = os.path.join(ASCEND, "train.py" if first else "verify.py")
    assert shown.split("\n")[:-1] == [program] + first + words
    assert os.access(path, os.X_OK)


def small(scripts, network):
    return scripts("verify").SMALL[network].split()


def line_for(scripts, script, network, tmp_path):
    words = "--network={} --dataset=digits --train_steps 2 --batch_size=20".format(network).split()
    words += ["--backend=cpu", "--output_path", str(tmp_path / "out")]
    words += ["--num_devices=2"] if script == "full_8p" else []
    return words + ["--", "--num_threads=1"] + small(scripts, network)


def check_output(tmp_path, script, network, title):
    kind, count = {"full_1p": ("acc", 1), "performance_1p": ("perf", 1), "full_8p": ("acc", 2)}[
        script
    ]
    folder, case = tmp_path / "out" / "0", "{}_bs20_{}p_{}".format(title, count, kind)
    with open(str(folder / (case + ".log"))) as file:
        lines = dict(line.rstrip("\n").split(" = ") for line in file)
    assert list(lines)[: len(KEYS)] == KEYS
    assert (lines["CaseName"], lines["RankSize"], lines["BatchSize"]) == (case, str(count), "20")
    assert float(lines["ActualFPS"]) > 0
    losses = (folder / "train_{}_loss.txt".format(case)).read_text().split()
    assert len(losses) == 2
    np.testing.assert_allclose(float(lines["ActualLoss"]), float(losses[1]), atol=1e-3)
    with open(str(folder / "run" / "log.jsonl")) as file:
        logged = [json.loads(line) for line in file]
    if network in ("glow", "realnvp"):
        (accuracy,) = {r["test_bits_per_dim"] for r in logged if "test_bits_per_dim" in r}
        np.testing.assert_allclose(float(lines["TrainAccuracy"]), accuracy, atol=1e-3)
    for device in range(count):
        assert (
            "Runs on the CPU"
            in (tmp_path / "out" / str(device) / "train_{}.log".format(device)).read_text()
        )


TITLES = dict(zip(MODELS, ["Glow", "RealNVP", "DCGAN", "ImprovedGAN"]))


@pytest.mark.parametrize(
    "network", ["glow"] + [pytest.param(name, marks=pytest.mark.slow) for name in MODELS[1:]]
)
def test_train_full_1p_trains_two_steps(scripts, network, tmp_path):
    path = os.path.join(ASCEND, "train_full_1p.sh")
    line = ["bash", path] + line_for(scripts, "full_1p", network, tmp_path)
    env = dict(os.environ, PYTHON=sys.executable)
    done = subprocess.run(line, env=env, capture_output=True)

    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    check_output(tmp_path, "full_1p", network, TITLES[network])
    assert "CaseName = {}_bs20_1p_acc".format(TITLES[network]) in done.stdout.decode()


@pytest.mark.parametrize(
    ("script", "network"),
    [
        pytest.param(
            script,
            network,
            marks=() if (script, network) == ("performance_1p", "dcgan") else pytest.mark.slow,
        )
        for script in ("performance_1p", "full_8p")
        for network in MODELS
    ],
)
def test_the_other_scripts_train_two_steps(scripts, script, network, tmp_path, capfd):
    """In this process, as the script does in one of its own: see what it passes on, above."""
    scripts("train").main([script] + line_for(scripts, script, network, tmp_path))

    check_output(tmp_path, script, network, TITLES[network])
    shown = capfd.readouterr().out
    assert ("NOTE: 2 processes on the CPU train 2 models" in shown) == (script == "full_8p")
    if script == "full_8p":
        logs = [(tmp_path / "out" / str(i) / "run" / "log.jsonl").read_text() for i in range(2)]
        assert logs[0] != logs[1]


def test_a_failure_is_the_scripts(scripts, tmp_path, monkeypatch):
    train = scripts("train")
    monkeypatch.setattr(train, "launch", lambda command, job, folder: 5)
    with pytest.raises(SystemExit) as exit_:
        train.main(["full_1p"] + line_for(scripts, "full_1p", "glow", tmp_path))
    assert exit_.value.code == 5
    assert not list(tmp_path.glob("out/0/*.log"))


# What verifies a host.


def test_a_verification_ends_with_a_table(scripts):
    verify = scripts("verify")
    results = [
        verify.Result("doctor", "ok", 3.4, "all that is here works"),
        verify.Result("glow", "FAILED", 61.0, "first loss 3.0000, on the CPU 5.0000"),
        verify.Result("devices", "skipped", 0.0, "one device"),
    ]
    assert verify.make_table(results).splitlines() == [
        "step          result     seconds  note",
        "doctor        ok               3  all that is here works",
        "glow          FAILED          61  first loss 3.0000, on the CPU 5.0000",
        "devices       skipped          0  one device",
        "1 ok, 1 failed, 1 skipped",
    ]


def test_a_verification_has_a_status(scripts, tmp_path, monkeypatch):
    verify = scripts("verify")

    def steps(outcome):
        def fail():
            raise ValueError("it is broken")

        return lambda verification: {"good": lambda: "fine", "other": outcome or fail}

    words = ["--backend=cpu", "--output_path"]
    monkeypatch.setattr(verify, "_steps", steps(lambda: "fine, too"))
    verify.main(words + [str(tmp_path / "a")])
    assert "2 ok, 0 failed" in (tmp_path / "a" / "summary.txt").read_text()
    monkeypatch.setattr(verify, "_steps", steps(None))
    with pytest.raises(SystemExit) as exit_:
        verify.main(words + [str(tmp_path / "b")])
    assert exit_.value.code == 1
    assert "it is broken" in (tmp_path / "b" / "summary.txt").read_text()
    verify.main(words + [str(tmp_path / "c"), "--skip=other"])
    with pytest.raises(SystemExit, match="--skip must be of good, other; got x"):
        verify.main(words + [str(tmp_path / "d"), "--skip=x"])
    with pytest.raises(SystemExit, match="--output_path must be a new folder"):
        verify.main(words + [str(tmp_path / "a")])


def test_a_model_is_verified_by_its_first_loss(scripts, tmp_path, monkeypatch):
    verify = scripts("verify")
    verification = verify.Verification("gpu", str(tmp_path))
    losses = {"gpu": 4.0, "cpu": 4.1}
    monkeypatch.setattr(verification, "_first_loss", lambda network, backend: losses[backend])
    assert verification.model("glow") == "first loss 4.0000, on the CPU 4.1000"
    losses["cpu"] = 4.5
    with pytest.raises(verify._FailError, match="first loss 4.0000, on the CPU 4.5000"):
        verification.model("glow")
    losses.update(cpu=float("nan"))
    with pytest.raises(verify._FailError):
        verification.model("glow")


def test_an_npu_is_verified_by_the_line_of_the_adapter(scripts, tmp_path, monkeypatch):
    verify = scripts("verify")
    verification = verify.Verification("npu", str(tmp_path))
    monkeypatch.setenv("ASCEND_DEVICE_ID", "2")
    monkeypatch.setattr(verification, "_first_loss", lambda network, backend: 4.0)
    folder = tmp_path / "glow_npu" / "2"
    folder.mkdir(parents=True)
    log = folder / "train_2.log"
    log.write_text("nothing of the kind")
    with pytest.raises(verify._FailError, match="the graph may have stayed on the host"):
        verification.model("glow")
    log.write_text(verify.COMPILED)
    assert verification.model("glow").startswith("first loss 4.0000")
    monkeypatch.setattr(verification, "_first_loss", lambda *unused: 4.0)
    (tmp_path / "glow_npu_mixed" / "2").mkdir(parents=True)
    (tmp_path / "glow_npu_mixed" / "2" / "train_2.log").write_text("nothing of the kind")
    with pytest.raises(verify._FailError, match="the graph may have stayed on the host"):
        verification.precision()


def test_an_update_must_be_skipped_only_if_it_overflows(scripts, tmp_path, monkeypatch):
    verify = scripts("verify")
    verification = verify.Verification("npu", str(tmp_path))
    skipped = {"overflow": [1.0, 1.0], "no_overflow": [0.0, 0.0]}
    monkeypatch.setattr(verification, "_skipped", lambda name, *unused: skipped[name])
    assert verification.overflow() == "2 of 2 updates skipped"
    assert verification.no_overflow() == "0 of 2 updates skipped"
    skipped.update(overflow=[0.0], no_overflow=[0.0, 1.0])
    with pytest.raises(verify._FailError, match="0 of 1 updates skipped, though float16 overflows"):
        verification.overflow()
    with pytest.raises(verify._FailError, match="1 of 2 updates skipped, though nothing overflows"):
        verification.no_overflow()


def test_a_verification_goes_on_from_a_checkpoint(scripts, tmp_path, monkeypatch):
    verify = scripts("verify")
    verification = verify.Verification("cpu", str(tmp_path))
    monkeypatch.setattr(verification, "_train", lambda *unused, **options: None)

    def logged(*steps):
        return [{"step": step, "images_per_second": 1.0} for step in steps]

    for after, is_good in (((1, 2, 3, 4), True), ((3, 4), False), ((1, 2), False)):
        logs = iter([logged(1, 2), logged(*after)])
        monkeypatch.setattr(verify, "read_log", lambda path, logs=logs: next(logs))
        if is_good:
            assert verification.resume() == "updates 3 and 4 were made after 1 and 2"
        else:
            with pytest.raises(verify._FailError, match="not 1 to 4"):
                verification.resume()


@pytest.mark.slow
def test_a_cpu_is_verified(scripts, tmp_path, capfd):
    words = ["--backend=cpu", "--skip=tests", "--output_path", str(tmp_path / "out")]
    try:
        scripts("verify").main(words)
    finally:
        shown = capfd.readouterr().out
    assert "10 ok, 0 failed, 0 skipped" in shown

"""A run that is killed and goes on equals one that was not, bit for bit."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
NUM_STEPS = 22
UNREPEATABLE = ("images_per_second", "train_time")


def start(run_dir, *flags):
    """A process of training."""
    command = [sys.executable, "-m", "tests.training.killed_run", str(run_dir), str(NUM_STEPS)]
    path = os.pathsep.join([os.path.join(ROOT, "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        command + list(flags),
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def finish(process):
    output, errors = process.communicate()
    return [int(line.split()[1]) for line in output.splitlines() if line.startswith("made")], errors


def values(run_dir):
    path = tf.train.latest_checkpoint(str(run_dir))
    return {name: tf.train.load_variable(path, name) for name, _ in tf.train.list_variables(path)}


def records(run_dir, name):
    with open(os.path.join(str(run_dir), name)) as file:
        found = [json.loads(line) for line in file]
    return [{k: v for k, v in r.items() if k not in UNREPEATABLE} for r in found]


def comparable_state(text):
    state = json.loads(text.decode("utf-8"))
    for key in ("seconds", "total"):
        del state["epoch"][key]
    return state


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of 22 steps, and one that was killed after 10 and in the evaluation after 18."""
    whole, killed = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("killed")
    uninterrupted, first = start(whole), start(killed, "--kill_at", "10")
    made = [finish(first)]
    assert first.returncode == -signal.SIGKILL, made[0][1]
    assert tf.train.latest_checkpoint(str(killed)).endswith("-8")
    second = start(killed)
    while second.stdout.readline() != "made 17\n":
        assert second.poll() is None, finish(second)
    second.kill()  # Wherever it is now.
    made.append(finish(second))
    third = start(killed)
    made.append(finish(third))
    assert third.returncode == 0, made[-1][1]
    steps, errors = finish(uninterrupted)
    assert uninterrupted.returncode == 0, errors
    assert steps == list(range(1, NUM_STEPS + 1))
    assert made[0][0] == list(range(1, 11))
    assert made[2][0][-1] == NUM_STEPS
    return whole, killed


def test_every_variable_is_equal(runs):
    whole, killed = (values(run_dir) for run_dir in runs)
    assert sorted(whole) == sorted(killed)
    assert {"average/count", "optimizer/beta1_power", "global_step"} <= set(whole)
    for name in whole:
        if name == "run/state":
            assert comparable_state(whole[name]) == comparable_state(killed[name])
        else:
            np.testing.assert_array_equal(whole[name], killed[name], err_msg=name)


def test_the_best_is_equal(runs):
    whole, killed = (values(os.path.join(str(run_dir), "best")) for run_dir in runs)
    for name in set(whole) - {"run/state"}:
        np.testing.assert_array_equal(whole[name], killed[name], err_msg=name)


@pytest.mark.parametrize("name", ["log.jsonl", "train.txt", "test.txt"])
def test_the_logs_are_equal(runs, name):
    whole, killed = (records(run_dir, name) for run_dir in runs)
    assert whole == killed
    assert len(whole) > 3


def test_training_changed_something(runs):
    """The comparison is not one of initial values."""
    found = values(runs[0])
    assert np.abs(found["classifier/linear/weight"]).max() > 0
    kernels = [v for name, v in found.items() if name.endswith("conv_out/kernel")]
    assert min(np.abs(kernel).max() for kernel in kernels if kernel.ndim == 4) > 0

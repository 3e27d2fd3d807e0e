import json
import os

import numpy as np
import pytest

from genflow.training import IterationLog, Report


def run(folder, state, steps, evaluated=(2, 4, 6), printed=None):
    """Steps of two in an epoch: training has the step as its bits/dim, a test a tenth of it."""
    write = (lambda line: None) if printed is None else printed.append
    log = IterationLog(str(folder), "cifar", 2, state, write)
    for step in steps:
        results = {"bits_per_dim": step / 10} if step in evaluated else None
        log(step, {"bits_per_dim": np.float32(step)}, Report(results, None, False, 0.0, 0.0))


def held_out(folder):
    with np.load(str(folder / "test_bpd_cifar.npz")) as file:
        assert list(file) == ["test_bpd"]
        return file["test_bpd"]


def test_prints_the_line_of_the_original_and_keeps_the_held_out_values(tmp_path):
    printed = []
    run(tmp_path, {}, range(1, 6), printed=printed)
    assert printed == [
        "Iteration 0, time = 0s, train bits_per_dim = 1.5000, test bits_per_dim = 0.2000",
        "Iteration 1, time = 0s, train bits_per_dim = 3.5000, test bits_per_dim = 0.4000",
    ]
    np.testing.assert_array_equal(held_out(tmp_path), [0.2, 0.4])
    assert held_out(tmp_path).dtype == np.float64
    assert os.listdir(str(tmp_path)) == ["test_bpd_cifar.npz"]


def test_an_epoch_without_evaluation_has_no_held_out_value(tmp_path):
    printed, state = [], {}
    run(tmp_path, state, range(1, 7), evaluated=[3, 6], printed=printed)
    assert printed[:2] == [
        "Iteration 0, time = 0s, train bits_per_dim = 1.5000",
        "Iteration 1, time = 0s, train bits_per_dim = 3.5000",
    ]
    np.testing.assert_array_equal(held_out(tmp_path), [np.nan, np.nan, 0.6])
    json.loads(json.dumps(state, allow_nan=False))


def test_the_time_is_that_of_training_and_evaluation(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("genflow.training.iteration_log.time.time", lambda: now[0])
    printed = []
    log = IterationLog(str(tmp_path), "cifar", 2, {}, write=printed.append)
    for step in range(1, 5):
        now[0] += 40.0
        report = Report({"bits_per_dim": 3.0}, {}, True, 20.0, 7.0) if step % 2 == 0 else Report()
        log(step, {"bits_per_dim": 3.0}, report)
    assert [line.split(", ")[1] for line in printed] == ["time = 73s"] * 2


@pytest.mark.parametrize("stop", [3, 4, 5])
@pytest.mark.parametrize("first", ["the next step", "the same step"])
def test_a_run_that_goes_on_equals_one_that_never_stopped(tmp_path, stop, first):
    """It goes on with the next step, or with the same one if a later observer failed."""
    whole, parts, state = tmp_path / "whole", tmp_path / "parts", {}
    whole.mkdir()
    parts.mkdir()
    lines, after = [], []
    run(whole, {}, range(1, 9), printed=lines)
    run(parts, state, range(1, stop + 1))
    at_checkpoint = json.loads(json.dumps(state))
    run(parts, state, range(stop + 1, 8))  # Lost.
    start = stop + (first == "the next step")
    run(parts, at_checkpoint, range(start, 9), printed=after)
    np.testing.assert_array_equal(held_out(parts), held_out(whole))
    assert after == lines[-len(after) :]
    assert sorted(os.listdir(str(parts))) == ["test_bpd_cifar.npz"]


def test_a_file_that_cannot_be_written_is_written_when_the_run_goes_on(tmp_path):
    state, folder = {}, tmp_path / "unmounted"
    with pytest.raises(OSError, match="unmounted"):
        run(folder, state, range(1, 3))
    folder.mkdir()
    run(folder, state, range(2, 5))
    np.testing.assert_array_equal(held_out(folder), [0.2, 0.4])


def test_a_new_run_sets_an_old_file_aside(tmp_path):
    (tmp_path / "test_bpd_cifar.npz").write_text("mine")
    run(tmp_path, {}, [1])
    assert (tmp_path / "test_bpd_cifar.npz").read_text() == "mine"
    run(tmp_path, {}, range(1, 5))
    assert (tmp_path / "test_bpd_cifar.npz.old").read_text() == "mine"
    assert len(os.listdir(str(tmp_path))) == 2


def test_a_run_that_stopped_in_its_first_epoch_sets_an_old_file_aside(tmp_path):
    (tmp_path / "test_bpd_cifar.npz").write_text("mine")
    state = {}
    run(tmp_path, state, [1])
    run(tmp_path, json.loads(json.dumps(state)), range(2, 5))
    assert (tmp_path / "test_bpd_cifar.npz.old").read_text() == "mine"
    np.testing.assert_array_equal(held_out(tmp_path), [0.2, 0.4])


def test_a_run_that_had_no_such_log_starts_with_what_it_knows(tmp_path):
    run(tmp_path, {}, range(5, 7))
    np.testing.assert_array_equal(held_out(tmp_path), [np.nan, np.nan, 0.6])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"iteration": {"sums": 1}}, "`iteration` of the checkpoint's state must have `sums`"),
        ({"test_bpd": {}}, "`test_bpd` of the checkpoint's state must have `results`, a list of"),
        ({"test_bpd": {"results": [3.5, "x"]}}, "a list of numbers; got .*go on from another"),
        ({"test_bpd": [3.5]}, "must have `results`, a list of numbers; got .3.5.: go on from"),
    ],
)
def test_refuses_a_damaged_state(tmp_path, state, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, state, [])

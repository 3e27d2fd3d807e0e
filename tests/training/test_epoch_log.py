import json

import pytest

from genflow.training import EpochLog, Report

METRICS = {"loss": 4.0, "bits_per_dim": 3.5, "class_bits": 5.0, "class_error": 0.25}


def lines(path):
    with open(str(path)) as file:
        return [json.loads(line) for line in file]


def run(folder, state, steps, first_step=None, evaluate_at=4, printed=None, **kwargs):
    arguments = {"steps_per_epoch": 2, "batch_size": 10, "processed_per_step": 40}
    write = (lambda line: None) if printed is None else printed.append
    arguments.update(kwargs)
    log = EpochLog(
        str(folder), {"depth": 3}, state=state, first_step=first_step, write=write, **arguments
    )
    for step in steps:
        metrics = {name: value * step for name, value in METRICS.items()}
        report = Report(METRICS, None, True, 0.5, 0.25) if step == evaluate_at else Report()
        log(step, metrics, report)


def test_writes_the_records_of_the_original(tmp_path):
    run(tmp_path, {}, range(1, 5))
    train, test = lines(tmp_path / "train.txt"), lines(tmp_path / "test.txt")
    assert train[0] == test[0] == {"depth": 3}
    assert len(train) == 3
    assert train[1] == {
        "epoch": 1,
        "n_processed": 80,
        "n_images": 20,
        "train_time": 0,
        "loss": "6.0000",
        "bits_x": "5.2500",
        "bits_y": "7.5000",
        "pred_loss": "0.3750",
    }
    assert (train[2]["epoch"], train[2]["n_processed"], train[2]["loss"]) == (2, 160, "14.0000")
    assert test[1:] == [
        {
            "epoch": 2,
            "n_processed": 160,
            "n_images": 40,
            "loss": "4.0000",
            "bits_x": "3.5000",
            "bits_y": "5.0000",
            "pred_loss": "0.2500",
        }
    ]


def test_prints_the_line_of_the_original(tmp_path):
    printed = []
    run(tmp_path, {}, range(1, 5), printed=printed, print_at=lambda epoch: epoch == 1)
    assert printed[0].startswith("epoch n_processed n_images ips dtrain dtest dsample dtot")
    assert printed[1].startswith("1 80 20 ")
    assert printed[1].endswith("[6.    5.25  7.5   0.375] [] ")
    assert printed[2].startswith("2 160 40 ")
    assert printed[2].split()[5:7] == ["0.5", "0.2"]
    assert printed[2].endswith("[4.   3.5  5.   0.25]  *")
    assert len(printed) == 3


def test_prints_every_step_when_verbose(tmp_path):
    printed = []
    run(tmp_path, {}, [1], printed=printed, verbose=True)
    assert printed[0].startswith("0 ")
    assert printed[0].endswith("[4.   3.5  5.   0.25]")


def test_has_no_class_without_a_classifier(tmp_path):
    log = EpochLog(str(tmp_path), {}, steps_per_epoch=1, batch_size=1, state={})
    log(1, {"loss": 2.0, "bits_per_dim": 2.0}, Report())
    record = lines(tmp_path / "train.txt")[1]
    assert (record["bits_y"], record["pred_loss"]) == ("0.0000", "1.0000")


def test_a_run_that_was_killed_writes_what_it_would_have_written(tmp_path):
    whole, state = tmp_path / "whole", {}
    killed = tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    run(whole, {}, range(1, 8))
    run(killed, state, range(1, 4))
    at_checkpoint = json.loads(json.dumps(state))
    run(killed, state, range(4, 7), first_step=3)  # Lost.
    run(killed, at_checkpoint, range(4, 8), first_step=3)
    for name in ("train.txt", "test.txt"):
        records = [
            [dict(record, train_time=None) for record in lines(folder / name)]
            for folder in (whole, killed)
        ]
        assert records[0] == records[1]


@pytest.mark.parametrize("again_at", [3, 4, 5])
def test_a_step_that_comes_again_counts_once(tmp_path, again_at):
    """As when an observer after this one failed, and the run goes on."""
    whole, twice, state = tmp_path / "whole", tmp_path / "twice", {}
    whole.mkdir()
    twice.mkdir()
    run(whole, {}, range(1, 8))
    run(twice, state, range(1, again_at + 1))
    run(twice, json.loads(json.dumps(state)), range(again_at, 8), first_step=again_at)
    for name in ("train.txt", "test.txt"):
        records = [
            [dict(record, train_time=None) for record in lines(folder / name)]
            for folder in (whole, twice)
        ]
        assert records[0] == records[1]


def test_a_line_that_cannot_be_written_is_written_when_the_run_goes_on(tmp_path):
    whole, full, state = tmp_path / "whole", tmp_path / "full", {}
    whole.mkdir()
    full.mkdir()
    run(whole, {}, range(1, 7))
    log = EpochLog(str(full), {"depth": 3}, 2, 10, state, processed_per_step=40, write=len)
    for step in range(1, 4):
        log(step, {name: value * step for name, value in METRICS.items()}, Report())
    log._train.path = str(full)  # A folder: no line can be written there.
    with pytest.raises(OSError, match="full"):
        log(4, {n: v * 4 for n, v in METRICS.items()}, Report(METRICS, None, True, 0.5, 0.25))
    run(full, json.loads(json.dumps(state)), range(4, 7), first_step=4)
    for name in ("train.txt", "test.txt"):
        records = [
            [dict(record, train_time=None) for record in lines(folder / name)]
            for folder in (whole, full)
        ]
        assert records[0] == records[1]


def test_goes_on_from_a_state_without_the_number_of_the_step(tmp_path):
    state = {"epoch": {"sums": [4.0, 3.5, 5.0, 0.25], "seconds": 0.5, "total": 0.5}}
    run(tmp_path, state, [2], first_step=1)
    assert lines(tmp_path / "train.txt")[1]["loss"] == "6.0000"


def test_names_a_bad_line(tmp_path):
    (tmp_path / "train.txt").write_text("nonsense\n")
    with pytest.raises(ValueError, match=r"Line 1 of .*train\.txt is not a JSON object"):
        run(tmp_path, {}, [1], first_step=0)
    assert (tmp_path / "train.txt").read_text() == "nonsense\n"


def test_a_new_run_sets_old_files_aside(tmp_path):
    for contents in ("mine", "mine too"):
        (tmp_path / "train.txt").write_text(contents)
        run(tmp_path, {}, [1])
    assert (tmp_path / "train.txt.old").read_text() == "mine"
    assert (tmp_path / "train.txt.old.1").read_text() == "mine too"
    assert lines(tmp_path / "train.txt") == [{"depth": 3}]


@pytest.mark.parametrize(
    "state",
    [
        "x",
        {},
        {"sums": "abcd"},
        {"sums": [1], "seconds": 0},
        {"sums": [1, 2, 3, 4], "seconds": 0.0, "total": 0.0, "step": "x"},
    ],
)
def test_refuses_a_state_that_is_none(tmp_path, state):
    with pytest.raises(ValueError, match="`epoch` of the checkpoint's state must have `sums`"):
        run(tmp_path, {"epoch": state}, [])

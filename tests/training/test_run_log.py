import numpy as np
import pytest
from PIL import Image

from genflow.training import RunLog, read_log, save_learning_curve


def test_reads_what_was_written_and_passes_over_an_unfinished_line(tmp_path):
    path = str(tmp_path / "log.jsonl")
    log = RunLog(path)
    log.write({"step": 1, "loss": 0.5})
    log.write({"step": 2, "loss": 0.25})
    with open(path, "a") as file:
        file.write('{"step": 3, "lo')
    assert read_log(path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]


def test_what_is_not_finite_is_null(tmp_path):
    path = str(tmp_path / "log.jsonl")
    RunLog(path).write({"step": 1, "loss": float("inf"), "rate": float("nan"), "name": "inf"})
    with open(path) as file:
        assert file.read() == '{"step": 1, "loss": null, "rate": null, "name": "inf"}\n'


def test_goes_on_after_an_unfinished_line(tmp_path):
    path = str(tmp_path / "log.jsonl")
    with open(path, "w") as file:
        file.write('{"step": 1}\n{"step": 2, "lo')
    RunLog(path).write({"step": 2})
    assert read_log(path) == [{"step": 1}, {"step": 2}]


def test_keeps_a_whole_last_line_without_line_break(tmp_path):
    path = str(tmp_path / "log.jsonl")
    with open(path, "w") as file:
        file.write('{"step": 1}')
    RunLog(path).write({"step": 2})
    assert read_log(path) == [{"step": 1}, {"step": 2}]


@pytest.mark.parametrize("line", ["nonsense", "3", "[1]", "[]", "[" * 100000], ids=range(5))
def test_names_a_line_that_is_no_record(tmp_path, line):
    path = str(tmp_path / "log.jsonl")
    with open(path, "w") as file:
        file.write('{"step": 1}\n' + line + '\n{"step": 2}\n')
    with pytest.raises(ValueError, match=r"Line 2 of .*log\.jsonl is not a JSON object"):
        read_log(path)


def test_rewinding_drops_what_is_made_again(tmp_path):
    path = str(tmp_path / "log.jsonl")
    log = RunLog(path)
    log.rewind(0)
    assert not (tmp_path / "log.jsonl").exists()
    for record in ({"depth": 4}, {"step": 1}, {"step": 3}, {"step": 2}):
        log.write(record)
    log.rewind(2)
    assert read_log(path) == [{"depth": 4}, {"step": 1}, {"step": 2}]
    log.rewind(2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["log.jsonl"]


def test_rewinding_names_a_step_that_is_no_number(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": "one"}\n')
    with pytest.raises(ValueError, match="`step` of .*log.jsonl must be a number; got 'one'"):
        RunLog(str(path)).rewind(2)
    assert path.read_text() == '{"step": "one"}\n'


def test_learning_curve_shows_both_curves(tmp_path):
    log = RunLog(str(tmp_path / "log.jsonl"))
    for step in range(1, 101):
        log.write({"step": step, "train_bits_per_dim": 3.0 + 5.0 / step})
        if step % 25 == 0:
            log.write({"step": step, "test_bits_per_dim": 3.2 + 5.0 / step})
    path = str(tmp_path / "curve.png")
    save_learning_curve(log.path, path)
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    blue, orange = ([31, 119, 180], [255, 127, 14])
    assert min((pixels == colour).all(axis=1).sum() for colour in (blue, orange)) > 50


def test_learning_curve_needs_the_metric(tmp_path):
    log = RunLog(str(tmp_path / "log.jsonl"))
    log.write({"step": 1, "train_loss": 1.0})
    with pytest.raises(ValueError, match="has no value of bits_per_dim"):
        save_learning_curve(log.path, str(tmp_path / "curve.png"))

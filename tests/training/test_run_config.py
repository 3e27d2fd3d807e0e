import dataclasses
import json

import pytest
import tensorflow.compat.v2 as tf

from genflow.training import Checkpoints, check_config, keep_config


@dataclasses.dataclass
class Config:
    depth: int = 4
    steps: int = 10


@pytest.fixture
def started(tmp_path):
    """A folder that holds a run with a checkpoint."""
    keep_config(str(tmp_path), Config())
    with tf.Graph().as_default():
        tf.compat.v1.train.get_or_create_global_step()
        checkpoints = Checkpoints(str(tmp_path))
        checkpoints.hold({}, config=dataclasses.asdict(Config()))
        with checkpoints.open() as session:
            checkpoints.save(session, 0)
    return tmp_path


def kept(run_dir):
    return json.loads((run_dir / "config.json").read_text())


def test_keeps_the_configuration(tmp_path):
    keep_config(str(tmp_path / "new"), Config(depth=5))
    assert kept(tmp_path / "new") == {"depth": 5, "steps": 10}


def test_a_run_without_checkpoint_can_start_again(tmp_path):
    keep_config(str(tmp_path), Config())
    keep_config(str(tmp_path), Config(depth=6))
    assert kept(tmp_path)["depth"] == 6


def test_a_started_run_takes_only_what_may_change(started):
    keep_config(str(started), Config(steps=20), may_change=["steps"])
    assert kept(started)["steps"] == 20
    with pytest.raises(ValueError, match="another configuration .depth was 4, is 5"):
        keep_config(str(started), Config(depth=5), may_change=["steps"])
    assert kept(started) == {"depth": 4, "steps": 20}


@pytest.mark.parametrize("there", [{"steps": 20}, {"steps": 20, "depth": 5}])
def test_the_checkpoint_decides_whatever_the_file_says(started, there):
    (started / "config.json").write_text(json.dumps(there))
    with pytest.raises(ValueError, match="another configuration .depth was 4, is 5"):
        keep_config(str(started), Config(depth=5), may_change=["steps"])
    assert kept(started) == there


def test_a_file_that_was_cut_is_made_whole(started):
    (started / "config.json").write_text('{"steps": 20}')
    keep_config(str(started), Config(steps=30), may_change=["steps"])
    assert kept(started) == {"depth": 4, "steps": 30}


def test_an_older_run_goes_on_with_a_field_that_is_new(started):
    @dataclasses.dataclass
    class Newer(Config):
        width: int = 3

    keep_config(str(started), Newer(width=7))
    assert kept(started) == {"depth": 4, "steps": 10, "width": 7}


def test_names_a_file_that_cannot_be_read(started):
    (started / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json cannot be read"):
        keep_config(str(started), Config())
    assert (started / "config.json").read_text() == "{"


def test_leaves_a_file_of_somebody_else_alone(tmp_path):
    (tmp_path / "config.json").write_text('{"mine": 1}')
    with pytest.raises(ValueError, match="is not the configuration of a run"):
        keep_config(str(tmp_path), Config())
    assert (tmp_path / "config.json").read_text() == '{"mine": 1}'


def test_a_started_run_goes_on_only_when_asked_to(started):
    with pytest.raises(ValueError, match=r"holds a run, at model.ckpt-0: .*--resume.*"):
        keep_config(str(started), Config(depth=5), resume=False)
    assert kept(started) == {"depth": 4, "steps": 10}


def test_a_run_that_starts_from_another_takes_only_what_may_change(started, tmp_path):
    new = str(tmp_path / "new")
    with pytest.raises(ValueError, match="another configuration .depth was 4, is 5"):
        keep_config(new, Config(depth=5), ["steps"], restore_path=str(started))
    keep_config(new, Config(steps=11), ["steps"], restore_path=str(started))
    assert kept(tmp_path / "new") == {"depth": 4, "steps": 11}


def test_checking_writes_nothing(tmp_path):
    check_config(str(tmp_path / "new"), Config())
    assert not (tmp_path / "new").exists()

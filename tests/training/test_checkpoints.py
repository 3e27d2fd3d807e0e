import json
import os
import shutil

import pytest
import tensorflow.compat.v2 as tf

from genflow.training import CheckpointError, Checkpoints, latest_checkpoint
from genflow.training.checkpoint_files import read_state
from tests.training.test_loop import Run, step_of


def indices(folder):
    return sorted(name for name in os.listdir(str(folder)) if name.endswith(".index"))


def names_in(path):
    return {name for name, _ in tf.train.list_variables(path)}


def damage(path, size=10):
    with open(path, "rb") as file:
        contents = file.read()
    with open(path, "wb") as file:
        file.write(contents[:size])


def test_names_are_attribute_paths(tmp_path):
    Run(tmp_path).loop(1)
    names = names_in(latest_checkpoint(str(tmp_path)))
    assert {"pair/first", "pair/second", "first/m/pair/first", "second/u/pair/second"} <= names
    assert {"average/pair/weight", "average/count", "global_step", "run/state"} <= names
    assert {"first/beta1_power", "second/beta1_power", "second/beta2_power"} <= names
    assert len(names) == 14
    assert "first/m/pair/second" not in names


def test_state_comes_back_with_the_configuration(tmp_path):
    run = Run(tmp_path)
    run.checkpoints.state["meter"] = {"loss": [0.1, 1e-17]}
    run.loop(3)
    checkpoints = Checkpoints(str(tmp_path))
    assert checkpoints.step == 3
    assert checkpoints.state == {"config": {"width": 2}, "meter": {"loss": [0.1, 1e-17]}}


def test_old_checkpoints_go_also_after_a_resume(tmp_path):
    Run(tmp_path).loop(3, checkpoint_every=1)
    Run(tmp_path).loop(6, checkpoint_every=1)
    assert indices(tmp_path) == ["model.ckpt-{}.index".format(step) for step in (4, 5, 6)]


def test_the_best_stay_and_no_worse_one_takes_their_place(tmp_path):
    values = {1: 5.0, 2: 3.0, 3: float("nan"), 4: 3.0, 5: 2.0, 6: 9.0}
    taken = []

    def judge(run):
        def callback(step, metrics, session):
            if run.checkpoints.save_best(session, step, values[step]):
                taken.append(step)

        return callback

    run = Run(tmp_path)
    run.loop(3, [judge(run)])
    run = Run(tmp_path)
    run.loop(6, [judge(run)])
    assert taken == [1, 2, 5]
    assert latest_checkpoint(str(tmp_path / "best")).endswith("model.ckpt-5")
    assert indices(tmp_path / "best") == ["model.ckpt-2.index", "model.ckpt-5.index"]
    assert Checkpoints(str(tmp_path)).state["best"] == {"value": 2.0, "step": 5}


@pytest.mark.parametrize("path", ["a", "a/model.ckpt-4", "a/model.ckpt-4.index"])
def test_starts_from_a_checkpoint_of_another_run(tmp_path, path):
    first = Run(tmp_path / "a")
    first.loop(4, [lambda s, m, session: first.checkpoints.save_best(session, s, 1.0)])
    second = Run(tmp_path / "b", restore_path=str(tmp_path / path))
    assert second.checkpoints.step == 4
    assert "best" not in second.checkpoints.state
    assert second.loop(6) == 6
    assert [step for step, _, _ in second.seen] == [5, 6]
    assert step_of(tmp_path / "a") == 4
    # What the run has by now made itself goes before.
    third = Run(tmp_path / "b", restore_path=str(tmp_path / path))
    assert third.checkpoints.step == 6


def test_refuses_a_restore_path_without_a_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="`restore_path` must be a checkpoint .*nowhere"):
        Checkpoints(str(tmp_path), restore_path=str(tmp_path / "nowhere"))


def test_refuses_to_keep_one_checkpoint_only(tmp_path):
    with pytest.raises(ValueError, match="`keep` must be at least 2; got 1"):
        Checkpoints(str(tmp_path), keep=1)


def test_says_what_is_damaged(tmp_path):
    Run(tmp_path).loop(3)
    path = tmp_path / "model.ckpt-3.data-00000-of-00001"
    contents = bytearray(path.read_bytes())
    contents[4] ^= 1
    path.write_bytes(bytes(contents))
    with pytest.raises(CheckpointError, match=r"not of a run \(.*(C|c)hecksum does not match"):
        Run(tmp_path).loop(4)


@pytest.mark.parametrize("size", [0, 10, 60])
@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_names_a_damaged_checkpoint_and_leaves_all_files(tmp_path, suffix, size):
    Run(tmp_path).loop(3)
    damage(str(tmp_path / ("model.ckpt-3" + suffix)), size)
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(str(tmp_path))}
    with pytest.raises(CheckpointError, match=r"model\.ckpt-3 is damaged, or not of a run"):
        Run(tmp_path).loop(5)
    after = {name: (tmp_path / name).read_bytes() for name in before}
    assert after == before


def test_names_a_checkpoint_of_another_model(tmp_path):
    Run(tmp_path).loop(1)
    checkpoints = Checkpoints(str(tmp_path))
    with tf.Graph().as_default():
        tf.compat.v1.train.get_or_create_global_step()
        variables = {"pair/third": tf.Variable(1.0), "pair/first": tf.Variable([1.0, 2.0, 3.0])}
        checkpoints.hold(variables)
        message = (
            "model.ckpt-1 does not fit the model: it lacks pair/third; it has average/count, "
            r"average/pair/weight, first/beta1_power and 8 more besides; of its shapes pair/first "
            r"is \[2\] instead of \[3\]"
        )
        with pytest.raises(CheckpointError, match=message):
            checkpoints.open()


def test_names_a_checkpoint_that_is_not_of_a_run(tmp_path):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        step = tf.compat.v1.train.get_or_create_global_step()
        session.run(step.initializer)
        saver = tf.compat.v1.train.Saver()
        saver.save(session, str(tmp_path / "a" / "model.ckpt"), global_step=0)
        saver.save(session, str(tmp_path / "b" / "model_best_loss.ckpt"))
    with pytest.raises(CheckpointError, match=r"model.ckpt-0 .*run/state"):
        Checkpoints(str(tmp_path / "a"))
    message = "holds checkpoints that are not of a run .model_best_loss.ckpt.: choose another"
    with pytest.raises(CheckpointError, match=message):
        Checkpoints(str(tmp_path / "b"))


def test_does_not_start_anew_over_checkpoints_without_their_list(tmp_path):
    Run(tmp_path).loop(3)
    os.remove(str(tmp_path / "checkpoint"))
    message = "checkpoint, which .* is missing or empty: write the line `.*model.ckpt-3.` into it"
    with pytest.raises(CheckpointError, match=message):
        Run(tmp_path).loop(5)


@pytest.mark.parametrize("contents", [b"\xff\xfe", b"junk", b"model_checkpoint_path: 3"])
def test_names_a_damaged_list_of_checkpoints(tmp_path, contents):
    Run(tmp_path).loop(3)
    (tmp_path / "checkpoint").write_bytes(contents)
    message = "checkpoint, which .*write the line `.*model.ckpt-3.` into it"
    with pytest.raises(CheckpointError, match=message):
        Run(tmp_path)
    assert (tmp_path / "checkpoint").read_bytes() == contents


def test_names_a_listed_checkpoint_that_is_not_there(tmp_path):
    Run(tmp_path).loop(3)
    for path in tmp_path.glob("model.ckpt-3.*"):
        path.unlink()
    message = "names model.ckpt-3, which is not there: write the line `.*model.ckpt-0.` into it"
    with pytest.raises(CheckpointError, match=message):
        Run(tmp_path)
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-0"\n')
    assert Run(tmp_path).loop(2) == 2


def test_a_copy_is_a_run_of_its_own(tmp_path):
    """It neither reads nor deletes what the first one has."""
    Run(tmp_path / "a", keep=2).loop(3)
    shutil.copytree(str(tmp_path / "a"), str(tmp_path / "b"))
    before = sorted(os.listdir(str(tmp_path / "a")))
    # As older lists of checkpoints have it, and as a hostile one may.
    lines = ['model_checkpoint_path: "{}/a/model.ckpt-3"'.format(tmp_path)]
    lines += ['all_model_checkpoint_paths: "../a/model.ckpt-{}"'.format(n) for n in (0, 3)]
    (tmp_path / "b" / "checkpoint").write_text("\n".join(lines))
    run = Run(tmp_path / "b", keep=2)
    assert run.checkpoints.path == str(tmp_path / "b" / "model.ckpt-3")
    run.loop(6, checkpoint_every=1)
    assert sorted(os.listdir(str(tmp_path / "a"))) == before
    assert indices(tmp_path / "b") == ["model.ckpt-5.index", "model.ckpt-6.index"]
    os.rename(str(tmp_path / "b"), str(tmp_path / "c"))
    assert step_of(tmp_path / "c") == 6


def test_clears_away_what_a_process_left_that_was_killed_while_it_saved(tmp_path):
    Run(tmp_path).loop(3)
    (tmp_path / "model.ckpt-9.data-00000-of-00001").write_bytes(b"half")
    (tmp_path / "mine.data-1").write_bytes(b"mine")
    Run(tmp_path).loop(4)
    assert not (tmp_path / "model.ckpt-9.data-00000-of-00001").exists()
    assert (tmp_path / "mine.data-1").exists()


def test_does_not_start_anew_beside_the_best(tmp_path):
    run = Run(tmp_path)
    run.loop(3, [lambda step, m, session: run.checkpoints.save_best(session, step, 1.0)])
    for path in list(tmp_path.glob("model.ckpt-*")) + [tmp_path / "checkpoint"]:
        path.unlink()
    with pytest.raises(CheckpointError, match="has lost its last checkpoints .*/best"):
        Run(tmp_path)
    assert Run(tmp_path / "new", restore_path=str(tmp_path / "best")).loop(4) == 4


def test_a_checkpoint_that_cannot_be_written_is_one_sentence(tmp_path):
    run = Run(tmp_path / "a")
    with run.graph.as_default(), run.checkpoints.open() as session:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "model.ckpt-1.index").mkdir()
        (tmp_path / "a" / "model.ckpt-1.index" / "in the way").write_bytes(b"")
        with pytest.raises(OSError, match="a/model.ckpt-1 cannot be written .*: make room"):
            run.checkpoints.save(session, 1)


def test_refuses_folders_that_look_like_patterns(tmp_path):
    with pytest.raises(CheckpointError, match=r"choose another than .*k\[8\]"):
        Run(tmp_path / "k[8]")


def test_a_folder_without_checkpoints_is_at_step_zero(tmp_path):
    assert Checkpoints(str(tmp_path / "absent")).step == 0
    assert Checkpoints(str(tmp_path / "absent")).state == {}
    assert not os.path.exists(str(tmp_path / "absent"))


def test_state_is_json(tmp_path):
    Run(tmp_path).loop(1)
    text = tf.train.load_variable(latest_checkpoint(str(tmp_path)), "run/state")
    assert json.loads(text.decode("utf-8"))["config"] == {"width": 2}


def test_the_best_is_the_one_in_the_folder_whatever_the_last_checkpoint_knew(tmp_path):
    """A run that ends, or is killed, after an evaluation has not said so in a checkpoint."""
    run = Run(tmp_path)
    run.loop(3)
    with run.graph.as_default(), run.checkpoints.open() as session:
        assert run.checkpoints.save_best(session, 3, 2.5)
    assert "best" not in read_state(latest_checkpoint(str(tmp_path)))
    assert Checkpoints(str(tmp_path)).state["best"] == {"value": 2.5, "step": 3}


@pytest.mark.parametrize(
    "state",
    [
        "[1]",
        "3",
        "nonsense",
        "[" * 100000,
        '{"pending": 3}',
        '{"pending": {"loss": "x"}}',
        '{"meter": []}',
        '{"meter": {"loss": 3}}',
        '{"meter": {"loss": ["x"]}}',
        '{"best": 1}',
    ],
    ids=range(10),
)
def test_names_a_state_that_is_not_one(tmp_path, state):
    run = Run(tmp_path)
    with run.graph.as_default(), run.checkpoints.open() as session:
        session.run(run.checkpoints._put_text, {run.checkpoints._new_text: state})
        run.checkpoints._saver.save(session, str(tmp_path / "model.ckpt"), global_step=1)
    with pytest.raises(CheckpointError, match="model.ckpt-1 is damaged, or not of a run"):
        Checkpoints(str(tmp_path))


def test_a_run_that_was_killed_in_its_first_checkpoint_starts_anew(tmp_path):
    Run(tmp_path).loop(0)
    os.remove(str(tmp_path / "checkpoint"))
    assert latest_checkpoint(str(tmp_path)) is None
    assert Run(tmp_path).loop(2) == 2


def test_another_run_goes_first_when_asked_to(tmp_path):
    Run(tmp_path / "a").loop(4)
    Run(tmp_path / "b").loop(2)
    assert Checkpoints(str(tmp_path / "b"), str(tmp_path / "a")).step == 2
    assert Checkpoints(str(tmp_path / "b"), str(tmp_path / "a"), resume=False).step == 4

import os

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.optimizers import Adamax
from genflow.training import CheckpointError, Update, make_saver, run_loop
from genflow.training.loop import checkpointed_step


class Pair(Module):
    """Two weights, trained by an update each, as the networks of a GAN are."""

    def __init__(self):
        super().__init__()
        self.first = self._variable("first", tf.zeros, [2], tf.float32)
        self.second = self._variable("second", tf.zeros, [2], tf.float32)


def run(run_dir, num_steps, interrupt_at=None, **kwargs):
    """One process of training: a graph, two optimizers, a loop."""
    with tf.Graph().as_default():
        step = tf.compat.v1.train.get_or_create_global_step()
        pair = Pair()
        optimizers = {"first": Adamax(0.1), "second": Adamax(0.01)}
        loss_first = tf.reduce_sum((pair.first - 1.0) ** 2)
        loss_second = tf.reduce_sum((pair.second - pair.first) ** 2)
        updates = [
            Update(
                optimizers["first"].minimize(loss_first, var_list=[pair.first]),
                {"loss_first": loss_first},
            ),
            Update(
                optimizers["second"].minimize(loss_second, step, var_list=[pair.second]),
                {"loss_second": loss_second},
            ),
        ]
        seen = []

        def callback(step, metrics, session):
            values = session.run([pair.first, pair.second])
            seen.append((step, dict(metrics), np.concatenate(values)))
            if step == interrupt_at:
                raise KeyboardInterrupt

        saver = make_saver({"pair": pair}, optimizers)
        made = run_loop(updates, num_steps, str(run_dir), saver, [callback], **kwargs)
    return made, seen


def test_runs_every_update_of_every_step_in_order(tmp_path):
    made, seen = run(tmp_path, 4)
    assert made == 4
    assert [step for step, _, _ in seen] == [1, 2, 3, 4]
    assert all(set(metrics) == {"loss_first", "loss_second"} for _, metrics, _ in seen)
    # The second update of step 1 saw what the first had made of the weights.
    assert seen[0][1]["loss_first"] == pytest.approx(2.0)
    assert seen[0][1]["loss_second"] > 0.0


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path):
    _, whole = run(tmp_path / "whole", 9)
    made, first = run(tmp_path / "parts", 4)
    assert (made, checkpointed_step(str(tmp_path / "parts"))) == (4, 4)
    made, second = run(tmp_path / "parts", 9)
    assert made == 9
    assert [step for step, _, _ in second] == [5, 6, 7, 8, 9]
    for (_, metrics, weights), (_, expected_metrics, expected) in zip(first + second, whole):
        np.testing.assert_array_equal(weights, expected)
        assert metrics == expected_metrics


def test_initialises_from_data_once_in_the_life_of_a_run(tmp_path):
    calls = []
    run(tmp_path, 2, initialize=calls.append)
    assert len(calls) == 1
    run(tmp_path, 4, initialize=calls.append)
    assert len(calls) == 1


def test_checkpoints_on_the_way_and_finishes_inside_the_session(tmp_path):
    finished = []
    run(
        tmp_path,
        5,
        checkpoint_every=2,
        finish=lambda step, session: finished.append(
            (step, int(session.run(tf.compat.v1.train.get_global_step())))
        ),
    )
    assert finished == [(5, 5)]
    indices = sorted(name for name in os.listdir(str(tmp_path)) if name.endswith(".index"))
    assert "model.ckpt-5.index" in indices
    assert len(indices) > 2


def test_stops_after_the_given_time(tmp_path):
    made, seen = run(tmp_path, 10**9, max_seconds=0.2)
    assert 0 < made < 10**9
    assert len(seen) == made
    assert checkpointed_step(str(tmp_path)) == made


def test_an_interrupted_run_keeps_its_steps(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, 10**9, interrupt_at=7)
    assert checkpointed_step(str(tmp_path)) == 7
    assert run(tmp_path, 9)[0] == 9


def test_a_failure_at_the_end_keeps_the_steps(tmp_path):
    def finish(step, session):
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        run(tmp_path, 5, finish=finish)
    assert checkpointed_step(str(tmp_path)) == 5


def test_old_checkpoints_go_also_after_a_resume(tmp_path):
    run(tmp_path, 3, checkpoint_every=1)
    run(tmp_path, 6, checkpoint_every=1)
    indices = [name for name in os.listdir(str(tmp_path)) if name.endswith(".index")]
    assert sorted(indices) == ["model.ckpt-{}.index".format(step) for step in (4, 5, 6)]


def damage(path, size=10):
    with open(path, "rb") as file:
        contents = file.read()
    with open(path, "wb") as file:
        file.write(contents[:size])


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_names_a_damaged_checkpoint_and_leaves_all_files(tmp_path, suffix):
    run(tmp_path, 3)
    damage(str(tmp_path / ("model.ckpt-3" + suffix)))
    before = sorted(os.listdir(str(tmp_path)))
    with pytest.raises(CheckpointError, match=r"model\.ckpt-3 is damaged or does not fit"):
        run(tmp_path, 5)
    assert sorted(os.listdir(str(tmp_path))) == before


def test_does_not_start_anew_over_checkpoints_without_their_list(tmp_path):
    run(tmp_path, 3)
    os.remove(str(tmp_path / "checkpoint"))
    with pytest.raises(CheckpointError, match="holds checkpoints .*but no file `checkpoint`"):
        run(tmp_path, 5)


def test_refuses_folders_that_look_like_patterns(tmp_path):
    with pytest.raises(CheckpointError, match=r"choose another than .*k\[8\]"):
        run(tmp_path / "k[8]", 1)


def test_checkpoint_names_are_attribute_paths(tmp_path):
    run(tmp_path, 1)
    names = {name for name, _ in tf.train.list_variables(tf.train.latest_checkpoint(str(tmp_path)))}
    assert {"pair/first", "pair/second", "first/m/pair/first", "second/u/pair/second"} <= names
    assert "global_step" in names
    assert "first/m/pair/second" not in names


def test_step_of_a_folder_without_checkpoints_is_zero(tmp_path):
    assert checkpointed_step(str(tmp_path)) == 0
    assert checkpointed_step(str(tmp_path / "absent")) == 0

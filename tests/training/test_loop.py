import os
import signal
import time

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.optimizers import Adamax
from genflow.training import (
    Checkpoints,
    Minimizer,
    NonFiniteError,
    StopSignals,
    TrainingStopped,
    Update,
    named_state,
    run_loop,
)


class Pair(Module):
    """Two weights, trained by an update each, as the networks of a GAN are."""

    def __init__(self):
        super().__init__()
        self.first = self._variable("first", tf.zeros, [2], tf.float32)
        self.second = self._variable("second", tf.zeros, [2], tf.float32)


class Half(Module):
    """One of the two weights."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight


class Run:
    """One process of training: a graph, two optimizers, a loop."""

    def __init__(self, run_dir, spoil=None, **kwargs):
        self.seen = []
        self.checkpoints = Checkpoints(str(run_dir), **kwargs)
        with tf.Graph().as_default() as self.graph:
            step = tf.compat.v1.train.get_or_create_global_step()
            self.pair = Pair()
            loss_first = tf.reduce_sum((self.pair.first - 1.0) ** 2)
            loss_second = tf.reduce_sum((self.pair.second - self.pair.first) ** 2)
            if spoil is not None:
                name, at = spoil
                bad = tf.where(tf.equal(step, at), np.float32(np.nan), np.float32(1.0))
                loss_first = loss_first * (bad if name == "first" else 1.0)
                loss_second = loss_second * (bad if name == "second" else 1.0)
            self.minimizers = {"first": Minimizer(lambda s: Adamax(0.1), average_decay=0.9)}
            self.minimizers["second"] = Minimizer(lambda s: Adamax(0.01))
            halves = {"first": Half(self.pair.first), "second": Half(self.pair.second)}
            self.updates = [
                self.minimizers["first"].update(
                    loss_first, {"pair": halves["first"]}, step, advance=False, name="first"
                ),
                self.minimizers["second"].update(
                    loss_second, {"pair": halves["second"]}, step, name="second"
                ),
            ]
            tf.group(step.assign_add(1), name="advance")
            state = named_state(
                {"pair": self.pair},
                {name: minimizer.optimizer for name, minimizer in self.minimizers.items()},
                {"average": self.minimizers["first"].average},
            )
            self.checkpoints.hold(state, config={"width": 2})

    def loop(self, num_steps, callbacks=(), initialize=None, **kwargs):
        def watch(step, metrics, session):
            values = session.run([self.pair.first, self.pair.second])
            self.seen.append((step, dict(metrics), np.concatenate(values)))

        with self.graph.as_default(), self.checkpoints.open(initialize) as session:
            callbacks = [watch] + list(callbacks)
            return run_loop(self.updates, num_steps, self.checkpoints, session, callbacks, **kwargs)


def step_of(run_dir):
    return Checkpoints(str(run_dir)).step


def test_runs_every_update_of_every_step_in_order(tmp_path):
    run = Run(tmp_path)
    assert run.loop(4) == 4
    assert [step for step, _, _ in run.seen] == [1, 2, 3, 4]
    names = {"first_loss", "first_gradient_norm", "second_loss", "second_gradient_norm"}
    assert all(set(metrics) == names for _, metrics, _ in run.seen)
    # The second update of step 1 saw what the first had made of the weights.
    assert run.seen[0][1]["first_loss"] == pytest.approx(2.0)
    assert run.seen[0][1]["second_loss"] > 0.0


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path):
    whole, first, second = Run(tmp_path / "whole"), Run(tmp_path / "parts"), None
    whole.loop(9)
    assert (first.loop(4), step_of(tmp_path / "parts")) == (4, 4)
    second = Run(tmp_path / "parts")
    assert second.loop(9) == 9
    assert [step for step, _, _ in second.seen] == [5, 6, 7, 8, 9]
    for (_, metrics, weights), (_, expected_metrics, expected) in zip(
        first.seen + second.seen, whole.seen
    ):
        np.testing.assert_array_equal(weights, expected)
        assert metrics == expected_metrics


def test_initialises_from_data_once_in_the_life_of_a_run(tmp_path):
    calls = []
    Run(tmp_path).loop(2, initialize=calls.append)
    assert len(calls) == 1
    Run(tmp_path).loop(4, initialize=calls.append)
    assert len(calls) == 1


def test_checkpoints_at_the_start_on_the_way_and_at_the_end(tmp_path):
    seen = []

    def look(step, metrics, session):
        seen.append(sorted(n for n in os.listdir(str(tmp_path)) if n.endswith(".index")))

    Run(tmp_path, keep=9).loop(5, [look], checkpoint_every=2)
    names = ["model.ckpt-{}.index".format(step) for step in (0, 2, 4, 5)]
    assert seen[0] == names[:1]
    assert seen[-1] == names[:3]
    assert sorted(n for n in os.listdir(str(tmp_path)) if n.endswith(".index")) == names


def test_stops_after_the_given_time(tmp_path):
    run = Run(tmp_path)
    made = run.loop(10**9, max_seconds=0.2)
    assert 0 < made < 10**9
    assert len(run.seen) == made
    assert step_of(tmp_path) == made


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_between_steps_and_keeps_them(tmp_path, signum):
    def send(step, metrics, session):
        if step == 7:
            os.kill(os.getpid(), signum)

    before = signal.getsignal(signum)
    with pytest.raises(TrainingStopped) as stopped, StopSignals() as stop:
        Run(tmp_path).loop(10**9, [send], stop=stop)
    assert stopped.value.signum == signum
    assert signal.getsignal(signum) is before
    assert step_of(tmp_path) == 7
    assert Run(tmp_path).loop(9) == 9


def test_steps_may_have_updates_of_their_own(tmp_path):
    run = Run(tmp_path)
    first, second = run.updates
    advance_alone = Update(run.graph.get_operation_by_name("advance"), {})
    run.updates = lambda step: [[second], [first, advance_alone]][step % 2]

    run.loop(4)

    assert [sorted(metrics) for _, metrics, _ in run.seen] == [
        ["second_gradient_norm", "second_loss"],
        ["first_gradient_norm", "first_loss"],
    ] * 2
    first_weight = [values[0] for _, _, values in run.seen]
    assert first_weight[0] == 0.0 < first_weight[1] == first_weight[2] < first_weight[3]
    assert step_of(tmp_path) == 4


def test_a_second_signal_takes_effect_at_once(request):
    # Where the tests themselves run in the background, the shell has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with StopSignals():
        interrupt(wait=0.2)
        with pytest.raises(KeyboardInterrupt):
            interrupt(wait=5.0)


def interrupt(wait):
    """Another thread may get the signal first, and two at once would be one."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(wait)


def test_a_failing_callback_keeps_the_steps(tmp_path):
    def fail(step, metrics, session):
        if step == 5:
            raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        Run(tmp_path).loop(9, [fail])
    assert step_of(tmp_path) == 5


@pytest.mark.parametrize("name", ["first", "second"])
def test_an_update_that_is_not_finite_is_not_made(tmp_path, name):
    run = Run(tmp_path, spoil=(name, 5))

    def diagnose(step, session):
        weights = np.concatenate(session.run([run.pair.first, run.pair.second]))
        assert np.isfinite(weights).all()
        return "the place of step {}".format(step)

    message = r"step 6 is not finite \(.*{}_loss nan.*\): the place of step 6\. That update was not"
    with pytest.raises(NonFiniteError, match=message.format(name)):
        run.loop(9, diagnose=diagnose, checkpoint_every=2)
    assert step_of(tmp_path) == 4
    assert Run(tmp_path).loop(9) == 9


def test_refuses_metrics_of_one_name(tmp_path):
    run = Run(tmp_path)
    run.updates = [update._replace(metrics=run.updates[0].metrics) for update in run.updates]
    with pytest.raises(ValueError, match="one name .first_gradient_norm, first_loss.*name="):
        run.loop(2)


def test_an_update_may_run_twice_in_a_step(tmp_path):
    run = Run(tmp_path)
    run.updates = [run.updates[0], run.updates[0], run.updates[1]]
    assert run.loop(3) == 3
    assert step_of(tmp_path) == 3


@pytest.mark.parametrize(("order", "found"), [((0,), 0), ((1, 1), 2)])
def test_notices_when_a_step_is_not_one_step(tmp_path, order, found):
    run = Run(tmp_path)
    run.updates = [run.updates[index] for index in order]
    with pytest.raises(RuntimeError, match="After step 1 the global step is {}".format(found)):
        run.loop(3)


def test_does_not_write_a_checkpoint_twice(tmp_path, monkeypatch):
    run, saved, stop = Run(tmp_path), [], StopSignals()
    save = run.checkpoints.save
    monkeypatch.setattr(
        run.checkpoints, "save", lambda session, step: saved.append(step) or save(session, step)
    )

    def send(step, metrics, session):
        if step == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    with stop, pytest.raises(TrainingStopped):
        run.loop(9, [send], stop=stop, checkpoint_every=2)
    assert saved == [0, 2, 4]


def test_says_what_python_inside_the_graph_has_said(tmp_path):
    run = Run(tmp_path)

    def read():
        raise ValueError("record 3 of a.tfrecords is damaged")

    with run.graph.as_default():
        bad = tf.numpy_function(read, [], tf.float32)
    run.updates[1] = run.updates[1]._replace(op=bad)
    with pytest.raises(ValueError, match="Step 1: record 3 of a.tfrecords is damaged$"):
        run.loop(2)


def test_an_interruption_while_weights_are_swapped_saves_nothing(tmp_path):
    """A second Ctrl-C may come at any moment."""
    run = Run(tmp_path)
    average = run.minimizers["first"].average

    def look(step, metrics, session):
        if step == 3:
            session.run(average._exchange)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.loop(9, [look], checkpoint_every=2)
    assert step_of(tmp_path) == 2

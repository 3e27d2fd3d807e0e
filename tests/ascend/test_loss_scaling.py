import contextlib
import functools
import os

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.ascend import (
    DynamicLossScale,
    FixedLossScale,
    Rank,
    find_backend,
    npu_system,
    parse_loss_scale,
    session,
    write_rank_table,
)
from genflow.ascend.precision import Precision
from genflow.core import Module
from genflow.data import load_digits
from genflow.distributions import Flow
from genflow.layers import ActNorm, Chain, Dequantize
from genflow.optimizers import Adamax
from genflow.training import FlowTrainer, Minimizer, NonFiniteError, update_guards
from genflow.training import trainer as trainer_module
from genflow.training.checkpoint_files import STATE
from genflow.training.minimizer_checks import check_backend

START = np.array([1.0, -2.0], np.float32)
SLOPES = np.array([3.0, 4.0], np.float32)  # Their norm is 5.


class Weights(Module):
    def __init__(self):
        super().__init__()
        self.used = self._variable("used", lambda s, d: tf.constant(START, d), [2], tf.float32)


class Seen:
    """What updates with the slopes scaled lead to."""

    def __init__(self, scales, loss_scale, before=None, **kwargs):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            step = tf.compat.v1.train.get_or_create_global_step()
            weights, scale = Weights(), tf.compat.v1.placeholder(tf.float32, [])
            loss = scale * tf.reduce_sum(SLOPES * weights.used)
            minimizer = Minimizer(lambda step: Adamax(0.1), loss_scale=loss_scale, **kwargs)
            update = minimizer.update(loss, {"model": weights}, step)
            session.run(tf.compat.v1.global_variables_initializer())
            self.metrics, self.weights, self.steps, self.averages = [], [], [], []
            for value in scales:
                if before is not None:
                    before(value)
                fetches = [update.op, update.metrics, update.gradients]
                _, metrics, gradients = session.run(fetches, {scale: value})
                self.metrics.append(dict(metrics, gradient=gradients["model/used"]))
                self.weights.append(session.run(weights.used))
                self.steps.append(int(session.run(step)))
                if minimizer.average is not None:
                    named = minimizer.average.named_variables()
                    self.averages.append(session.run(named["model/used"]))
            self.states = minimizer.states


@pytest.mark.parametrize("loss_scale", [FixedLossScale(2.0**15), DynamicLossScale(2.0**15)])
def test_the_gradients_are_the_unscaled_ones(loss_scale):
    scaled = Seen([1.0, 0.3], loss_scale, clip_norm=1.0, weight_decay=0.9)
    plain = Seen([1.0, 0.3], None, clip_norm=1.0, weight_decay=0.9)

    np.testing.assert_array_equal(scaled.weights, plain.weights)
    for one, other in zip(scaled.metrics, plain.metrics):
        np.testing.assert_array_equal(one["gradient"], other["gradient"])
        assert one["loss"] == other["loss"]
        assert one["gradient_norm"] == other["gradient_norm"]
        assert one["loss_scale"] == 2.0**15
        assert one["skipped"] == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e38])
def test_what_is_not_finite_skips_one_update_and_changes_nothing_else(bad):
    arguments = {"average_decay": 0.5, "clip_norm": 1.0, "weight_decay": 0.9}
    rule = DynamicLossScale(4.0, decr_every_n_nan_or_inf=1)
    seen = Seen([1.0, bad, 2.0], rule, **arguments)
    without = Seen([1.0, 2.0], rule, **arguments)

    assert [metrics["skipped"] for metrics in seen.metrics] == [0.0, 1.0, 0.0]
    assert [metrics["loss_scale"] for metrics in seen.metrics] == [4.0, 4.0, 2.0]
    assert all(metrics["is_finite"] for metrics in seen.metrics)
    assert seen.steps == [1, 2, 3]
    for name in ("weights", "averages"):
        mine, others = getattr(seen, name), getattr(without, name)
        np.testing.assert_array_equal(mine[1], mine[0])
        np.testing.assert_array_equal([mine[0], mine[2]], others)


def test_an_overflow_of_the_scaled_loss_alone_skips_too():
    seen = Seen([1.0, 1.0], DynamicLossScale(2.0**127, decr_every_n_nan_or_inf=1))

    assert [metrics["skipped"] for metrics in seen.metrics] == [1.0, 1.0]
    assert [metrics["loss_scale"] for metrics in seen.metrics] == [2.0**127, 2.0**126]


def test_ends_training_where_no_scale_would_help(monkeypatch):
    monkeypatch.setattr(update_guards, "_MAX_SKIPPED", 3)
    seen = Seen([np.nan, np.nan, 1.0, np.nan, np.nan, np.nan], FixedLossScale(1.0))

    assert [bool(metrics["is_finite"]) for metrics in seen.metrics] == [True] * 5 + [False]


def test_without_a_check_what_is_not_finite_ends_training():
    seen = Seen([1.0, np.inf], FixedLossScale(8.0, enable_overflow_check=False))

    assert [bool(metrics["is_finite"]) for metrics in seen.metrics] == [True, False]
    np.testing.assert_array_equal(seen.weights[1], seen.weights[0])


class Spoilt(Chain):
    """Infinite outputs in some steps."""

    differs_in_training = True
    bad_steps = (2,)

    def _forward(self, x, context, training):
        y, log_det = super()._forward(x, context, training)
        if training:
            step = tf.cast(tf.compat.v1.train.get_or_create_global_step(), tf.int32)
            is_bad = tf.reduce_any(tf.equal(step, list(self.bad_steps)))
            log_det = log_det + tf.where(is_bad, float("inf"), 0.0)
        return y, log_det


def make_trainer(folder, loss_scale, open_session=None):
    def make_flow(noise_seed):
        return Flow(Spoilt([Dequantize(seed=noise_seed), ActNorm()]), event_shape=[8, 8, 1])

    return FlowTrainer(
        make_flow,
        Minimizer(lambda step: Adamax(0.01), loss_scale=loss_scale),
        load_digits("train"),
        load_digits("test").take(16),
        str(folder),
        batch_size=16,
        init_batch_size=32,
        num_samples=2,
        open_session=open_session,
        show_progress=False,
    )


def train(folder, num_steps, loss_scale, open_session=None):
    trainer = make_trainer(folder, loss_scale, open_session)
    trainer.train(num_steps, evaluate_at=lambda step: False, sample_at=lambda step: False)
    reader = tf.compat.v1.train.NewCheckpointReader(trainer.checkpoints.latest())
    names = sorted(reader.get_variable_to_shape_map())
    return {name: reader.get_tensor(name) for name in names if name != STATE}


def rule():
    return DynamicLossScale(4.0, incr_every_n_steps=2, decr_every_n_nan_or_inf=1)


def test_a_run_that_goes_on_equals_one_that_was_not_stopped(tmp_path):
    whole = train(tmp_path / "whole", 5, rule())
    train(tmp_path / "parts", 3, rule())
    parts = train(tmp_path / "parts", 5, rule())

    # 4, grows to 8 after two steps, 4 after the third, which is bad, and 8 after two more.
    assert whole["loss_scale/scale"] == 8.0
    assert whole["loss_scale/num_skipped"] == 1
    assert sorted(whole) == sorted(parts)
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)


def test_without_a_loss_scale_training_ends(tmp_path):
    with pytest.raises(NonFiniteError, match="step 3 is not finite"):
        train(tmp_path, 5, None)


class AlwaysSet(dict):
    """Flags that cannot be cleared."""

    def __setitem__(self, key, value):
        pass


@contextlib.contextmanager
def in_float16():
    """A session that says so; it computes in float32."""
    with session("cpu") as opened:
        opened.precision = Precision("float16", "")
        yield opened


def test_the_message_names_the_layer_that_saturates(tmp_path, monkeypatch):
    monkeypatch.setattr(Spoilt, "bad_steps", (2, 3))
    scale = FixedLossScale(8.0, enable_overflow_check=False)
    message = (
        r"is not finite .*: the values of flow/bijection \(Spoilt\) reach inf, and float16 ends"
    )

    with pytest.raises(NonFiniteError, match=message):
        train(tmp_path, 5, scale, in_float16)


def test_a_session_in_float32_is_not_told_of_float16(tmp_path, monkeypatch):
    monkeypatch.setattr(Spoilt, "bad_steps", (2, 3))
    scale = FixedLossScale(8.0, enable_overflow_check=False)

    with pytest.raises(NonFiniteError, match=r"but not the loss or the sum of [^;]*\. That update"):
        train(tmp_path, 5, scale)


def test_training_that_ends_after_skipped_updates_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(update_guards, "_MAX_SKIPPED", 2)
    monkeypatch.setattr(Spoilt, "bad_steps", (1, 2, 3))
    message = (
        r"Training ends at step 3, for 2 updates in a row were not finite \(loss -inf, "
        r"loss_scale 8\.0\)\. None of them was made.*--loss_scale"
    )

    with pytest.raises(NonFiniteError, match=message):
        train(tmp_path, 5, FixedLossScale(8.0))


@pytest.mark.parametrize(
    ("mode", "place"),
    [
        (
            None,
            ": the gradient of flow/.*, times the loss scale, reaches .*, and float16 ends at .*",
        ),
        ("force_fp32", ""),
    ],
)
def test_a_gradient_that_saturates_on_an_npu_is_named(tmp_path, stand_in, monkeypatch, mode, place):
    monkeypatch.setattr(update_guards, "_MAX_SKIPPED", 2)
    monkeypatch.setattr(npu_system, "_FIRST", {})
    monkeypatch.setattr(Spoilt, "bad_steps", (99,))
    monkeypatch.setattr(stand_in(), "flags", AlwaysSet(overflow=True))
    scale = FixedLossScale(2.0**20, on_npu=True)
    message = (
        r"Training ends at step 2, for 2 updates in a row overflowed \(loss \d[\d.]+, "
        r"loss_scale 1048576\.0\){}\. None of them was made"
    )

    with pytest.raises(NonFiniteError, match=message.format(place)) as error:
        train(tmp_path, 5, scale, functools.partial(session, "npu", mode))
    assert "not finite" not in str(error.value)
    assert ("float16" in str(error.value)) == (mode is None)


@pytest.mark.parametrize(
    ("backend", "scale", "message"),
    [
        ("npu", None, "on the NPU, and .* not for one.*=FixedLossScale.1.0, on_npu=True.`"),
        ("npu", FixedLossScale(8.0), "loss_scale=FixedLossScale.8.0, on_npu=True.`"),
        ("npu", DynamicLossScale(), "loss_scale=DynamicLossScale.on_npu=True.`"),
        ("cpu", FixedLossScale(8.0, on_npu=True), "on the CPU, and .* is for an NPU.*Scale.8.0.`"),
    ],
)
def test_session_and_loss_scale_must_fit(backend, scale, message):
    minimizers = [Minimizer(lambda step: Adamax(0.01), loss_scale=scale)]
    found = find_backend("cpu")._replace(name=backend)

    with pytest.raises(ValueError, match=message):
        check_backend(minimizers, found)


def test_what_does_not_fit_is_refused_before_an_npu_starts(tmp_path, stand_in, monkeypatch):
    trainer = make_trainer(tmp_path, None)
    bridge = stand_in()
    monkeypatch.setattr(trainer_module, "find_backend", lambda: find_backend("npu"))

    with pytest.raises(ValueError, match="The session runs on the NPU"):
        trainer.train(2)
    assert bridge.calls == []


@pytest.mark.parametrize("name", ["RANK_SIZE", "CM_WORKER_SIZE"])
def test_several_npus_are_refused_before_they_start(tmp_path, stand_in, monkeypatch, name):
    bridge = stand_in()
    trainer = make_trainer(tmp_path, FixedLossScale(8.0, on_npu=True))
    monkeypatch.setenv(name, "2")

    with pytest.raises(ValueError, match="Several NPUs cannot train .* and {} is 2".format(name)):
        trainer.train(2, when_open=lambda: pytest.fail("It is open."))
    assert bridge.calls == []
    make_trainer(tmp_path / "cpu", FixedLossScale(8.0)).train(1, lambda step: False)


def test_clipping_brings_no_number_into_the_graph_that_a_910_refuses():
    with tf.Graph().as_default() as graph:
        weights, step = Weights(), tf.compat.v1.train.get_or_create_global_step()
        minimizer = Minimizer(lambda step: Adamax(0.1), clip_norm=1.0)
        minimizer.update(tf.reduce_sum(weights.used), {"model": weights}, step)
    constants = [op.get_attr("value") for op in graph.get_operations() if op.type == "Const"]
    values = [tf.make_ndarray(value) for value in constants]

    assert len(values) > 5
    assert all(np.isfinite(value).all() for value in values if value.dtype.kind == "f")


def npu_updates(stand_in, overflows, loss_scale):
    """Updates with an overflow flag as told."""
    bridge = stand_in()

    def before(value):
        bridge.flags["overflow"] = overflows.pop(0)

    return Seen([1.0] * len(overflows), loss_scale, before, average_decay=0.5, weight_decay=0.9)


@pytest.mark.parametrize("text", ["", "8", "dynamic"])
def test_on_an_npu_the_device_decides(stand_in, text):
    scale = parse_loss_scale(text, on_npu=True)
    seen = npu_updates(stand_in, [False, True, False], scale)
    plain = Seen([1.0, 1.0], None, average_decay=0.5, weight_decay=0.9)

    assert [metrics["skipped"] for metrics in seen.metrics] == [0.0, 1.0, 0.0]
    assert all(metrics["is_finite"] for metrics in seen.metrics)
    assert seen.metrics[0]["loss_scale"] == {"": 1.0, "8": 8.0, "dynamic": 65536.0}[text]
    assert seen.steps == [1, 2, 3]
    np.testing.assert_array_equal(seen.weights[1], seen.weights[0])
    np.testing.assert_array_equal([seen.weights[0], seen.weights[2]], plain.weights)
    np.testing.assert_array_equal([seen.averages[0], seen.averages[2]], plain.averages)


def test_on_an_npu_too_training_ends_where_every_update_is_skipped(stand_in, monkeypatch):
    monkeypatch.setattr(update_guards, "_MAX_SKIPPED", 2)
    scale = parse_loss_scale("8", on_npu=True)
    seen = npu_updates(stand_in, [True, False, True, True], scale)

    assert [bool(metrics["is_finite"]) for metrics in seen.metrics] == [True] * 3 + [False]


def test_on_an_npu_the_average_over_processes_is_inside(stand_in, monkeypatch, tmp_path):
    bridge = stand_in()
    table = str(tmp_path / "rank_table.json")
    write_rank_table(table, [Rank(i, "10.0.0.1", i, "192.168.1.{}".format(i)) for i in (0, 1)])
    environment = {"RANK_SIZE": "2", "RANK_ID": "0", "JOB_ID": "1", "RANK_TABLE_FILE": table}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Seen([1.0], parse_loss_scale("8", on_npu=True), lambda value: bridge.reset())

    reductions = [name for name in bridge.calls if "llreduce" in name.lower()]
    assert len(reductions) == 2  # Of the gradient, and of the flag.
    assert bridge.calls.index(reductions[0]) < bridge.calls.index("NpuGetFloatStatusV2")


def test_on_an_npu_that_is_not_there_it_says_so():
    os.environ.pop("NPU_STAND_IN_FAULT", None)
    with pytest.raises(OSError, match="npu"):
        Seen([1.0], parse_loss_scale("8", on_npu=True))


def test_on_an_npu_a_number_of_processes_that_is_none_is_named(stand_in, monkeypatch):
    stand_in()
    monkeypatch.setenv("RANK_SIZE", "eight")

    with pytest.raises(ValueError, match="RANK_SIZE must be a number, in digits; got 'eight'"):
        Seen([1.0], parse_loss_scale("8", on_npu=True))

import dataclasses
import json
import os

import pytest
import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.ascend import BackendError, DynamicLossScale, FixedLossScale, npu_system
from genflow.core import Module
from genflow.data import load_digits
from genflow.gan import ConvDiscriminator, DeconvGenerator
from genflow.training import (
    Checkpoints,
    GanLoss,
    GanTrainer,
    Minimizer,
    SessionFlags,
    check_session_flags,
    loss_scale_from_flags,
    named_state,
    parse_flags,
    run_loop,
    session_beside,
    session_from_flags,
)
from tests.ascend.stand_in_bridge import stand_in_bridge


@pytest.fixture
def recorder(monkeypatch):
    """The stand-in of an NPU, in a process that has had none before."""
    monkeypatch.setattr(npu_system, "_FIRST", {})
    monkeypatch.setenv("JOB_ID", "10087")
    with stand_in_bridge() as recorder:
        yield recorder


def opened(flags):
    """A session as the flags say, closed again."""
    with tf.Graph().as_default(), session_from_flags(flags)() as session:
        return session


def parameters(session):
    (entry,) = session._config.graph_options.rewrite_options.custom_optimizers
    return {key: value for key, value in entry.parameter_map.items()}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"precision_mode": "fp12"}, "--precision_mode must be a value of .* got 'fp12'"),
        ({"over_dump": True, "data_dump_flag": True}, "--over_dump excludes --data_dump_flag"),
        ({"data_dump_flag": True, "data_dump_step": "5-3"}, "--data_dump_step must"),
        ({"modify_mixlist": "no.json", "precision_mode": "allow_mix_precision"}, "no.json"),
        ({"loss_scale": "big"}, "--loss_scale"),
        ({"loss_scale": "0.5"}, "at least 1; got 0.5"),
    ],
)
def test_refuses_what_no_session_takes_on_any_machine(flags, message):
    with pytest.raises(ValueError, match=message):
        check_session_flags(SessionFlags(backend="cpu", **flags))


def test_a_mixed_list_needs_mixed_precision(tmp_path):
    path = tmp_path / "ops_info.json"
    path.write_text(json.dumps({"black-list": {"to-add": ["MatMulV2"]}}))
    check_session_flags(SessionFlags("cpu", "allow_mix_precision", modify_mixlist=str(path)))
    with pytest.raises(ValueError, match="--modify_mixlist needs mixed precision"):
        check_session_flags(SessionFlags("cpu", modify_mixlist=str(path)))


def test_folders_need_not_be_there_yet():
    check_session_flags(SessionFlags("cpu", over_dump=True, over_dump_path="not/there"))
    check_session_flags(SessionFlags("cpu", profiling=True, profiling_dump_path="not/there"))
    assert not os.path.exists("not")


def test_a_backend_that_is_not_there_is_refused_at_once():
    with pytest.raises(BackendError, match="There is no NPU"):
        check_session_flags(SessionFlags("npu"))


def test_the_spellings_of_the_seeds():
    flags = parse_flags(SessionFlags, ["--precision", "mixed_float16", "--over_dump=True"])
    assert flags.precision_mode == "mixed_float16"
    assert flags.over_dump is True
    assert parse_flags(SessionFlags, ["--over_dump", "False"]).over_dump is False


def test_says_what_it_runs_on_once(capsys):
    open_session = session_from_flags(SessionFlags("cpu", num_threads=3))
    for _ in range(2):
        with tf.Graph().as_default(), open_session() as session:
            assert session._config.intra_op_parallelism_threads == 3
            assert session._config.inter_op_parallelism_threads == 3
    assert capsys.readouterr().out == "Runs on the CPU: asked for. Precision: float32.\n"


def test_says_why_not_on_something_else(capsys, monkeypatch):
    monkeypatch.setattr(tf.config.experimental, "list_physical_devices", lambda kind: [])
    opened(SessionFlags())
    line = capsys.readouterr().out
    assert line.startswith("Runs on the CPU: npu: npu_bridge is not installed; gpu: TensorFlow ")


def test_says_which_flags_have_no_effect(capsys, tmp_path):
    path = str(tmp_path / "dump")
    flags = SessionFlags("cpu", over_dump=True, over_dump_path=path, profiling=True)
    assert opened(flags).effective_options == {}
    out = capsys.readouterr().out
    assert "Without effect on the CPU, for an NPU only: --over_dump, --profiling." in out
    assert not os.path.exists(path)


def test_flags_are_options_of_an_npu(recorder, tmp_path, capsys):
    mixed = tmp_path / "ops_info.json"
    mixed.write_text(json.dumps({"black-list": {"to-add": ["MatMulV2"]}}))
    session = opened(
        SessionFlags(
            "npu",
            "allow_mix_precision",
            data_dump_flag=True,
            data_dump_step="0|5-7",
            data_dump_path=str(tmp_path / "dump"),
            profiling=True,
            profiling_dump_path=str(tmp_path / "profile"),
            modify_mixlist=str(mixed),
        )
    )
    found = parameters(session)
    assert found["precision_mode"].s == b"allow_mix_precision"
    assert found["enable_dump"].b is True
    assert found["dump_step"].s == b"0|5-7"
    assert found["dump_path"].s.decode() == str(tmp_path / "dump")
    assert os.path.isdir(str(tmp_path / "dump"))
    assert found["profiling_mode"].b is True
    assert json.loads(found["profiling_options"].s.decode())["output"] == str(tmp_path / "profile")
    assert os.path.isdir(str(tmp_path / "profile"))
    assert found["modify_mixlist"].s.decode() == str(mixed)
    out = capsys.readouterr().out
    assert "Runs on the NPU" in out
    assert "Options of the NPU: dump_mode=all, " in out


def test_the_product_is_told_by_a_flag(recorder, capsys):
    flags = SessionFlags("npu", "allow_mix_precision_bf16")
    with pytest.raises(ValueError, match="--precision_mode must be .* give --product if this is"):
        opened(flags)
    check_session_flags(dataclasses.replace(flags, product="A2"))
    mode = parameters(opened(dataclasses.replace(flags, product="A2")))["precision_mode"].s
    assert mode == b"allow_mix_precision_bf16"
    assert "loss scale" not in capsys.readouterr().out
    opened(SessionFlags("cpu", product="A2"))
    assert "Without effect on the CPU, for an NPU only: --product." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("precision", "scale", "is_told"),
    [
        ("allow_mix_precision", "", True),
        ("mixed_float16", "", True),
        ("allow_mix_precision", "dynamic", False),
        ("force_fp32", "", False),
        ("", "", False),
    ],
)
def test_float16_on_an_npu_needs_a_loss_scale(recorder, capsys, precision, scale, is_told):
    opened(SessionFlags("npu", precision, loss_scale=scale))
    assert ("without a loss scale: --loss_scale" in capsys.readouterr().out) == is_told


def test_overflow_is_dumped_where_it_is_asked_for(recorder, tmp_path):
    path = str(tmp_path / "overflow")
    found = parameters(opened(SessionFlags("npu", over_dump=True, over_dump_path=path)))
    assert found["enable_dump_debug"].b is True
    assert found["dump_debug_mode"].s == b"all"
    assert found["dump_path"].s.decode() == path
    assert os.path.isdir(path)
    assert "enable_dump" not in found


def test_work_beside_the_training_is_not_on_an_npu(recorder):
    open_session, config = session_beside(SessionFlags("npu", "allow_mix_precision"))
    with tf.Graph().as_default(), open_session() as session:
        assert session.backend.name == "cpu"
        assert session.precision.description == "float32"
    (entry,) = config.graph_options.rewrite_options.custom_optimizers
    assert entry.parameter_map["use_off_line"].b is False
    assert recorder.calls == []


def test_a_loss_scale_is_there_on_an_npu_always(recorder):
    assert loss_scale_from_flags(SessionFlags("cpu")) is None
    assert isinstance(loss_scale_from_flags(SessionFlags("cpu", loss_scale="8")), FixedLossScale)
    dynamic = loss_scale_from_flags(SessionFlags("cpu", loss_scale="dynamic"))
    assert isinstance(dynamic, DynamicLossScale)
    assert not dynamic.on_npu
    assert loss_scale_from_flags(SessionFlags("npu")).on_npu


def gan(run_dir, flags):
    def minimizer():
        return Minimizer(
            lambda step: tf.compat.v1.train.AdamOptimizer(1e-3),
            loss_scale=loss_scale_from_flags(flags),
        )

    return GanTrainer(
        lambda seed: DeconvGenerator((8, 8, 1), widths=(4,), seed=1),
        lambda seed: ConvDiscriminator(widths=(4,), seed=2),
        GanLoss(losses.non_saturating_generator_loss, losses.non_saturating_discriminator_loss),
        minimizer(),
        minimizer(),
        load_digits("train"),
        str(run_dir),
        batch_size=8,
        z_dim=3,
        num_samples=0,
        open_session=session_from_flags(flags),
        show_progress=False,
    )


WAYS = [
    SessionFlags("cpu"),
    SessionFlags("npu", "allow_mix_precision", loss_scale="dynamic"),
    SessionFlags("cpu", "allow_mix_precision", loss_scale="1024"),
    SessionFlags("cpu"),
]


@pytest.mark.slow
def test_a_gan_goes_on_on_another_backend_and_in_another_precision(tmp_path, recorder):
    for index, flags in enumerate(WAYS):
        trainer = gan(tmp_path, flags)
        assert trainer.checkpoints.step == index
        assert trainer.train(num_steps=index + 1)["num_steps"] == index + 1
    assert recorder.calls[0] == "NPUInit"
    assert recorder.calls[-1] == "NPUShutdown"
    assert recorder.calls.count("NpuGetFloatStatusV2") == 2  # One for each network.


class Weight(Module):
    """A weight of two numbers."""

    def __init__(self):
        super().__init__()
        self.weight = self._variable("weight", tf.ones, [2], tf.float32)


def made_steps(run_dir, flags, num_steps):
    """Halves the weight in each step; the weight before the first step, and after the last."""
    checkpoints = Checkpoints(str(run_dir))
    with tf.Graph().as_default():
        step, module = tf.compat.v1.train.get_or_create_global_step(), Weight()
        minimizer = Minimizer(
            lambda step: tf.compat.v1.train.GradientDescentOptimizer(0.25),
            loss_scale=loss_scale_from_flags(flags),
        )
        loss = tf.reduce_sum(module.weight**2)
        update = minimizer.update(loss, {"module": module}, step)
        optimizers = {"optimizer": minimizer.optimizer}
        checkpoints.hold(named_state({"module": module}, optimizers, minimizer.states))
        with checkpoints.open(open_session=session_from_flags(flags)) as session:
            before = session.run(module.weight)
            run_loop([update], num_steps, checkpoints, session)
            return before.tolist(), session.run(module.weight).tolist()


def test_a_run_goes_on_on_another_backend_and_in_another_precision(tmp_path, recorder):
    """The weights are those of the checkpoint; only what belongs to a loss scale starts anew."""
    for index, flags in enumerate(WAYS):
        before, after = made_steps(tmp_path, flags, index + 1)
        assert before == [0.5**index] * 2
        assert after == [0.5 ** (index + 1)] * 2
    assert recorder.calls == [
        "NPUInit",
        "NpuGetFloatStatusV2",
        "NpuClearFloatStatusV2",
        "NPUShutdown",
    ]

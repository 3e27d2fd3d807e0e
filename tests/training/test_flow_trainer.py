import os
import signal

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow.core import Bijection, Network
from genflow.data import ImageSet, load_digits
from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AffineCoupling,
    Chain,
    Dequantize,
    Invertible1x1Conv,
    LearnedPrior,
    PLUMatrix,
    Squeeze,
)
from genflow.networks import ContextBias, GlowConditioner, ZerosDense
from genflow.optimizers import Adamax
from genflow.training import (
    FlowTrainer,
    Minimizer,
    NonFiniteError,
    StopSignals,
    TrainingStopped,
    every,
    read_log,
)


def digits(split, count=200):
    return load_digits(split).take(count)


def make_flow(noise_seed, num_bits=8, prior=()):
    coupling = AffineCoupling(GlowConditioner(16, out_channels=4, seed=2))
    step = [Squeeze(), ActNorm(), Invertible1x1Conv(PLUMatrix(seed=1)), coupling]
    return Flow(Chain([Dequantize(num_bits, seed=noise_seed)] + step + list(prior)), [8, 8, 1])


def trainer(run_dir, make_flow=make_flow, learning_rate=0.01, average_decay=None, **kwargs):
    arguments = {"batch_size": 20, "init_batch_size": 50, "show_progress": False, "seed": 0}
    arguments.update(kwargs)
    return FlowTrainer(
        make_flow,
        Minimizer(lambda step: Adamax(learning_rate), average_decay=average_decay),
        digits("train"),
        digits("test", 50),
        str(run_dir),
        **arguments,
    )


def weights(run_dir):
    path = tf.train.latest_checkpoint(str(run_dir))
    names = [name for name, _ in tf.train.list_variables(path) if name != "run/state"]
    return {name: tf.train.load_variable(path, name) for name in names}


def at(*steps):
    return lambda step: step in steps


NEVER = every(0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of 60 steps, reported after 30 and at the end."""
    run_dir = str(tmp_path_factory.mktemp("run"))
    summary = trainer(run_dir, average_decay=0.9).train(
        60, evaluate_at=every(30), sample_at=every(30), log_every=10
    )
    return run_dir, summary


def test_learns_and_says_so(run):
    run_dir, summary = run
    records = read_log(os.path.join(run_dir, "log.jsonl"))
    train = [r["train_bits_per_dim"] for r in records if "train_bits_per_dim" in r]
    test = [r["test_bits_per_dim"] for r in records if "test_bits_per_dim" in r]
    assert [r["step"] for r in records if "train_bits_per_dim" in r] == [10, 20, 30, 40, 50, 60]
    assert [r["step"] for r in records if "test_bits_per_dim" in r] == [30, 60]
    assert train[-1] < train[0] - 0.3
    assert test[-1] < test[0]
    assert summary["test_bits_per_dim"] == test[-1]
    assert summary["train_bits_per_dim"] == train[-1]
    assert summary["num_steps"] == 60


def test_draws_what_it_reports(run):
    run_dir, summary = run
    names = ["bits per dim", "learning curve", "reconstructions", "sample grid"]
    assert sorted(summary["pictures"]) == names
    for path in summary["pictures"].values():
        assert np.asarray(Image.open(path)).std() > 1.0
    assert os.path.exists(os.path.join(run_dir, "samples_000030.png"))


def test_reconstructions_are_exact_and_samples_grow_with_temperature(run, tmp_path):
    trained = trainer(run[0], average_decay=0.9)
    with trained._graph.as_default(), trained._open() as session, StopSignals() as stop:
        images = trained.test_set.images[:5]
        feed = trained.tensors.feed(images, trained.test_set.labels[:5], "reconstruct")
        restored = session.run(trained.tensors.reconstructions, feed)
        np.testing.assert_array_equal(restored, images)
        samples = [trained.reporter.sample(session, t) for t in (0.0, 0.5, 1.0)]
        spread = [images.std(axis=0).mean() for images in samples]
        assert spread[0] < 1.0 < spread[1] < spread[2]
        results = trained.reporter.evaluate(session, stop)
        assert results == trained.reporter.evaluate(session, stop)
        assert results["bits_per_dim"] == run[1]["test_bits_per_dim"]


def test_resumes_where_it_stopped_bit_for_bit(tmp_path):
    trainer(tmp_path / "whole").train(8, evaluate_at=NEVER, sample_at=NEVER)
    trainer(tmp_path / "parts").train(3, evaluate_at=NEVER, sample_at=NEVER)
    trainer(tmp_path / "parts").train(8, evaluate_at=NEVER, sample_at=NEVER)
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert sorted(whole) == sorted(parts)
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)


def test_seed_decides_everything_random(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        trainer(tmp_path / name, seed=seed).train(2)
    a, b, c = (weights(tmp_path / name) for name in "abc")
    name = "flow/bijection/layers/4/conditioner/conv_out/kernel"
    np.testing.assert_array_equal(a[name], b[name])
    assert np.any(a[name] != c[name])


def test_training_noise_differs_from_step_to_step(tmp_path):
    instance = trainer(tmp_path)
    with instance._graph.as_default(), tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        seeds = []
        for step in (0, 1, 1):
            instance.tensors.global_step.load(step, session)
            session.run(instance.tensors.iterator.initializer)
            seeds.append(session.run(instance.tensors.noise_seed).tolist())
        assert seeds[0] != seeds[1]
        assert seeds[1] == seeds[2]


def test_initialises_from_data_before_the_first_step(tmp_path):
    trainer(tmp_path, learning_rate=0.0).train(1)
    scale = weights(tmp_path)["flow/bijection/layers/2/log_scale"]
    assert np.all(scale > 0.5)  # Pixel values in [-1/2, 1/2) have a standard deviation below it.


def test_fewer_bits_cost_fewer_bits(tmp_path):
    summary = trainer(
        tmp_path, make_flow=lambda seed: make_flow(seed, num_bits=3), num_bits=3
    ).train(5)
    assert summary["test_bits_per_dim"] < 3.5


def test_class_conditional_flows_get_the_labels(tmp_path):
    instance = trainer(
        tmp_path,
        make_flow=lambda seed: make_flow(seed, prior=[LearnedPrior(ContextBias(8))]),
        class_conditional=True,
    )
    instance.train(20, evaluate_at=NEVER, sample_at=NEVER)
    weight = weights(tmp_path)["flow/bijection/layers/5/network/weight"]
    assert weight.shape == (10, 8)
    assert np.all(np.abs(weight).max(axis=1) > 1e-4)


def test_names_the_layer_when_the_loss_is_not_finite_and_keeps_the_checkpoint(tmp_path):
    trainer(tmp_path).train(3)
    before = weights(tmp_path)
    message = (
        r"step \d+ is not finite .*: the (first layer whose output is not finite is flow/bijection/"
        r"layers/\d \(\w+\)|weight flow/\S+ is not finite)\. That update was not made"
    )
    with pytest.raises(NonFiniteError, match=message):
        trainer(tmp_path, learning_rate=1e30).train(20)
    after = weights(tmp_path)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_a_spoilt_image_is_traced_to_the_layer_it_spoils(tmp_path):
    """The diagnosis has the batch and the noise of the step that failed."""

    def make_fragile(noise_seed):
        flow = make_flow(noise_seed)
        flow.bijection.layers.insert(1, Fragile())
        return flow

    instance = trainer(tmp_path, make_flow=make_fragile, seed=0)
    message = r"first layer whose output is not finite is flow/bijection/layers/1 \(Fragile\)"
    with pytest.raises(NonFiniteError, match=message):
        instance.train(400, NEVER, NEVER)


class Fragile(Bijection):
    """The identity, but not for a batch with a pixel very near to 1/2: one in some steps."""

    def _forward(self, x, context, training):
        zero = tf.where(tf.reduce_max(x) > 0.499995, np.float32(np.nan), np.float32(0.0))
        return x + zero, zero + tf.zeros_like(x[:, 0, 0, 0])

    def _inverse(self, y, context, training):
        return y, tf.zeros_like(y[:, 0, 0, 0])


def test_evaluates_and_keeps_the_best_with_the_weights_asked_for(tmp_path):
    summaries = {}
    for name, use_average in (("raw", False), ("average", True)):
        instance = trainer(tmp_path / name, average_decay=0.95, use_average=use_average)
        summaries[name] = instance.train(30, at(10, 20), NEVER)
        summaries[name]["state"] = instance.state
    raw, average = summaries["raw"], summaries["average"]
    for summary in (raw, average):
        assert summary["test_bits_per_dim_raw"] != summary["test_bits_per_dim_average"]
    assert raw["test_bits_per_dim"] == raw["test_bits_per_dim_raw"]
    assert average["test_bits_per_dim"] == average["test_bits_per_dim_average"]
    assert raw["test_bits_per_dim_average"] == average["test_bits_per_dim_average"]
    assert average["state"]["best"] == {"value": average["test_loss"], "step": 30}
    trained = [
        {k: v for k, v in weights(tmp_path / name).items() if "inverse_cache" not in k}
        for name in ("raw", "average")
    ]
    np.testing.assert_equal(*trained)


def test_average_of_the_weights_is_the_start_before_training(tmp_path):
    summary = trainer(tmp_path, average_decay=0.9).train(0)
    assert summary["test_bits_per_dim_raw"] == summary["test_bits_per_dim_average"]


@pytest.mark.parametrize("method", ["evaluate", "draw"])
def test_a_signal_in_a_report_loses_nothing(tmp_path, method):
    def interrupt(instance):
        def stop_there(*arguments, **kwargs):
            stop = next(a for a in arguments if isinstance(a, StopSignals))
            os.kill(os.getpid(), signal.SIGTERM)
            stop.check()

        setattr(instance.reporter, method, stop_there)
        return instance

    def train(instance, seen):
        watch = lambda step, metrics, report: seen.append((step, metrics))  # noqa: E731
        instance.train(9, at(6), at(6), log_every=4, observers=[watch])

    def make(name):
        return trainer(tmp_path / name, average_decay=0.9, use_average=True)

    whole, parts = [], []
    train(make("whole"), whole)
    interrupted = interrupt(make("parts"))
    with pytest.raises(TrainingStopped):
        train(interrupted, parts)
    assert len(parts) == 5
    train(make("parts"), parts)
    assert parts == whole
    assert logged(tmp_path / "parts") == logged(tmp_path / "whole")
    np.testing.assert_equal(weights(tmp_path / "parts"), weights(tmp_path / "whole"))


def logged(run_dir):
    records = read_log(str(run_dir / "log.jsonl"))
    return [{k: v for k, v in r.items() if k != "images_per_second"} for r in records]


@pytest.mark.parametrize("count", [1, 7, 23])
def test_draws_any_number_of_samples_in_any_batches(tmp_path, count):
    pictures = []
    for batch in (None, 4):
        instance = trainer(
            tmp_path / str(batch), num_samples=count, sample_batch_size=batch, seed=1
        )
        with instance._graph.as_default(), instance._open() as session:
            pictures.append(instance.reporter.sample(session, 0.7))
        summary = instance.train(1, NEVER, NEVER)
        assert os.path.getsize(summary["pictures"]["sample grid"]) > 1000
    assert pictures[0].shape == (count, 8, 8, 1)
    # Rounding may differ with the size of the batch.
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 1


def test_infers_what_it_was_given(tmp_path):
    with pytest.raises(ValueError, match="There is no checkpoint in"):
        trainer(tmp_path).infer(str(tmp_path / "codes.npz"))
    summary = trainer(tmp_path).train(5)
    found = trainer(tmp_path).infer(str(tmp_path / "codes.npz"))
    assert found["max_difference"] == 0
    assert found["test_bits_per_dim"] == summary["test_bits_per_dim"]
    arrays = np.load(str(tmp_path / "codes.npz"))
    test_set = digits("test", 50)
    np.testing.assert_array_equal(arrays["images"], test_set.images)
    np.testing.assert_array_equal(arrays["decoded"], test_set.images)
    np.testing.assert_array_equal(arrays["labels"], test_set.labels)
    assert arrays["z0"].shape == (50, 4, 4, 4)
    assert arrays["bits_per_dim"].mean() == pytest.approx(summary["test_bits_per_dim"], rel=1e-6)
    assert not [name for name in os.listdir(str(tmp_path)) if name.endswith(".partial")]


class MeanClassifier(Network):
    def __init__(self):
        super().__init__()
        self.linear = ZerosDense(10)

    def _call(self, x, context, training):
        return self.linear(tf.reshape(x, [-1, 64]))


def test_a_classifier_is_trained_with_the_flow(tmp_path):
    def make():
        return trainer(
            tmp_path, make_classifier=lambda flow: MeanClassifier(), classifier_weight=0.5
        )

    summary = make().train(150, NEVER, NEVER)
    assert summary["test_class_error"] < 0.6
    assert summary["test_class_bits"] < np.log2(10)
    assert summary["test_loss"] == pytest.approx(
        summary["test_bits_per_dim"] + 0.5 * summary["test_class_bits"], rel=1e-6
    )
    path = str(tmp_path / "codes.npz")
    make().infer(path)
    error = np.mean(np.load(path)["predictions"] != digits("test", 50).labels)
    assert error == pytest.approx(summary["test_class_error"])


def test_a_classifier_starts_with_equal_odds(tmp_path):
    summary = trainer(tmp_path, make_classifier=lambda flow: MeanClassifier()).train(0)
    assert summary["test_class_bits"] == pytest.approx(np.log2(10), rel=1e-6)


def test_rejects_what_it_cannot_train_on(tmp_path):
    with pytest.raises(ValueError, match="`init_batch_size` must be at least 2.*got 1"):
        trainer(tmp_path, init_batch_size=1)
    other = ImageSet("other", np.zeros([4, 4, 4, 1], np.uint8), np.zeros([4], np.int32), 10)
    with pytest.raises(ValueError, match=r"one shape; got \(8, 8, 1\) and \(4, 4, 1\)"):
        FlowTrainer(make_flow, Minimizer(Adamax), digits("train"), other, str(tmp_path))
    with pytest.raises(ValueError, match="`use_average` needs a `minimizer` with"):
        trainer(tmp_path, use_average=True)
    for name in ("num_samples", "sample_batch_size", "test_batch_size"):
        with pytest.raises(ValueError, match="`{}` must be at least 1; got -1".format(name)):
            trainer(tmp_path, **{name: -1})


def test_trains_once(tmp_path):
    instance = trainer(tmp_path)
    instance.train(1)
    with pytest.raises(RuntimeError, match="A trainer trains once"):
        instance.train(2)


def test_names_a_bad_line_of_the_log_before_it_trains(tmp_path):
    trainer(tmp_path).train(1)
    (tmp_path / "log.jsonl").write_text("3\n")
    with pytest.raises(ValueError, match=r"Line 1 of .*log\.jsonl is not a JSON object"):
        trainer(tmp_path).train(2)
    assert (tmp_path / "log.jsonl").read_text() == "3\n"


def test_only_training_changes_the_log(tmp_path):
    """Another process may be training in the folder meanwhile."""
    trainer(tmp_path).train(2)
    with open(str(tmp_path / "log.jsonl"), "a") as file:
        file.write('{"step": 3}\n{"st')
    before = (tmp_path / "log.jsonl").read_bytes()
    trainer(tmp_path).infer(str(tmp_path / "codes.npz"))
    assert (tmp_path / "log.jsonl").read_bytes() == before


def test_a_report_takes_no_step_out_of_the_logged_average(tmp_path):
    for name, schedule in (("often", every(3)), ("never", NEVER)):
        trainer(tmp_path / name).train(4, evaluate_at=schedule, sample_at=schedule, log_every=4)
    often, never = (
        [
            r["train_bits_per_dim"]
            for r in read_log(str(tmp_path / n / "log.jsonl"))
            if "train_bits_per_dim" in r
        ]
        for n in ("often", "never")
    )
    assert often == never

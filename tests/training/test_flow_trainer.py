import os

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

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
from genflow.networks import ContextBias, GlowConditioner
from genflow.optimizers import Adamax
from genflow.training import FlowTrainer, read_log


def digits(split, count=200):
    return load_digits(split).take(count)


def make_flow(noise_seed, num_bits=8, prior=()):
    coupling = AffineCoupling(GlowConditioner(16, out_channels=4, seed=2))
    step = [Squeeze(), ActNorm(), Invertible1x1Conv(PLUMatrix(seed=1)), coupling]
    return Flow(Chain([Dequantize(num_bits, seed=noise_seed)] + step + list(prior)), [8, 8, 1])


def trainer(run_dir, make_flow=make_flow, learning_rate=0.01, **kwargs):
    arguments = {"batch_size": 20, "init_batch_size": 50, "show_progress": False, "seed": 0}
    arguments.update(kwargs)
    return FlowTrainer(
        make_flow,
        lambda step: Adamax(learning_rate),
        digits("train"),
        digits("test", 50),
        str(run_dir),
        **arguments,
    )


def weights(run_dir):
    path = tf.train.latest_checkpoint(str(run_dir))
    return {name: tf.train.load_variable(path, name) for name, _ in tf.train.list_variables(path)}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of 60 steps, reported after 30 and at the end."""
    run_dir = str(tmp_path_factory.mktemp("run"))
    summary = trainer(run_dir).train(60, report_every=30, log_every=10)
    return run_dir, summary


def test_learns_and_says_so(run):
    run_dir, summary = run
    records = read_log(os.path.join(run_dir, "log.jsonl"))
    train = [r["train_bits_per_dim"] for r in records if "train_bits_per_dim" in r]
    test = [r["test_bits_per_dim"] for r in records if "test_bits_per_dim" in r]
    assert [r["step"] for r in records if "train_bits_per_dim" in r] == [10, 20, 30, 40, 50, 60]
    assert len(test) == 2
    assert train[-1] < train[0] - 0.3
    assert test[-1] < test[0]
    assert summary["test_bits_per_dim"] == test[-1]
    assert summary["train_bits_per_dim"] == train[-1]
    assert summary["num_steps"] == 60


def test_draws_what_it_reports(run):
    run_dir, summary = run
    assert sorted(summary["pictures"]) == ["learning curve", "reconstructions", "sample grid"]
    for path in summary["pictures"].values():
        assert np.asarray(Image.open(path)).std() > 1.0
    assert os.path.exists(os.path.join(run_dir, "samples_000030.png"))


def test_reconstructions_are_exact_and_samples_grow_with_temperature(run, tmp_path):
    trained = trainer(run[0])
    with trained._graph.as_default(), tf.compat.v1.Session() as session:
        trained.tensors.saver.restore(session, tf.train.latest_checkpoint(run[0]))
        images = trained.test_set.images[:5]
        feed = trained.tensors.feed(images, trained.test_set.labels[:5], "reconstruct")
        restored = session.run(trained.tensors.reconstructions, feed)
        np.testing.assert_array_equal(restored, images)
        spread = [trained.tensors.draw(session, t).std(axis=0).mean() for t in (0.0, 0.5, 1.0)]
        assert spread[0] < 1.0 < spread[1] < spread[2]
        assert trained.evaluate(session) == trained.evaluate(session)
        assert trained.evaluate(session) == run[1]["test_bits_per_dim"]


def test_resumes_where_it_stopped_bit_for_bit(tmp_path):
    trainer(tmp_path / "whole").train(8, report_every=100)
    trainer(tmp_path / "parts").train(3, report_every=100)
    trainer(tmp_path / "parts").train(8, report_every=100)
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
    instance.train(20, report_every=100)
    weight = weights(tmp_path)["flow/bijection/layers/5/network/weight"]
    assert weight.shape == (10, 8)
    assert np.all(np.abs(weight).max(axis=1) > 1e-4)


def test_stops_when_the_loss_is_not_finite_and_keeps_the_checkpoint(tmp_path):
    trainer(tmp_path).train(3)
    before = weights(tmp_path)
    with pytest.raises(FloatingPointError, match="The loss of step .* go on from it with a lower"):
        trainer(tmp_path, learning_rate=1e30).train(20)
    after = weights(tmp_path)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_rejects_what_it_cannot_train_on(tmp_path):
    with pytest.raises(ValueError, match="`init_batch_size` must be at least 2.*got 1"):
        trainer(tmp_path, init_batch_size=1)
    other = ImageSet("other", np.zeros([4, 4, 4, 1], np.uint8), np.zeros([4], np.int32), 10)
    with pytest.raises(ValueError, match=r"one shape; got \(8, 8, 1\) and \(4, 4, 1\)"):
        FlowTrainer(make_flow, lambda step: Adamax(), digits("train"), other, str(tmp_path))


def test_trains_once(tmp_path):
    instance = trainer(tmp_path)
    instance.train(1)
    with pytest.raises(RuntimeError, match="A trainer trains once"):
        instance.train(2)


def test_names_a_bad_line_of_the_log_before_it_trains(tmp_path):
    (tmp_path / "log.jsonl").write_text("3\n")
    with pytest.raises(ValueError, match=r"Line 1 of .*log\.jsonl is not a JSON object"):
        trainer(tmp_path)


def test_a_report_takes_no_step_out_of_the_logged_average(tmp_path):
    for name, report_every in (("often", 3), ("never", 100)):
        trainer(tmp_path / name).train(4, report_every=report_every, log_every=4)
    often, never = (
        [
            r["train_bits_per_dim"]
            for r in read_log(str(tmp_path / n / "log.jsonl"))
            if "train_bits_per_dim" in r
        ]
        for n in ("often", "never")
    )
    assert often == never

"""The graphs that the four reference models train in on an NPU, before any of them sees one."""

import importlib
import os
import sys

import pytest
import tensorflow.compat.v2 as tf

from genflow.ascend import check_graph, describe_findings, require_npu_graph
from tests.ascend.stand_in_bridge import stand_in_bridge

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples")

# What the examples are told. The guard of updates is then the adapter's, here that of the stand-in.
NPU = ["--backend=npu", "--loss_scale=1024"]

# What may be found in the training of a model: each runs, and where is known.
# The stand-in knows by these what runs; the adapter has operations of its own there.
RECORDED = {("python_function", "PyFunc")}
# A pair of numbers for each noise, and the noise of one batch; TensorFlow 1.15 only.
NOISE = {("random_on_host", "StatelessRandom" + name) for name in ("Uniform", "Normal")}
DATA = {("data_set", "IteratorV2"), ("data_set", "IteratorGetNext")}
SOME = RECORDED | NOISE | DATA


@pytest.fixture(scope="module", autouse=True)
def examples():
    sys.path.insert(0, EXAMPLES)
    with stand_in_bridge():
        yield
    sys.path.remove(EXAMPLES)


def glow(folder, *flags):
    module = importlib.import_module("glow_cifar10")
    small = ["--problem=digits", "--depth=1", "--width=4", "--n_levels=2", "--logdir", folder]
    small += ["--learntop", "--flow_coupling=1"]
    config = module.parse_flags(module.Config, small + NPU + list(flags))
    return module.make_trainer(config, module.load_data(config))


def realnvp(folder):
    module = importlib.import_module("realnvp_cifar10")
    small = ["--data_set=digits", "--width=4", "--num_blocks=1", "--num_scales=2"]
    config = module.parse_flags(
        module.Config, small + ["--save_dir", folder, "--clip_norm=1", *NPU]
    )
    return module.make_trainer(
        config, module.load_data(config, "train"), module.load_data(config, "test")
    )


def dcgan(folder):
    module = importlib.import_module("dcgan_mnist")
    flags = ["--dataset=digits", "--train", "--out_dir", folder, *NPU]
    config = module.parse_flags(module.Config, flags)
    return module.make_trainer(
        config, module.training_images(config, module.load_data(config, "train"))
    )


def improved_gan(folder):
    module = importlib.import_module("improved_gan_mnist")
    config = module.parse_flags(module.Config, ["--dataset=digits", "--train_dir", folder, *NPU])
    splits = module.load_splits(config)
    return module.make_trainer(config, splits, module.preset(config, splits.train.image_shape))


def updates_of(trainer):
    """What each `session.run` of a training step asks for."""
    updates = trainer._updates()
    return [
        [update.op, update.metrics] for update in (updates(0) if callable(updates) else updates)
    ]


@pytest.fixture(
    scope="module",
    params=[glow, realnvp, dcgan, improved_gan],
    ids=["glow", "realnvp", "dcgan", "improved-gan"],
)
def trainer(request, examples, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp(request.param.__name__))
    return request.param(folder, *(["--plu"] if request.param is glow else []))


def test_training_graphs_pass_with_the_recommended_settings(trainer):
    graph = trainer._graph
    require_npu_graph(graph, updates_of(trainer))
    found = check_graph(graph, updates_of(trainer))
    others = [finding for finding in found if (finding.rule, finding.type) not in SOME]
    assert not others, describe_findings(others)
    # What runs once or beside training may be slow, but must not fail.
    require_npu_graph(graph)


def test_full_matrices_are_found_in_the_training_graph(tmp_path):
    """The setting that is not recommended: they are on the device's CPU."""
    trainer = glow(str(tmp_path))
    found = check_graph(trainer._graph, updates_of(trainer))
    types = {finding.type for finding in found if finding.rule == "matrix_on_ai_cpu"}
    assert "LogMatrixDeterminant" in types
    # All of them keep their type, without which no mixed precision could be had with them.
    require_npu_graph(trainer._graph, updates_of(trainer), precision="allow_mix_precision")


def test_only_the_rule_of_a_dynamic_scale_asks_whether_a_number_is_finite(tmp_path):
    """It asks that of the next scale, as the rule of TensorFlow does, and not of gradients."""
    flags = ["--loss_scale=dynamic", "--plu", "--clip_norm=1"]
    trainer = glow(str(tmp_path), *flags)
    found = check_graph(trainer._graph, updates_of(trainer))
    names = [finding.name for finding in found if finding.rule == "never_fires"]
    inputs = [trainer._graph.get_operation_by_name(name).inputs[0] for name in names]
    assert [tensor.shape.rank for tensor in inputs] == [0]
    require_npu_graph(trainer._graph, updates_of(trainer))


def test_batches_of_training_have_one_shape(trainer):
    for fetches in updates_of(trainer):
        found = check_graph(trainer._graph, fetches)
        assert "dynamic_shape" not in {finding.rule for finding in found}


def test_iterators_start_by_themselves(trainer):
    found = check_graph(trainer._graph, trainer.tensors.iterator.initializer)
    assert {finding.severity for finding in found} <= {"note"}
    variables = trainer._graph.get_collection(tf.compat.v1.GraphKeys.GLOBAL_VARIABLES)
    together = [trainer.tensors.iterator.initializer, [v.initializer for v in variables]]
    with pytest.raises(ValueError, match="iterator_with_variables"):
        require_npu_graph(trainer._graph, together)

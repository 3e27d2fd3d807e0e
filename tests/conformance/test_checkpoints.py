import os

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import assert_close, outputs_of
from tests.modes import Eager, Graph, get_variables, perturb

CASES = [case for case in LAYERS + NETWORKS if case.has_variables]
CROSS_DIR = "GENFLOW_CROSS_CHECKPOINT_DIR"


class SaverFile:
    """The checkpoints of sessions, written and read by `tf.compat.v1.train.Saver`."""

    mode_type = Graph

    def __init__(self, module, mode):
        self._session = mode.session
        self._saver = tf.compat.v1.train.Saver(module.named_variables())

    def save(self, path):
        return self._saver.save(self._session, path, write_meta_graph=False)

    def restore(self, path):
        self._saver.restore(self._session, path)


class ObjectFile:
    """The checkpoints of eager programs, written and read by `tf.train.Checkpoint`."""

    mode_type = Eager

    def __init__(self, module, mode):
        self._checkpoint = tf.train.Checkpoint(module=module)

    def save(self, path):
        return self._checkpoint.save(path)

    def restore(self, path):
        self._checkpoint.restore(path).assert_existing_objects_matched()


FILES = [SaverFile, ObjectFile]


@pytest.mark.parametrize("file_type", FILES, ids=["saver", "checkpoint"])
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_a_checkpoint_restores_every_variable(case, file_type, tmp_path):
    arguments, path = case.arguments(), str(tmp_path / "model")
    with file_type.mode_type() as mode:
        module = case.make()
        function = mode.function(outputs_of(module), *arguments)
        function(*arguments)
        perturb(module, mode, seed=1)
        file, saved = file_type(module, mode), function(*arguments)
        values = get_variables(module, mode)
        path = file.save(path)
        spoil(module, mode)

        file.restore(path)

        for name, value in get_variables(module, mode).items():
            np.testing.assert_array_equal(value, values[name])
        assert_close(function(*arguments), saved, 0.0)


def spoil(module, mode):
    variables = list(module.named_variables().values())
    mode.assign(variables, [np.flip(value) + np.ones_like(value) for value in mode.get(variables)])


@pytest.mark.skipif(CROSS_DIR not in os.environ, reason=CROSS_DIR + " is not set")
@pytest.mark.parametrize("file_type", FILES, ids=["saver", "checkpoint"])
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_a_checkpoint_can_be_read_by_the_other_tensorflow(case, file_type):
    """Run this on one runtime and then on the other, with the same folder.

    Each writes its checkpoints and the outputs that belong to them, and reads those of the
    others that it finds.
    """
    folder = os.path.join(os.environ[CROSS_DIR], case.name, file_type.__name__)
    arguments = case.arguments()
    os.makedirs(os.path.join(folder, tf.__version__), exist_ok=True)
    with file_type.mode_type() as mode:
        module = case.make()
        function = mode.function(outputs_of(module), *arguments)
        outputs = function(*arguments)
        perturb(module, mode, seed=2)
        file = file_type(module, mode)
        write(os.path.join(folder, tf.__version__), file, function(*arguments))

        for version in sorted(set(os.listdir(folder)) - {tf.__version__}):
            perturb(module, mode, seed=3)
            there = os.path.join(folder, version)
            file.restore(tf.train.latest_checkpoint(there))
            stored = np.load(os.path.join(there, "outputs.npz"))
            expected = tree.unflatten_as(outputs, [stored[name] for name in stored.files])
            assert_close(function(*arguments), expected, 1e-12)
            if isinstance(module, Bijection):
                x = mode.call(module.inverse, expected[0], *arguments[1:])
                assert_close(x, arguments[0], 1e-9)


def write(folder, file, outputs):
    file.save(os.path.join(folder, "model"))
    np.savez(os.path.join(folder, "outputs.npz"), *tree.flatten(outputs))

import os
import subprocess
import sys

import pytest
import tensorflow.compat.v1 as tf
import tensorflow.compat.v2 as tf2

from genflow.ascend import BackendError, backends, find_backend
from tests.ascend.stand_in_bridge import PATH

FAULTS = {
    "no_library": ["a library does not load", "npu_bridge_handle", "_tf_adapter.so: cannot open"],
    "no_hccl": ["the package hccl of CANN is missing", "No module named 'hccl'"],
    "hccl_does_not_load": ["hccl, the collective communication", "load hccl lib error"],
    "os_error": ["a library does not load", "libge_runner.so"],
}


def gpus(monkeypatch, found):
    def look(kind):
        if isinstance(found, Exception):
            raise found
        return found if kind == "GPU" else []

    monkeypatch.setattr(tf2.config.experimental, "list_physical_devices", look)


def test_takes_the_cpu_where_there_is_nothing_else_and_says_what_was_tried():
    found = find_backend()
    assert (found.name, found.device) == ("cpu", "/device:CPU:0")
    npu, gpu, cpu = found.tried
    assert npu == "npu: npu_bridge is not installed"
    assert gpu == "gpu: TensorFlow {} sees none".format(tf.__version__)
    assert cpu == "cpu: there is no other"
    assert [look.status for look in found.looks] == ["missing", "missing", "there"]


def test_takes_a_gpu_before_the_cpu(monkeypatch):
    gpus(monkeypatch, ["one", "another"])
    found = find_backend()
    assert (found.name, found.device) == ("gpu", "/device:GPU:0")
    assert found.reason.endswith("sees 2")
    assert find_backend("gpu").name == "gpu"
    assert find_backend("cpu").name == "cpu"


def test_takes_an_npu_before_a_gpu(devices, monkeypatch, stand_in):
    stand_in()
    devices(0, 1)
    gpus(monkeypatch, ["one"])
    found = find_backend()
    assert (found.name, found.device) == ("npu", "npu:0")
    assert "davinci0" in found.reason
    assert "davinci1" in found.reason
    assert len(found.tried) == 1


def test_takes_no_npu_by_itself_where_none_is_seen(stand_in):
    stand_in()
    found = find_backend()
    assert (found.name, found.looks[0].status) == ("cpu", "unseen")
    assert "npu_bridge can be imported, but there is no " in found.tried[0]
    # But whoever asks for it may know better.
    assert find_backend("npu").name == "npu"


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_survives_each_way_in_which_the_bridge_is_broken(devices, stand_in, fault, capfd):
    stand_in(fault)
    devices(0)
    found = find_backend()
    assert (found.name, found.looks[0].status) == ("cpu", "broken")
    assert found.tried[0].startswith("npu: npu_bridge is in {}".format(PATH))
    for part in FAULTS[fault]:
        assert part in found.tried[0]
    with pytest.raises(BackendError, match="There is no NPU. What was tried: npu: npu_bridge is"):
        find_backend("npu")
    # What the loader prints is in the reason, and nowhere else.
    assert capfd.readouterr().out == ""


@pytest.fixture
def bridge(monkeypatch, tmp_path):
    """A function that puts an `npu_bridge` in place, of one file."""

    def make(code):
        (tmp_path / "npu_bridge").mkdir()
        (tmp_path / "npu_bridge" / "__init__.py").write_text(code)
        monkeypatch.delitem(sys.modules, "npu_bridge")
        monkeypatch.syspath_prepend(str(tmp_path))

    return make


def test_survives_a_bridge_that_fails_in_its_own_way(bridge):
    bridge("import os\nos.no_such_thing\n")
    assert "but it fails (AttributeError: " in find_backend().tried[0]


@pytest.mark.parametrize("status", ["3", "'no licence'"])
def test_survives_a_bridge_that_ends_the_process(bridge, status):
    bridge("import sys\nsys.exit({})".format(status))
    said = "but it would end the process (SystemExit: {})".format(status.strip("'"))
    assert said in find_backend().tried[0]


def test_survives_a_broken_driver_of_a_gpu(monkeypatch):
    gpus(monkeypatch, RuntimeError("no driver"))
    look = find_backend().looks[1]
    assert (look.name, look.status) == ("gpu", "broken")
    assert "fails to look (RuntimeError: no driver)" in look.found


def test_asking_for_what_is_not_there_says_what_was_tried_and_what_to_do():
    with pytest.raises(BackendError) as error:
        find_backend("npu")
    assert "npu_bridge is not installed" in str(error.value)
    assert "set_env.sh" in str(error.value)
    assert "gpu" not in str(error.value)
    with pytest.raises(
        BackendError, match="There is no GPU. .* sees none. What to do: install"
    ) as e:
        find_backend("gpu")
    assert [(look.name, look.status) for look in e.value.looks] == [("gpu", "missing")]


def test_refuses_another_name():
    with pytest.raises(ValueError, match="must be one of auto, npu, gpu, cpu; got 'tpu'"):
        find_backend("tpu")


def test_the_device_is_that_of_the_environment(stand_in, monkeypatch, devices):
    stand_in()
    assert find_backend("npu").device == "npu:0"
    monkeypatch.setenv("DEVICE_ID", "7")
    assert find_backend("npu").device == "npu:7"
    devices(4, 5, 7)  # DEVICE_ID is a physical number.
    assert find_backend("npu").device == "npu:2"
    monkeypatch.setenv("ASCEND_DEVICE_ID", "1")
    assert find_backend("npu").device == "npu:1"


def test_looking_for_an_npu_changes_no_session_of_the_process(stand_in):
    stand_in()
    before = tf.Session.__init__, tf.InteractiveSession.__init__
    assert find_backend("npu").name == "npu"
    assert (tf.Session.__init__, tf.InteractiveSession.__init__) == before
    assert "npu_bridge.npu_init" not in sys.modules
    # The stand-in does it, as the real package does: so this could have failed.
    import npu_bridge.npu_init  # noqa: F401

    assert tf.Session.__init__ is not before[0]


def test_a_bridge_that_is_hidden_is_not_loaded(stand_in):
    assert not backends.is_bridge_loaded()
    stand_in()
    find_backend("npu")
    assert backends.is_bridge_loaded()


@pytest.mark.slow
def test_importing_genflow_imports_no_bridge():
    code = "import sys, genflow.ascend, genflow.training; sys.exit('npu_bridge' in sys.modules)"
    path = os.pathsep.join([PATH] + sys.path)
    assert subprocess.call([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=path)) == 0

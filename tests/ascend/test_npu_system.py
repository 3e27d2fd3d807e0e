import pytest
import tensorflow.compat.v1 as tf

from genflow.ascend import npu_system
from genflow.ascend.npu_system import running_system


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    monkeypatch.setattr(npu_system, "_OPEN", [])
    monkeypatch.setattr(npu_system, "_FIRST", {})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_system_ends_with_the_last_of_its_sessions(stand_in, order):
    """As in two threads: neither is inside the other."""
    recorder = stand_in()
    sessions = [tf.Session(graph=tf.Graph()) for _ in range(2)]
    systems = [running_system(session, {"use_off_line": True}) for session in sessions]
    for system in systems:
        system.__enter__()
    for index in order:
        assert recorder.calls == ["NPUInit"]
        systems[index].__exit__(None, None, None)
        sessions[index].close()

    assert recorder.calls == ["NPUInit", "NPUShutdown"]

"""Puts the stand-in `npu_bridge` where it is imported, for as long as a test takes."""

import atexit
import contextlib
import importlib
import os
import sys

import tensorflow.compat.v1 as tf

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_in")
_PACKAGES = ("npu_bridge", "hccl", "npu_stand_in")


@contextlib.contextmanager
def stand_in_bridge(fault=""):
    """Yields the module `npu_stand_in`, which records what runs.

    Within it `import npu_bridge` finds the stand-in, or fails in the way that `fault`, one of the
    constants of `npu_stand_in`, says. Afterwards nothing of it is left, and what was there before
    it, as what hides the host's own, is there again.
    """
    classes = (tf.Session, tf.InteractiveSession)
    before = [each.__init__ for each in classes]
    hidden = _forget()
    sys.path.insert(0, PATH)
    importlib.invalidate_caches()
    recorder = importlib.import_module("npu_stand_in")
    said = os.environ.get(recorder.FAULT)
    os.environ[recorder.FAULT] = fault
    try:
        yield recorder
    finally:
        bridge = sys.modules.get("npu_bridge")
        if bridge is not None:
            atexit.unregister(bridge.npu_close)
        os.environ.pop(recorder.FAULT)
        if said is not None:
            os.environ[recorder.FAULT] = said
        sys.path.remove(PATH)
        _forget()
        sys.modules.update(hidden)
        for each, init in zip(classes, before):
            each.__init__ = init


def _forget():
    """Takes its modules out; returns them by their names."""
    names = [name for name in list(sys.modules) if name.split(".")[0] in _PACKAGES]
    return {name: sys.modules.pop(name) for name in names}

"""What tests tell the stand-in `npu_bridge`, and what it tells them.

The stand-in has the import forms, signatures and ways to fail of the real package, and none of
an NPU's behaviour: its operations do nothing, on the CPU, and are recorded when they run.
It is for tests that run where there is no NPU; see `tests.ascend.stand_in_bridge`.
"""

import os

import numpy as np
import tensorflow.compat.v1 as tf

# The environment variable that says how the package fails, and its values. "" is for not at all.
FAULT = "NPU_STAND_IN_FAULT"
NO_LIBRARY, NO_HCCL = "no_library", "no_hccl"
HCCL_DOES_NOT_LOAD, OS_ERROR = "hccl_does_not_load", "os_error"
INIT_FAILS, SHUTDOWN_FAILS = "init_fails", "shutdown_fails"

calls = []  # The names of the operations, in the order in which they ran.
flags = {"overflow": False}  # What `npu_get_float_status_v2` says next.


def fault():
    """How the package is to fail."""
    return os.environ.get(FAULT, "")


def reset():
    """Forgets what ran."""
    del calls[:]
    flags["overflow"] = False


def recorded(name, fails_by=None, node_name=None):
    """An operation that does nothing but be recorded, whenever it runs."""

    def run():
        calls.append(name)
        if fails_by is not None and fault() == fails_by:
            raise tf.errors.InternalError(None, None, "{} failed.".format(name))
        return np.int32(0)

    return _host_operation(run, [], node_name or name).op


def passed(name, tensor):
    """The tensor itself, by way of a recorded operation that waits for it."""
    with tf.control_dependencies([tensor]), tf.control_dependencies([recorded(name)]):
        return tf.identity(tensor, name=name + "_result")


def float_status():
    """`int32[8]`: not zero where an overflow was told to have happened."""

    def run():
        calls.append("NpuGetFloatStatusV2")
        return np.array([int(flags["overflow"])] + [0] * 7, np.int32)

    return _host_operation(run, [8], "NpuGetFloatStatusV2")


def clear_float_status():
    """Forgets an overflow."""

    def run():
        calls.append("NpuClearFloatStatusV2")
        flags["overflow"] = False
        return np.int32(0)

    return _host_operation(run, [], "NpuClearFloatStatusV2").op


def _host_operation(run, shape, name):
    """An operation of a known shape, as those of the adapter are."""
    with tf.device("/cpu:0"):
        result = tf.py_func(run, [], tf.int32, stateful=True, name=name)
    result.set_shape(shape)
    return result

"""A stand-in for the package of the Ascend TF Adapter for TensorFlow 1.15; see `npu_stand_in`."""

import atexit

from npu_bridge import helper
from npu_bridge.estimator.npu import npu_estimator, npu_plugin
from npu_bridge.hccl import hccl_ops

__version__ = "v1.15.0"
__all__ = ["helper", "hccl_ops", "npu_close", "npu_estimator", "npu_plugin"]


def npu_close():
    """What the package does when Python ends."""


atexit.register(npu_close)

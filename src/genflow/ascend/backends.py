"""Which of NPU, GPU and CPU a session can run on, and why not on the others."""

import contextlib
import importlib
import importlib.util
import io
import os
import sys
from typing import Mapping, NamedTuple, Tuple

import tensorflow.compat.v2 as tf

from genflow.ascend.devices import present_devices

NPU, GPU, CPU = "npu", "gpu", "cpu"
AUTO = "auto"
NAMES = (AUTO, NPU, GPU, CPU)
_BRIDGE = "npu_bridge"
_DEVICE_FOLDER = "/dev"
_REMEDIES = {
    NPU: (
        "npu_bridge comes with CANN, for TensorFlow 1.15: source its set_env.sh, put the folder of "
        "npu_bridge on PYTHONPATH, and see what `genflow doctor` says; or take another backend, "
        "such as auto"
    ),
    GPU: (
        "install a TensorFlow for the GPU and its driver, and see what `genflow doctor` says; or "
        "take another backend, such as auto"
    ),
}


class Backend(NamedTuple):
    """What a session runs on.

    Attributes:
        name: `"npu"`, `"gpu"` or `"cpu"`.
        device: The device, as its runtime calls it.
        reason: Why it was taken.
        tried: What was looked for, in this order, and what was found: a sentence each.

    Example:
        >>> find_backend("cpu").device
        '/device:CPU:0'
    """

    name: str
    device: str
    reason: str
    tried: Tuple[str, ...]


class BackendError(OSError):
    """A backend that was asked for is not there, or does not start; the message says why.

    Example:
        >>> issubclass(BackendError, OSError)
        True
    """


def find_backend(backend: str = AUTO) -> Backend:
    """Finds what a session can run on.

    With `"auto"`, that is an NPU if there is one and `npu_bridge` can be imported, else a GPU if
    TensorFlow sees one, else the CPU. `npu_bridge` is imported only if an NPU may be taken, and
    only in a way that leaves the other sessions of the process alone.

    Args:
        backend: `"auto"`, or the name of the one to take.

    Returns:
        What was found. Its `tried` says why not another one.

    Raises:
        ValueError: If `backend` is no such name.
        BackendError: If that backend is not there. The message says all that was tried.

    Example:
        >>> find_backend("cpu").tried
        ('cpu: asked for',)
    """
    if backend not in NAMES:
        raise ValueError("`backend` must be one of {}; got {!r}.".format(", ".join(NAMES), backend))
    if backend == CPU:
        return Backend(CPU, "/device:CPU:0", "asked for", ("cpu: asked for",))
    tried = []  # type: List[str]
    for name, look in ((NPU, _look_for_npu), (GPU, _look_for_gpu)):
        if backend not in (AUTO, name):
            continue
        is_there, device, found = look(must_see_device=backend == AUTO)
        tried.append("{}: {}".format(name, found))
        if is_there:
            return Backend(name, device, found, tuple(tried))
    if backend != AUTO:
        raise BackendError(
            "There is no {}. What was tried: {}. What to do: {}.".format(
                backend.upper(), "; ".join(tried), _REMEDIES[backend]
            )
        )
    tried.append("cpu: there is no other")
    return Backend(CPU, "/device:CPU:0", "there is no other", tuple(tried))


def npu_device(environment: Mapping[str, str] = os.environ) -> str:
    """The device that the adapter takes, unless an option of the session says another.

    Args:
        environment: Of the process.

    Example:
        >>> npu_device({"ASCEND_DEVICE_ID": "3", "DEVICE_ID": "7"})
        'npu:3'
    """
    number = environment.get("ASCEND_DEVICE_ID") or environment.get("DEVICE_ID") or "0"
    return "npu:{}".format(number)


def is_bridge_loaded() -> bool:
    """Whether anybody has imported `npu_bridge` in this process, in whichever way."""
    return any(name.split(".")[0] == _BRIDGE for name in list(sys.modules))


def _look_for_npu(must_see_device: bool) -> Tuple[bool, str, str]:
    """Whether there is an NPU, its device, and what was found, in words."""
    reason = _why_no_bridge()
    if reason:
        return False, "", reason
    devices = ["davinci{}".format(number) for number in present_devices(_DEVICE_FOLDER)]
    if must_see_device and not devices:
        missing = os.path.join(_DEVICE_FOLDER, "davinci*")
        return False, "", "npu_bridge can be imported, but there is no " + missing
    seen = ", ".join(devices) or "none seen"
    return True, npu_device(), "npu_bridge can be imported; devices: {}".format(seen)


def _why_no_bridge() -> str:
    """Imports what a session needs of `npu_bridge`; what hinders that, or nothing.

    Not `npu_bridge.npu_init`: that changes every session of the process.
    """
    try:
        spec = importlib.util.find_spec(_BRIDGE)
    except (ImportError, ValueError) as error:
        return "npu_bridge cannot be looked for ({})".format(_in_words(error))
    if spec is None:
        return "npu_bridge is not installed"
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            importlib.import_module(_BRIDGE)
            importlib.import_module(_BRIDGE + ".estimator.npu_ops")
    except (Exception, SystemExit) as error:  # It fails with whatever it runs into.
        return _reason(error, spec.origin or "?", said.getvalue().strip())
    return ""


def _reason(error: BaseException, origin: str, said: str) -> str:
    """Why `npu_bridge`, which is there, cannot be imported."""
    text = _in_words(error)
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").split(".")[0]
        what = "its module {} is missing".format(error.name)
        if package == "hccl":
            what = "the package hccl of CANN is missing"
    elif "hccl" in text:
        what = "hccl, the collective communication of CANN, does not load"
    elif isinstance(error, SystemExit):
        what = "it would end the process"
    elif isinstance(error, (ImportError, OSError)):
        what = "a library does not load, its own (_tf_adapter.so) or one of CANN"
    else:
        what = "it fails"
    details = "; ".join(part for part in (text, said.replace("\n", " ")) if part)
    hint = ""
    if not tf.__version__.startswith("1.15"):
        hint = "; it is for TensorFlow 1.15, and this is {}".format(tf.__version__)
    return "npu_bridge is in {}, but {} ({}){}".format(os.path.dirname(origin), what, details, hint)


def _in_words(error: BaseException) -> str:
    return "{}: {}".format(type(error).__name__, error)


def _look_for_gpu(must_see_device: bool) -> Tuple[bool, str, str]:
    """Whether TensorFlow sees a GPU; none is initialised."""
    try:
        devices = tf.config.experimental.list_physical_devices("GPU")
    except Exception as error:  # A broken driver is no reason to do without the CPU.
        reason = "TensorFlow {} fails to look ({})".format(tf.__version__, _in_words(error))
        return False, "", reason
    if not devices:
        return False, "", "TensorFlow {} sees none".format(tf.__version__)
    return True, "/device:GPU:0", "TensorFlow {} sees {}".format(tf.__version__, len(devices))

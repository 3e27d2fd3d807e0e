"""Which of NPU, GPU and CPU a session can run on, and why not on the others."""

import contextlib
import importlib
import importlib.util
import io
import os
import sys
from typing import List, NamedTuple, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.ascend.devices import own_device, present_devices

NPU, GPU, CPU = "npu", "gpu", "cpu"
AUTO = "auto"
NAMES = (AUTO, NPU, GPU, CPU)
_BRIDGE = "npu_bridge"
# What can come of looking for a backend.
THERE, MISSING, UNSEEN, BROKEN = "there", "missing", "unseen", "broken"
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


class Look(NamedTuple):
    """What came of looking for a backend; as text, a sentence.

    Attributes:
        name: Of the backend.
        status: `"there"`; `"missing"`, if what it needs is not installed or sees no device;
            `"unseen"`, if what it needs works and there seems to be no device; `"broken"`, if what
            it needs is installed and does not work.
        found: What was found, in words.
    """

    name: str
    status: str
    found: str

    def __str__(self) -> str:
        """Says which backend it was and what was found."""
        return "{}: {}".format(self.name, self.found)


class Backend(NamedTuple):
    """What a session runs on.

    Attributes:
        name: `"npu"`, `"gpu"` or `"cpu"`.
        device: The device, as its runtime calls it.
        reason: Why it was taken.
        looks: What was looked for, in this order, and what came of it.

    Example:
        >>> find_backend("cpu").device
        '/device:CPU:0'
    """

    name: str
    device: str
    reason: str
    looks: Tuple[Look, ...]

    @property
    def tried(self) -> Tuple[str, ...]:
        """What was looked for, in this order, and what was found: a sentence each."""
        return tuple(map(str, self.looks))


class BackendError(OSError):
    """A backend that was asked for is not there, or does not start; the message says why.

    Attributes:
        looks: What was looked for, and what came of it; empty if it is there and does not start.

    Example:
        >>> issubclass(BackendError, OSError)
        True
    """

    def __init__(self, message: str, looks: Sequence[Look] = ()) -> None:
        """Constructs the error.

        Args:
            message: Why there is none.
            looks: What was looked for.
        """
        super().__init__(message)
        self.looks = tuple(looks)


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
        return _taken("/device:CPU:0", [Look(CPU, THERE, "asked for")])
    looks: List[Look] = []
    if backend in (AUTO, NPU):
        looks.append(_look_for_npu(must_see_device=backend == AUTO))
        if looks[-1].status == THERE:
            return _taken(npu_device(), looks)
    if backend in (AUTO, GPU):
        looks.append(_look_for_gpu())
        if looks[-1].status == THERE:
            return _taken("/device:GPU:0", looks)
    if backend != AUTO:
        raise BackendError(
            "There is no {}. What was tried: {}. What to do: {}.".format(
                backend.upper(), "; ".join(map(str, looks)), _REMEDIES[backend]
            ),
            looks,
        )
    return _taken("/device:CPU:0", looks + [Look(CPU, THERE, "there is no other")])


def npu_device(session_device_id: Optional[int] = None) -> str:
    """The device that the adapter takes, with its logical number; see `own_device`.

    Args:
        session_device_id: What the option of the session says, if it has it.

    Example:
        >>> npu_device(3)
        'npu:3'
    """
    return "npu:{}".format(own_device(session_device_id))


def is_bridge_loaded() -> bool:
    """Whether anybody has imported `npu_bridge` in this process, in whichever way."""
    # One that is hidden is there as none.
    loaded = [name for name, module in list(sys.modules.items()) if module is not None]
    return any(name.split(".")[0] == _BRIDGE for name in loaded)


def _taken(device: str, looks: Sequence[Look]) -> Backend:
    """The backend that was looked for last."""
    return Backend(looks[-1].name, device, looks[-1].found, tuple(looks))


def _look_for_npu(must_see_device: bool) -> Look:
    unusable = _look_for_bridge()
    if unusable is not None:
        return unusable
    devices = ["davinci{}".format(number) for number in present_devices()]
    if must_see_device and not devices:
        return Look(NPU, UNSEEN, "npu_bridge can be imported, but there is no /dev/davinci*")
    seen = ", ".join(devices) or "none seen"
    return Look(NPU, THERE, "npu_bridge can be imported; devices: {}".format(seen))


def _look_for_bridge() -> Optional[Look]:
    """Imports what a session needs of `npu_bridge`; what hinders that, if anything does.

    Not `npu_bridge.npu_init`: that changes every session of the process.
    """
    try:
        spec = importlib.util.find_spec(_BRIDGE)
    except (ImportError, ValueError) as error:
        return Look(NPU, BROKEN, "npu_bridge cannot be looked for ({})".format(_in_words(error)))
    if spec is None:
        return Look(NPU, MISSING, "npu_bridge is not installed")
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            importlib.import_module(_BRIDGE)
            importlib.import_module(_BRIDGE + ".estimator.npu_ops")
    except (Exception, SystemExit) as error:  # It fails with whatever it runs into.
        return Look(NPU, BROKEN, _reason(error, spec.origin or "?", said.getvalue().strip()))
    return None


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


def _look_for_gpu() -> Look:
    """Whether TensorFlow sees a GPU; none is initialised."""
    try:
        devices = tf.config.experimental.list_physical_devices("GPU")
    except Exception as error:  # A broken driver is no reason to do without the CPU.
        reason = "TensorFlow {} fails to look ({})".format(tf.__version__, _in_words(error))
        return Look(GPU, BROKEN, reason)
    if not devices:
        return Look(GPU, MISSING, "TensorFlow {} sees none".format(tf.__version__))
    return Look(GPU, THERE, "TensorFlow {} sees {}".format(tf.__version__, len(devices)))

"""What `genflow doctor` asks of TensorFlow: in a process of its own, which may die of it."""

import argparse
import importlib
import importlib.util
import json
import os
import sys
from typing import Callable, Iterator, List, Optional, Sequence

from genflow.command_line.doctor_entries import ERROR, MISSING, OK, WARNING, Entry, looked_at

MARK = "genflow-doctor: "  # In front of what is for the process that has started this one.
BRIDGE = "npu_bridge"
_NEED_TENSORFLOW = ("tensorflow_probability", "tf_keras")
_PACKAGES = ("numpy", "tree", "tensorflow", "tensorflow_probability")
_INSTALL = "pip install . in the checkout of genflow"
# By what came of looking for a backend: see `genflow.ascend.backends`, which needs TensorFlow.
_STATUSES = {"there": OK, "missing": MISSING, "unseen": WARNING, "broken": ERROR}
_ADVICE = {
    "unseen": "look at the driver and at npu-smi",
    "broken": "source CANN's set_env.sh; npu_bridge is for TensorFlow 1.15 on Python 3.7",
}
# The oldest and the first too new, by the readme, on Python 3.7 and on newer ones.
_REFERENCE = {
    "tensorflow": ("1.15", "1.16"),
    "tensorflow_probability": ("0.8", "0.9"),
    "numpy": ("1.14", "1.19"),
}
_MODERN = {
    "tensorflow": ("2.20", "3"),
    "tensorflow_probability": ("0.25", "1"),
    "tf_keras": ("2.20", "3"),
}


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """Looks, and prints what it finds as it goes.

    Args:
        arguments: The words after the name of the program.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("backend", help="what to train on; `none` for not at all")
    parser.add_argument("--packages", action="store_true", help="look at packages and devices")
    parser.add_argument("--without_npu_bridge", action="store_true", help="as if it were not there")
    flags = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if flags.without_npu_bridge:
        sys.modules[BRIDGE] = None  # So that it is neither found nor imported.
    has_tensorflow = importlib.util.find_spec("tensorflow") is not None
    if flags.packages:
        _look_around(has_tensorflow)
    # What is missing has been said; the rest would say it again.
    if flags.backend != "none" and has_tensorflow:
        from genflow.command_line import trial_training

        for name, train in (("flow", trial_training.flow), ("GAN", trial_training.gan)):
            _say(
                "Training", name, lambda name=name, train=train: _trial(name, train, flags.backend)
            )


def _look_around(has_tensorflow: bool) -> None:
    names = _PACKAGES + (() if sys.version_info < (3, 8) else ("tf_keras",))
    for name in names:
        if has_tensorflow or name not in _NEED_TENSORFLOW:
            _say("Packages", name, lambda name=name: [package_entry(name)])
    if has_tensorflow:
        _say("Devices", "backends", device_entries)
        _say("Devices", BRIDGE, npu_entries)  # Last but one: it may be the end of the process.
        _say("Ascend", "environment", _environment)


def _say(section: str, name: str, look: Callable[[], Sequence[Entry]]) -> None:
    """Prints what is looked at, then what was found, so that it is known what has ended it."""
    _print({"at": [section, name]})
    for entry in looked_at(section, name, look):
        _print({"entry": list(entry)})


def _print(value: dict) -> None:
    # A library may have left a line unfinished.
    sys.stdout.write("\n" + MARK + json.dumps(value) + "\n")
    sys.stdout.flush()


def package_entry(name: str) -> Entry:
    """Imports a package, and compares its version with what genflow is made for.

    Args:
        name: Of the package, as it is imported.

    Example:
        >>> package_entry("json").status
        'ok'
    """
    if importlib.util.find_spec(name) is None:
        return Entry("Packages", name, ERROR, "not installed", _INSTALL)
    module = importlib.import_module(name)
    version = str(getattr(module, "__version__", "of no known version"))
    bounds = (_REFERENCE if sys.version_info < (3, 8) else _MODERN).get(name)
    value = "{}, {}".format(version, os.path.dirname(getattr(module, "__file__", None) or "?"))
    if bounds is None or is_between(version, *bounds):
        return Entry("Packages", name, OK, value)
    advice = "on this Python genflow is tested with {} from {} on, below {}".format(name, *bounds)
    return Entry("Packages", name, WARNING, value, advice)


def is_between(version: str, oldest: str, too_new: str) -> bool:
    """Whether a version is one of those between two, the second of which is not one of them.

    Args:
        version: Such as "2.21.0rc1"; only the numbers in front count.
        oldest: The first of them.
        too_new: The first after them.

    Example:
        >>> is_between("2.9.1", "2.20", "3"), is_between("2.21.0rc1", "2.20", "3")
        (False, True)
    """
    return _numbers(oldest) <= _numbers(version) < _numbers(too_new)


def _numbers(version: str) -> List[int]:
    numbers = []
    for part in version.split("."):
        digits = "".join(c for c in part[: len(part) - len(part.lstrip("0123456789"))])
        if not digits:
            break
        numbers.append(int(digits))
    return numbers


def device_entries() -> Iterator[Entry]:
    """Which backends of TensorFlow itself there are, and why not the others.

    Example:
        >>> [entry.name for entry in device_entries()]
        ['cpu', 'gpu', 'hccl']
    """
    from genflow.ascend import find_backend

    yield Entry("Devices", "cpu", OK, find_backend("cpu").device)
    yield _gpu()
    spec = importlib.util.find_spec("hccl")
    where = os.path.dirname(spec.origin or "?") if spec else "not installed; it comes with CANN"
    yield Entry("Devices", "hccl", OK if spec else MISSING, where)


def npu_entries() -> Iterator[Entry]:
    """Whether there is an NPU, for which `npu_bridge` is imported.

    Example:
        >>> [entry.name for entry in npu_entries()]
        ['npu']
    """
    from genflow.ascend import find_backend

    look = find_backend("auto").looks[0]
    yield Entry("Devices", "npu", _STATUSES[look.status], look.found, _ADVICE.get(look.status, ""))


def _gpu() -> Entry:
    from genflow.ascend import BackendError, find_backend

    try:
        found = find_backend("gpu")
    except BackendError as error:
        look = error.looks[0]
        return Entry("Devices", "gpu", _STATUSES[look.status], look.found)
    return Entry("Devices", "gpu", OK, "{}: {}".format(found.device, found.reason))


def _environment() -> List[Entry]:
    from genflow.ascend.session_environment import check_environment

    if importlib.util.find_spec("npu_bridge") is None:
        return []  # It is an NPU that it is about.
    warnings = check_environment()
    return [Entry("Ascend", "environment", WARNING, warning) for warning in warnings]


def _trial(name: str, train: Callable[[str], str], backend: str) -> List[Entry]:
    return [Entry("Training", "{} on {}".format(name, backend), OK, train(backend))]


if __name__ == "__main__":
    main()

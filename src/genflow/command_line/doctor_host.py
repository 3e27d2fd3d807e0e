"""What `genflow doctor` sees of the host, without importing anything that might be broken."""

import glob
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from typing import Iterable, Iterator, List, Optional

from genflow.command_line.doctor_entries import ERROR, MISSING, OK, WARNING, Entry, looked_at
from genflow.version import __version__

# Of those that a CPU may have, the ones that matter for speed and precision.
_CPU_FLAGS = "avx2 avx512f avx512_bf16 amx_bf16 amx_tile asimd asimdhp bf16 sve".split()
_RANK_VARIABLES = (
    "JOB_ID RANK_SIZE RANK_ID RANK_TABLE_FILE DEVICE_ID DEVICE_INDEX CM_CHIEF_IP CM_CHIEF_PORT "
    "CM_CHIEF_DEVICE CM_WORKER_IP CM_WORKER_SIZE TF_CONFIG"
).split()
_CANN_FOLDERS = ("/usr/local/Ascend", "~/Ascend")
_CANN_FILES = (
    "version.info",
    "driver/version.info",
    "firmware/version.info",
    "ascend-toolkit/latest/version.cfg",
    "ascend-toolkit/latest/*/ascend_toolkit_install.info",
    "cann*/*/ascend_toolkit_install.info",
    "tfplugin/*/version.info",
    "opp/version.info",
)
_GIB = 2.0**30
_LEAST_DISK, _LEAST_MEMORY = 2.0, 1.0  # GiB.
_NPU_SMI_SECONDS = 30


def host_entries() -> List[Entry]:
    """All that is seen of the host; nothing that fails hinders the rest.

    Example:
        >>> [entry.name for entry in host_entries()][:2]
        ['Python', 'platform']
    """
    looks = (
        ("Host", "Python", _python),
        ("Host", "platform", _platform),
        ("Host", "CPU", _cpu),
        ("Host", "memory", _memory),
        ("Host", "disk", _disk),
        ("Ascend", "NPU", _npus),
        ("Ascend", "CANN", _cann),
        ("Ascend", "rank", _rank),
    )
    return [entry for place in looks for entry in looked_at(*place)]


def _python() -> Iterator[Entry]:
    version = platform.python_version()
    is_supported = sys.version_info[:2] != (3, 8) and (3, 7) <= sys.version_info[:2] <= (3, 13)
    yield Entry(
        "Host",
        "Python",
        OK if is_supported else WARNING,
        "{}, {}".format(version, sys.executable),
        "" if is_supported else "genflow is tested on Python 3.7 and 3.9 to 3.13",
    )


def _platform() -> Iterator[Entry]:
    yield Entry("Host", "platform", OK, platform.platform())
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield Entry("Host", "genflow", OK, "{}, {}".format(__version__, folder))


def _cpu() -> Iterator[Entry]:
    name, flags = "", []  # type: str, List[str]
    for line in _lines("/proc/cpuinfo"):
        key, _, value = (part.strip() for part in line.partition(":"))
        if key in ("model name", "Processor", "CPU part") and not name:
            name = value
        if key in ("flags", "Features") and not flags:
            flags = value.split()
    known = [flag for flag in _CPU_FLAGS if flag in flags]
    value = "{} cores, {}; {}".format(
        _num_cores(), name or platform.machine(), " ".join(known) or "no flags known"
    )
    yield Entry("Host", "CPU", OK, value)


def _num_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Only Linux has it.
        return os.cpu_count() or 1


def _memory() -> Iterator[Entry]:
    sizes = {}
    for line in _lines("/proc/meminfo"):
        key, _, value = line.partition(":")
        sizes[key] = int(value.split()[0]) / 2.0**20
    if "MemAvailable" not in sizes:
        yield Entry("Host", "memory", OK, "not known on this system")
        return
    is_low = sizes["MemAvailable"] < _LEAST_MEMORY
    value = "{MemAvailable:.1f} GiB free of {MemTotal:.1f} GiB".format(**sizes)
    yield Entry("Host", "memory", WARNING if is_low else OK, value)


def _disk() -> Iterator[Entry]:
    for name, folder in (("disk here", os.getcwd()), ("disk for files", tempfile.gettempdir())):
        usage = shutil.disk_usage(folder)
        is_low = usage.free / _GIB < _LEAST_DISK
        value = "{:.1f} GiB free in {}".format(usage.free / _GIB, folder)
        yield Entry("Host", name, WARNING if is_low else OK, value)


def _npus() -> Iterator[Entry]:
    devices = sorted(glob.glob("/dev/davinci[0-9]*"))
    value = ", ".join(devices) or "none; there is no /dev/davinci*"
    yield Entry("Ascend", "NPU", OK if devices else MISSING, value)
    command = shutil.which("npu-smi")
    if command is None:
        yield Entry("Ascend", "npu-smi", MISSING, "not on PATH")
        return
    said = subprocess.run(
        [command, "info"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_NPU_SMI_SECONDS,
        check=False,
    )
    lines = [line.strip() for line in said.stdout.decode("utf-8", "replace").splitlines()]
    last = next((line for line in reversed(lines) if line), "nothing")
    if said.returncode:
        advice = "look at the driver, and at the rights of this user"
        yield Entry("Ascend", "npu-smi", ERROR, "{} fails: {}".format(command, last), advice)
    else:
        yield Entry("Ascend", "npu-smi", OK, "{} works".format(command))


def _cann() -> Iterator[Entry]:
    names = sorted(name for name in os.environ if name.startswith("ASCEND"))
    for name in names:
        yield Entry("Ascend", name, OK, os.environ[name])
    home = os.environ.get("ASCEND_HOME_PATH")
    folders = [os.path.expanduser(folder) for folder in _CANN_FOLDERS] + ([home] if home else [])
    patterns = [os.path.join(folder, name) for folder in folders for name in _CANN_FILES]
    patterns += [os.path.join(home, "*", "ascend_toolkit_install.info")] if home else []
    found = sorted({path for pattern in patterns for path in glob.glob(pattern)})
    for path in found:
        yield Entry("Ascend", "CANN", OK, "{}: {}".format(path, _version_in(path)))
    if not found:
        looked = "no version file in {}".format(" or ".join(folders))
        is_there = [folder for folder in folders if os.path.isdir(folder)]
        said = "; no variable ASCEND*" if not names else ""
        advice = "source the set_env.sh of CANN" if is_there else ""
        yield Entry("Ascend", "CANN", WARNING if is_there else MISSING, looked + said, advice)


def _version_in(path: str) -> str:
    lines = [line.strip() for line in _lines(path) if "version" in line.lower()]
    return lines[0] if lines else "says no version"


def _rank() -> Iterator[Entry]:
    names = [name for name in _RANK_VARIABLES if name in os.environ]
    value = " ".join("{}={}".format(name, os.environ[name]) for name in names)
    yield Entry("Ascend", "rank", OK, value or "no variables of a job: one process by itself")
    table = os.environ.get("RANK_TABLE_FILE")
    if table and not os.path.isfile(table):
        yield Entry("Ascend", "rank table", ERROR, "there is no file " + table)


def _lines(path: str) -> Iterable[str]:
    text = _text(path)
    return text.splitlines() if text is not None else []


def _text(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None

"""`genflow doctor`: what is here, and whether it works."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from typing import Dict, List, Optional, Sequence

from genflow.command_line.doctor_child import BRIDGE, MARK
from genflow.command_line.doctor_data import data_entries
from genflow.command_line.doctor_entries import ERROR, OK, Entry, as_json, as_text, works
from genflow.command_line.doctor_host import host_entries

_SECONDS = 900  # Compiling for an NPU takes minutes.
_BACKENDS = ("auto", "npu", "gpu", "cpu")

_DESCRIPTION = """\
Says what is here of what genflow needs: Python, packages, devices, CANN and npu_bridge, data sets,
memory and disk; and whether a small flow and a small GAN can be trained, in two steps, on each
backend that is there. What is missing and need not be there is no error. Nothing is downloaded.

The exit status is 0 if what is there works, else 1.
"""


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Adds this command to others.

    Args:
        commands: What `add_subparsers` has returned.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_parser(parser.add_subparsers())
        >>> parser.parse_args(["doctor", "--json"]).backend
        'auto'
    """
    parser = commands.add_parser(
        "doctor",
        help="say what is installed, and whether training works",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--backend",
        choices=_BACKENDS,
        default="auto",
        help="the only one to train on, which must be there (default: auto, all that are)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument(
        "--data_dir", help="folder with the data (default: as for all commands and examples)"
    )
    parser.set_defaults(run=run)


def run(backend: str = "auto", json: bool = False, data_dir: Optional[str] = None) -> None:
    """Looks at everything, and prints what was found.

    Args:
        backend: The only one to train on; `"auto"` for all that are there.
        json: Whether to print JSON.
        data_dir: The data folder.

    Raises:
        SystemExit: With status 1 if something that is there does not work.

    Example:
        >>> run("cpu")  # doctest: +SKIP
        Host
          ok       Python: 3.7.12, ...
    """
    entries = examine(backend, data_dir)
    print(_json(entries) if json else as_text(entries) + "\n\n" + _summary(entries))
    if not works(entries):
        sys.exit(1)


def examine(backend: str = "auto", data_dir: Optional[str] = None) -> List[Entry]:
    """All that is found.

    Args:
        backend: See `run`.
        data_dir: See `run`.
    """
    entries = host_entries() + data_entries(data_dir)
    first = "cpu" if backend == "auto" else backend
    asked = _ask(first, "--packages")
    entries += asked
    if first != "npu" and any(entry.name == BRIDGE for entry in asked):
        entries += _ask(first, "--without_npu_bridge")  # It has ended the process, not all is lost.
    there = {entry.name: entry.status for entry in entries if entry.section == "Devices"}
    for other in ("gpu", "npu"):
        if backend == "auto" and there.get(other) == OK:
            entries += _ask(other)
    # Sections together, in the order in which they were begun.
    sections = list(dict.fromkeys(entry.section for entry in entries))
    return sorted(entries, key=lambda entry: sections.index(entry.section))


def _ask(backend: str, *flags: str) -> List[Entry]:
    """What a process of its own finds, and what it dies of."""
    command = [sys.executable, "-m", "genflow.command_line.doctor_child", backend]
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
        try:
            process = subprocess.run(
                command + list(flags),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=_environment(),
                timeout=_SECONDS,
                check=False,
            )
            end = _how_it_ended(process.returncode)
        except subprocess.TimeoutExpired:
            end = "is not done after {} s".format(_SECONDS)
        return _found(_read(output), _read(errors), end)


def _environment() -> Dict[str, str]:
    """That of this process, with the same genflow."""
    folder = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
    paths = [folder] + [path for path in [os.environ.get("PYTHONPATH")] if path]
    return dict(os.environ, PYTHONPATH=os.pathsep.join(paths))


def _how_it_ended(status: int) -> str:
    if status == 0:
        return ""
    if status > 0:
        return "ends with status {}".format(status)
    return "is killed by {}".format(signal.Signals(-status).name)


def _found(output: List[str], errors: List[str], end: str) -> List[Entry]:
    entries, at = [], ["Training", "start"]
    for line in output:
        if line.startswith(MARK):
            said = json.loads(line[len(MARK) :])
            at = said.get("at", at)
            if "entry" in said:
                entries.append(Entry(*said["entry"]))
    if end:
        last = [line.strip() for line in errors if line.strip()][-1:]
        value = "the process {} here{}".format(end, ": " + last[0] if last else "")
        entries.append(Entry(at[0], at[1], ERROR, value))
    return entries


def _read(file) -> List[str]:
    file.seek(0)
    return file.read().decode("utf-8", "replace").splitlines()


def _json(entries: Sequence[Entry]) -> str:
    return json.dumps(as_json(entries), indent=1)


def _summary(entries: Sequence[Entry]) -> str:
    wrong = [entry.name for entry in entries if entry.status == ERROR]
    if not wrong:
        return "What is here works."
    return "Not everything that is here works: " + ", ".join(wrong) + "."

"""Processes that run together and end together.

Where the kernel can do it (Linux), a process gets SIGTERM also when the one that has started it is
killed. What it has started itself does not: a script should `exec` its program.
"""

import ctypes
import math
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from genflow.ascend.process_log import Follower, last_lines, open_log

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_SHOWN_LINES = 20
_PAUSE = 0.1
_PATIENCE = 10.0
_PR_SET_PDEATHSIG = 1


class Process(NamedTuple):
    """A process to be started.

    Attributes:
        label: What messages call it, as "rank 0".
        command: The words of its command line.
        environment: All of its environment.
        log: File of what it prints, after what it has already and a line with the time.
    """

    label: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: str


def run_together(processes: Sequence[Process], grace_seconds: float = 30.0) -> int:
    """Runs processes, the first one on the console too; when one fails, ends all.

    Args:
        processes: What to run.
        grace_seconds: Between SIGTERM and SIGKILL.

    Returns:
        The exit status; see `launch`.

    Raises:
        OSError: If a process cannot be started, or its log is a link; those that were are ended.
        ValueError: If `grace_seconds` is no time.

    Example:
        >>> run_together([])
        0
    """
    if not (math.isfinite(grace_seconds) and grace_seconds >= 0):
        raise ValueError(
            "`grace_seconds` must be a finite number of at least 0; got {}.".format(grace_seconds)
        )
    with _Signals() as signals, _Group(grace_seconds, signals) as group:
        for process in processes:
            group.start(process)
        return group.wait()


class _Started:
    """A process that was started, and the process group that it leads."""

    def __init__(self, process: Process, popen: subprocess.Popen, start: int) -> None:
        """Takes the process, and where in its log begins what it prints."""
        self.process, self.popen, self.start = process, popen, start
        self._is_gone = False

    def poll(self) -> Optional[int]:
        """The exit status, if it has ended."""
        code = self.popen.poll()
        if code is not None:
            self.send(0)  # At once, before the number can be another group's.
        return code

    def is_there(self) -> bool:
        """Whether it runs, or one that it has started: a script ends before its child."""
        return self.popen.poll() is None or self.send(0)

    def send(self, signum: int) -> bool:
        """Sends a signal to the process group; false if there is none any more.

        After that nothing is sent: the number may be that of strangers.
        """
        if self._is_gone:
            return False
        try:
            os.killpg(self.popen.pid, signum)
        except (ProcessLookupError, PermissionError):
            self._is_gone = self.popen.poll() is not None
            return False
        return True


class _Group:
    """Processes that end together; what is left when the context ends is ended."""

    def __init__(self, grace_seconds: float, signals: "_Signals") -> None:
        self._grace_seconds, self._signals = grace_seconds, signals
        self._started: List[_Started] = []
        self._console: Optional[Follower] = None
        self._begin = time.time()

    def __enter__(self) -> "_Group":
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            if self._are_there():
                self._end()
        finally:
            if self._console is not None:
                self._console.close()

    def start(self, process: Process) -> None:
        """Starts a process, in a process group of its own."""
        os.makedirs(os.path.dirname(process.log) or os.curdir, exist_ok=True)
        # Python writes what it prints at once only when it is told to.
        environment = dict({"PYTHONUNBUFFERED": "1"}, **process.environment)
        log, start = open_log(process.log)
        with log:
            popen = subprocess.Popen(
                list(process.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                preexec_fn=_ends_with_parent(),
            )
        self._started.append(_Started(process, popen, start))
        if self._console is None:
            self._console = Follower(process.log, start)

    def wait(self) -> int:
        """Waits until all are done, or one has failed, or a signal comes; then ends all."""
        while True:
            codes = [each.poll() for each in self._started]
            self._show()
            if self._signals.received:
                return self._stop()
            failed = [each for each, code in zip(self._started, codes) if code]
            if failed:
                return self._fail(failed[0])
            if all(code == 0 for code in codes):
                return 0
            time.sleep(_PAUSE)

    def _show(self) -> None:
        if self._console is not None:
            self._console.show()

    def _stop(self) -> int:
        signum = self._signals.received[0]
        _say("stopped by {}: ending all processes".format(signal.Signals(signum).name))
        self._end()
        return 128 + signum

    def _fail(self, failed: _Started) -> int:
        code, process = failed.popen.returncode, failed.process
        seconds = time.time() - self._begin
        if len(self._started) > 1:
            _say("{} has failed: ending the others".format(process.label))
        self._end()
        said = "{} ended {} after {:.0f} s; its log is {}".format(
            process.label, _how(code), seconds, process.log
        )
        if failed is self._started[0]:  # It is on the console already.
            _say(said)
            return _exit_status(code)
        _say(said + ", which ends so:")
        for line in last_lines(process.log, _SHOWN_LINES, failed.start):
            _print("    " + line)
        return _exit_status(code)

    def _end(self) -> None:
        """Ends all process groups: kindly, then not."""
        num_signals = len(self._signals.received)
        self._send(signal.SIGTERM)
        deadline = time.time() + self._grace_seconds
        while self._are_there():
            self._show()
            if time.time() > deadline or len(self._signals.received) > num_signals:
                break
            time.sleep(_PAUSE)
        self._send(signal.SIGKILL)
        for each in self._started:
            try:
                each.popen.wait(_PATIENCE)
            except subprocess.TimeoutExpired:  # Inside a driver that does not answer.
                _say("{} cannot be ended (process {})".format(each.process.label, each.popen.pid))
        self._show()

    def _are_there(self) -> bool:
        return any([each.is_there() for each in self._started])

    def _send(self, signum: int) -> None:
        for each in self._started:
            each.send(signum)


def _ends_with_parent() -> Optional[Callable[[], None]]:
    """What a new process does first, so that it ends when this one is killed."""
    if not sys.platform.startswith("linux"):
        return None
    # Now: a process that has just been forked should do little.
    prctl, parent = getattr(ctypes.CDLL(None), "prctl", None), os.getpid()
    if prctl is None:
        return None

    def end_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # It was killed before.
            os._exit(128 + signal.SIGTERM)

    return end_with_parent


class _Signals:
    """Within this context, what would end this process is only noted."""

    def __init__(self) -> None:
        self.received: List[int] = []
        self._before: Dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                signum = getattr(signal, name)
                before = signal.getsignal(signum)
                if before not in (signal.SIG_IGN, None):  # As `nohup` leaves SIGHUP.
                    self._before[signum] = signal.signal(signum, self._receive)
        return self

    def __exit__(self, *error: Any) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def _receive(self, signum: int, frame: Any) -> None:
        self.received.append(signum)


def _exit_status(code: int) -> int:
    """As the shell has it."""
    return 128 - code if code < 0 else code


def _how(code: int) -> str:
    if code >= 0:
        return "with exit status {}".format(code)
    try:
        return "by {}".format(signal.Signals(-code).name)
    except ValueError:
        return "by signal {}".format(-code)


def _say(sentence: str) -> None:
    _print("genflow: " + sentence)


def _print(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:  # Where nobody listens there is still something to end.
        pass

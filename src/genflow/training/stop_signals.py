"""Stopping a training from outside without losing anything."""

import signal
import threading
from typing import Any, Optional


class TrainingStopped(KeyboardInterrupt):
    """Training was stopped by a signal, and a checkpoint holds every step that was made.

    Attributes:
        signum: The number of the signal; `128 + signum` is the customary exit status.

    Example:
        >>> TrainingStopped(15).signum
        15
    """

    def __init__(self, signum: int) -> None:
        """Constructs the exception."""
        super().__init__("stopped by {}".format(signal.Signals(signum).name))
        self.signum = int(signum)


class StopSignals:
    """Within this context, SIGINT (Ctrl-C) and SIGTERM ask training to stop.

    They take effect where `check` is called, between steps; a second one takes effect at
    once, as it would without the context. Elsewhere than in the main thread, Python has
    no signals and the context does nothing.

    Example:
        >>> with StopSignals() as stop:
        ...     stop.check()
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        """Constructs the context."""
        self._received = None
        self._before = {}

    def check(self) -> None:
        """Raises `TrainingStopped` if a signal has come."""
        if self._received is not None:
            raise TrainingStopped(self._received)

    def __enter__(self) -> "StopSignals":
        """Puts the handlers in place."""
        if threading.current_thread() is threading.main_thread():
            self._before = {s: signal.signal(s, self._receive) for s in self._SIGNALS}
        return self

    def __exit__(self, *error: Any) -> None:
        """Puts the former handlers back."""
        self._restore()

    def _receive(self, signum: int, frame: Optional[Any]) -> None:
        self._received = signum
        self._restore()

    def _restore(self) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)
        self._before = {}

"""One process at a time in the folder of a run."""

import contextlib
import os
from typing import Iterator

_FILE = ".lock"


@contextlib.contextmanager
def run_lock(run_dir: str) -> Iterator[None]:
    """Within this context no other process trains in the folder.

    The operating system lifts the lock when the process ends, however it does. Where there is no
    such lock, on Windows, nothing is locked.

    Args:
        run_dir: The folder, which exists.

    Raises:
        OSError: If another process trains there.

    Example:
        >>> import tempfile
        >>> with run_lock(tempfile.mkdtemp()):
        ...     pass
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(os.path.join(run_dir, _FILE), "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(
                "Another process is training in {}: wait until it ends, or start the run in "
                "another folder.".format(run_dir)
            ) from error
        yield

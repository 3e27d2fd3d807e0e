"""The logs of processes: where they are written, and how they are followed."""

import errno
import os
import sys
import time
from typing import IO, List, Tuple

# Begins the line before what a process prints into a log that has something already.
STARTED = "==== genflow: started "


def open_log(path: str) -> Tuple[IO[bytes], int]:
    """Opens a file to which is added what a process prints.

    Args:
        path: The file; made if it is not there.

    Returns:
        The file, and where in it begins what will be printed.

    Raises:
        OSError: If it cannot be written, or is a link.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        log = os.fdopen(os.open(path, flags, 0o666), "ab")
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise OSError(
            "{} is a link, and what is printed would go elsewhere: remove it, or take another "
            "folder for the logs.".format(path)
        ) from None
    if os.fstat(log.fileno()).st_size:
        line = "{}{} ====".format(STARTED, time.strftime("%Y-%m-%d %H:%M:%S %z"))
        log.write(("\n" + line + "\n").encode("ascii"))
        log.flush()
    return log, os.fstat(log.fileno()).st_size


class Follower:
    """Shows on the console what is written to a file."""

    def __init__(self, path: str, start: int) -> None:
        """Opens the file, to be shown from a place in it on."""
        self._file: IO[bytes] = open(path, "rb")
        self._file.seek(start)
        self._is_read = True

    def show(self) -> None:
        """Shows what is new, as long as somebody reads it; the file has it all."""
        text = self._file.read()
        if not text or not self._is_read:
            return
        try:
            if hasattr(sys.stdout, "buffer"):
                sys.stdout.flush()
                sys.stdout.buffer.write(text)
            else:  # A console in memory.
                sys.stdout.write(text.decode("utf-8", "replace"))
            sys.stdout.flush()
        except OSError:  # A pipe that nobody reads, a terminal that is no more.
            self._is_read = False

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def last_lines(path: str, count: int, start: int = 0) -> List[str]:
    r"""The last lines of a file, which may be long.

    Args:
        path: The file.
        count: Of the lines.
        start: Where in the file they begin.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "train_0.log")
        >>> with open(path, "w") as file:
        ...     length = file.write("one\ntwo\nthree\n")
        >>> last_lines(path, 2)
        ['two', 'three']
    """
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(start, file.tell() - 1000 * count))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]

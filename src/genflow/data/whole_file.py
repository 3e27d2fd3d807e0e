"""Writing files that are there as a whole or not at all."""

import contextlib
import os
from typing import IO, Iterator


@contextlib.contextmanager
def whole_file(path: str, mode: str = "w") -> Iterator[IO]:
    """Opens a file for writing that gets its name only when it is complete.

    Until then it is called `<path>.partial`, and a file that had the name is still there; it
    stays if an error ends the writing.

    Args:
        path: The file.
        mode: "w" for text, which is UTF-8, or "wb".

    Raises:
        OSError: If the file cannot be written.

    Example:
        >>> import tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "three.txt")
        >>> with whole_file(path) as file:
        ...     os.path.exists(path), file.write("3")
        (False, 1)
        >>> os.path.exists(path)
        True
    """
    partial = path + ".partial"
    with open(partial, mode, encoding=None if "b" in mode else "utf-8") as file:
        yield file
    os.replace(partial, path)

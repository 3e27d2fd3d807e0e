"""Writing files that are there as a whole or not at all."""

import contextlib
import os
import uuid
from typing import IO, Iterator


@contextlib.contextmanager
def whole_file(path: str, mode: str = "w") -> Iterator[IO]:
    """Opens a file for writing that gets its name only when it is complete.

    Until then it is called `<path>.<8 hexadecimal digits>.partial`, other ones for every
    writer; a file that had the name is still there. If an error ends the writing, that one
    stays and the partial one goes.

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
    partial = "{}.{}.partial".format(path, uuid.uuid4().hex[:8])
    # Exclusively, and not by `tempfile`: with the permissions that other files get.
    file = open(partial, mode.replace("w", "x"), encoding=None if "b" in mode else "utf-8")
    try:
        with file:
            yield file
        os.replace(partial, path)
    except BaseException:
        os.remove(partial)
        raise

"""Filling folders that are there as a whole or not at all."""

import contextlib
import os
import tempfile
from typing import Iterator


@contextlib.contextmanager
def whole_folder(folder: str) -> Iterator[str]:
    """Gives a folder of the same name to write to, and puts it in place if all went well.

    It is in a folder `.partial-...` beside the place, and gone if an error ends the writing.

    Args:
        folder: The folder to be; its parents are made as needed.

    Raises:
        FileExistsError: If there is something in its place, at once or when all is written.

    Example:
        >>> folder = os.path.join(tempfile.mkdtemp(), "numbers")
        >>> with whole_folder(folder) as partial:
        ...     with open(os.path.join(partial, "three.txt"), "w") as file:
        ...         os.path.exists(folder), file.write("3")
        (False, 1)
        >>> os.listdir(folder)
        ['three.txt']
    """
    refuse_existing(folder)
    parent, name = os.path.split(folder)
    os.makedirs(parent or os.curdir, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=parent or os.curdir) as temporary:
        partial = os.path.join(temporary, name)
        os.mkdir(partial)  # Unlike the temporary folder, with the permissions of the user.
        yield partial
        refuse_existing(folder)
        os.replace(partial, folder)


def is_filled(folder: str) -> bool:
    """Returns whether there is a folder with something in it.

    Args:
        folder: The folder, there or not, or a link to one.

    Example:
        >>> is_filled(tempfile.mkdtemp()), is_filled(os.curdir)
        (False, True)
    """
    return os.path.isdir(folder) and bool(os.listdir(folder))


def refuse_existing(folder: str) -> None:
    """Refuses the place of a folder in which there is something.

    Args:
        folder: The folder to be. An empty one may be there.

    Raises:
        FileExistsError: If there is anything else, even a link to an empty one.

    Example:
        >>> refuse_existing("no such folder")
    """
    is_empty = os.path.isdir(folder) and not os.path.islink(folder) and not is_filled(folder)
    if os.path.lexists(folder) and not is_empty:
        raise FileExistsError(
            "{} must not exist, or be an empty folder, not a link to one, because nothing is "
            "overwritten; move it away, or choose another `data_dir`.".format(folder)
        )

"""Reading single arrays of `.npz` files, the archives that `np.savez` writes."""

import contextlib
import io
import os
import zipfile
from typing import IO, Iterator, Sequence

import numpy as np

_SUFFIX = ".npy"
_MAX_NAMES = 5  # That a message lists.
_MAX_HEADER = 10000  # Bytes; those of arrays of numbers have 128.
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(path: str, name: str, remedy: str) -> np.ndarray:
    """Reads one array of an `.npz` file, and nothing of the others.

    What the archive notes as the checksum of the array is verified. Arrays of objects are
    refused, so that reading the file of a stranger runs no code of theirs.

    Args:
        path: The file.
        name: What the array is called in it.
        remedy: A sentence for messages that says how to get a file which has such an array.

    Raises:
        OSError: If the file cannot be opened or read.
        ValueError: If it is damaged, no `.npz` file, or has no such array of numbers.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "two.npz")
        >>> np.savez(path, images=np.zeros([4, 8, 8, 3]), labels=np.arange(4))
        >>> read_npz(path, "images", remedy="").shape
        (4, 8, 8, 3)
    """
    archive_damage = "{} is truncated, damaged or no .npz file".format(path)
    with _explained(archive_damage), zipfile.ZipFile(path) as archive:
        members = archive.namelist()
    if name + _SUFFIX not in members:
        raise ValueError(
            "{} must hold the array `{}`; it holds {}. {}".format(
                path, name, _name_arrays(members), remedy
            )
        )
    array_damage = "`{}` of {} is damaged or no array of numbers".format(name, path)
    with _explained(array_damage), zipfile.ZipFile(path) as archive:
        with archive.open(name + _SUFFIX) as file:
            _check_header(file, archive.getinfo(name + _SUFFIX).file_size)
        with archive.open(name + _SUFFIX) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


def describe_array(array: np.ndarray) -> str:
    """Returns the type and shape of an array for messages.

    Example:
        >>> describe_array(np.zeros([2, 3]))
        'float64 of shape (2, 3)'
    """
    return "{} of shape {}".format(array.dtype, array.shape)


def _check_header(file: IO, size: int) -> None:
    """Refuses a header that is too long, or that says more numbers than follow it."""
    start = io.BytesIO(file.read(_MAX_HEADER))
    shape, _, dtype = _READERS[np.lib.format.read_magic(start)](start)
    needed = dtype.itemsize
    for count in shape:
        needed *= count
    if not dtype.hasobject and start.tell() + needed != size:
        raise ValueError(
            "its header says {} bytes, after it are {}".format(needed, size - start.tell())
        )


@contextlib.contextmanager
def _explained(damage: str) -> Iterator[None]:
    """Turns whatever a damaged file makes its readers raise into one sentence."""
    try:
        yield
    except (MemoryError, OSError):  # Neither says anything about what is in the file.
        raise
    except Exception as error:
        raise ValueError(
            "{} ({}: {}); move it away and make or fetch it again.".format(
                damage, type(error).__name__, error
            )
        ) from error


def _name_arrays(members: Sequence[str]) -> str:
    names = ["`{}`".format(os.path.splitext(member)[0]) for member in sorted(members)]
    rest = ["..."] if len(names) > _MAX_NAMES else []
    return ", ".join(names[:_MAX_NAMES] + rest) or "nothing"

"""Reading pickled images without running what else a pickle may hold."""

import pickle
from typing import Any, BinaryIO

import numpy as np

# Stands where a pickle names the array class, which a forged one could call: made from bytes, an
# array of objects is an array of pointers. Nothing can be done with this.
_ARRAY_CLASS = object()


class ForbiddenContentError(pickle.UnpicklingError):
    """A pickle asks for something that no file of images needs."""


def _uint8(code: str, *unused_flags: Any) -> np.dtype:
    """Stands in for `np.dtype`, whose other types can be bent by a forged pickle."""
    if code != "u1":
        raise ForbiddenContentError("the array type {!r}".format(code))
    return np.dtype(np.uint8)


def _empty_array(*unused: Any) -> np.ndarray:
    """Stands in for numpy's `_reconstruct`; the pickle then sets shape and values."""
    return np.empty([0], np.uint8)


# The module of `_reconstruct` is that of the numpy which wrote the file.
_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): _ARRAY_CLASS,
    ("numpy", "dtype"): _uint8,
}


class _RestrictedUnpickler(pickle.Unpickler):
    """An unpickler that knows uint8 arrays and Python's own containers, nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Returns an admitted global; imports nothing."""
        if (module, name) not in _ADMITTED:
            raise ForbiddenContentError("{}.{}".format(module, name))
        return _ADMITTED[module, name]


def load(file: BinaryIO, path: str) -> Any:
    """Reads a pickle of uint8 arrays, numbers, strings and containers of them.

    Every other class or function is refused before it is imported, so that reading the file
    of a stranger runs no code of theirs. Pickles written by Python 2 are understood.

    Args:
        file: The open file.
        path: Where it came from, for messages.

    Raises:
        pickle.UnpicklingError: If the pickle asks for anything else or cannot be read.

    Example:
        >>> import io
        >>> load(io.BytesIO(pickle.dumps({"labels": [3, 1]})), path="labels.pickle")
        {'labels': [3, 1]}
    """
    try:
        # Python 2 keeps the bytes of an array in a string; latin1 maps them one to one.
        return _RestrictedUnpickler(file, encoding="latin1").load()
    except ForbiddenContentError as error:
        raise ForbiddenContentError(
            "{} was refused and nothing in it was run: it asks for {}, which no file of images "
            "needs; fetch the file again from its publisher.".format(path, error)
        ) from error
    except Exception as error:  # A damaged pickle raises whatever the opcode at hand raises.
        raise pickle.UnpicklingError(
            "{} is not a readable pickle ({}: {}); move it away and fetch it again.".format(
                path, type(error).__name__, error
            )
        ) from error

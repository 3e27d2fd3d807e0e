"""Reading the IDX files in which MNIST and its likes are published."""

import gzip
import io
import os
import struct
import zlib
from typing import Optional, Tuple

import numpy as np

from genflow.data.checksum import check_md5

_GZIP_MAGIC = b"\x1f\x8b"
_UINT8 = 8  # The type code of unsigned bytes.
_SLACK_BYTES = 2**16  # By how much gzip may enlarge what it cannot shrink.


def read_idx(path: str, shape: Tuple[int, ...], md5: Optional[str] = None) -> np.ndarray:
    """Reads the array of bytes in an IDX file, gzipped or not.

    The file is two zero bytes, the type code 8, the number of axes, the length of each axis as
    a big-endian int32, and then one byte for each entry, the last axis fastest. No more than
    the array and its header is unpacked, whatever a gzipped file claims to hold.

    Shapes:
        result: `shape`, uint8.

    Args:
        path: The file.
        shape: What the array in it must be.
        md5: The published MD5 of the file as it is on disk; by default it is not verified.

    Raises:
        OSError: If the file cannot be opened.
        ValueError: If it is damaged, or holds anything else.

    Example:
        >>> read_idx("train-labels-idx1-ubyte.gz", shape=(60000,))
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'train-labels-idx1-ubyte.gz'

    References:
        LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998.
        http://yann.lecun.com/exdb/mnist
    """
    header = struct.pack(">BBBB{}i".format(len(shape)), 0, 0, _UINT8, len(shape), *shape)
    num_bytes = len(header) + int(np.prod(shape))
    contents = _read(path, num_bytes + _SLACK_BYTES)
    if md5 is not None:
        check_md5(contents, md5, path)
    if contents.startswith(_GZIP_MAGIC):
        contents = _unpack(contents, num_bytes + 1, path)
    _check(contents, header, num_bytes, path)
    return np.frombuffer(contents, np.uint8, offset=len(header)).reshape(shape)


def _read(path: str, max_bytes: int) -> bytes:
    size = os.path.getsize(path)
    if size > max_bytes:
        raise _damaged(path, "it has {} bytes, and {} are enough".format(size, max_bytes))
    with open(path, "rb") as file:
        return file.read()


def _unpack(contents: bytes, max_bytes: int, path: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(contents)) as file:
            return file.read(max_bytes)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, "gzip says: {}".format(error)) from error


def _check(contents: bytes, header: bytes, num_bytes: int, path: str) -> None:
    found = contents[: len(header)]
    if found[:4] != header[:4]:
        raise _damaged(
            path, "it must begin with the bytes {!r}; got {!r}".format(header[:4], found[:4])
        )
    if found != header:
        raise _damaged(path, "its shape must be {}; got {}".format(_axes(header), _axes(found)))
    if len(contents) < num_bytes:
        raise _damaged(path, "it must hold {} bytes; got {}".format(num_bytes, len(contents)))
    if len(contents) > num_bytes:
        raise _damaged(path, "there is more in it than the {} bytes due".format(num_bytes))


def _axes(header: bytes) -> Tuple[int, ...]:
    """Returns the lengths of the axes in a header, as many as are there."""
    count = len(header) // 4
    return struct.unpack(">{}i".format(count), header[: 4 * count])[1:]


def _damaged(path: str, finding: str) -> ValueError:
    return ValueError(
        "{} is not the IDX file that it must be: {}; move it away and fetch it again "
        "(`download=True`).".format(path, finding)
    )

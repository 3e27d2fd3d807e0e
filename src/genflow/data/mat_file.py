"""What is in the `.mat` files of MATLAB, found without trusting them."""

import io
import struct
import zlib
from typing import BinaryIO, Callable, Dict, NamedTuple, Sequence, Tuple

_HEADER_BYTES = 128
_START, _VERSION = b"MATLAB 5.0", b"\x00\x01IM"  # At the beginning and the end of the header.
_MATRIX, _COMPRESSED = 14, 15
_ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}  # Of types of numbers.
_NUMBER_CLASSES = range(6, 16)
_COMPLEX = 1 << 11
_MAX_FIELD = 1000  # Bytes of a name, or of a list of axes.
_PIECE_BYTES = 2**16

_Read = Callable[[int], bytes]


class _Tag(NamedTuple):
    """What comes before a piece of data: its type, its length, or the piece itself if short."""

    type: int
    num_bytes: int
    short: bytes


def number_arrays(file: BinaryIO, names: Sequence[str]) -> Dict[str, Tuple[int, ...]]:
    """Returns the shapes of arrays of numbers in a file, and checks all that their reader trusts.

    SciPy's reader crashes the process, without an error, on files that say a type of which there
    is none. This one allocates nothing that a file asks for, and verifies the checksums of what is
    compressed. What is in other variables is of no interest to it.

    Args:
        file: The file, open for reading bytes; MATLAB versions 5 to 7.2.
        names: The variables of interest, which must be arrays of real numbers if they are there.

    Returns:
        The shape of each variable; of the others, `()`.

    Raises:
        ValueError: If it is damaged, of another kind, a name occurs twice, or such a variable is
            anything else.
        zlib.error: If what is compressed is damaged.

    Example:
        >>> import numpy as np
        >>> import scipy.io
        >>> file = io.BytesIO()
        >>> scipy.io.savemat(file, {"X": np.zeros([2, 3]), "note": "a"})
        >>> number_arrays(io.BytesIO(file.getvalue()), ["X"])
        {'X': (2, 3), 'note': ()}
    """
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    if not header.startswith(_START) or header[-4:] != _VERSION:
        raise ValueError("it must begin as a file of MATLAB 5 does")
    found = {}
    while file.tell() < end:
        tag = struct.unpack("<II", _exactly(file.read, 8))
        following = file.tell() + tag[1]
        if following > end:
            raise ValueError("it ends within a variable")
        if tag[0] == _COMPRESSED:
            stream = _Inflated(file, tag[1])
            name, shape = _variable(stream.read, _tag(stream.read), names)
            stream.finish()
        else:
            name, shape = _variable(file.read, _Tag(tag[0], tag[1], b""), names)
        if name in found:  # Its reader would hold both at once.
            raise ValueError("it must hold `{:.50}` once; it is there twice".format(name))
        found[name] = shape
        file.seek(following)
    return found


class _Inflated:
    """The bytes that are compressed in a part of a file."""

    def __init__(self, file: BinaryIO, num_bytes: int) -> None:
        self._file, self._left = file, num_bytes
        self._inflater, self._buffer = zlib.decompressobj(), b""

    def read(self, count: int) -> bytes:
        """Returns so many bytes, or all that are left."""
        while len(self._buffer) < count and not self._inflater.eof:
            piece = self._inflater.unconsumed_tail
            if not piece:
                piece = self._file.read(min(self._left, _PIECE_BYTES))
                self._left -= len(piece)
            if not piece:
                break
            self._buffer += self._inflater.decompress(piece, _PIECE_BYTES)
        result, self._buffer = self._buffer[:count], self._buffer[count:]
        return result

    def finish(self) -> None:
        """Reads the rest, which has the checksum at its end."""
        while self.read(_PIECE_BYTES):
            pass
        if not self._inflater.eof:
            raise ValueError("a compressed variable ends too early")


def _variable(read: _Read, tag: _Tag, names: Sequence[str]) -> Tuple[str, Tuple[int, ...]]:
    """Returns the name of a variable, and its shape if it is of interest."""
    if tag.type != _MATRIX:
        raise ValueError("it must hold variables alone; got type {}".format(tag.type))
    flags = struct.unpack("<II", _field(read, type_=6, num_bytes=8))[0]
    axes = _field(read, type_=5)
    name = _field(read, type_=1).decode("latin1")
    if name not in names:
        return name, ()
    if flags & 0xFF not in _NUMBER_CLASSES or flags & _COMPLEX:
        raise ValueError("`{}` must be an array of real numbers".format(name))
    shape = struct.unpack("<{}I".format(len(axes) // 4), axes[: len(axes) // 4 * 4])
    data, count = _tag(read), 1
    for length in shape:
        count *= length
    if data.type not in _ITEM_BYTES or data.num_bytes != count * _ITEM_BYTES[data.type]:
        raise ValueError(
            "`{}` says that {} bytes of type {} are numbers of shape {}".format(
                name, data.num_bytes, data.type, shape
            )
        )
    return name, shape


def _field(read: _Read, type_: int, num_bytes: int = 0) -> bytes:
    """Returns a short piece of data, and passes over what fills it up to a multiple of 8 bytes."""
    tag = _tag(read)
    if tag.type != type_ or tag.num_bytes > _MAX_FIELD or num_bytes not in (0, tag.num_bytes):
        raise ValueError(
            "a variable must begin with its flags, axes and name; got {} bytes of type {}".format(
                tag.num_bytes, tag.type
            )
        )
    return tag.short or _exactly(read, -(-tag.num_bytes // 8) * 8)[: tag.num_bytes]


def _tag(read: _Read) -> _Tag:
    contents = _exactly(read, 8)
    first, num_bytes = struct.unpack("<II", contents)
    if first >> 16:  # Up to four bytes of data are in the tag itself.
        num_bytes = first >> 16
        if num_bytes > 4:
            raise ValueError("a tag says that it holds more than 4 bytes")
        return _Tag(first & 0xFFFF, num_bytes, contents[4 : 4 + num_bytes])
    return _Tag(first, num_bytes, b"")


def _exactly(read: _Read, count: int) -> bytes:
    contents = read(count)
    if len(contents) < count:
        raise ValueError("it ends too early")
    return contents

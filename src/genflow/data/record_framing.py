"""The frames that a TFRecord file puts around its records."""

import os
import struct
from typing import BinaryIO, NamedTuple

import google_crc32c
import numpy as np

_HEADER_BYTES = 12  # The length of the payload, 8 bytes, and the checksum of these.
_CHECKSUM_BYTES = 4  # Follows the payload.

# Where a record lies: the number of its file, its number in this file, where it begins and how long
# its payload is. 24 bytes: a million records have an index of 24 MB.
INDEX_TYPE = np.dtype(
    [("file", np.int32), ("number", np.int32), ("offset", np.int64), ("length", np.int64)]
)


class RecordPlace(NamedTuple):
    """A record of a file, for messages.

    Attributes:
        path: The file.
        number: The number of the record in the file, counted from 0.
        offset: The byte of the file with which the record begins.

    Example:
        >>> str(RecordPlace("train.tfrecords", number=2, offset=48))
        'record 2 (byte 48) of train.tfrecords'
    """

    path: str
    number: int
    offset: int

    def __str__(self) -> str:
        return "record {} (byte {}) of {}".format(self.number, self.offset, self.path)


def index_file(path: str, file_number: int = 0) -> np.ndarray:
    """Finds the records of a file by walking over their headers; reads no payload.

    A record is

        length (uint64) | checksum of length | payload | checksum of payload

    where the numbers are little-endian and a checksum is `masked_checksum`.

    Shapes:
        result: `[num_records]`, of `INDEX_TYPE`.

    Args:
        path: The file.
        file_number: What the index calls the file.

    Raises:
        ValueError: If the file is empty, a header is damaged, or a record goes beyond the end.

    Example:
        >>> index_file("train-r05-s-0000-of-0001.tfrecords")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'train-r05-s-0000-of-0001.tfrecords'

    References:
        TensorFlow, TFRecord and tf.train.Example: the TFRecords format details.
        https://www.tensorflow.org/tutorials/load_data/tfrecord
    """
    places = []
    with open(path, "rb", buffering=0) as file:
        end, start = os.fstat(file.fileno()).st_size, 0
        while start < end:
            length = _read_length(file, RecordPlace(path, len(places), start), end)
            places.append((file_number, len(places), start, length))
            start += _HEADER_BYTES + length + _CHECKSUM_BYTES
    if not places:
        raise ValueError("{} must hold records but is empty; fetch or write it again.".format(path))
    return np.array(places, INDEX_TYPE)


def read_payload(place: RecordPlace, length: int) -> bytes:
    """Reads the payload of a record and compares it with its checksum.

    The file is opened anew, so that threads do not disturb each other.

    Args:
        place: Where the record lies.
        length: How long its payload is, as `index_file` says.

    Raises:
        ValueError: If the payload is damaged, or the file has become shorter.

    Example:
        >>> read_payload(RecordPlace("train-r05-s-0000-of-0001.tfrecords", 0, 0), length=3)
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'train-r05-s-0000-of-0001.tfrecords'
    """
    with open(place.path, "rb", buffering=0) as file:
        file.seek(place.offset + _HEADER_BYTES)
        contents = _read_fully(file, length + _CHECKSUM_BYTES)
    if len(contents) < length + _CHECKSUM_BYTES:
        raise ValueError(_TRUNCATED.format(place))
    payload = contents[:length]
    if struct.pack("<I", masked_checksum(payload)) != contents[length:]:
        raise ValueError(
            "{} is damaged: its contents do not have the checksum that follows them; fetch or "
            "write the file again.".format(place)
        )
    return payload


def masked_checksum(contents: bytes) -> int:
    """Returns the checksum of TFRecord files.

    It is a rotated CRC-32C plus a constant, so that checksums can be part of what is summed:

        masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8    modulo 2**32

    Example:
        >>> hex(masked_checksum(b"123456789"))
        '0xc78ab0e5'
    """
    crc = google_crc32c.value(contents)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


_TRUNCATED = "{} is truncated: it goes beyond the end of the file; fetch or write the file again."


def _read_length(file: BinaryIO, place: RecordPlace, end: int) -> int:
    """Returns the length of the payload of the record that starts at `place.offset`."""
    file.seek(place.offset)
    header = _read_fully(file, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        raise ValueError(_TRUNCATED.format(place))
    length, checksum = struct.unpack("<QI", header)
    if checksum != masked_checksum(header[:8]):
        raise ValueError(
            "{} is damaged, or the file is no uncompressed TFRecord file: the length of the record "
            "does not have the checksum that follows it; fetch or write the file again.".format(
                place
            )
        )
    if place.offset + _HEADER_BYTES + length + _CHECKSUM_BYTES > end:
        raise ValueError(_TRUNCATED.format(place))
    return length


def _read_fully(file: BinaryIO, num_bytes: int) -> bytes:
    """Reads up to the end of the file; an unbuffered read alone may return fewer bytes."""
    contents = file.read(num_bytes)
    while len(contents) < num_bytes:
        more = file.read(num_bytes - len(contents))
        if not more:
            break
        contents += more
    return contents

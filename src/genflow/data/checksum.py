"""Checksums of published files."""

import hashlib

_PIECE_BYTES = 2**20
_KINDS = {32: "MD5", 64: "SHA-256"}  # By the number of digits.


def check_md5(contents: bytes, expected: str, path: str) -> None:
    """Refuses contents that are not the published ones.

    MD5 is what data sets are published with. It tells a damaged file from a whole one; it is
    no protection against a forged one.

    Args:
        contents: What was read.
        expected: The published MD5, 32 hexadecimal digits.
        path: Where it was read from, for the message.

    Raises:
        ValueError: If the MD5 differs.

    Example:
        >>> check_md5(b"", "d41d8cd98f00b204e9800998ecf8427e", "empty.txt")
    """
    _compare(hashlib.md5(contents).hexdigest(), expected, path)


def check_file(path: str, expected: str) -> None:
    """Refuses a file of any size that is not the published one.

    Args:
        path: The file.
        expected: The published MD5 or SHA-256, in hexadecimal digits.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it differs.

    Example:
        >>> import os
        >>> check_file(os.devnull, "d41d8cd98f00b204e9800998ecf8427e")
    """
    _compare(file_checksum(path, checksum_kind(expected)), expected, path)


def file_checksum(path: str, kind: str = "MD5") -> str:
    """Returns the checksum of a file of any size, in hexadecimal digits.

    Args:
        path: The file.
        kind: "MD5" or "SHA-256".

    Raises:
        OSError: If the file cannot be read.

    Example:
        >>> import os
        >>> file_checksum(os.devnull)
        'd41d8cd98f00b204e9800998ecf8427e'
    """
    digest = hashlib.new(kind.replace("-", "").lower())
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(_PIECE_BYTES), b""):
            digest.update(piece)
    return digest.hexdigest()


def checksum_kind(checksum: str) -> str:
    """Returns what kind of checksum has so many digits.

    Args:
        checksum: An MD5 or SHA-256, in hexadecimal digits.

    Raises:
        ValueError: If it is neither.

    Example:
        >>> checksum_kind("d41d8cd98f00b204e9800998ecf8427e")
        'MD5'
    """
    if len(checksum) not in _KINDS:
        raise ValueError(
            "A checksum must have the 32 digits of an MD5 or the 64 of a SHA-256; got {!r}.".format(
                checksum
            )
        )
    return _KINDS[len(checksum)]


def _compare(found: str, expected: str, path: str) -> None:
    if found != expected:
        raise ValueError(
            "{} is damaged or altered: its {} must be {} but is {}; move it away and fetch it "
            "again (`download=True`).".format(path, checksum_kind(expected), expected, found)
        )

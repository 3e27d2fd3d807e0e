"""Checksums of published files."""

import hashlib

_PIECE_BYTES = 2**20


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
    found = hashlib.md5(contents).hexdigest()
    if found != expected:
        raise ValueError(
            "{} is damaged or altered: its MD5 must be {} but is {}; move it away and fetch it "
            "again (`download=True`).".format(path, expected, found)
        )


def file_md5(path: str) -> str:
    """Returns the MD5 of a file of any size, as 32 hexadecimal digits.

    Raises:
        OSError: If the file cannot be read.

    Example:
        >>> import os
        >>> file_md5(os.devnull)
        'd41d8cd98f00b204e9800998ecf8427e'
    """
    digest = hashlib.md5()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(_PIECE_BYTES), b""):
            digest.update(piece)
    return digest.hexdigest()

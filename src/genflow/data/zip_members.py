"""Unpacking a folder of a zip archive."""

import contextlib
import os
import re
import zipfile
from typing import IO, Iterator, List

_PIECE_BYTES = 2**20
_LINK = 0o120000  # The type of a symbolic link, in the upper bits of what Unix notes.
_REMEDY = "move it away and fetch it again"


def extract_folder(path: str, name: str, target: str) -> None:
    """Unpacks the files of one folder of a zip archive.

    Other files in the archive are passed over. Nothing is written outside of `target`, and
    nothing that is there is overwritten.

    Args:
        path: The archive.
        name: The folder in it.
        target: The folder to put the files into, which must be there.

    Raises:
        OSError: If the archive cannot be opened, or a file cannot be written.
        ValueError: If the archive is damaged, has no files in that folder, or one with a path
            that leads elsewhere.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> path = os.path.join(folder, "faces.zip")
        >>> with zipfile.ZipFile(path, "w") as archive:
        ...     archive.writestr("faces/1.jpg", b"pixels")
        >>> extract_folder(path, "faces", folder)
        >>> sorted(os.listdir(folder))
        ['1.jpg', 'faces.zip']
    """
    from tqdm import tqdm  # Not at the top: it is wanted here only.

    with _explained(path), open(path, "rb") as file, zipfile.ZipFile(file) as archive:
        members = _members_of(archive, name, path)
        num_bytes = sum(member.file_size for member in members)
        with tqdm(total=num_bytes, desc="unpacking", unit="B", unit_scale=True) as progress:
            for member in members:
                to = os.path.join(target, *member.filename[len(name) + 1 :].split("/"))
                os.makedirs(os.path.dirname(to), exist_ok=True)
                with archive.open(member) as source, open(to, "xb") as copy:
                    for piece in _pieces(source):
                        copy.write(piece)
                        progress.update(len(piece))


def _members_of(archive: zipfile.ZipFile, name: str, path: str) -> List[zipfile.ZipInfo]:
    members = [
        member
        for member in archive.infolist()
        if member.filename.startswith(name + "/") and not member.filename.endswith("/")
    ]
    if not members:
        raise ValueError(
            "{} must have files in the folder {}; it has none: {}.".format(path, name, _REMEDY)
        )
    for member in members:
        parts = member.filename.split("/")
        leads_elsewhere = any(
            part in ("", ".", "..") or re.search(r"[\\:]", part) for part in parts
        )
        if leads_elsewhere or (member.external_attr >> 16) & 0o170000 == _LINK:
            raise ValueError(
                "{} must have plain files in the folder {}, and nothing that leads elsewhere; got "
                "{!r}. Do not trust it.".format(path, name, member.filename)
            )
    return members


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: source.read(_PIECE_BYTES), b"")


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turns whatever a damaged archive raises into one sentence."""
    try:
        yield
    except Exception as error:  # Each way of compressing has errors of its own.
        # That of bzip2 is an OSError, which has no number, as those of the system have.
        is_of_system = isinstance(error, OSError) and error.errno is not None
        if is_of_system or isinstance(error, (MemoryError, ValueError)):
            raise
        raise ValueError(
            "{} is truncated, damaged or no zip archive that can be read ({}); {}.".format(
                path, error, _REMEDY
            )
        ) from error

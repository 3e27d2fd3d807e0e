"""Reading single files out of a tar archive, in memory."""

import tarfile
import zlib
from typing import BinaryIO, Dict, Sequence

_MAX_MEMBER_BYTES = 2**28


def read_members(path: str, names: Sequence[str]) -> Dict[str, bytes]:
    """Reads files out of a gzipped tar archive; writes nothing to disk.

    Only plain files of exactly the given names are read: links, devices and whatever else the
    archive holds are passed over, so no path in it is ever followed.

    Args:
        path: The archive.
        names: The full names of the members.

    Returns:
        The contents by name, in the order of `names`.

    Raises:
        ValueError: If the archive cannot be read to the last of them, or lacks one.

    Example:
        >>> read_members("cifar-10-python.tar.gz", ["batches.meta"])
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'cifar-10-python.tar.gz'
    """
    with open(path, "rb") as file:
        try:
            contents = _scan(file, names)
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise ValueError(
                "{} is truncated, damaged or no gzipped tar archive ({}); move it away and fetch "
                "it again (`download=True`).".format(path, error)
            ) from error
    missing = [name for name in names if name not in contents]
    if missing:
        raise ValueError(
            "{} lacks {}, or holds something other than a plain file under that name; move it "
            "away and fetch the archive again (`download=True`).".format(path, ", ".join(missing))
        )
    return {name: contents[name] for name in names}


def _scan(file: BinaryIO, names: Sequence[str]) -> Dict[str, bytes]:
    contents = {}  # type: Dict[str, bytes]
    with tarfile.open(fileobj=file, mode="r:gz") as archive:
        for member in archive:
            wanted = member.name in names and member.isreg()
            if wanted and member.size <= _MAX_MEMBER_BYTES:
                contents[member.name] = archive.extractfile(member).read()
            if len(contents) == len(names):
                break
    return contents

"""Downloading published files, going on where an earlier attempt stopped."""

import contextlib
import os
import re
from typing import TYPE_CHECKING, BinaryIO, Iterator, NamedTuple, Optional

from genflow.data.checksum import check_file, checksum_kind, file_checksum

if TYPE_CHECKING:
    import requests

_ATTEMPTS = 3  # How often a connection that breaks is made again before this gives up.
_BACKOFF_SECONDS = 0.5
_TIMEOUT_SECONDS = (10, 60)  # To connect, and between two pieces.
_PIECE_BYTES = 2**16
_BUSY = [429, 500, 502, 503, 504]


class _CutOffError(OSError):
    """The connection ended before the file did."""


class _Body(NamedTuple):
    """What a response holds: from which byte of the file on, and how long the file is."""

    first: int
    total: Optional[int]


def fetch(url: str, checksum: str, path: str) -> None:
    """Downloads a file, which appears at `path` only when it is whole and verified.

    Until then it is `<path>.<first 8 digits of the checksum>.part`. When the connection breaks,
    that stays, and the next call asks the server for the rest alone; a server that cannot do
    that sends all of it again. One process at a time may download a file.

    Args:
        url: Where it is published.
        checksum: Its published MD5 or SHA-256, in hexadecimal digits.
        path: Where it is put; must not exist. Folders are made as needed.

    Raises:
        FileExistsError: If there is something at `path`.
        OSError: If it cannot be downloaded or written.
        ValueError: If what was downloaded is not the published file.

    Example:
        >>> fetch(
        ...     "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        ...     "c58f30108f718f92721af3b95e74349a",
        ...     "cifar-10-python.tar.gz",
        ... )  # doctest: +SKIP
    """
    if os.path.lexists(path):
        raise FileExistsError(
            "{} is there already and is not overwritten; move it away to download it again.".format(
                path
            )
        )
    part = "{}.{}.part".format(path, checksum[:8])
    try:
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
        _download(url, part)
    except OSError as error:
        raise OSError(
            "{} could not be downloaded to {} ({}); try again, which goes on where this stopped, "
            "or download it by hand and put it there.".format(url, path, error)
        ) from error
    _check_download(url, checksum, path, part)
    os.replace(part, path)


@contextlib.contextmanager
def fetch_archive(url: str, checksum: str, path: str) -> Iterator[str]:
    """Gives a published archive to unpack, and removes it afterwards if it was downloaded.

    An archive that is there already is verified and left where it is. If an error ends the
    unpacking, a downloaded one stays too, for another attempt.

    Args:
        url: Where it is published.
        checksum: Its published MD5 or SHA-256, in hexadecimal digits.
        path: Where it is, or is put.

    Raises:
        OSError: If it cannot be downloaded or written.
        ValueError: If it is not the published file.

    Example:
        >>> with fetch_archive("https://a.b/c.zip", "0" * 32, "c.zip") as archive:  # doctest: +SKIP
        ...     print(archive)
        c.zip
    """
    was_there = os.path.exists(path)
    if was_there:
        check_file(path, checksum)
    else:
        fetch(url, checksum, path)
    yield path
    if not was_there:
        os.remove(path)


def _check_download(url: str, checksum: str, path: str, part: str) -> None:
    kind = checksum_kind(checksum)
    found = file_checksum(part, kind)
    if found != checksum:
        os.remove(part)
        raise ValueError(
            "What was downloaded from {} is not the published file and was thrown away: its {} "
            "must be {} but is {}; try again, or download it by hand and put it at {}.".format(
                url, kind, checksum, found, path
            )
        )


def _download(url: str, part: str) -> None:
    """Completes `part`, in several attempts if the connection breaks."""
    with _session() as session:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _download_rest(session, url, part)
            except _CutOffError:
                if attempt == _ATTEMPTS:
                    raise


def _session() -> "requests.Session":
    """Returns a session that asks again when the server is busy or not reached."""
    import requests  # Not at the top: it takes a while, and most data are already there.
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    retries = Retry(
        total=_ATTEMPTS,
        backoff_factor=_BACKOFF_SECONDS,
        status_forcelist=_BUSY,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    for scheme in ["http://", "https://"]:
        session.mount(scheme, HTTPAdapter(max_retries=retries))
    return session


def _download_rest(session: "requests.Session", url: str, part: str) -> None:
    """Asks for what `part` lacks, and writes what comes."""
    size = os.path.getsize(part) if os.path.exists(part) else 0
    # Compression would be undone in the wrong places: the bytes must be those of the file.
    headers = {"Accept-Encoding": "identity"}
    if size:
        headers["Range"] = "bytes={}-".format(size)
    with session.get(url, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS) as response:
        if size and response.status_code == 416:
            return _after_refused_range(session, url, part, response)
        response.raise_for_status()
        body = _body(response, size)
        with open(part, "ab") as file:
            file.truncate(body.first)
            _write(response, body, file)
    if body.total is not None and os.path.getsize(part) < body.total:
        raise _CutOffError(
            "the connection ended after {} of {} bytes".format(os.path.getsize(part), body.total)
        )
    return None


def _after_refused_range(
    session: "requests.Session", url: str, part: str, response: "requests.Response"
) -> None:
    """Keeps a part that is the whole file; starts again with one that is longer than it."""
    whole = re.match(r"bytes \*/(\d+)$", response.headers.get("Content-Range", ""))
    if whole and int(whole.group(1)) == os.path.getsize(part):
        return None
    os.remove(part)
    return _download_rest(session, url, part)


def _body(response: "requests.Response", size: int) -> _Body:
    """Returns what the response holds, the rest after `size` bytes or all of the file."""
    if response.status_code == 206:
        found = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", response.headers.get("Content-Range", ""))
        if not found or int(found.group(1)) != size:
            raise OSError(
                "the server was asked for the bytes from {} on and sent {!r}".format(
                    size, response.headers.get("Content-Range")
                )
            )
        return _Body(size, None if found.group(2) == "*" else int(found.group(2)))
    length = response.headers.get("Content-Length")
    return _Body(0, int(length) if length else None)


def _write(response: "requests.Response", body: _Body, file: BinaryIO) -> None:
    """Writes the bytes as they come, so that a broken connection loses none of them."""
    import tqdm
    from urllib3.exceptions import HTTPError

    name = os.path.basename(response.url)
    with tqdm.tqdm(
        desc=name, initial=body.first, total=body.total, unit="B", unit_scale=True
    ) as progress:
        try:
            for piece in response.raw.stream(_PIECE_BYTES, decode_content=False):
                file.write(piece)
                progress.update(len(piece))
        except HTTPError as error:
            raise _CutOffError("the connection broke: {}".format(error)) from error

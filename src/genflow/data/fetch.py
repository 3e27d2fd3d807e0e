"""Downloading published files."""

import os


def fetch(url: str, md5: str, path: str) -> None:
    """Downloads a file, which appears at `path` only when it is whole and verified.

    Args:
        url: Where it is published.
        md5: Its published MD5.
        path: Where it is put; must not exist. Folders are made as needed.

    Raises:
        OSError: If it cannot be downloaded or written.
        ValueError: If what was downloaded is not the published file.

    Example:
        >>> fetch(
        ...     "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        ...     "c58f30108f718f92721af3b95e74349a",
        ...     "cifar-10-python.tar.gz",
        ... )  # doctest: +SKIP
    """
    import pooch  # Not at the top: it takes a while, and most data are already there.

    folder, name = os.path.split(path)
    try:
        pooch.retrieve(url, "md5:" + md5, fname=name, path=folder, progressbar=True)
    except OSError as error:
        raise OSError(
            "{} could not be downloaded to {} ({}); download it by hand and put it there.".format(
                url, path, error
            )
        ) from error
    except ValueError as error:
        raise ValueError(
            "What was downloaded from {} is not the published file and was thrown away ({}); "
            "download it by hand and put it at {}.".format(url, error, path)
        ) from error

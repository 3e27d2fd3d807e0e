"""Where data sets are looked for, and what is said when they are not there."""

import os
from typing import List, Optional, Sequence

DATA_DIR_VARIABLE = "GENFLOW_DATA_DIR"


def resolve_data_dir(data_dir: Optional[str] = None) -> str:
    """Returns the one folder in which data sets are looked for and downloaded to.

    It is the argument if there is one, else what the environment variable
    `GENFLOW_DATA_DIR` says, else a cache folder of the user (`~/.cache/genflow` on Linux).
    The folder need not exist.

    Args:
        data_dir: The folder, or None. A leading `~` is expanded.

    Raises:
        ValueError: If it is in a home folder that is not known.

    Example:
        >>> resolve_data_dir("datasets")
        'datasets'
    """
    chosen = data_dir or os.environ.get(DATA_DIR_VARIABLE)
    folder = os.path.expanduser(chosen) if chosen else _cache_folder()
    if folder.startswith("~"):  # Else a folder of this name would be made here.
        raise ValueError(
            "The data folder must be in a home folder that is known; got {}. Set `data_dir` or "
            "the environment variable {} to a folder without `~`, or HOME.".format(
                folder, DATA_DIR_VARIABLE
            )
        )
    return folder


def find(name: str, places: Sequence[Sequence[str]], data_dir: Optional[str] = None) -> List[str]:
    """Returns the files of the first place that has all of its files.

    Args:
        name: What the data set is called in the message.
        places: For each place where the data set may be, best first, the files it must have.
        data_dir: What the user gave as the folder of `places`, or None, for the message.

    Raises:
        FileNotFoundError: If no place is complete. The message says which folder was looked in
            and why, and what each place lacks.

    Example:
        >>> find("the current folder", places=[["no such file"], [os.curdir, os.pardir]])
        ['.', '..']
    """
    lacking = []
    for files in places:
        missing = [file for file in files if not os.path.exists(file)]
        if not missing:
            return list(files)
        lacking.append("no " + missing[0])
    raise FileNotFoundError(
        "{} was not found in {} (there is {}); set `data_dir` (`--data_dir` of the examples) or "
        "the environment variable {} to the folder that holds it, or pass `download=True` "
        "(`--download`).".format(
            name, describe_data_dir(data_dir), ", ".join(lacking), DATA_DIR_VARIABLE
        )
    )


def _cache_folder() -> str:
    import pooch  # Not at the top: it takes a while, and most users name a folder.

    try:
        return str(pooch.os_cache("genflow"))
    except RuntimeError:  # Of newer versions. Others say what could not be expanded.
        return "~/.cache/genflow"


def describe_data_dir(data_dir: Optional[str]) -> str:
    """Returns the folder that `resolve_data_dir` returns, and why it is that one."""
    folder = resolve_data_dir(data_dir)
    state = "" if os.path.exists(folder) else ", which does not exist"
    if data_dir:
        return "{}, the folder given as `data_dir`{}".format(folder, state)
    if os.environ.get(DATA_DIR_VARIABLE):
        return "{}, the folder that {} names{}".format(folder, DATA_DIR_VARIABLE, state)
    return "{}, the cache folder, since neither `data_dir` nor {} is set{}".format(
        folder, DATA_DIR_VARIABLE, state
    )

"""`genflow data verify`: comparing records with what they must be."""

import argparse
import os
from typing import Optional

from genflow.data import verify_records
from genflow.data.manifest_file import manifest_path
from genflow.data.record_files import split_folder

_SPLITS = ["train", "test"]


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Adds this command to others.

    Args:
        commands: What `add_subparsers` has returned.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_parser(parser.add_subparsers())
        >>> parser.parse_args(["verify", "records"]).folder
        'records'
    """
    summary = "compare every byte of records with the list that was written with them"
    parser = commands.add_parser(
        "verify", help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.add_argument("folder", metavar="DIR", help="folder above `train` and `validation`")
    split = "`test` is the folder `validation` (default: both, if both are there)"
    parser.add_argument("--split", choices=_SPLITS, help=split)
    parser.set_defaults(run=run)


def run(folder: str, split: Optional[str] = None) -> None:
    """Compares records with their manifests, and says which are whole.

    Args:
        folder: The folder above `train` and `validation`.
        split: "train" or "test"; by default those of the two that have a manifest.

    Raises:
        FileNotFoundError: If there is no manifest.
        ValueError: If a file is not as the manifest says.

    Example:
        >>> run("records")
        Traceback (most recent call last):
        FileNotFoundError: There is no records/train/manifest.json to compare the records with; ...
    """
    found = [s for s in _SPLITS if os.path.exists(manifest_path(split_folder(folder, s)))]
    for name in [split] if split else found or _SPLITS[:1]:
        verify_records(folder, name)
        print("{} is as it was written".format(split_folder(folder, name)))

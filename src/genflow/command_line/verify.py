"""`genflow data verify`: comparing records with what they must be."""

import argparse
import os
from typing import Optional

from genflow.command_line.record_folder import add_record_parser, chosen_splits
from genflow.data import verify_records
from genflow.data.manifest_file import manifest_path
from genflow.data.record_folders import IMAGE_SPLITS, any_split_folder, image_split_folder


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
    parser = add_record_parser(commands, "verify", summary, IMAGE_SPLITS)
    parser.set_defaults(run=run)


def run(folder: str, split: Optional[str] = None) -> None:
    """Compares records with their manifests, and says which are whole.

    Args:
        folder: The folder above those of the splits.
        split: "train", "validation" or "test"; by default those that have a manifest.

    Raises:
        FileNotFoundError: If there is no manifest.
        ValueError: If a file is not as the manifest says.

    Example:
        >>> run("records")
        Traceback (most recent call last):
        FileNotFoundError: There is no records/train/manifest.json to compare the records with; ...
    """

    def is_listed(name: str) -> bool:
        return os.path.exists(manifest_path(image_split_folder(folder, name)))

    for name in chosen_splits(split, IMAGE_SPLITS, is_listed):
        verify_records(folder, name)
        print("{} is as it was written".format(any_split_folder(folder, name)))

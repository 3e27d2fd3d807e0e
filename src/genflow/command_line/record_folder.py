"""What the commands that read records have in common."""

import argparse
from typing import Callable, List, Optional, Sequence


def add_record_parser(
    commands: "argparse._SubParsersAction", name: str, summary: str, splits: Sequence[str]
) -> argparse.ArgumentParser:
    """Adds a command that is about the records of a folder.

    Args:
        commands: What `add_subparsers` has returned.
        name: What it is called.
        summary: What it does, for the help.
        splits: The splits that may be named.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> added = add_record_parser(parser.add_subparsers(), "list", "list all", ["train"])
        >>> parser.parse_args(["list", "records", "--split", "train"]).folder
        'records'
    """
    parser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.add_argument("folder", metavar="DIR", help="folder above those of the splits")
    split = "`test` is the folder `validation` of the original Glow (default: all that are there)"
    parser.add_argument("--split", choices=splits, help=split)
    return parser


def chosen_splits(
    split: Optional[str], splits: Sequence[str], is_there: Callable[[str], bool]
) -> List[str]:
    """Returns the split that was named, or those that are there, or the first if none is.

    Args:
        split: What was named, if anything.
        splits: What may be there.
        is_there: Whether a split is.

    Example:
        >>> chosen_splits(None, ["train", "test"], lambda split: split == "test")
        ['test']
        >>> chosen_splits(None, ["train", "test"], lambda split: False)
        ['train']
    """
    return [split] if split else list(filter(is_there, splits)) or [splits[0]]

"""`genflow data manifest`: listing records that others have written."""

import argparse
import os
from typing import Optional

from genflow.command_line.record_folder import add_record_parser, chosen_splits
from genflow.data import write_manifest
from genflow.data.manifest_file import manifest_path
from genflow.data.record_folders import split_folder
from genflow.data.split import SPLITS


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Adds this command to others.

    Args:
        commands: What `add_subparsers` has returned.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_parser(parser.add_subparsers())
        >>> parser.parse_args(["manifest", "imagenet", "--num_classes", "1000"]).num_classes
        1000
    """
    summary = "read the records that others have written, and write down what they are"
    parser = add_record_parser(commands, "manifest", summary, SPLITS)
    num_classes = "number of classes (default: 1, which is for none)"
    parser.add_argument("--num_classes", type=int, default=1, help=num_classes)
    parser.set_defaults(run=run)


def run(folder: str, split: Optional[str] = None, num_classes: int = 1) -> None:
    """Writes the manifests of records, and says where they are.

    Args:
        folder: The folder above `train` and `validation`.
        split: "train" or "test"; by default those of the two that are there.
        num_classes: The number of classes; 1 where there are none.

    Raises:
        FileExistsError: If there is a manifest.
        FileNotFoundError: If there are no records.
        ValueError: If a file is missing, or a record is damaged or not an image with its label.

    Example:
        >>> run("imagenet", num_classes=1000)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: There are no records in imagenet/train: ...
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow is about to be imported.
    for name in chosen_splits(split, SPLITS, lambda s: os.path.isdir(split_folder(folder, s))):
        write_manifest(folder, name, num_classes)
        print("written: {}".format(manifest_path(split_folder(folder, name))))

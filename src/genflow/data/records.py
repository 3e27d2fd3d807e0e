"""Writes, lists and verifies the records of a data set: `python -m genflow.data.records --help`."""

import argparse
import os
from typing import List, Optional

from genflow.data.write_manifest import verify_records, write_manifest
from genflow.data.write_records import write_records

_DESCRIPTION = """\
Records are TFRecord files in the layout of the original Glow's ImageNet, CelebA-HQ and LSUN,
in the folders `train` and `validation` of the data folder.

  python -m genflow.data.records write --image_dir photos/train --data_dir records \\
      --split train --image_sizes 64 32 --num_shards 10
  python -m genflow.data.records verify --data_dir records --split train
"""


def main(arguments: Optional[List[str]] = None) -> None:
    """Runs the command.

    Args:
        arguments: The words after the name of the command; by default those it was called with.

    Example:
        >>> main(["verify", "--data_dir", "imagenet", "--split", "train"])
        Traceback (most recent call last):
        SystemExit: 1
    """
    parser = _parser()
    flags = vars(parser.parse_args(arguments))
    run = flags.pop("run")
    del flags["command"]
    try:
        run(**flags)
    except (OSError, ValueError) as error:
        parser.exit(1, "{}: error: {}\n".format(parser.prog, error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m genflow.data.records",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="command", dest="command")
    commands.required = True
    _add_write(commands)
    _add_manifest(commands)
    _add_verify(commands)
    return parser


def _add_write(commands: "argparse._SubParsersAction") -> None:
    parser = _add(commands, "write", "write the images of a folder as records", _write)
    add = parser.add_argument
    add("--image_dir", required=True, help="folder with the images, and with folders of them")
    sizes = "heights and widths of the images to write, powers of two (default: 64)"
    add("--image_sizes", type=int, nargs="+", default=[64], metavar="SIZE", help=sizes)
    add("--num_shards", type=int, default=1, help="number of files for each size (default: 1)")
    add("--seed", type=int, default=0, help="decides the order of the images (default: 0)")
    labels = "take the folder of an image for its class; without it every label is 0"
    add("--labels_from_folders", action="store_true", help=labels)


def _add_manifest(commands: "argparse._SubParsersAction") -> None:
    summary = "read the records that others have written, and write down what they are"
    parser = _add(commands, "manifest", summary, write_manifest)
    num_classes = "number of classes (default: 1, which is for none)"
    parser.add_argument("--num_classes", type=int, default=1, help=num_classes)


def _add_verify(commands: "argparse._SubParsersAction") -> None:
    _add(commands, "verify", "compare all files with the manifest", verify_records)


def _add(commands, name, summary, run):
    parser = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
    data_dir = "folder above `train` and `validation`"
    parser.add_argument("--data_dir", required=True, help=data_dir)
    split = "`test` is the folder `validation`"
    parser.add_argument("--split", required=True, choices=["train", "test"], help=split)
    parser.set_defaults(run=run)
    return parser


def _write(labels_from_folders: bool, **arguments) -> None:
    write_records(class_name=os.path.dirname if labels_from_folders else None, **arguments)


if __name__ == "__main__":
    main()

"""`genflow data download`: fetching published data sets."""

import argparse
import textwrap
from typing import Optional, Sequence

from genflow.command_line.data_sets import DATA_SETS, known_name
from genflow.data.lsun import CATEGORIES

_WIDTH = 99

_DESCRIPTION = """\
Downloads data sets. Each appears when it is whole, and is compared with the checksum that is
published for it; a download that was stopped goes on where it was. What is there already is
neither downloaded again nor changed.

{}
"""


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Adds this command to others.

    Args:
        commands: What `add_subparsers` has returned.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_parser(parser.add_subparsers())
        >>> parser.parse_args(["download", "mnist", "celeba"]).names
        ['mnist', 'celebA']
    """
    sets = {name: found.summary for name, found in DATA_SETS.items() if found.summary}
    sets["lsun/CATEGORY"] = "as lsun, 2 to 43 GB: " + ", ".join(CATEGORIES)
    lines = [_line(name, summary) for name, summary in sets.items()]
    parser = commands.add_parser(
        "download",
        help="download data sets",
        description=_DESCRIPTION.format("\n".join(lines)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", type=_name, metavar="NAME", help="one of these")
    parser.add_argument(
        "--data_dir",
        help="folder to download to (default: what GENFLOW_DATA_DIR says, else a cache folder)",
    )
    parser.set_defaults(run=run)


def run(names: Sequence[str], data_dir: Optional[str] = None) -> None:
    """Downloads data sets, and says where they are.

    Args:
        names: Which.
        data_dir: The data folder; by default that of all loaders.

    Raises:
        OSError: If a download fails.
        ValueError: If what was downloaded is not what was published.

    Example:
        >>> run(["mnist"], data_dir="data")  # doctest: +SKIP
        mnist: 60000 training and 10000 test images, verified, in data
    """
    for name in names:
        for sentence in DATA_SETS[name].download(data_dir):
            print("{}: {}".format(name, sentence))


def _line(name: str, summary: str) -> str:
    return textwrap.fill("  {:<15}{}".format(name, summary), _WIDTH, subsequent_indent=" " * 17)


def _name(word: str) -> str:
    name = known_name(word)
    if name is None:
        raise argparse.ArgumentTypeError(
            "must be one of {}; got {!r}".format(", ".join(DATA_SETS), word)
        )
    return name

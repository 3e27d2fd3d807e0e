"""The command `genflow` as a whole."""

import argparse
import contextlib
import sys
import warnings
from typing import Iterator, Optional, Sequence

from genflow.command_line import doctor, launch
from genflow.version import __version__

_DATA = """\
Data sets: downloaded, made into records, and verified. For example, the faces of CelebA:

  genflow data download celebA --data_dir data
  genflow data prepare celebA --data_dir data --out records/celebA --image_size 64
  genflow data verify records/celebA
"""


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """Runs the command `genflow`.

    Args:
        arguments: The words after the name of the command; by default those it was called with.

    Raises:
        SystemExit: With status 1 and one sentence if a file, a value or a package is not what it
            must be, with status 2 if there is no such command, with 130 after Ctrl-C.

    Example:
        >>> main(["data", "verify", "no such folder"])
        Traceback (most recent call last):
        SystemExit: 1
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(is_ill=words[:1] == ["doctor"])
    flags = vars(parser.parse_args(words))
    run = flags.pop("run")
    del flags["command"]
    try:
        with _plain_warnings():
            run(**flags)
    except (ImportError, OSError, ValueError) as error:
        parser.exit(1, "genflow: error: {}\n".format(error))
    except KeyboardInterrupt:
        parser.exit(130, "\ngenflow: stopped\n")


def _parser(is_ill: bool) -> argparse.ArgumentParser:
    """The parser; if a package may be broken, only with the command that finds out."""
    parser = argparse.ArgumentParser(
        prog="genflow", description="Generative models for TensorFlow: tools around the library."
    )
    parser.add_argument("--version", action="version", version="genflow " + __version__)
    everything = _commands(parser)
    if not is_ill:
        _add_data(everything)
    doctor.add_parser(everything)
    launch.add_parser(everything)
    return parser


def _add_data(commands: "argparse._SubParsersAction") -> None:
    # Not at the top: they import NumPy and more.
    from genflow.command_line import download, manifest, prepare, verify

    data = commands.add_parser(
        "data",
        help="download, prepare, list and verify data sets",
        description=_DATA,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    data_commands = _commands(data)
    for command in (download, prepare, manifest, verify):
        command.add_parser(data_commands)


def _commands(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction":
    commands = parser.add_subparsers(metavar="command", dest="command")
    commands.required = True
    return commands


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Shows what concerns the user in one line, and what concerns programmers not at all."""

    def show(message, *unused):
        print("genflow: warning: {}".format(message), file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield

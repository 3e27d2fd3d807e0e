"""The command `genflow`, which is also `python -m genflow`: see `genflow --help`."""

from genflow.command_line.main import main

__all__ = ["main"]

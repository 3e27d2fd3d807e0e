"""Runs the command `genflow`: `python -m genflow --help`."""

from genflow.command_line import main

if __name__ == "__main__":
    main()

"""Command-line flags from the fields of a dataclass."""

import argparse
import dataclasses
from typing import Any, Optional, Sequence, Type, TypeVar

Config = TypeVar("Config")


def flag(default: Any, help: str, choices: Optional[Sequence[Any]] = None) -> Any:
    """A field of a dataclass that is a flag: its default, and what `--help` says of it."""
    return dataclasses.field(default=default, metadata={"help": help, "choices": choices})


def parse_flags(
    config_class: Type[Config], argv: Optional[Sequence[str]] = None, description: str = ""
) -> Config:
    """Makes a configuration from command-line flags.

    Every field becomes the flag `--<field>`, of the type of its default; a field whose
    default is `False` becomes a flag without a value. An unambiguous beginning of a
    flag's name will do.

    Args:
        config_class: A dataclass, all of whose fields have a default; see `flag`.
        argv: The arguments; by default those of the process.
        description: What `--help` says first.

    Returns:
        An instance of `config_class`.

    Example:
        >>> import dataclasses
        >>> @dataclasses.dataclass
        ... class Config:
        ...     depth: int = 32
        >>> parse_flags(Config, ["--depth", "4"]).depth
        4
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for field in dataclasses.fields(config_class):
        # argparse formats the texts with %.
        name, text = "--" + field.name, field.metadata.get("help", "").replace("%", "%%")
        if field.default is False:
            parser.add_argument(name, action="store_true", help=text)
        else:
            parser.add_argument(
                name,
                type=type(field.default),
                default=field.default,
                choices=field.metadata.get("choices"),
                help="{} (default: {})".format(text, repr(field.default).replace("%", "%%")),
            )
    return config_class(**vars(parser.parse_args(argv)))

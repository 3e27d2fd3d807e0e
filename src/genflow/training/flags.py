"""Command-line flags from the fields of a dataclass."""

import argparse
import dataclasses
import math
from typing import Any, List, Optional, Sequence, Type, TypeVar

Config = TypeVar("Config")


def flag(
    default: Any,
    help: str,
    choices: Optional[Sequence[Any]] = None,
    short: Optional[str] = None,
    aliases: Sequence[str] = (),
    at_least: Optional[float] = None,
    above: Optional[float] = None,
    below: Optional[float] = None,
    takes_words: bool = False,
) -> Any:
    """A field of a dataclass that is a flag; see `parse_flags` and `check_flags`.

    Args:
        default: Its value when it is not given, which has its type too.
        help: What `--help` says of it.
        choices: The values that it may have; by default all of the type.
        short: A letter: with `"i"` the flag is also `-i`.
        aliases: More names: with `["data_url"]` the flag is also `--data_url`.
        at_least: The lowest value.
        above: What the value must be greater than,
        below: ... and less than.
        takes_words: Whether it takes several words, or none; the value is one text, with a space
            between words.

    Example:
        >>> import dataclasses
        >>> @dataclasses.dataclass
        ... class Config:
        ...     data_dir: str = flag("", "folder with the data", short="i", aliases=["data_url"])
        >>> parse_flags(Config, ["--data_url", "images"])
        Config(data_dir='images')
    """
    metadata = {
        "help": help,
        "choices": choices,
        "short": short,
        "aliases": tuple(aliases),
        "at_least": at_least,
        "above": above,
        "below": below,
        "takes_words": takes_words,
    }
    return dataclasses.field(default=default, metadata=metadata)


def parse_flags(
    config_class: Type[Config], argv: Optional[Sequence[str]] = None, description: str = ""
) -> Config:
    """Makes a configuration from command-line flags.

    Every field becomes the flag `--<field>`, of the type of its default; a field whose
    default is `False` becomes a flag that needs no value (`--<field>=true` and `=false`
    will do as well). An unambiguous beginning of a
    flag's name will do. A flag that is given twice has its last value, but it cannot be
    given under two names.

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
        _add(parser, field)
    return config_class(**vars(parser.parse_args(argv)))


def check_flags(config: Any) -> None:
    """Refuses values that a flag cannot have.

    Numbers must be finite and within the bounds of their `flag`, choices among its
    choices, and no text may be an address such as `s3://bucket`.

    Args:
        config: An instance of a dataclass.

    Raises:
        ValueError: If a value is refused. The message names the flag.

    Example:
        >>> import dataclasses
        >>> @dataclasses.dataclass
        ... class Config:
        ...     depth: int = flag(32, "steps in each level", at_least=1)
        >>> check_flags(Config(depth=0))
        Traceback (most recent call last):
        ValueError: --depth must be at least 1; got 0.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        reason = _reason(value, field.metadata)
        if reason:
            aliases = ["--" + alias for alias in field.metadata.get("aliases", ())]
            names = " ({})".format(", ".join(aliases)) if aliases else ""
            raise ValueError("--{}{} must be {}.".format(field.name, names, reason))


def flag_names(field: dataclasses.Field) -> List[str]:
    """All that a field is called on a command line, the short name first.

    Args:
        field: Of a dataclass; see `flag`.

    Example:
        >>> @dataclasses.dataclass
        ... class Config:
        ...     data_dir: str = flag("", "folder with the data", short="i", aliases=["data_url"])
        >>> flag_names(dataclasses.fields(Config)[0])
        ['-i', '--data_dir', '--data_url']
    """
    short = field.metadata.get("short")
    names = (field.name,) + field.metadata.get("aliases", ())
    return (["-" + short] if short else []) + ["--" + name for name in names]


def _add(parser: argparse.ArgumentParser, field: dataclasses.Field) -> None:
    """Adds the flag of a field."""
    metadata, names = field.metadata, flag_names(field)
    # argparse formats the texts with %.
    text = metadata.get("help", "").replace("%", "%%")
    if field.default is False:
        parser.add_argument(
            *names,
            dest=field.name,
            action=_OneName,
            nargs="?",
            const=True,
            default=False,
            type=_truth,
            metavar="true|false",
            help=text,
        )
    else:
        parser.add_argument(
            *names,
            dest=field.name,
            action=_OneName,
            type=type(field.default),
            default=field.default,
            choices=metadata.get("choices"),
            nargs="*" if metadata.get("takes_words") else None,
            help="{} (default: {})".format(text, repr(field.default).replace("%", "%%")),
        )


class _OneName(argparse.Action):
    """Takes the last value; refuses a second name."""

    _name = None

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: str
    ) -> None:
        if self._name not in (None, option_string):
            parser.error("{} and {} name one thing: pass one.".format(option_string, self._name))
        self._name = option_string
        setattr(namespace, self.dest, " ".join(values) if isinstance(values, list) else values)


def _truth(text: str) -> bool:
    """The value of a flag that is there or not, where one is given all the same."""
    if text.lower() not in ("true", "false", "1", "0"):
        raise argparse.ArgumentTypeError("must be true or false; got {!r}".format(text))
    return text.lower() in ("true", "1")


def _reason(value: Any, metadata: Any) -> str:
    """What a value must be, and what it is; nothing if it is that."""
    names = ("choices", "at_least", "above", "below")
    choices, at_least, above, below = (metadata.get(name) for name in names)
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number; got {}".format(value)
    if choices is not None and value not in choices:
        return "one of {}; got {!r}".format(", ".join(map(str, choices)), value)
    if at_least is not None and value < at_least:
        return "at least {}; got {}".format(at_least, value)
    if above is not None and value <= above:
        return "above {}; got {}".format(above, value)
    if below is not None and value >= below:
        return "below {}; got {}".format(below, value)
    if isinstance(value, str) and "://" in value:
        return "a place on this machine; got {}: copy or mount it".format(value)
    return ""

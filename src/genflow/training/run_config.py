"""The configuration of a run, kept beside what it made."""

import dataclasses
import json
import os
from typing import Any, Sequence

from genflow.training.loop import latest_checkpoint

_FILE = "config.json"


class ConfigurationError(ValueError):
    """A run cannot go on with the configuration it was given; the message says why.

    Example:
        >>> issubclass(ConfigurationError, ValueError)
        True
    """


def keep_config(run_dir: str, config: Any, may_change: Sequence[str] = ()) -> None:
    """Writes the configuration of a run into its folder, as `config.json`.

    A run that has a checkpoint can only go on with the configuration it was started
    with, but for the fields that `may_change`: how long to train, say.

    Args:
        run_dir: Folder of the run; made if it does not exist.
        config: An instance of a dataclass.
        may_change: Names of fields.

    Raises:
        ConfigurationError: If the folder holds a checkpoint of a run with another configuration,
            or a `config.json` that is none. Nothing is changed then.

    Example:
        >>> import dataclasses, tempfile
        >>> @dataclasses.dataclass
        ... class Config:
        ...     depth: int = 32
        >>> keep_config(tempfile.mkdtemp(), Config(depth=4))
    """
    os.makedirs(run_dir, exist_ok=True)
    path = os.path.join(run_dir, _FILE)
    if os.path.exists(path):
        before = _read(path, dataclasses.asdict(config))
        if latest_checkpoint(run_dir) is not None:
            _check_same(path, before, dataclasses.asdict(config), may_change)
    partial = path + ".partial"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(dataclasses.asdict(config), file, indent=2)
    os.replace(partial, path)


def _read(path: str, now: dict) -> dict:
    """The configuration that is there; refuses a file that is none."""
    try:
        with open(path, encoding="utf-8") as file:
            before = dict(json.load(file))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            "{} cannot be read ({}): restore it, or start a run in another folder.".format(
                path, error
            )
        ) from error
    if not set(before) & set(now):
        raise ConfigurationError(
            "{} is not the configuration of a run: start the run in another folder.".format(path)
        )
    return before


def _check_same(path: str, before: dict, now: dict, may_change: Sequence[str]) -> None:
    changed = [
        "{} was {!r}, is {!r}".format(name, before[name], now[name])
        for name in sorted(set(before) & set(now) - set(may_change))
        if before[name] != now[name]
    ]
    if changed:
        raise ConfigurationError(
            "The folder {} holds a run with another configuration ({}): repeat that, or start a "
            "run in another folder.".format(os.path.dirname(path), "; ".join(changed))
        )

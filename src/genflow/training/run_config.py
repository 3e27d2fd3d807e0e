"""The configuration of a run, kept beside what it made."""

import dataclasses
import json
import os
from typing import Any, Optional, Sequence

from genflow.training.checkpoint_files import latest_checkpoint, read_state, resolve_checkpoint
from genflow.whole_file import whole_file

_FILE = "config.json"


class ConfigurationError(ValueError):
    """A run cannot go on with the configuration it was given; the message says why.

    Example:
        >>> issubclass(ConfigurationError, ValueError)
        True
    """


def check_config(
    run_dir: str,
    config: Any,
    may_change: Sequence[str] = (),
    resume: bool = True,
    restore_path: Optional[str] = None,
    resume_flag: str = "--resume",
) -> None:
    """Refuses a configuration with which a run cannot go on.

    A run that has a checkpoint can only go on with the configuration it was started
    with, but for the fields that `may_change`: how long to train, say. The checkpoint says what
    that is, and `config.json` must agree. Fields that are new since then are not compared.

    Args:
        run_dir: Folder of the run.
        config: An instance of a dataclass.
        may_change: Names of fields.
        resume: Whether a run that has a checkpoint is to go on.
        restore_path: A checkpoint that a run without one of its own starts from.
        resume_flag: What the message calls `resume`.

    Raises:
        ConfigurationError: If the folder holds a checkpoint but is not to go on; if that run, or
            the one of `restore_path`, has another configuration; if there is a `config.json`
            that is none. Nothing is changed.
        CheckpointError: If the checkpoint is damaged, or there is none at `restore_path`.

    Example:
        >>> import dataclasses
        >>> @dataclasses.dataclass
        ... class Config:
        ...     depth: int = 32
        >>> check_config("no such folder", Config(depth=4))
    """
    now, path = dataclasses.asdict(config), os.path.join(run_dir, _FILE)
    before = _read(path, now) if os.path.exists(path) else None
    checkpoint = latest_checkpoint(run_dir)
    if checkpoint is not None and not resume:
        raise ConfigurationError(
            "{} holds a run, at {}: go on with it by `resume=True` (`{}`), or start a run in "
            "another folder.".format(run_dir, os.path.basename(checkpoint), resume_flag)
        )
    if checkpoint is not None and before is not None:
        _check_same(run_dir, before, now, may_change)
    if checkpoint is not None or restore_path:
        check_checkpoint_config(checkpoint or restore_path, config, may_change)


def check_checkpoint_config(path: str, config: Any, may_change: Sequence[str] = ()) -> None:
    """Refuses a configuration that is not the one stored in a checkpoint.

    Args:
        path: A checkpoint, or the folder of a run.
        config: An instance of a dataclass.
        may_change: Names of fields that may differ.

    Raises:
        ConfigurationError: If another field differs.
        CheckpointError: If there is no checkpoint.

    Example:
        >>> check_checkpoint_config("no such folder", None)
        Traceback (most recent call last):
        genflow.training.checkpoint_files.CheckpointError: ...
    """
    before = read_state(resolve_checkpoint(path)).get("config")
    if isinstance(before, dict):
        _check_same(path, before, dataclasses.asdict(config), may_change)


def keep_config(
    run_dir: str,
    config: Any,
    may_change: Sequence[str] = (),
    resume: bool = True,
    restore_path: Optional[str] = None,
    resume_flag: str = "--resume",
) -> None:
    """Writes the configuration of a run into its folder, as `config.json`.

    Args:
        run_dir: Folder of the run; made if it does not exist.
        config: An instance of a dataclass.
        may_change: See `check_config`.
        resume: See `check_config`.
        restore_path: See `check_config`.
        resume_flag: See `check_config`.

    Raises:
        ConfigurationError: If the run cannot go on with it; see `check_config`.

    Example:
        >>> import dataclasses, tempfile
        >>> @dataclasses.dataclass
        ... class Config:
        ...     depth: int = 32
        >>> keep_config(tempfile.mkdtemp(), Config(depth=4))
    """
    check_config(run_dir, config, may_change, resume, restore_path, resume_flag)
    os.makedirs(run_dir, exist_ok=True)
    with whole_file(os.path.join(run_dir, _FILE)) as file:
        json.dump(dataclasses.asdict(config), file, indent=2)


def _read(path: str, now: dict) -> dict:
    """The configuration that is there; refuses a file that is none."""
    try:
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        if not isinstance(before, dict):
            raise TypeError("it is a {}".format(type(before).__name__))
    except (ValueError, TypeError, RecursionError) as error:
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


def _check_same(where: str, before: dict, now: dict, may_change: Sequence[str]) -> None:
    changed = [
        "{} was {!r}, is {!r}".format(name, before[name], now[name])
        for name in sorted(set(before) & set(now) - set(may_change))
        if before[name] != now[name]
    ]
    if changed:
        raise ConfigurationError(
            "{} holds a run with another configuration ({}): repeat that, or start a run in "
            "another folder.".format(where, "; ".join(changed))
        )

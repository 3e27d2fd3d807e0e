"""The flags that every program which trains has."""

import dataclasses
import re
from typing import Any, List, Sequence

from genflow.training.flags import flag
from genflow.training.session_flags import SessionFlags


@dataclasses.dataclass
class RunFlags(SessionFlags):
    """How long a run goes on, what on, and what it keeps: the base of a program's own flags.

    Each of these may change when a run goes on. A class that derives from several has the
    flags of the last one first.

    Example:
        >>> import dataclasses
        >>> @dataclasses.dataclass
        ... class Config(RunFlags):
        ...     depth: int = flag(4, "steps in each level", at_least=1)
        >>> Config(steps=100).steps
        100
    """

    download: bool = flag(False, "download the data if it is not there")
    clip_norm: float = flag(0.0, "largest norm of the gradient; 0 for no limit", at_least=0)
    steps: int = flag(0, "updates to make, instead of epochs", at_least=0)
    steps_log: int = flag(50, "updates between lines of log.jsonl", at_least=1)
    steps_checkpoint: int = flag(1000, "updates between checkpoints", at_least=1)
    checkpoints: int = flag(3, "how many of the last checkpoints stay", at_least=2)
    max_minutes: float = flag(0.0, "stop training after this time; 0 for no limit", at_least=0)


def names_of_flags(config_class: Any) -> List[str]:
    """The names of the flags of a dataclass.

    Args:
        config_class: A dataclass, or an instance of one.

    Example:
        >>> names_of_flags(RunFlags)[:2]
        ['backend', 'precision_mode']
    """
    return [field.name for field in dataclasses.fields(config_class)]


def name_of_run(config: Any, words: Sequence[str], leave_out: Sequence[str]) -> str:
    """A name for the folder of a run that says which flags are not their default.

    Args:
        config: An instance of a dataclass.
        words: What the name starts with.
        leave_out: Flags that the name does not speak of.

    Returns:
        A name that any file system takes.

    Example:
        >>> name_of_run(RunFlags(clip_norm=0.5, steps=7, download=True), ["my run"], ["steps"])
        'my_run-download-clip_norm=0.5'
    """
    words = list(words)
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name not in leave_out and value != field.default:
            words.append(field.name if value is True else "{}={}".format(field.name, value))
    return re.sub(r"[^\w.=-]+", "_", "-".join(words)).strip("_.")

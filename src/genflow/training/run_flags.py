"""The flags that every program which trains has."""

import dataclasses
from typing import Any, List

from genflow.training.flags import flag


@dataclasses.dataclass
class RunFlags:
    """How long a run goes on, and what it keeps: the base of a program's own flags.

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
    num_threads: int = flag(
        0, "threads of TensorFlow; 1 makes runs equal bit for bit; 0 for all", at_least=0
    )


def names_of_flags(config_class: Any) -> List[str]:
    """The names of the flags of a dataclass.

    Args:
        config_class: A dataclass, or an instance of one.

    Example:
        >>> names_of_flags(RunFlags)[:2]
        ['download', 'clip_norm']
    """
    return [field.name for field in dataclasses.fields(config_class)]

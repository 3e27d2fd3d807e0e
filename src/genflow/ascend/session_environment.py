"""The environment variables with which an NPU starts, and those with which it would not."""

import os
from typing import List, Mapping

from genflow.ascend.rank_environment import CHIEF
from genflow.ascend.rank_table import read_rank_table

_OWN_ADDRESS = "CM_WORKER_IP"  # The one of these variables that may be left out.
_RANK = ("RANK_SIZE", "RANK_ID", "RANK_TABLE_FILE")
_NUMBERS = (
    "RANK_SIZE",
    "RANK_ID",
    "CM_CHIEF_PORT",
    "CM_CHIEF_DEVICE",
    "CM_WORKER_SIZE",
    "ASCEND_DEVICE_ID",
    "DEVICE_ID",
)


def check_environment(environment: Mapping[str, str] = os.environ) -> List[str]:
    """Refuses environment variables with which a process of a job fails, or hangs, on an NPU.

    Args:
        environment: Of the process.

    Returns:
        What is not wrong but worth a warning: a sentence each.

    Raises:
        ValueError: If processes cannot find each other with them. The message has all reasons.

    Example:
        >>> check_environment({"JOB_ID": "10087", "RANK_SIZE": "1"})
        []
        >>> check_environment({"RANK_SIZE": "eight"})
        Traceback (most recent call last):
        ValueError: The environment is not one for an NPU: RANK_SIZE must be a number, ...
    """
    problems = _not_numbers(environment)
    if not problems:
        problems = _problems(environment)
    if problems:
        raise ValueError(
            "The environment is not one for an NPU: {}. `genflow launch` sets it for each "
            "process.".format("; ".join(problems))
        )
    return _warnings(environment)


def _not_numbers(environment: Mapping[str, str]) -> List[str]:
    return [
        "{} must be a number, in digits; got {!r}".format(name, environment[name])
        for name in _NUMBERS
        if environment.get(name) and not _is_number(environment[name])
    ]


def _problems(environment: Mapping[str, str]) -> List[str]:
    by_chief = [name for name in CHIEF if environment.get(name)]
    by_rank = [name for name in _RANK if environment.get(name)]
    if by_chief and by_rank:
        return [
            "{} must not be set beside {}: unset the ones or the others".format(
                " ".join(by_chief), " ".join(by_rank)
            )
        ]
    problems = []
    if by_chief:
        missing = [name for name in CHIEF if name not in by_chief + [_OWN_ADDRESS]]
        if missing:
            problems.append("{} needs {} too".format(by_chief[0], " ".join(missing)))
    size = int(environment.get("RANK_SIZE") or 1)
    if size < 1:
        problems.append("RANK_SIZE must be at least 1; got {}".format(size))
    if int(environment.get("RANK_ID") or 0) >= max(size, 1):
        problems.append(
            "RANK_ID must be below RANK_SIZE, {}; got {}".format(size, environment["RANK_ID"])
        )
    if size > 1:
        for name in ("RANK_ID", "RANK_TABLE_FILE", "JOB_ID"):
            if not environment.get(name):
                problems.append("{} processes need {}, which is not set".format(size, name))
    if environment.get("RANK_TABLE_FILE"):
        problems += _table_problems(environment["RANK_TABLE_FILE"], size)
    return problems


def _table_problems(path: str, size: int) -> List[str]:
    """What HCCL would not take of a rank table; the ranks in it go from 0 without a gap."""
    if not os.path.isfile(path):
        return ["RANK_TABLE_FILE must be a file; there is no {}".format(path)]
    try:
        num_ranks = len(read_rank_table(path))
    except (OSError, ValueError) as error:
        return ["RANK_TABLE_FILE must be a rank table; {}".format(str(error).rstrip("."))]
    if num_ranks != size:
        return [
            "RANK_SIZE must be that of RANK_TABLE_FILE, {} in {}; got {}".format(
                num_ranks, path, size
            )
        ]
    return []


def _warnings(environment: Mapping[str, str]) -> List[str]:
    warnings = []
    if not environment.get("JOB_ID"):
        warnings.append("JOB_ID is not set, which parts of the adapter need: export JOB_ID=10087")
    is_alone = int(environment.get("RANK_SIZE") or 1) == 1
    if environment.get("RANK_TABLE_FILE") and is_alone:
        warnings.append(
            "RANK_TABLE_FILE is set for a process that is alone, which then starts HCCL: unset it"
        )
    return warnings


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()

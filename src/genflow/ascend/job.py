"""A job: its processes on this server, and how they find the others."""

import os
import socket
from typing import List, Mapping, NamedTuple, Optional, Sequence

from genflow.ascend.devices import own_device, physical_number, present_devices
from genflow.ascend.rank import Rank, check_devices, local_ranks, own_ip
from genflow.ascend.rank_table import read_rank_table, write_rank_table

NO_TABLE = "none"
_TABLE_VARIABLE = "RANK_TABLE_FILE"
# On one server: more are a slip of the finger, and would take all of its memory.
_MOST_PROCESSES = 64


class Job(NamedTuple):
    """A job, as this server has it.

    Attributes:
        ranks: Those of this server.
        num_ranks: Those of the job, on all servers.
        rank_table: File that says how they find each other; `None` for processes that do not talk
            to each other.
    """

    ranks: Sequence[Rank]
    num_ranks: int
    rank_table: Optional[str]


def find_job(
    num_processes: Optional[int] = None,
    device_ids: Optional[Sequence[int]] = None,
    rank_table: Optional[str] = None,
    server_id: Optional[str] = None,
    folder: str = os.curdir,
    environment: Optional[Mapping[str, str]] = None,
) -> Job:
    """The job that a user means by what was said of it; refuses one that HCCL would not run.

    Args:
        num_processes: On this server; by default those of the table, or one for each device.
        device_ids: Physical numbers of the devices; by default those of the table; or, of one
            process, that which the environment says, of several the first that are there (from 0
            on, where there are not as many).
        rank_table: File to take; by default that of the environment, `RANK_TABLE_FILE`, or one that
            is made for this server, for more than one process. (One process takes that of the
            environment only if it names more than one rank.) `"none"` for processes that do not
            talk to each other, as on a CPU.
        server_id: Which server of the table this one is; by default that with its IP or its name.
        folder: Where a table is put that is made; made if it does not exist. One that is there
            is never replaced.
        environment: By default that of this process.

    Raises:
        FileExistsError: If another table is where one would be made.
        FileNotFoundError: If there is no such table, or none can be made.
        ValueError: If the table is none, what was said contradicts it, the devices cannot do a
            job together, or there are more than 64 processes.

    Example:
        >>> find_job(num_processes=2, rank_table="none").num_ranks
        2
    """
    _check_count(num_processes, device_ids)
    environment = os.environ if environment is None else environment
    if rank_table is None:
        rank_table = environment.get(_TABLE_VARIABLE) or None
        # One process finds itself, but for the others of a job on several servers.
        is_alone = num_processes == 1 or (device_ids is not None and len(device_ids) == 1)
        if (
            rank_table not in (None, NO_TABLE)
            and is_alone
            and len(read_rank_table(rank_table)) == 1
        ):
            rank_table = None
    if rank_table is not None and rank_table != NO_TABLE:
        return _job_of(rank_table, num_processes, device_ids, server_id)
    devices = _devices(num_processes, device_ids, environment)
    if rank_table != NO_TABLE:
        check_devices(devices)
        _check_present(devices)
    if rank_table == NO_TABLE or len(devices) == 1:
        ranks = [Rank(rank, "localhost", device, "") for rank, device in enumerate(devices)]
        return Job(ranks, len(ranks), None)
    ranks = local_ranks(devices, server_id=server_id)
    os.makedirs(folder, exist_ok=True)
    path = os.path.abspath(os.path.join(folder, "hccl_{}p.json".format(len(ranks))))
    _keep_or_write(path, ranks)
    return Job(ranks, len(ranks), path)


def _check_count(num_processes: Optional[int], device_ids: Optional[Sequence[int]]) -> None:
    count = len(device_ids) if num_processes is None and device_ids is not None else num_processes
    if count is not None and not 1 <= count <= _MOST_PROCESSES:
        raise ValueError(
            "The number of processes on a server must be at least 1 and at most {}; got {}.".format(
                _MOST_PROCESSES, count
            )
        )
    negative = [device for device in device_ids or () if device < 0]
    if negative:
        raise ValueError("The number of a device must be at least 0; got {}.".format(negative[0]))


def _keep_or_write(path: str, ranks: Sequence[Rank]) -> None:
    """Writes a table where there is none; one that is there must say the same."""
    if not os.path.lexists(path):
        write_rank_table(path, ranks)
        return
    try:
        is_same = read_rank_table(path) == list(ranks)
    except (OSError, ValueError):
        is_same = False
    if not is_same:
        raise FileExistsError(
            "{} is there, and not the table of this job, which would be put there: pass it as "
            "the rank table if it is meant, else move it or take another folder.".format(path)
        )


def _devices(
    num_processes: Optional[int],
    device_ids: Optional[Sequence[int]],
    environment: Mapping[str, str],
) -> List[int]:
    if device_ids is None:
        if num_processes is None:
            raise ValueError("Say how many processes there are, or which devices they have.")
        return _default_devices(num_processes, environment)
    if num_processes not in (None, len(device_ids)):
        raise ValueError(
            "{} processes need as many devices; got {} ({}).".format(
                num_processes, len(device_ids), ", ".join(map(str, device_ids))
            )
        )
    twice = sorted({device for device in device_ids if list(device_ids).count(device) > 1})
    if twice:
        raise ValueError("A device has one process; got device {} twice.".format(twice[0]))
    return list(device_ids)


def _default_devices(count: int, environment: Mapping[str, str]) -> List[int]:
    """The one that the environment says; or the first that are there: a container has some."""
    if count == 1:
        return [physical_number(own_device(environment=environment))]
    present = present_devices()
    return present[:count] if count <= len(present) else list(range(count))


def _job_of(
    path: str,
    num_processes: Optional[int],
    device_ids: Optional[Sequence[int]],
    server_id: Optional[str],
) -> Job:
    """The job of a table that is there."""
    ranks = read_rank_table(path)
    name = _own_server(path, ranks, server_id)
    own = [rank for rank in ranks if rank.server_id == name]
    devices = [rank.device_id for rank in own]
    said = "{} has {} devices on server {!r} ({}); ".format(
        path, len(own), name, ", ".join(map(str, devices))
    )
    if num_processes not in (None, len(own)):
        raise ValueError(
            said
            + "got {} processes (say that there is no rank table, {!r}, if they need not find "
            "others).".format(num_processes, NO_TABLE)
        )
    if device_ids is not None and list(device_ids) != devices:
        raise ValueError(said + "got devices {}.".format(", ".join(map(str, device_ids))))
    _check_present(devices)
    return Job(own, len(ranks), os.path.abspath(path))


def _own_server(path: str, ranks: Sequence[Rank], server_id: Optional[str]) -> str:
    names = sorted({rank.server_id for rank in ranks})
    if server_id is None and len(names) == 1:
        return names[0]
    own = [own_ip(), socket.gethostname()] if server_id is None else [server_id]
    found = [name for name in names if name in own]
    if not found:
        raise ValueError(
            "{} has the servers {}, and none called {}: say which one this is.".format(
                path, ", ".join(names), " or ".join(own)
            )
        )
    return found[0]


def _check_present(device_ids: Sequence[int]) -> None:
    """Refuses devices that are not there, where there are any."""
    present = present_devices()
    missing = sorted(set(device_ids) - set(present))
    if present and missing:
        raise ValueError(
            "There is no device {} here, only {}.".format(missing[0], ", ".join(map(str, present)))
        )

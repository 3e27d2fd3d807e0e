"""Starting the processes of a job."""

import os
import shutil
from typing import Callable, List, Mapping, Optional, Sequence, Union

from genflow.ascend.job import Job
from genflow.ascend.process_group import Process, run_together
from genflow.ascend.rank import Rank
from genflow.ascend.rank_environment import rank_environment

Command = Union[Sequence[str], Callable[[Rank], Sequence[str]]]


def launch(
    command: Command,
    job: Job,
    log_dir: str = "output",
    cores_per_process: int = 0,
    grace_seconds: float = 30.0,
    environment: Optional[Mapping[str, str]] = None,
) -> int:
    """Runs a command once for each rank of this server, with the environment of the rank.

    That is all of this process's own, and what `rank_environment` says. What a process prints goes
    to `<log_dir>/<device>/train_<device>.log`, after a line with the time if there is something in
    it already, and what the first one prints also to the console.
    (In a job of several servers, the number of the rank stands in the place of the device.)

    When one fails, all others are ended, with SIGTERM, and with SIGKILL if they are still there
    after the time of grace; so they are at Ctrl-C, SIGTERM and SIGHUP. The processes that they
    have started themselves are ended with them. When this process is killed (SIGKILL), on Linux
    each of them gets SIGTERM, but not what it has started itself.

    Args:
        command: The words of the command line, such as `[sys.executable, "train.py"]`; or a
            function from the rank to them, where not all have the same.
        job: The ranks; see `find_job`.
        log_dir: Folder of the logs; made if it does not exist.
        cores_per_process: CPU cores that each process is bound to, by `taskset`; 0 for all.
        grace_seconds: Between SIGTERM and SIGKILL; at least 0.
        environment: By default that of this process.

    Returns:
        The exit status: 0 if all is well, else that of the process which failed first (128 + the
        number of the signal, if a signal ended it), or 128 + the number of the signal that came.

    Raises:
        OSError: If a process cannot be started, or its log is a link; those that were are ended.
        ValueError: If the environment has what HCCL would not take, see `rank_environment`, there
            are not enough cores, or `grace_seconds` is no time.

    Example:
        >>> import sys, tempfile
        >>> from genflow.ascend.job import find_job
        >>> job = find_job(num_processes=2, rank_table="none")
        >>> launch([sys.executable, "-c", "raise SystemExit(3)"], job, tempfile.mkdtemp())
        3
    """
    environment = dict(os.environ if environment is None else environment)
    processes = []
    for rank, binding in zip(job.ranks, _bindings(len(job.ranks), cores_per_process)):
        # In one folder for all servers, devices of two would have one name.
        number = rank.device_id if len(job.ranks) == job.num_ranks else rank.rank_id
        processes.append(
            Process(
                "rank {} (device {})".format(rank.rank_id, rank.device_id),
                binding + list(command(rank) if callable(command) else command),
                rank_environment(rank, job.num_ranks, job.rank_table, environment),
                os.path.join(log_dir, str(number), "train_{}.log".format(number)),
            )
        )
    return run_together(processes, grace_seconds)


def _bindings(count: int, cores_per_process: int) -> List[List[str]]:
    """The words before each command, which bind it to cores that no other one has."""
    if cores_per_process < 0:
        raise ValueError(
            "`cores_per_process` must be at least 0; got {}.".format(cores_per_process)
        )
    if not cores_per_process:
        return [[]] * count
    taskset = shutil.which("taskset")
    if taskset is None:
        raise ValueError(
            "`cores_per_process` needs the command taskset (of util-linux), which is not there: "
            "install it, or leave the cores out."
        )
    cores = sorted(os.sched_getaffinity(0))
    if cores_per_process * count > len(cores):
        raise ValueError(
            "`cores_per_process` {} for {} processes asks for {} cores; there are {}: take at most "
            "{}.".format(
                cores_per_process, count, cores_per_process * count, len(cores), len(cores) // count
            )
        )
    parts = [cores[i * cores_per_process : (i + 1) * cores_per_process] for i in range(count)]
    return [[taskset, "-c", ",".join(map(str, part))] for part in parts]

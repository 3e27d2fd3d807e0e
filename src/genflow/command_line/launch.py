"""`genflow launch`: running a program once for each Ascend device."""

import argparse
import sys
from typing import List, Optional, Sequence

_DESCRIPTION = """\
Runs a program once for each device, with RANK_SIZE, RANK_ID, DEVICE_ID, ASCEND_DEVICE_ID,
DEVICE_INDEX, JOB_ID and, for more than one, RANK_TABLE_FILE in its environment. For example:

  genflow launch --nproc 8 -- python train.py --epochs 10

What a process prints goes to LOG_DIR/<device>/train_<device>.log; what the first one prints is
shown, too; a log that is there is added to. When one fails, all are ended; so they are at Ctrl-C
and SIGTERM. The exit status is that of the first one that failed.
"""


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Adds this command to others.

    Args:
        commands: What `add_subparsers` has returned.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_parser(parser.add_subparsers())
        >>> parser.parse_args(["launch", "--nproc", "2", "--", "python", "train.py"]).nproc
        2
    """
    parser = commands.add_parser(
        "launch",
        help="run a program once for each Ascend device",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="genflow launch [options] [--] PROGRAM [ARGUMENT ...]",
    )
    parser.add_argument("--nproc", type=int, help="processes on this server")
    parser.add_argument(
        "--device_ids",
        type=_numbers,
        metavar="0,1,...",
        help="their devices (default: those of the rank table; or, of one process, the one of "
        "ASCEND_DEVICE_ID or DEVICE_ID, of several the first that are there)",
    )
    parser.add_argument(
        "--rank_table",
        metavar="FILE",
        help="how devices find each other (default: RANK_TABLE_FILE of the environment, else one "
        "is made for this server from /etc/hccn.conf); none: they need not, as on a CPU",
    )
    parser.add_argument(
        "--server_id", help="which server of the table this one is, if its IP and name do not say"
    )
    parser.add_argument("--log_dir", default="output", help="folder of the logs (default: output)")
    parser.add_argument(
        "--cores_per_process",
        type=int,
        default=0,
        metavar="N",
        help="CPU cores to bind each process to, by taskset (default: 0, all)",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="between SIGTERM and SIGKILL when the processes are ended (default: 30)",
    )
    # Not `nargs="+"`, which would take flags of the program for ours.
    parser.add_argument(
        "program", nargs=argparse.REMAINDER, metavar="PROGRAM", help="with its arguments"
    )
    parser.set_defaults(run=run)


def run(
    program: Sequence[str],
    nproc: Optional[int] = None,
    device_ids: Optional[Sequence[int]] = None,
    rank_table: Optional[str] = None,
    server_id: Optional[str] = None,
    log_dir: str = "output",
    cores_per_process: int = 0,
    grace: float = 30.0,
) -> None:
    """Runs a program once for each device; see `genflow.ascend.launch`.

    Args:
        program: The words of its command line.
        nproc: Processes on this server.
        device_ids: Their devices.
        rank_table: File, or `"none"`.
        server_id: Which server of the table this one is.
        log_dir: Folder of the logs.
        cores_per_process: CPU cores to bind each process to; 0 for all.
        grace: Seconds between SIGTERM and SIGKILL.

    Raises:
        SystemExit: With the exit status of the first process that failed, if one does.
        OSError: If a process cannot be started, or there is no rank table and none can be made.
        ValueError: If an argument is not what it must be.

    Example:
        >>> run([])
        Traceback (most recent call last):
        ValueError: Say what to run: genflow launch --nproc 8 -- python train.py
    """
    words = list(program[1:] if program[:1] == ["--"] else program)
    if not words:
        raise ValueError("Say what to run: genflow launch --nproc 8 -- python train.py")
    # TensorFlow comes with it.
    from genflow.ascend import find_job, launch

    job = find_job(nproc, device_ids, rank_table, server_id, log_dir)
    status = launch(words, job, log_dir, cores_per_process, grace)
    if status:
        sys.exit(status)


def _numbers(text: str) -> List[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            "must be numbers, as 0,1,2,3; got {!r}".format(text)
        ) from None

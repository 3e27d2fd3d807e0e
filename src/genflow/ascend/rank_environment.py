"""What the environment of a process says of its rank."""

from typing import Dict, Mapping, Optional

from genflow.ascend.devices import logical_number
from genflow.ascend.rank import Rank

JOB_ID = "10087"
# Of the other way to make processes find each other, without a rank table.
CHIEF = (
    "CM_CHIEF_IP",
    "CM_CHIEF_PORT",
    "CM_CHIEF_DEVICE",
    "CM_WORKER_IP",
    "CM_WORKER_SIZE",
)


def rank_environment(
    rank: Rank, num_ranks: int, rank_table: Optional[str], environment: Mapping[str, str]
) -> Dict[str, str]:
    """The environment of the process of a rank.

    It is the one given, and RANK_SIZE, RANK_ID, DEVICE_ID, ASCEND_DEVICE_ID, DEVICE_INDEX,
    JOB_ID (unless it has one) and RANK_TABLE_FILE. A process that is alone in its job has no
    RANK_TABLE_FILE, for with one it would wait for HCCL.

    Args:
        rank: The rank.
        num_ranks: Those of the job, on all servers.
        rank_table: File that says how they find each other, if they do.
        environment: What there is already.

    Raises:
        ValueError: If there is a variable that HCCL does not take beside these.

    Example:
        >>> rank = Rank(1, "10.0.0.10", device_id=5, device_ip="192.168.101.105")
        >>> sorted(rank_environment(rank, 2, "hccl.json", {"HOME": "/root"}).items())
        ... # doctest: +NORMALIZE_WHITESPACE
        [('ASCEND_DEVICE_ID', '5'), ('DEVICE_ID', '5'), ('DEVICE_INDEX', '1'), ('HOME', '/root'),
         ('JOB_ID', '10087'), ('RANK_ID', '1'), ('RANK_SIZE', '2'),
         ('RANK_TABLE_FILE', 'hccl.json')]
    """
    present = [name for name in CHIEF if environment.get(name)]
    if present:
        raise ValueError(
            "{} must not be in the environment beside RANK_SIZE, RANK_ID and RANK_TABLE_FILE, "
            "which are set for each process: unset {}.".format(present[0], " ".join(present))
        )
    made = dict(
        environment,
        RANK_SIZE=str(num_ranks),
        RANK_ID=str(rank.rank_id),
        DEVICE_ID=str(rank.device_id),
        ASCEND_DEVICE_ID=str(logical_number(rank.device_id)),
        DEVICE_INDEX=str(rank.rank_id),
        JOB_ID=environment.get("JOB_ID") or JOB_ID,
    )
    made.pop("RANK_TABLE_FILE", None)
    if rank_table is not None and num_ranks > 1:
        made["RANK_TABLE_FILE"] = rank_table
    return made

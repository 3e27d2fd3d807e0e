"""Rank tables: which device of which server has which rank.

HCCL, the library that lets Ascend devices talk to each other, reads one at the start and hangs or
ends the process if it is wrong. So it is checked before.
"""

import json
from typing import Any, Dict, List, Sequence

from genflow.ascend.rank import Rank
from genflow.ascend.rank_table_rules import JsonObject, ranks_of
from genflow.whole_file import whole_file


def write_rank_table(
    path: str, ranks: Sequence[Rank], template: int = 1, group_name: str = "hccl_world_group"
) -> None:
    """Writes a rank table, as a whole or not at all.

    Args:
        path: JSON file to write.
        ranks: Of the job, in the order of their numbers.
        template: 1, which is recommended, or 2, for old releases.
        group_name: Of the one group; for template 2.

    Raises:
        ValueError: If the table would not be one; see `read_rank_table`. Nothing is written.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "hccl.json")
        >>> from genflow.ascend.rank import local_ranks
        >>> write_rank_table(path, local_ranks([0], ["192.168.100.100"], "10.0.0.10"))
        >>> [rank.device_id for rank in read_rank_table(path)]
        [0]
    """
    if template not in (1, 2):
        raise ValueError("`template` must be 1 or 2; got {}.".format(template))
    ranks = list(ranks)
    for index, rank in enumerate(ranks):
        if rank.rank_id != index:
            raise ValueError(
                "`ranks` must be in the order of their `rank_id`, from 0; got {} at {}.".format(
                    rank.rank_id, index
                )
            )
    table = _first_template(ranks) if template == 1 else _second_template(ranks, group_name)
    ranks_of(table, path)
    with whole_file(path) as file:
        json.dump(table, file, indent=2)
        file.write("\n")


def read_rank_table(path: str) -> List[Rank]:
    """Reads a rank table of either template, and checks all of it for the Ascend 910.

    A server has 1, 2, 4 or 8 devices; 2 and 4 of them are all of numbers 0 to 3, or all of 4 to
    7. Servers, devices of a server, IPs and ranks are unique; the ranks go from 0 without a gap,
    and those of a server follow each other. All values are texts, and no key is there
    twice. (In template 2 the order is that of the ranks.)

    Args:
        path: JSON file.

    Returns:
        The ranks, in the order of their numbers.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no rank table. The message names the file, the entry and the rule.

    Example:
        >>> read_rank_table("no such file")
        Traceback (most recent call last):
        FileNotFoundError: ...
    """
    try:
        with open(path, encoding="utf-8") as file:
            table = json.load(file, object_pairs_hook=JsonObject)
    except (ValueError, RecursionError) as error:
        raise ValueError("{} is not JSON ({}).".format(path, error)) from error
    return ranks_of(table, path)


def _first_template(ranks: Sequence[Rank]) -> Dict[str, Any]:
    servers: Dict[str, List[Dict[str, str]]] = {}
    for rank in ranks:
        servers.setdefault(rank.server_id, []).append(
            dict(_device(rank), rank_id=str(rank.rank_id))
        )
    return {
        "version": "1.0",
        "status": "completed",
        "server_count": str(len(servers)),
        "server_list": [
            {"server_id": server_id, "device": devices} for server_id, devices in servers.items()
        ],
    }


def _second_template(ranks: Sequence[Rank], group_name: str) -> Dict[str, Any]:
    instances = [
        {
            "pod_name": str(rank.rank_id),
            "server_id": rank.server_id,
            "devices": [_device(rank)],
        }
        for rank in ranks
    ]
    group = {
        "group_name": group_name,
        "instance_count": str(len(instances)),
        "device_count": str(len(ranks)),
        "instance_list": instances,
    }
    return {"status": "completed", "group_count": "1", "group_list": [group]}


def _device(rank: Rank) -> Dict[str, str]:
    return {"device_id": str(rank.device_id), "device_ip": rank.device_ip}

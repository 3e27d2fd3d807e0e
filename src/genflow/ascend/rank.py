"""The processes of a job, and the devices that are theirs."""

import contextlib
import socket
from typing import Dict, List, NamedTuple, Optional, Sequence

HCCN_CONF = "/etc/hccn.conf"
DEVICES_PER_SERVER = 8
_COUNTS = (1, 2, 4, 8)
_HALVES = (range(0, 4), range(4, 8))


class Rank(NamedTuple):
    """One process of a job, and the device that is its own.

    Attributes:
        rank_id: Its number, from 0 over all servers.
        server_id: Name of the server, most often its IP.
        device_id: Physical number of the device, as in `/dev/davinci0`.
        device_ip: IP of the network interface of the device.
    """

    rank_id: int
    server_id: str
    device_id: int
    device_ip: str


def local_ranks(
    device_ids: Sequence[int],
    device_ips: Optional[Sequence[str]] = None,
    server_id: Optional[str] = None,
    hccn_conf: str = HCCN_CONF,
) -> List[Rank]:
    """The ranks of a job on this server alone, from 0 in the order of the devices.

    Args:
        device_ids: Physical numbers of the devices.
        device_ips: IPs of their network interfaces; by default what `hccn_conf` says.
        server_id: Name of this server; by default its IP.
        hccn_conf: The file in which the driver keeps the IPs of the devices.

    Raises:
        FileNotFoundError: If there is no `hccn_conf`, and no `device_ips` are given.
        ValueError: If there is no IP for a device.

    Example:
        >>> local_ranks([0, 1], ["192.168.100.100", "192.168.101.100"], "10.0.0.10")[1]
        Rank(rank_id=1, server_id='10.0.0.10', device_id=1, device_ip='192.168.101.100')
    """
    if device_ips is None:
        known = read_device_ips(hccn_conf)
        missing = [device for device in device_ids if device not in known]
        if missing:
            raise ValueError(
                "{} has no `address_{}`: set the IP of that device with hccn_tool, or take others "
                "(it has {}).".format(hccn_conf, missing[0], ", ".join(map(str, sorted(known))))
            )
        device_ips = [known[device] for device in device_ids]
    if len(device_ips) != len(device_ids):
        raise ValueError(
            "`device_ips` must be one for each of `device_ids`; got {} for {}.".format(
                len(device_ips), len(device_ids)
            )
        )
    server_id = server_id or own_ip()
    pairs = enumerate(zip(device_ids, device_ips))
    return [Rank(rank, server_id, device, ip) for rank, (device, ip) in pairs]


def read_device_ips(path: str = HCCN_CONF) -> Dict[int, str]:
    """Reads the IPs of the devices' network interfaces.

    Args:
        path: A file with lines such as `address_0=192.168.100.100`.

    Returns:
        The IPs by the numbers of the devices.

    Raises:
        FileNotFoundError: If there is no such file. The message says what to do.
        ValueError: If what should be a number is none.

    Example:
        >>> read_device_ips("no such file")
        Traceback (most recent call last):
        FileNotFoundError: There is no no such file, in which the driver keeps ...
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            pairs = [line.partition("=") for line in file]
    except FileNotFoundError:
        raise FileNotFoundError(
            "There is no {}, in which the driver keeps the IPs of the devices: give them, as "
            "`hccn_tool -i 0 -ip -g` shows them, or a rank table.".format(path)
        ) from None
    ips = {}
    for key, _, value in pairs:
        name, _, number = key.strip().partition("address_")
        if name == "" and number.isdigit():
            ips[int(number)] = value.strip()
    return ips


def check_devices(device_ids: Sequence[int]) -> None:
    """Refuses devices of one server that cannot do a job together on the Ascend 910.

    Args:
        device_ids: Their physical numbers.

    Raises:
        ValueError: If they are not 1, 2, 4 or 8, not unique, not of 0 to 7; or if 2 or 4 of them
            are of both halves of the server.

    Example:
        >>> check_devices([4, 5, 6, 7])
        >>> check_devices([3, 4])
        Traceback (most recent call last):
        ValueError: 2 devices must all be of 0 to 3, or all of 4 to 7; got 3, 4.
    """
    got = ", ".join(map(str, device_ids))
    if len(set(device_ids)) != len(device_ids):
        raise ValueError("the devices must be unique; got {}.".format(got))
    if any(not 0 <= device < DEVICES_PER_SERVER for device in device_ids):
        raise ValueError(
            "the devices must be of 0 to {}; got {}.".format(DEVICES_PER_SERVER - 1, got)
        )
    if len(device_ids) not in _COUNTS:
        raise ValueError(
            "a server must have 1, 2, 4 or 8 devices in a job; got {} ({}).".format(
                len(device_ids), got
            )
        )
    is_in_half = any(set(device_ids) <= set(half) for half in _HALVES)
    if len(device_ids) in (2, 4) and not is_in_half:
        raise ValueError(
            "{} devices must all be of 0 to 3, or all of 4 to 7; got {}.".format(
                len(device_ids), got
            )
        )


def own_ip() -> str:
    """An IP of this host; nothing is sent."""
    try:
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.connect(("192.0.2.1", 9))  # An address for documentation: routed nowhere.
            return probe.getsockname()[0]
    except OSError:
        return "127.0.0.1"

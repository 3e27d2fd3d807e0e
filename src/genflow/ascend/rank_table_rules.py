"""What must hold of a rank table, for the Ascend 910."""

import collections
import ipaddress
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from genflow.ascend.rank import DEVICES_PER_SERVER, Rank, check_devices

_LONGEST_SERVER_ID = 64
# No number in a table needs more digits, and no message more of a value.
_MOST_DIGITS = 6
_MOST_SHOWN = 80

# Where in a file something stands, and what does.
_Entry = Tuple[str, Dict[str, Any]]


class JsonObject(dict):
    """A JSON object that remembers which of its keys were there twice.

    Attributes:
        repeated: The keys.
    """

    def __init__(self, pairs: Iterable[Tuple[str, Any]]) -> None:
        """Takes the keys and values, as `json.load` has them."""
        pairs = list(pairs)
        super().__init__(pairs)
        counts = collections.Counter(key for key, _ in pairs)
        self.repeated = [key for key, count in counts.items() if count > 1]


def ranks_of(table: Any, path: str) -> List[Rank]:
    """The ranks of a table, all of whose rules hold.

    Args:
        table: What is in the file.
        path: Of the file, for messages.

    Returns:
        The ranks, in the order of their numbers.

    Raises:
        ValueError: If it is no rank table. The message names the file, the entry and the rule.

    Example:
        >>> ranks_of({"server_list": []}, "hccl.json")
        Traceback (most recent call last):
        ValueError: hccl.json: status is missing.
    """
    if not isinstance(table, dict):
        raise ValueError(  # noqa: TRY004 - a bad file, not a bad argument
            "{} must be a JSON object.".format(path)
        )
    where = path + ": "
    _check_keys(table, where)
    if "group_list" in table:
        pairs = _read_second(table, where)
    elif "server_list" in table:
        pairs = _read_first(table, where)
    else:
        raise ValueError(
            "{} must have `server_list` (template 1) or `group_list` (template 2).".format(path)
        )
    _check_servers(pairs, where)
    _check_ips(pairs)
    return _in_order(pairs, where)


def _check_keys(table: Dict[str, Any], where: str) -> None:
    """Of two values of a key, HCCL may take the other one."""
    left: List[Tuple[str, Any]] = [("", table)]
    while left:
        place, value = left.pop()
        repeated = getattr(value, "repeated", None)
        if repeated:
            name = (place + "." if place else "") + repeated[0]
            raise ValueError("{}{} must be there once.".format(where, _shown(name)[1:-1]))
        if isinstance(value, dict):
            left += [("{}.{}".format(place, key).lstrip("."), each) for key, each in value.items()]
        elif isinstance(value, list):
            left += [("{}[{}]".format(place, index), each) for index, each in enumerate(value)]


def _read_first(table: Dict[str, Any], where: str) -> List[Tuple[str, Rank]]:
    entry = (where, table)
    _check_status(entry)
    if _text(entry, "version") != "1.0":
        raise ValueError("{}version must be '1.0'; got {!r}.".format(where, table["version"]))
    pairs: List[Tuple[str, Rank]] = []
    seen: Dict[str, str] = {}
    for server in _entries(entry, "server_list", "server_count"):
        server_id = _server_id(server)
        if server_id in seen:
            raise ValueError(
                "{}server_id must be unique; {!r} is that of {}, too.".format(
                    server[0], server_id, _name(seen[server_id])
                )
            )
        seen[server_id] = server[0]
        for device in _entries(server, "device"):
            rank_id = _number(device, "rank_id")
            pairs.append((device[0], _rank(device, rank_id, server_id)))
    return pairs


def _read_second(table: Dict[str, Any], where: str) -> List[Tuple[str, Rank]]:
    entry = (where, table)
    _check_status(entry)
    pairs: List[Tuple[str, Rank]] = []
    for group in _entries(entry, "group_list", "group_count"):
        _text(group, "group_name", may_be_empty=True)
        names: Dict[str, str] = {}
        first = len(pairs)
        for instance in _entries(group, "instance_list", "instance_count"):
            _check_instance(instance, names)
            server_id = _server_id(instance)
            for device in _entries(instance, "devices"):
                pairs.append((device[0], _rank(device, len(pairs), server_id)))
        count = _number(group, "device_count")
        if count != len(pairs) - first:
            raise ValueError(
                "{}device_count must be that of its devices, {}; got {}.".format(
                    group[0], len(pairs) - first, count
                )
            )
    return pairs


def _check_status(entry: _Entry) -> None:
    if _text(entry, "status") != "completed":
        raise ValueError(
            "{}status must be 'completed'; got {!r}.".format(entry[0], entry[1]["status"])
        )


def _check_instance(instance: _Entry, names: Dict[str, str]) -> None:
    """A pod is in the table once."""
    name = _text(instance, "pod_name")
    if name in names:
        raise ValueError(
            "{}pod_name must be unique; {!r} is that of {}, too.".format(
                instance[0], name, _name(names[name])
            )
        )
    names[name] = instance[0]


def _entries(entry: _Entry, key: str, count_key: Optional[str] = None) -> List[_Entry]:
    """The objects of a list, which another value counts."""
    where, values = entry
    found = values.get(key)
    if not isinstance(found, list) or not found:
        raise ValueError(
            "{}{} must be a list that is not empty; got {}.".format(where, key, _shown(found))
        )
    if count_key and _number(entry, count_key) != len(found):
        raise ValueError(
            "{}{} must be the length of {}, {!r}; got {}.".format(
                where, count_key, key, str(len(found)), _shown(values[count_key])
            )
        )
    entries = []
    for index, value in enumerate(found):
        place = "{}{}[{}]".format(where, key, index)
        if not isinstance(value, dict):
            raise ValueError(  # noqa: TRY004 - a bad file, not a bad argument
                "{} must be a JSON object; got {}.".format(place, _shown(value))
            )
        entries.append((place + ".", value))
    return entries


def _text(entry: _Entry, key: str, may_be_empty: bool = False) -> str:
    where, values = entry
    if key not in values:
        raise ValueError("{}{} is missing.".format(where, key))
    value = values[key]
    if not isinstance(value, str) or not (value or may_be_empty):
        raise ValueError(
            "{}{} must be a text, as all values of a rank table; got {}.".format(
                where, key, _shown(value)
            )
        )
    if not value.isprintable():
        raise ValueError(
            "{}{} must have no control characters; got {}.".format(where, key, _shown(value))
        )
    return value


def _number(entry: _Entry, key: str) -> int:
    text = _text(entry, key)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(
            "{}{} must be a whole number in a text, as '0'; got {}.".format(
                entry[0], key, _shown(text)
            )
        )
    if len(text) > _MOST_DIGITS or str(int(text)) != text:
        raise ValueError(
            "{}{} must be a whole number of at most {} digits, without zeros before it; got "
            "{}.".format(entry[0], key, _MOST_DIGITS, _shown(text))
        )
    return int(text)


def _shown(value: Any) -> str:
    """A value in a message, which nobody reads if it is long."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 4] + "..." + text[-1]


def _server_id(entry: _Entry) -> str:
    server_id = _text(entry, "server_id")
    if len(server_id) > _LONGEST_SERVER_ID:
        raise ValueError(
            "{}server_id must have at most {} characters; got {}.".format(
                entry[0], _LONGEST_SERVER_ID, len(server_id)
            )
        )
    return server_id


def _rank(device: _Entry, rank_id: int, server_id: str) -> Rank:
    device_id = _number(device, "device_id")
    if device_id >= DEVICES_PER_SERVER:
        raise ValueError(
            "{}device_id must be 0 to {}; got {}.".format(
                device[0], DEVICES_PER_SERVER - 1, device_id
            )
        )
    ip = _text(device, "device_ip")
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        raise ValueError(
            "{}device_ip must be an IP; got {}.".format(device[0], _shown(ip))
        ) from None
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        raise ValueError(
            "{}device_ip must be one at which other devices find this one; got {!r}.".format(
                device[0], ip
            )
        )
    return Rank(rank_id, server_id, device_id, ip)


def _check_servers(pairs: Sequence[Tuple[str, Rank]], where: str) -> None:
    """Every server has a set of devices that can talk to each other."""
    servers: Dict[str, Dict[int, str]] = {}
    for place, rank in pairs:
        devices = servers.setdefault(rank.server_id, {})
        if rank.device_id in devices:
            raise ValueError(
                "{}device_id must be unique on a server; {} is that of {}, too: a device has one "
                "process.".format(place, rank.device_id, _name(devices[rank.device_id]))
            )
        devices[rank.device_id] = place
    for server_id, devices in servers.items():
        try:
            check_devices(sorted(devices))
        except ValueError as error:
            raise ValueError("{}server {!r}: {}".format(where, server_id, error)) from None


def _check_ips(pairs: Sequence[Tuple[str, Rank]]) -> None:
    seen: Dict[Any, str] = {}
    for place, rank in pairs:
        ip = ipaddress.ip_address(rank.device_ip)
        if ip in seen:
            raise ValueError(
                "{}device_ip must be unique; {} is that of {}, too.".format(
                    place, rank.device_ip, _name(seen[ip])
                )
            )
        seen[ip] = place


def _in_order(pairs: Sequence[Tuple[str, Rank]], where: str) -> List[Rank]:
    """The ranks, which go from 0 without a gap, server by server."""
    seen: Dict[int, str] = {}
    for place, rank in pairs:
        if rank.rank_id in seen:
            raise ValueError(
                "{}rank_id must be unique; {} is that of {}, too.".format(
                    place, rank.rank_id, _name(seen[rank.rank_id])
                )
            )
        seen[rank.rank_id] = place
    for expected, found in enumerate(sorted(seen)):
        if expected != found:
            raise ValueError(
                "{}rank_id must go from 0 to {} without a gap; {} is missing.".format(
                    where, len(seen) - 1, expected
                )
            )
    ordered = sorted((rank for _, rank in pairs), key=lambda rank: rank.rank_id)
    left = set()
    for before, rank in zip(ordered, ordered[1:]):
        if rank.server_id != before.server_id:
            left.add(before.server_id)
        if rank.server_id in left:
            raise ValueError(
                "{}rank_id must be those of one server after the other; rank {} is on server "
                "{!r} again.".format(seen[rank.rank_id], rank.rank_id, rank.server_id)
            )
    return ordered


def _name(place: str) -> str:
    """An entry, as a message names it beside another one of the same file."""
    return place.rpartition(": ")[2].rstrip(".")

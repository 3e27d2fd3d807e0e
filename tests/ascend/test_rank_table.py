import copy
import json
import os

import pytest

from genflow.ascend import Rank, local_ranks, read_rank_table, write_rank_table
from genflow.ascend.rank import check_devices, read_device_ips

FIRST, SECOND = "10.0.0.10", "10.0.0.11"


def ranks_on(server_id, device_ids, first=0, network=100):
    return [
        Rank(first + index, server_id, device, "192.168.{}.{}".format(network, device))
        for index, device in enumerate(device_ids)
    ]


def written(tmp_path, ranks, template=1):
    path = str(tmp_path / "hccl.json")
    write_rank_table(path, ranks, template)
    return path


def table_of(path):
    with open(path) as file:
        return json.load(file)


def spoilt(tmp_path, template, change, ranks=None):
    """A table of two devices that has been changed after it was written."""
    path = written(tmp_path, ranks or ranks_on(FIRST, [0, 1]), template)
    table = table_of(path)
    change(table)
    with open(path, "w") as file:
        json.dump(table, file)
    return path


@pytest.mark.parametrize("template", [1, 2])
@pytest.mark.parametrize(
    "ranks",
    [
        ranks_on(FIRST, [5]),
        ranks_on(FIRST, [2, 0]),
        ranks_on(FIRST, [4, 5, 6, 7]),
        ranks_on(FIRST, range(8)) + ranks_on(SECOND, range(8), 8, network=101),
    ],
    ids=["one", "two", "four", "two servers"],
)
def test_what_is_written_is_read(tmp_path, ranks, template):
    assert read_rank_table(written(tmp_path, ranks, template)) == ranks
    assert os.listdir(str(tmp_path)) == ["hccl.json"]


def test_the_first_template_is_that_of_the_documentation(tmp_path):
    assert table_of(written(tmp_path, ranks_on(FIRST, [4, 5]))) == {
        "version": "1.0",
        "status": "completed",
        "server_count": "1",
        "server_list": [
            {
                "server_id": FIRST,
                "device": [
                    {"device_id": "4", "device_ip": "192.168.100.4", "rank_id": "0"},
                    {"device_id": "5", "device_ip": "192.168.100.5", "rank_id": "1"},
                ],
            }
        ],
    }


def test_the_second_template_is_that_of_the_documentation(tmp_path):
    assert table_of(written(tmp_path, ranks_on(FIRST, [4, 5]), template=2)) == {
        "status": "completed",
        "group_count": "1",
        "group_list": [
            {
                "group_name": "hccl_world_group",
                "instance_count": "2",
                "device_count": "2",
                "instance_list": [
                    {
                        "pod_name": str(rank),
                        "server_id": FIRST,
                        "devices": [
                            {
                                "device_id": str(4 + rank),
                                "device_ip": "192.168.100." + str(4 + rank),
                            }
                        ],
                    }
                    for rank in range(2)
                ],
            }
        ],
    }


def test_ranks_are_in_the_order_of_their_numbers_not_of_the_file(tmp_path):
    def turn(table):
        table["server_list"][0]["device"].reverse()

    path = spoilt(tmp_path, 1, turn)
    assert [rank.rank_id for rank in read_rank_table(path)] == [0, 1]


def server(table, index=0):
    return table["server_list"][index]


def device(table, index):
    return table["server_list"][0]["device"][index]


def group(table):
    return table["group_list"][0]


def instance(table, index):
    return group(table)["instance_list"][index]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("status"), "status is missing"),
        (lambda t: t.update(status="initializing"), "status must be 'completed'; got 'initia"),
        (lambda t: t.update(version="2.0"), "version must be '1.0'; got '2.0'"),
        (lambda t: t.update(version=1.0), "version must be a text, .*got 1.0"),
        (lambda t: t.update(server_count="2"), "server_count must be the length of server_list"),
        (lambda t: t.update(server_count=1), "server_count must be a text"),
        (lambda t: t.update(server_list=[]), "server_list must be a list that is not empty"),
        (lambda t: t.update(server_list={}), "server_list must be a list"),
        (lambda t: t.update(server_list=["x"]), r"server_list\[0\] must be a JSON object"),
        (lambda t: server(t).update(server_id="x" * 65), "at most 64 characters; got 65"),
        (
            lambda t: server(t).update(server_id="a\x1b[2J"),
            r"0\].server_id must have no control ch",
        ),
        (lambda t: device(t, 1).update(rank_id="9" * 5000), r"\[1\].rank_id .*at most 6 digits"),
        (lambda t: device(t, 0).update(rank_id="000"), r"0\].rank_id .*without zeros .*got '000'"),
        (lambda t: device(t, 1).update(device_id="01"), r"1\].device_id .*without zeros before it"),
        (lambda t: device(t, 1).update(device_ip="0.0.0.0"), r"1\].device_ip must be one at which"),
        (lambda t: device(t, 1).update(device_ip="127.0.0.2"), "device_ip must be one at which"),
        (lambda t: device(t, 1).update(device_ip="::1"), "device_ip must be one at which"),
        (lambda t: device(t, 1).update(device_ip="224.0.0.1"), "device_ip must be one at which"),
        (lambda t: server(t).update(server_id=""), r"server_list\[0\].server_id must be a text"),
        (lambda t: server(t).pop("device"), r"server_list\[0\].device must be a list"),
        (lambda t: device(t, 1).pop("rank_id"), r"server_list\[0\].device\[1\].rank_id is missing"),
        (lambda t: device(t, 1).update(device_id=1), r"device\[1\].device_id must be a text"),
        (lambda t: device(t, 1).update(device_id="-1"), "must be a whole number .*got '-1'"),
        (lambda t: device(t, 1).update(device_id="\u0661"), "must be a whole number"),
        (lambda t: device(t, 1).update(device_id="8"), "device_id must be 0 to 7; got 8"),
        (
            lambda t: device(t, 1).update(device_id="0"),
            r"0 is that of server_list\[0\].device\[0\],",
        ),
        (lambda t: device(t, 1).update(device_id="4"), "2 devices must all be of 0 to 3.*got 0, 4"),
        (lambda t: device(t, 1).update(device_ip="192.168.0"), "device_ip must be an IP; got '192"),
        (lambda t: device(t, 1).update(device_ip="192.168.100.0"), "device_ip must be unique"),
        (
            lambda t: device(t, 1).update(rank_id="0"),
            r"rank_id must be unique; 0 is that of server_",
        ),
        (lambda t: device(t, 1).update(rank_id="2"), "from 0 to 1 without a gap; 1 is missing"),
        (
            lambda t: server(t)["device"].append(
                {"device_id": "2", "device_ip": "192.168.100.2", "rank_id": "2"}
            ),
            r"server '10.0.0.10': .* must have 1, 2, 4 or 8 devices in a job; got 3 \(0, 1, 2",
        ),
    ],
)
def test_refuses_a_first_template_that_breaks_a_rule(tmp_path, change, message):
    path = spoilt(tmp_path, 1, change)
    with pytest.raises(ValueError, match=message) as error:
        read_rank_table(path)
    assert str(error.value).startswith(path)
    assert len(str(error.value)) < len(path) + 250


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(status=""), "status must be a text"),
        (lambda t: t.update(group_count="2"), "group_count must be the length of group_list"),
        (lambda t: group(t).pop("group_name"), r"group_list\[0\].group_name is missing"),
        (lambda t: group(t).update(instance_count="3"), r"\[0\].instance_count must be the length"),
        (lambda t: group(t).update(device_count="3"), r"\[0\].device_count must be .* 2; got 3"),
        (lambda t: instance(t, 1).pop("pod_name"), r"instance_list\[1\].pod_name is missing"),
        (
            lambda t: instance(t, 1).update(pod_name="0"),
            "pod_name must be unique; '0' is that of gr",
        ),
        (
            lambda t: instance(t, 1).update(server_id=3),
            r"instance_list\[1\].server_id must be a text",
        ),
        (lambda t: instance(t, 1)["devices"][0].update(device_id="0"), "device_id must be unique"),
        (lambda t: instance(t, 1)["devices"][0].update(device_ip="x"), "device_ip must be an IP"),
        (lambda t: instance(t, 1).update(devices=[]), r"instance_list\[1\].devices must be a list"),
    ],
)
def test_refuses_a_second_template_that_breaks_a_rule(tmp_path, change, message):
    path = spoilt(tmp_path, 2, change)
    with pytest.raises(ValueError, match=message) as error:
        read_rank_table(path)
    assert str(error.value).startswith(path)


def test_refuses_a_server_twice(tmp_path):
    def twice(table):
        table["server_list"].append(copy.deepcopy(server(table)))
        table["server_count"] = "2"

    with pytest.raises(
        ValueError, match=r"list\[1\].server_id must be unique; .* server_list\[0\],"
    ):
        read_rank_table(spoilt(tmp_path, 1, twice))


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("version", "version"),
        ("server_id", r"server_list\[0\].server_id"),
        ("rank_id", r"server_list\[0\].device\[1\].rank_id"),
    ],
)
def test_refuses_a_key_twice(tmp_path, key, place):
    """Python takes the last one, others the first one."""
    path = written(tmp_path, ranks_on(FIRST, [0, 1]))
    with open(path) as file:
        before, word, after = file.read().rpartition('"{}":'.format(key))
    with open(path, "w") as file:
        file.write('{0}{1} "7", {1}{2}'.format(before, word, after))
    with pytest.raises(ValueError, match="hccl.json: {} must be there once".format(place)):
        read_rank_table(path)


def test_refuses_ranks_that_alternate_between_servers(tmp_path):
    def exchange(table):
        for place, (first, second) in enumerate([("0", "2"), ("1", "3")]):
            server(table, place)["device"][0]["rank_id"] = first
            server(table, place)["device"][1]["rank_id"] = second

    ranks = ranks_on(FIRST, [0, 1]) + ranks_on(SECOND, [0, 1], 2, network=101)
    with pytest.raises(ValueError, match="rank_id must be those of one server after the other; ra"):
        read_rank_table(spoilt(tmp_path, 1, exchange, ranks))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "must have `server_list` .template 1. or `group_list` .template 2."),
        (
            '{"group_list": [], "status": "completed"}',
            "group_list must be a list that is not empty",
        ),
    ],
)
def test_refuses_other_files(tmp_path, text, message):
    path = tmp_path / "hccl.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_rank_table(str(path))


@pytest.mark.parametrize(
    ("ranks", "message"),
    [
        (ranks_on(FIRST, [3, 4]), "2 devices must all be of 0 to 3"),
        (ranks_on(FIRST, [0, 1], first=1), "`ranks` must be in the order of their `rank_id`"),
        ([Rank(0, FIRST, 0, "")], "device_ip must be a text"),
        ([], "_list must be a list that is not empty"),
    ],
)
@pytest.mark.parametrize("template", [1, 2])
def test_writes_nothing_that_it_would_not_read(tmp_path, ranks, message, template):
    path = tmp_path / "hccl.json"
    path.write_text("what was there")
    with pytest.raises(ValueError, match=message):
        write_rank_table(str(path), ranks, template)
    assert path.read_text() == "what was there"
    assert os.listdir(str(tmp_path)) == ["hccl.json"]


def test_there_are_two_templates(tmp_path):
    with pytest.raises(ValueError, match="`template` must be 1 or 2; got 3"):
        written(tmp_path, ranks_on(FIRST, [0]), template=3)


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        ([0, 0], "must be unique; got 0, 0"),
        ([8], "must be of 0 to 7; got 8"),
        ([0, 1, 2], "must have 1, 2, 4 or 8 devices"),
        ([], "must have 1, 2, 4 or 8 devices"),
        ([2, 3, 4, 5], "4 devices must all be of 0 to 3, or all of 4 to 7; got 2, 3, 4, 5"),
    ],
)
def test_refuses_devices_that_cannot_talk_to_each_other(devices, message):
    with pytest.raises(ValueError, match=message):
        check_devices(devices)


@pytest.fixture
def hccn_conf(tmp_path):
    path = tmp_path / "hccn.conf"
    lines = ["address_{}=192.168.10{}.1\nnetmask_{}=255.255.255.0".format(i, i, i) for i in (0, 1)]
    path.write_text("\n".join(["# IPs", ""] + lines + ["arp_0=no address_0=1"]))
    return str(path)


def test_the_ips_of_the_devices_are_those_of_the_driver(hccn_conf):
    assert read_device_ips(hccn_conf) == {0: "192.168.100.1", 1: "192.168.101.1"}
    ranks = local_ranks([1, 0], server_id=FIRST, hccn_conf=hccn_conf)
    assert ranks == [Rank(0, FIRST, 1, "192.168.101.1"), Rank(1, FIRST, 0, "192.168.100.1")]


def test_refuses_devices_without_an_ip(hccn_conf, tmp_path):
    with pytest.raises(ValueError, match="has no `address_2`: .* [(]it has 0, 1[)]"):
        local_ranks([0, 2], hccn_conf=hccn_conf)
    with pytest.raises(ValueError, match="`device_ips` must be one for each .* got 1 for 2"):
        local_ranks([0, 1], ["192.168.100.1"])
    with pytest.raises(FileNotFoundError, match="There is no .*none, .* `hccn_tool -i 0 -ip -g`"):
        local_ranks([0], hccn_conf=str(tmp_path / "none"))


def test_a_server_has_an_ip_by_default(hccn_conf):
    (rank,) = local_ranks([0], hccn_conf=hccn_conf)
    assert rank.server_id.count(".") == 3

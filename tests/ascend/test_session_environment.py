import pytest

from genflow.ascend import local_ranks, write_rank_table
from genflow.ascend.session_environment import check_environment

# The file is that of the fixture.
TABLE = {"JOB_ID": "1", "RANK_SIZE": "8", "RANK_ID": "7", "RANK_TABLE_FILE": "8p.json"}
CHIEF = {
    "JOB_ID": "1",
    "CM_CHIEF_IP": "10.0.0.1",
    "CM_CHIEF_PORT": "60000",
    "CM_CHIEF_DEVICE": "0",
    "CM_WORKER_IP": "10.0.0.1",
    "CM_WORKER_SIZE": "8",
}


@pytest.fixture(autouse=True)
def tables(monkeypatch, tmp_path):
    """Rank tables of one and of eight processes, in the folder of the process."""
    monkeypatch.chdir(tmp_path)
    for count in (1, 8):
        ips = ["192.168.100.{}".format(device) for device in range(count)]
        write_rank_table("{}p.json".format(count), local_ranks(range(count), ips, "a"))


def without(environment, name):
    return {key: value for key, value in environment.items() if key != name}


@pytest.mark.parametrize(
    "environment",
    [
        {"JOB_ID": "1"},
        {"JOB_ID": "1", "RANK_SIZE": "1", "RANK_ID": "0"},
        TABLE,
        CHIEF,
        without(CHIEF, "CM_WORKER_IP"),
    ],
)
def test_takes_what_an_npu_starts_with(environment):
    assert check_environment(environment) == []


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (dict(TABLE, RANK_SIZE="eight"), "RANK_SIZE must be a number, in digits; got 'eight'"),
        (dict(TABLE, RANK_SIZE="-8"), "RANK_SIZE must be a number, in digits; got '-8'"),
        (dict(TABLE, RANK_SIZE="0", RANK_ID="0"), "RANK_SIZE must be at least 1; got 0"),
        (dict(TABLE, RANK_ID="8"), "RANK_ID must be below RANK_SIZE, 8; got 8"),
        (dict(TABLE, ASCEND_DEVICE_ID="a"), "ASCEND_DEVICE_ID must be a number"),
        (without(TABLE, "RANK_ID"), "8 processes need RANK_ID, which is not set"),
        (without(TABLE, "RANK_TABLE_FILE"), "8 processes need RANK_TABLE_FILE"),
        (without(TABLE, "JOB_ID"), "8 processes need JOB_ID"),
        (dict(TABLE, RANK_TABLE_FILE="/no/hccl.json"), "there is no /no/hccl.json"),
        (dict(TABLE, RANK_TABLE_FILE=__file__), "must be a rank table; .* is not JSON"),
        (dict(TABLE, RANK_SIZE="4", RANK_ID="0"), "RANK_SIZE must be that of RANK_TABLE_FILE, 8 "),
        ({"JOB_ID": "1", "RANK_TABLE_FILE": "8p.json"}, "must be that of .*, 8 in .*; got 1"),
        (
            dict(CHIEF, RANK_SIZE="8"),
            "CM_WORKER_IP CM_WORKER_SIZE must not be set beside RANK_SIZE",
        ),
        (
            dict(TABLE, CM_CHIEF_IP="10.0.0.1"),
            "CM_CHIEF_IP must not be set beside RANK_SIZE",
        ),
        (without(CHIEF, "CM_CHIEF_PORT"), "CM_CHIEF_IP needs CM_CHIEF_PORT too"),
        (without(CHIEF, "CM_WORKER_SIZE"), "CM_CHIEF_IP needs CM_WORKER_SIZE too"),
        (dict(CHIEF, CM_WORKER_SIZE="x"), "CM_WORKER_SIZE must be a number"),
        (dict(CHIEF, CM_CHIEF_PORT="a"), "CM_CHIEF_PORT must be a number"),
        (dict(CHIEF, CM_CHIEF_DEVICE="npu"), "CM_CHIEF_DEVICE must be a number"),
    ],
)
def test_refuses_what_would_fail_or_hang(environment, message):
    with pytest.raises(ValueError, match="not one for an NPU: .*" + message):
        check_environment(environment)


def test_says_all_that_is_wrong():
    with pytest.raises(ValueError, match="need RANK_ID, .*; .*need RANK_TABLE_FILE.*; .*JOB_ID"):
        check_environment({"RANK_SIZE": "2"})


def test_warns_of_what_is_most_likely_not_meant():
    assert "JOB_ID is not set" in check_environment({})[0]
    alone = {"JOB_ID": "1", "RANK_SIZE": "1", "RANK_TABLE_FILE": "1p.json"}
    assert "then starts HCCL" in check_environment(alone)[0]

import contextlib

import pytest

from genflow.ascend import devices as devices_module
from tests.ascend.stand_in_bridge import stand_in_bridge

RANK_VARIABLES = [
    "ASCEND_DEVICE_ID",
    "CM_CHIEF_DEVICE",
    "CM_CHIEF_IP",
    "CM_CHIEF_PORT",
    "CM_WORKER_IP",
    "CM_WORKER_SIZE",
    "DEVICE_ID",
    "DEVICE_INDEX",
    "JOB_ID",
    "RANK_ID",
    "RANK_SIZE",
    "RANK_TABLE_FILE",
]


@pytest.fixture(autouse=True)
def devices(monkeypatch, tmp_path):
    """A function that makes device files of NPUs, by their numbers; the host's are hidden."""
    folder = tmp_path / "dev"
    monkeypatch.setattr(devices_module, "_FOLDER", str(folder))

    def make(*numbers):
        folder.mkdir(exist_ok=True)
        for number in numbers:
            (folder / "davinci{}".format(number)).write_text("")

    return make


@pytest.fixture(autouse=True)
def no_ranks(monkeypatch):
    """No test inherits the rank of the process that runs it."""
    for name in RANK_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def stand_in(no_ranks):
    """A function that puts the stand-in `npu_bridge` in place: see `stand_in_bridge`."""
    with contextlib.ExitStack() as stack:
        yield lambda fault="": stack.enter_context(stand_in_bridge(fault))

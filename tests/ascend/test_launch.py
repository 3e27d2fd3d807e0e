import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from genflow.ascend import (
    Job,
    Rank,
    find_job,
    launch,
    process_group,
    read_rank_table,
    write_rank_table,
)
from genflow.ascend import job as job_module
from genflow.ascend.devices import (
    logical_number,
    own_device,
    physical_number,
    present_devices,
)
from genflow.ascend.process_group import Process, run_together
from genflow.ascend.process_log import STARTED

NAMES = "RANK_SIZE RANK_ID DEVICE_ID ASCEND_DEVICE_ID DEVICE_INDEX JOB_ID RANK_TABLE_FILE".split()


def ranks_on(server_id, device_ids, first=0, network=100):
    return [
        Rank(first + index, server_id, device, "192.168.{}.{}".format(network, device))
        for index, device in enumerate(device_ids)
    ]


def run(code, tmp_path, num_processes=2, **options):
    """Launches Python processes that do not talk to each other."""
    job = find_job(num_processes, rank_table="none")
    return launch([sys.executable, "-c", code], job, str(tmp_path / "logs"), **options)


def log(tmp_path, device):
    path = tmp_path / "logs" / str(device) / "train_{}.log".format(device)
    return path.read_text()


def environments(tmp_path, job, environment):
    """What each process finds in its environment."""
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    command = [sys.executable, "-c", code]
    assert launch(command, job, str(tmp_path / "logs"), environment=environment) == 0
    logs = sorted((tmp_path / "logs").glob("*/train_*.log"))
    return [json.loads(path.read_text()) for path in logs]


# What a job is.


@pytest.fixture
def table(tmp_path):
    path = str(tmp_path / "hccl.json")
    write_rank_table(path, ranks_on("a", [4, 5]) + ranks_on("b", [0, 1], 2, network=101))
    return path


def test_every_process_is_told_its_rank_and_keeps_the_rest(tmp_path):
    path = str(tmp_path / "hccl.json")
    write_rank_table(path, ranks_on("a", [4, 5]))
    mine = {"GREETING": "hello", "RANK_SIZE": "8", "JOB_ID": "7"}

    found = environments(tmp_path, find_job(rank_table=path, environment={}), mine)

    assert [[one[name] for name in NAMES] for one in found] == [
        ["2", "0", "4", "4", "0", "7", path],
        ["2", "1", "5", "5", "1", "7", path],
    ]
    assert [one["GREETING"] for one in found] == ["hello"] * 2


def test_one_process_has_no_rank_table(tmp_path):
    mine = {"RANK_TABLE_FILE": str(tmp_path / "1p.json")}
    write_rank_table(mine["RANK_TABLE_FILE"], ranks_on("a", [5]))
    job = find_job(device_ids=[3], environment=mine)

    (found,) = environments(tmp_path, job, mine)

    assert [found.get(name) for name in NAMES] == ["1", "0", "3", "3", "0", "10087", None]


def test_one_process_has_no_rank_table_even_if_there_is_one(tmp_path):
    path = str(tmp_path / "hccl.json")
    write_rank_table(path, ranks_on("a", [3]))

    (found,) = environments(tmp_path, find_job(rank_table=path, environment={}), {})

    assert (found["DEVICE_ID"], "RANK_TABLE_FILE" in found) == ("3", False)


@pytest.mark.parametrize("name", ["CM_CHIEF_IP", "CM_CHIEF_PORT", "CM_WORKER_SIZE"])
def test_refuses_the_other_way_to_find_each_other(tmp_path, name):
    with pytest.raises(ValueError, match=name + " must not be in the environment beside RANK_SIZE"):
        launch(["true"], find_job(1), str(tmp_path), environment={name: "1"})
    assert os.listdir(str(tmp_path)) == []


def test_a_job_of_several_servers_is_as_large_as_all_of_them(table, tmp_path):
    job = find_job(rank_table=table, server_id="b", environment={})

    assert (job.num_ranks, [rank.rank_id for rank in job.ranks]) == (4, [2, 3])
    environments(tmp_path, job, {})
    assert sorted(os.listdir(str(tmp_path / "logs"))) == ["2", "3"]


def test_a_server_knows_itself_by_its_name(table, monkeypatch):
    monkeypatch.setattr(job_module.socket, "gethostname", lambda: "b")
    assert find_job(rank_table=table, environment={}).ranks[0].server_id == "b"
    monkeypatch.setattr(job_module.socket, "gethostname", lambda: "c")
    with pytest.raises(ValueError, match="has the servers a, b, and none called .* or c: say whi"):
        find_job(rank_table=table, environment={})


def test_the_table_of_the_environment_is_the_default(table):
    job = find_job(2, server_id="a", environment={"RANK_TABLE_FILE": table})
    assert job.rank_table == table


def test_one_process_of_several_servers_finds_the_others(tmp_path):
    path = str(tmp_path / "2p.json")
    write_rank_table(path, ranks_on("a", [5]) + ranks_on("b", [5], 1, network=101))
    job = find_job(1, server_id="b", environment={"RANK_TABLE_FILE": path})
    assert (job.num_ranks, job.rank_table, job.ranks[0].rank_id) == (2, path, 1)


def test_one_process_of_a_table_of_two_here_is_refused(table):
    with pytest.raises(ValueError, match="got 1 processes .say that there is no rank table, 'none"):
        find_job(1, server_id="a", environment={"RANK_TABLE_FILE": table})
    assert find_job(1, rank_table="none", environment={"RANK_TABLE_FILE": table}).num_ranks == 1


def test_a_table_that_is_there_is_never_replaced(tmp_path, monkeypatch):
    made = ranks_on("here", [0, 1])
    monkeypatch.setattr(job_module, "local_ranks", lambda devices, server_id: made)
    path = tmp_path / "hccl_2p.json"
    for text in ("{}", "mine"):
        path.write_text(text)
        with pytest.raises(FileExistsError, match="hccl_2p.json is there, and not the table of"):
            find_job(2, folder=str(tmp_path), environment={})
        assert path.read_text() == text
    write_rank_table(str(path), made, template=2)
    before = path.read_text()
    assert find_job(2, folder=str(tmp_path), environment={}).rank_table == str(path)
    assert path.read_text() == before
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        find_job(2, folder=str(tmp_path), environment={})


def test_devices_have_two_kinds_of_numbers(devices):
    assert present_devices() == []
    assert (logical_number(5), physical_number(5)) == (5, 5)
    devices(10, 5, "_manager", "7x")
    assert present_devices() == [5, 10]
    assert [logical_number(device) for device in (5, 10, 3)] == [0, 1, 3]
    assert [physical_number(number) for number in (0, 1, 3)] == [5, 10, 3]


def test_the_device_that_is_meant_is_the_one_that_the_adapter_takes(devices):
    devices(4, 5, 6, 7)
    physical = {"DEVICE_ID": "5"}
    assert own_device(environment={}) == 0
    assert own_device(environment=physical) == 1
    assert own_device(environment=dict(physical, ASCEND_DEVICE_ID="3")) == 3
    assert own_device(2, dict(physical, ASCEND_DEVICE_ID="3")) == 2
    for name in ("ASCEND_DEVICE_ID", "DEVICE_ID"):
        for text in ("first", "-1", "0,1", "9" * 5000):
            with pytest.raises(ValueError, match=name + " must be the number of a device, in dig"):
                own_device(environment={name: text})


def test_one_process_has_the_device_of_the_environment(devices):
    devices(4, 5, 6, 7)
    for mine, expected in (({}, 4), ({"DEVICE_ID": "6"}, 6), ({"ASCEND_DEVICE_ID": "3"}, 7)):
        for rank_table in (None, "none"):
            job = find_job(1, rank_table=rank_table, environment=mine)
            assert [rank.device_id for rank in job.ranks] == [expected]
    for name, there in (("DEVICE_ID", "4, 5, 6, 7"), ("ASCEND_DEVICE_ID", "0, 1, 2, 3")):
        message = "{} must be of the devices that are there, {}; got 9".format(name, there)
        with pytest.raises(ValueError, match=message):
            find_job(1, environment={name: "9"})


def test_several_processes_have_the_first_devices_that_are_there(devices, tmp_path, monkeypatch):
    monkeypatch.setattr(job_module, "local_ranks", lambda ids, server_id: ranks_on("here", ids))
    devices(4, 5, 6, 7)
    for count, expected in ((2, [4, 5]), (4, [4, 5, 6, 7])):
        job = find_job(count, folder=str(tmp_path), environment={"DEVICE_ID": "7"})
        assert [rank.device_id for rank in job.ranks] == expected
    with pytest.raises(ValueError, match="There is no device 0 here, only 4, 5, 6, 7"):
        find_job(8, folder=str(tmp_path), environment={})
    job = find_job(8, rank_table="none", environment={})
    assert [rank.device_id for rank in job.ranks] == list(range(8))


def test_the_first_devices_must_go_together(devices, tmp_path):
    devices(3, 4, 5)
    with pytest.raises(ValueError, match="all be of 0 to 3, or all of 4 to 7; got 3, 4"):
        find_job(2, folder=str(tmp_path), environment={})


def test_a_table_is_made_for_this_server(tmp_path, monkeypatch):
    def local_ranks(devices, server_id):
        return ranks_on(server_id or "here", devices)

    monkeypatch.setattr(job_module, "local_ranks", local_ranks)

    job = find_job(4, folder=str(tmp_path / "out"), environment={})

    assert os.path.basename(job.rank_table) == "hccl_4p.json"
    assert read_rank_table(job.rank_table) == list(job.ranks) == ranks_on("here", range(4))


def test_refuses_devices_that_are_not_there(devices):
    devices(0, 1, "_manager")
    job_module._check_present([0, 1])
    with pytest.raises(ValueError, match="There is no device 2 here, only 0, 1."):
        job_module._check_present([1, 2])


def test_devices_are_looked_for_whoever_names_them(table, monkeypatch):
    asked = []
    monkeypatch.setattr(job_module, "_check_present", asked.append)
    find_job(device_ids=[3], environment={})
    find_job(rank_table=table, server_id="a", environment={})
    find_job(device_ids=[6], rank_table="none", environment={})
    assert asked == [[3], [4, 5]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Say how many processes there are, or which devices"),
        ({"num_processes": 0}, "must be at least 1 and at most 64; got 0"),
        ({"num_processes": 100000, "rank_table": "none"}, "at most 64; got 100000"),
        ({"device_ids": list(range(65)), "rank_table": "none"}, "at most 64; got 65"),
        ({"device_ids": [], "rank_table": "none"}, "at least 1 and at most 64; got 0"),
        ({"device_ids": [0, -1], "rank_table": "none"}, "a device must be at least 0; got -1"),
        ({"num_processes": 3, "device_ids": [0, 1]}, "3 processes need as many devices; got 2"),
        ({"device_ids": [1, 1], "rank_table": "none"}, "got device 1 twice"),
        ({"num_processes": 3}, "must have 1, 2, 4 or 8 devices in a job; got 3"),
        ({"device_ids": [3, 4]}, "2 devices must all be of 0 to 3"),
        ({"num_processes": 4, "rank_table": True}, "has 2 devices on server 'a' .4, 5.; got 4 pr"),
        ({"device_ids": [0, 1], "rank_table": True}, "; got devices 0, 1"),
    ],
)
def test_refuses_what_hccl_would_not_run(table, arguments, message):
    if "rank_table" in arguments and arguments["rank_table"] is True:
        arguments = dict(arguments, rank_table=table, server_id="a")
    with pytest.raises(ValueError, match=message):
        find_job(environment={}, **arguments)


# What becomes of the processes.


def test_each_has_a_log_and_the_first_one_the_console(tmp_path, capfd):
    code = "import os, sys; print('I am', os.environ['RANK_ID']); print('error', file=sys.stderr)"
    assert run(code, tmp_path, 3) == 0
    assert [log(tmp_path, device) for device in range(3)] == [
        "I am {}\nerror\n".format(device) for device in range(3)
    ]
    assert capfd.readouterr() == ("I am 0\nerror\n", "")


def test_a_log_is_added_to(tmp_path, capfd):
    assert run("print('first')", tmp_path, 1) == 0
    assert run("print('second')", tmp_path, 2) == 0
    lines = log(tmp_path, 0).splitlines()
    assert lines[:2] + lines[3:] == ["first", "", "second"]
    assert re.match(STARTED + r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[2])
    assert log(tmp_path, 1) == "second\n"
    assert capfd.readouterr().out == "first\nsecond\n"


def test_of_a_log_is_shown_what_is_new(tmp_path, capsys):
    assert run("print('first')", tmp_path, 2) == 0
    fails = "import os, sys, time; time.sleep(60 * (os.environ['RANK_ID'] == '0')); sys.exit(3)"
    assert run(fails, tmp_path, 2) == 3
    assert capsys.readouterr().err.endswith("which ends so:\n")


def test_a_log_is_not_a_link(tmp_path):
    (tmp_path / "logs" / "0").mkdir(parents=True)
    (tmp_path / "mine").write_text("kept")
    (tmp_path / "logs" / "0" / "train_0.log").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError, match="train_0.log is a link"):
        run("print('lost')", tmp_path, 1)
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel cannot do it")
def test_processes_end_with_a_launcher_that_is_killed(tmp_path):
    code = "import os, time; print(os.getpid()); time.sleep(60)"
    program = (
        "import sys\n"
        "from genflow.ascend.process_group import Process, run_together\n"
        "run_together([Process('one', [sys.executable, '-c', {!r}], {{}}, {!r})])"
    ).format(code, str(tmp_path / "log"))
    launcher = subprocess.Popen([sys.executable, "-c", bare(program)], stdout=subprocess.PIPE)
    pid = int(launcher.stdout.readline())
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    assert is_gone(pid)


def bare(program):
    """A program that imports files of the package, and not TensorFlow with them."""
    folder = os.path.dirname(process_group.__file__)
    load = (
        "import sys, types\n"
        "for name, path in (('genflow', {!r}), ('genflow.ascend', {!r})):\n"
        "    sys.modules[name] = types.ModuleType(name)\n"
        "    sys.modules[name].__path__ = [path]\n"
        "import genflow.ascend.process_group\n"
    )
    return load.format(os.path.dirname(folder), folder) + program


def test_no_signal_goes_to_a_group_that_is_no_more(monkeypatch):
    """Its number may be that of strangers by then."""

    class Ended:
        pid, returncode = 12345, 0

        def poll(self):
            return 0

    sent, strangers = [], [False]

    def killpg(pid, signum):
        sent.append(signum)
        if not strangers[0]:
            raise ProcessLookupError

    monkeypatch.setattr(process_group.os, "killpg", killpg)
    started = process_group._Started(Process("one", [], {}, ""), Ended(), 0)
    assert started.poll() == 0
    strangers[0] = True
    assert not started.is_there()
    assert not started.send(signal.SIGKILL)
    assert sent == [0]


@pytest.mark.parametrize("grace", [float("nan"), float("inf"), -1.0])
def test_rejects_a_grace_that_is_no_time(tmp_path, grace):
    with pytest.raises(ValueError, match="`grace_seconds` must be a finite number of at least 0"):
        run("pass", tmp_path, 1, grace_seconds=grace)
    assert os.listdir(str(tmp_path)) == []


def test_each_may_have_a_command_of_its_own(tmp_path, capfd):
    job = find_job(device_ids=[3, 2], rank_table="none")
    echo = lambda rank: ["echo", "rank", str(rank.rank_id)]  # noqa: E731
    assert launch(echo, job, str(tmp_path / "logs")) == 0
    assert [log(tmp_path, device) for device in (3, 2)] == ["rank 0\n", "rank 1\n"]


def test_a_failure_ends_the_others_and_is_shown(tmp_path, capsys):
    code = (
        "import os, sys, time\n"
        "if os.environ['RANK_ID'] == '1':\n"
        "    print('before'); sys.exit('device is lost')\n"
        "time.sleep(60)"
    )
    start = time.time()

    assert run(code, tmp_path) == 1

    assert time.time() - start < 30
    shown = capsys.readouterr().err
    assert "genflow: rank 1 (device 1) ended with exit status 1 after" in shown
    assert shown.endswith("which ends so:\n    before\n    device is lost\n")


@pytest.mark.parametrize(
    ("end", "status"),
    [("sys.exit(3)", 3), ("os.kill(os.getpid(), signal.SIGKILL)", 137), ("os.abort()", 134)],
)
def test_the_status_is_that_of_the_first_failure(tmp_path, end, status, capfd):
    code = (
        "import os, signal, sys, time\n"
        "if os.environ['RANK_ID'] == '0':\n"
        "    time.sleep(60); sys.exit(5)\n"
        "elif os.environ['RANK_ID'] == '1':\n"
        "    " + end
    )
    assert run(code, tmp_path, 3) == status


def test_what_ignores_sigterm_is_killed_with_what_it_has_started(tmp_path, capfd):
    """As one that waits inside HCCL for a process which is no more."""
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "ready = {!r}\n"
        "if os.environ['RANK_ID'] == '1':\n"
        "    while not os.path.exists(ready): time.sleep(0.05)\n"
        "    sys.exit(4)\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "with open(ready + '.part', 'w') as file: file.write(str(child.pid))\n"
        "os.rename(ready + '.part', ready)\n"
        "time.sleep(60)"
    ).format(str(tmp_path / "child"))
    start = time.time()

    assert run(code, tmp_path, grace_seconds=0.3) == 4

    assert time.time() - start < 30
    assert is_gone(int((tmp_path / "child").read_text()))


def is_gone(pid):
    for _ in range(100):
        try:
            with open("/proc/{}/stat".format(pid)) as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_what_a_script_has_started_has_the_time_of_grace_too(tmp_path):
    """The shell ends at once; the program in it still has something to keep."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *unused: "
        "(time.sleep(0.5), print('kept'), sys.exit(0)))\n"
        "open({!r}, 'w').close()\n"
        "time.sleep(60)"
    ).format(str(tmp_path / "ready"))
    script = '"$0" -c "$1"; true'
    fails = "while [ ! -e {} ]; do sleep 0.05; done; exit 7".format(tmp_path / "ready")

    def command(rank):
        if rank.rank_id == 1:
            return ["sh", "-c", fails]
        return ["sh", "-c", script, sys.executable, code]

    job = find_job(2, rank_table="none")
    assert launch(command, job, str(tmp_path / "logs")) == 7
    assert log(tmp_path, 0) == "kept\n"


@pytest.fixture
def heeded():
    """Tests that are started in the background of a shell ignore Ctrl-C, and so would `launch`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_them(tmp_path, capsys, heeded, signum):
    """Kindly: each may write what it has."""
    code = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *unused: (print('kept'), sys.exit(0)))\n"
        "open(os.path.join({!r}, os.environ['RANK_ID']), 'w').close()\n"
        "time.sleep(60)"
    ).format(str(tmp_path))

    def send():
        while not all((tmp_path / str(rank)).exists() for rank in range(2)):
            time.sleep(0.05)
        os.kill(os.getpid(), signum)

    before = signal.getsignal(signum)
    threading.Thread(target=send).start()
    assert run(code, tmp_path) == 128 + signum
    assert [log(tmp_path, device) for device in range(2)] == ["kept\n", "kept\n"]
    assert "stopped by {}".format(signum.name) in capsys.readouterr().err
    assert signal.getsignal(signum) == before


def test_a_command_that_is_not_there_leaves_nothing_running(tmp_path):
    logs = [str(tmp_path / name) for name in ("a.log", "b.log")]
    code = "import os, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    first = [sys.executable, "-c", code.format(str(tmp_path / "pid"))]
    processes = [
        Process("first", first, dict(os.environ), logs[0]),
        Process("second", ["no such command"], dict(os.environ), logs[1]),
    ]
    with pytest.raises(FileNotFoundError, match="no such command"):
        run_together(processes, grace_seconds=1.0)
    if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
        assert is_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no cores to choose from")
def test_processes_are_bound_to_cores_of_their_own(tmp_path, capfd):
    cores = sorted(os.sched_getaffinity(0))
    code = "import os; print(sorted(os.sched_getaffinity(0)))"
    assert run(code, tmp_path, 1, cores_per_process=1) == 0
    assert log(tmp_path, 0) == "{}\n".format(cores[:1])
    if len(cores) > 1:
        assert run(code, tmp_path, 2, cores_per_process=1) == 0
        assert log(tmp_path, 1) == "{}\n".format(cores[1:2])
    with pytest.raises(
        ValueError, match="for 2 processes asks for {} cores".format(2 * len(cores))
    ):
        run(code, tmp_path, 2, cores_per_process=len(cores))
    with pytest.raises(ValueError, match="`cores_per_process` must be at least 0; got -1"):
        run(code, tmp_path, 1, cores_per_process=-1)


def test_the_command_launches_what_follows(tmp_path, capfd):
    from genflow.command_line import main

    code = "import os, sys; print(sys.argv[1:], os.environ['DEVICE_ID']); sys.exit(6)"
    words = "launch --device_ids 3,2 --rank_table none --log_dir".split() + [str(tmp_path)]
    for separator in (["--"], []):
        with pytest.raises(SystemExit) as exit_:
            main(words + separator + [sys.executable, "-c", code, "--", "--nproc", "5"])
        assert exit_.value.code == 6
        shown = (tmp_path / "3" / "train_3.log").read_text()
        assert shown.endswith("['--', '--nproc', '5'] 3\n")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--nproc", "2"], 1, "Say what to run: genflow launch --nproc 8 -- python train.py"),
        (
            ["--nproc", "2", "--device_ids", "0,a", "true"],
            2,
            "must be numbers, as 0,1,2,3; got '0,a",
        ),
        (["--nproc", "3", "true"], 1, "a server must have 1, 2, 4 or 8 devices"),
        (["--nproc", "2", "--rank_table", "no.json", "true"], 1, "no.json"),
        (["--nproc", "1", "no such command"], 1, "no such command"),
        (["--nproc", "100000", "--rank_table", "none", "true"], 1, "at most 64; got 100000"),
        (["--device_ids=-1", "true"], 1, "must be at least 0; got -1"),
        (["--nproc", "1", "--grace", "nan", "true"], 1, "must be a finite number"),
    ],
)
def test_the_command_refuses_in_one_sentence(tmp_path, monkeypatch, capsys, words, status, message):
    from genflow.command_line import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RANK_TABLE_FILE", raising=False)
    with pytest.raises(SystemExit) as exit_:
        main(["launch"] + words)
    assert exit_.value.code == status
    assert message in capsys.readouterr().err


def test_a_job_is_a_value():
    assert Job([], 1, None) == find_job(1, environment={})._replace(ranks=[])


class Unread:
    """A console that nobody reads, as in `genflow launch ... | head`."""

    def __init__(self):
        self.buffer, self.num_written = self, 0

    def write(self, text):
        self.num_written += 1
        raise BrokenPipeError

    def flush(self):
        pass


def test_nobody_needs_to_read_the_console(tmp_path, monkeypatch):
    code = "import time\nfor i in range(4): print(i); time.sleep(0.2)"
    console = Unread()
    monkeypatch.setattr(sys, "stdout", console)
    assert run(code, tmp_path, 1) == 0
    assert console.num_written == 1
    assert log(tmp_path, 0) == "0\n1\n2\n3\n"

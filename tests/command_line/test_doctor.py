import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

import genflow
from genflow.ascend import devices
from genflow.command_line import doctor, doctor_child, doctor_host, main, trial_training
from genflow.command_line.doctor_data import data_entries
from genflow.command_line.doctor_entries import (
    ERROR,
    MISSING,
    OK,
    WARNING,
    Entry,
    as_json,
    as_text,
    looked_at,
    works,
)
from tests.ascend.stand_in_bridge import stand_in_bridge

MARK = doctor_child.MARK


def test_a_look_that_fails_is_a_finding():
    def look():
        yield Entry("Host", "memory", OK, "enough")
        raise OSError("no such\nthing")

    assert looked_at("Host", "memory", look) == [
        Entry("Host", "memory", ERROR, "OSError: no such thing")
    ]


@pytest.mark.parametrize(
    ("status", "expected"), [(OK, True), (MISSING, True), (WARNING, True), (ERROR, False)]
)
def test_only_what_is_there_and_fails_is_wrong(status, expected):
    entries = [Entry("Data", "mnist", OK, "there"), Entry("Devices", "npu", status, "it")]
    assert works(entries) is expected
    assert as_json(entries)["works"] is expected


def test_text_has_a_line_for_each_thing_and_one_for_its_advice():
    entries = [
        Entry("Host", "Python", OK, "3.7.12"),
        Entry("Data", "mnist", MISSING, "not there", "genflow data download mnist"),
    ]
    assert as_text(entries).splitlines() == [
        "Host",
        "  ok       Python: 3.7.12",
        "",
        "Data",
        "  missing  mnist: not there",
        "           -> genflow data download mnist",
    ]


def entry(name, entries=None):
    found = [e for e in entries or doctor_host.host_entries() if e.name == name]
    assert len(found) == 1, found
    return found[0]


def test_tells_of_the_host():
    entries = doctor_host.host_entries()
    assert works(entries)
    assert entry("Python", entries).value.startswith(sys.version.split()[0])
    assert genflow.__version__ in entry("genflow", entries).value
    assert "cores" in entry("CPU", entries).value
    assert float(entry("disk here", entries).value.split()[0]) > 0


def test_tells_what_cann_says_of_itself(tmp_path, monkeypatch):
    info = tmp_path / "toolkit" / "ascend_toolkit_install.info"
    info.parent.mkdir()
    info.write_text("package_name=toolkit\nversion=9.0.0\n")
    monkeypatch.setenv("ASCEND_HOME_PATH", str(tmp_path))
    found = [e for e in doctor_host.host_entries() if e.name == "CANN"]
    assert "{}: version=9.0.0".format(info) in [e.value for e in found]
    assert entry("ASCEND_HOME_PATH").value == str(tmp_path)


def test_says_where_it_has_looked_for_cann(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor_host, "_CANN_FOLDERS", (str(tmp_path / "none"),))
    monkeypatch.delenv("ASCEND_HOME_PATH", raising=False)
    assert entry("CANN").status == MISSING
    assert str(tmp_path / "none") in entry("CANN").value
    (tmp_path / "none").mkdir()
    assert entry("CANN").status == WARNING
    assert "set_env.sh" in entry("CANN").advice


def test_tells_what_the_variables_of_a_job_are(monkeypatch):
    monkeypatch.setenv("RANK_SIZE", "8")
    monkeypatch.setenv("RANK_TABLE_FILE", "/no/such/table.json")
    assert "RANK_SIZE=8" in entry("rank").value
    assert entry("rank table").status == ERROR


@pytest.mark.skipif(os.name != "posix", reason="needs a script")
@pytest.mark.parametrize(("status", "expected"), [(0, OK), (3, ERROR)])
def test_asks_npu_smi(monkeypatch, tmp_path, status, expected):
    command = tmp_path / "npu-smi"
    command.write_text("#!/bin/sh\necho dcmi module initialize failed\nexit {}\n".format(status))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert entry("npu-smi").status == expected
    assert ("dcmi module" in entry("npu-smi").value) == (expected == ERROR)


def test_data_that_is_not_there_is_no_error(tmp_path):
    entries = data_entries(str(tmp_path))
    assert works(entries)
    assert str(tmp_path) in entry("folder", entries).value
    assert [e.status for e in entries[1:]] == [MISSING] * 5
    assert entries[1].advice == "genflow data download cifar10"


def test_data_that_is_damaged_is_an_error(tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"no archive")
    found = data_entries(str(tmp_path))[1]
    assert (found.name, found.status) == ("cifar10 (Glow, RealNVP)", ERROR)
    assert "cifar-10-python.tar.gz" in found.value


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.15.0", True), ("1.15.5", True), ("1.14.9", False), ("1.16", False), ("2.0.0rc1", False)],
)
def test_compares_versions_by_their_numbers(version, expected):
    assert doctor_child.is_between(version, "1.15", "1.16") is expected


def test_tells_of_packages(tmp_path, monkeypatch):
    assert doctor_child.package_entry("numpy").status in (OK, WARNING)
    assert np.__version__ in doctor_child.package_entry("numpy").value
    missing = doctor_child.package_entry("no_such_package")
    assert (missing.status, missing.value) == (ERROR, "not installed")
    (tmp_path / "old_package.py").write_text("__version__ = '0.1'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for table in (doctor_child._REFERENCE, doctor_child._MODERN):
        monkeypatch.setitem(table, "old_package", ("0.8", "0.9"))
    old = doctor_child.package_entry("old_package")
    assert old.status == WARNING
    assert "from 0.8 on, below 0.9" in old.advice


def test_a_package_that_does_not_load_is_a_finding(tmp_path, monkeypatch, capsys):
    (tmp_path / "broken_package.py").write_text("raise ImportError('libbroken.so: no such file')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    doctor_child._say("Packages", "x", lambda: [doctor_child.package_entry("broken_package")])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith(MARK)]
    assert json.loads(said[1][len(MARK) :])["entry"] == [
        "Packages",
        "x",
        ERROR,
        "ImportError: libbroken.so: no such file",
        "",
    ]


def test_tells_why_there_is_no_gpu(monkeypatch):
    def look(kind):
        raise RuntimeError("no driver")

    monkeypatch.setattr(tf.config.experimental, "list_physical_devices", look)
    found = entry("gpu", list(doctor_child.device_entries()))
    assert found.status == ERROR
    assert found.value.endswith("fails to look (RuntimeError: no driver)")


def test_tells_why_there_is_no_npu():
    entries = list(doctor_child.device_entries()) + list(doctor_child.npu_entries())
    assert [e.name for e in entries] == ["cpu", "gpu", "hccl", "npu"]
    assert entry("cpu", entries).status == OK
    assert entry("npu", entries).status == MISSING
    assert "npu_bridge is not installed" in entry("npu", entries).value


@pytest.mark.parametrize(
    ("fault", "status"), [("", WARNING), ("no_hccl", ERROR)], ids=["no-device", "no-hccl"]
)
def test_tells_what_is_wrong_with_npu_bridge(monkeypatch, tmp_path, fault, status):
    monkeypatch.setattr(devices, "_FOLDER", str(tmp_path))
    with stand_in_bridge(fault):
        (found,) = doctor_child.npu_entries()
    assert found.status == status
    assert found.value == "npu_bridge can be imported, but there is no /dev/davinci*" or fault
    assert found.advice


def test_warns_of_the_environment_where_there_is_npu_bridge(monkeypatch):
    monkeypatch.delenv("JOB_ID", raising=False)
    monkeypatch.setattr(doctor_child.importlib.util, "find_spec", lambda name: None)
    assert doctor_child._environment() == []
    monkeypatch.setattr(doctor_child.importlib.util, "find_spec", lambda name: object())
    assert [e.status for e in doctor_child._environment() if "JOB_ID" in e.value] == [WARNING]
    monkeypatch.setenv("RANK_SIZE", "eight")
    with pytest.raises(ValueError, match="RANK_SIZE must be a number"):
        doctor_child._environment()


@pytest.mark.parametrize("train", [trial_training.flow, trial_training.gan])
def test_two_steps_move_all_weights(train):
    said = train("cpu")
    assert said.startswith("2 steps on cpu")
    assert said.endswith("all weights moved")


def test_a_weight_that_stays_is_an_error():
    before = {"flow": {"a": np.zeros(2), "b": np.zeros(2)}}
    after = {"flow": {"a": np.array([0.0, 1.0]), "b": np.zeros(2)}}
    trial_training._check_moved({"flow": {"a": before["flow"]["a"]}}, after)
    with pytest.raises(ValueError, match="has not moved the weight flow/b"):
        trial_training._check_moved(before, after)


def test_a_process_that_dies_is_a_finding_and_leaves_what_it_has_said():
    output = [
        MARK + json.dumps({"at": ["Packages", "numpy"]}),
        MARK + json.dumps({"entry": ["Packages", "numpy", OK, "1.18", ""]}),
        "a line of a library",
        MARK + json.dumps({"at": ["Packages", "tensorflow"]}),
    ]
    errors = ["F0000 use_off_line must be a bool", ""]
    entries = doctor._found(output, errors, doctor._how_it_ended(-6))
    assert entries == [
        Entry("Packages", "numpy", OK, "1.18"),
        Entry(
            "Packages",
            "tensorflow",
            ERROR,
            "the process is killed by SIGABRT here: F0000 use_off_line must be a bool",
        ),
    ]


def test_asks_a_process_that_imports_the_same_genflow(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    first, second = doctor._environment()["PYTHONPATH"].split(os.pathsep)
    assert os.path.samefile(first, os.path.dirname(os.path.dirname(genflow.__file__)))
    assert second == "elsewhere"


@pytest.fixture
def answers(monkeypatch):
    """What processes answer, by the backend that they train on."""
    trained = {}

    def ask(backend, *flags):
        trained[backend] = flags
        devices = [Entry("Devices", "gpu", OK, "one"), Entry("Devices", "npu", MISSING, "none")]
        status = ERROR if backend == "gpu" else OK
        trial = [Entry("Training", "flow on " + backend, status, "2 steps")]
        return (devices if flags else []) + trial

    monkeypatch.setattr(doctor, "_ask", ask)
    monkeypatch.setattr(doctor, "data_entries", lambda data_dir: [])
    return trained


def test_trains_on_every_backend_that_is_there(answers, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["doctor"])
    assert caught.value.code == 1
    assert answers == {"cpu": ("--packages",), "gpu": ()}
    output = capsys.readouterr().out
    assert "Not everything that is here works: flow on gpu." in output


def test_trains_on_the_one_that_is_named(answers, capsys):
    main(["doctor", "--backend", "cpu", "--json"])
    assert answers == {"cpu": ("--packages",)}
    said = json.loads(capsys.readouterr().out)
    assert said["works"] is True
    assert said["entries"][-1]["name"] == "flow on cpu"


def test_main_needs_no_package_for_it(tmp_path):
    """What is broken must not hinder it: neither NumPy nor TensorFlow may be imported."""
    code = (
        "import sys; sys.modules.update(numpy=None, tensorflow=None)\n"
        "from genflow.command_line import main; main(['doctor', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0
    assert b"--backend" in done.stdout


def test_a_damaged_tensorflow_is_a_finding(tmp_path, monkeypatch):
    """A process that it kills: the library of another machine is an illegal instruction."""
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGILL)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(
        doctor, "_environment", lambda: dict(os.environ, PYTHONPATH=paths(tmp_path))
    )
    entries = doctor._ask("cpu", "--packages")
    assert entry("numpy", entries).status in (OK, WARNING)
    assert entries[-1].name == "tensorflow"
    assert entries[-1].value.startswith("the process is killed by SIGILL here")


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("os._exit(3)", id="exits"),
        pytest.param("os.kill(os.getpid(), signal.SIGSEGV)", id="killed", marks=pytest.mark.slow),
    ],
)
def test_a_bridge_that_ends_its_process_is_named_and_training_goes_on(tmp_path, monkeypatch, end):
    (tmp_path / "npu_bridge").mkdir()
    (tmp_path / "npu_bridge" / "__init__.py").write_text("import os, signal\n" + end)
    monkeypatch.setattr(
        doctor, "_environment", lambda: dict(os.environ, PYTHONPATH=paths(tmp_path))
    )
    monkeypatch.setattr(doctor, "host_entries", list)
    monkeypatch.setattr(doctor, "data_entries", lambda data_dir: [])
    entries = doctor.examine("cpu")
    assert [e.name for e in entries if e.status == ERROR] == ["npu_bridge"]
    assert "here" in entry("npu_bridge", entries).value
    for name in ("cpu", "flow on cpu", "GAN on cpu"):
        assert entry(name, entries).status == OK


def test_a_missing_tensorflow_is_said_once(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor name in list(sys.modules):\n"
        "    if name.split('.')[0] == 'tensorflow':\n        del sys.modules[name]\n"
        "sys.modules['tensorflow'] = None\n"
    )
    monkeypatch.setattr(
        doctor, "_environment", lambda: dict(os.environ, PYTHONPATH=paths(tmp_path))
    )
    entries = doctor._ask("cpu", "--packages")
    assert [(e.name, e.value) for e in entries if e.status == ERROR] == [
        ("tensorflow", "not installed")
    ]
    assert entry("tensorflow", entries).advice == "pip install . in the checkout of genflow"
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert data_entries(str(tmp_path)) == []


def test_a_data_folder_that_is_named_and_not_there_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path / "none"))
    found = data_entries()[0]
    assert (found.name, found.status) == ("folder", WARNING)
    assert "does not exist" in found.value
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    assert data_entries()[0].status == OK


def paths(first):
    return os.pathsep.join([str(first), os.path.dirname(os.path.dirname(genflow.__file__))])


@pytest.mark.slow
def test_says_that_all_is_well_here(tmp_path):
    command = [sys.executable, "-m", "genflow", "doctor", "--json", "--data_dir", str(tmp_path)]
    environment = dict(os.environ, PYTHONPATH=paths(tmp_path), no_proxy="*")
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=False)
    said = json.loads(done.stdout.decode())
    assert (done.returncode, said["works"]) == (0, True)
    names = [found["name"] for found in said["entries"]]
    assert {"Python", "tensorflow", "npu", "flow on cpu", "GAN on cpu"} <= set(names)

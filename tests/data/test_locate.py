import os

import pooch
import pytest

from genflow.data.locate import find, resolve_data_dir


def test_argument_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", "from-environment")
    assert resolve_data_dir("from-argument") == "from-argument"


def test_environment_wins_over_the_cache(monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", "from-environment")
    assert resolve_data_dir() == "from-environment"


@pytest.mark.parametrize("value", [None, ""])
def test_cache_of_the_user_comes_last(monkeypatch, value):
    monkeypatch.delenv("GENFLOW_DATA_DIR", raising=False)
    if value is not None:
        monkeypatch.setenv("GENFLOW_DATA_DIR", value)
    assert resolve_data_dir() == str(pooch.os_cache("genflow"))


def test_home_is_expanded(monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", "~/datasets")
    expected = os.path.join(os.path.expanduser("~"), "datasets")
    assert resolve_data_dir() == expected
    assert resolve_data_dir("~/datasets") == expected


@pytest.mark.parametrize("chosen", [None, "~/datasets"])
def test_rejects_a_home_folder_that_is_not_known(monkeypatch, chosen):
    """Where a container gives its user neither HOME nor a name."""

    def getpwuid(uid):
        raise KeyError(uid)

    for name in ["GENFLOW_DATA_DIR", "HOME", "XDG_CACHE_HOME"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", getpwuid)
    match = "must be in a home folder that is known; got ~/.*GENFLOW_DATA_DIR to a folder"
    with pytest.raises(ValueError, match=match):
        resolve_data_dir(chosen)


def test_find_returns_the_first_complete_place(tmp_path):
    for name in ["a", "b", "c", "d", "e"]:
        (tmp_path / name).touch()
    incomplete, complete, other = [
        [str(tmp_path / name) for name in names] for names in ["ax", "bc", "de"]
    ]
    assert find("Letters", [incomplete, complete, other]) == complete


def message_of(places, data_dir=None):
    with pytest.raises(FileNotFoundError) as error:
        find("Letters", places, data_dir)
    return str(error.value)


def test_find_names_what_every_place_lacks_and_the_remedies(tmp_path):
    (tmp_path / "a").touch()
    places = [[str(tmp_path / "a"), str(tmp_path / "x")], [str(tmp_path / "y")]]
    message = message_of(places, str(tmp_path))
    assert "(there is no {0}/x, no {0}/y); set".format(tmp_path) in message
    for remedy in ["--data_dir", "GENFLOW_DATA_DIR", "download=True"]:
        assert remedy in message


def test_find_says_that_the_folder_is_the_argument(tmp_path, monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", "elsewhere")
    expected = "Letters was not found in {}, the folder given as `data_dir` (".format(tmp_path)
    assert message_of([["x"]], str(tmp_path)).startswith(expected)


def test_find_says_that_the_folder_is_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    expected = "not found in {}, the folder that GENFLOW_DATA_DIR names (".format(tmp_path)
    assert expected in message_of([["x"]])


def test_find_says_that_the_folder_is_the_cache(monkeypatch):
    monkeypatch.delenv("GENFLOW_DATA_DIR", raising=False)
    expected = "{}, the cache folder, since neither `data_dir` nor GENFLOW_DATA_DIR is set".format(
        pooch.os_cache("genflow")
    )
    assert expected in message_of([["x"]])


def test_find_says_that_there_is_no_such_folder(tmp_path):
    expected = "the folder given as `data_dir`, which does not exist ("
    assert expected in message_of([["x"]], str(tmp_path / "new"))

import os

import pytest

from genflow.data.whole_folder import refuse_existing, whole_folder


def write(folder, error=None):
    with whole_folder(str(folder)) as partial:
        with open(os.path.join(partial, "a"), "w") as file:
            file.write("a")
        if error:
            raise error


@pytest.mark.parametrize("name", ["x", "new/x"])
def test_a_folder_appears_when_it_is_complete(tmp_path, name):
    with whole_folder(str(tmp_path / name)) as partial:
        assert os.path.basename(partial) == "x"
        assert not (tmp_path / name).exists()
        (tmp_path / partial / "a").write_text("a")

    assert (tmp_path / name / "a").read_text() == "a"
    assert os.listdir(str((tmp_path / name).parent)) == ["x"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "x").mkdir()
    write(tmp_path / "x")
    assert os.listdir(str(tmp_path / "x")) == ["a"]


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "x", KeyboardInterrupt())
    assert os.listdir(str(tmp_path)) == []


def test_what_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "b").write_text("b")
    with pytest.raises(FileExistsError, match="x must not exist, or be an empty folder"):
        write(tmp_path / "x")
    assert os.listdir(str(tmp_path)) == ["x"]
    assert os.listdir(str(tmp_path / "x")) == ["b"]


def test_an_occupied_place_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "x").write_text("occupied")
    with pytest.raises(FileExistsError, match="x must not exist"):
        with whole_folder(str(tmp_path / "x")):
            pytest.fail("There was something to write to.")
    assert os.listdir(str(tmp_path)) == ["x"]


def test_a_place_that_becomes_occupied_is_not_overwritten(tmp_path):
    with pytest.raises(FileExistsError, match="x must not exist"):
        with whole_folder(str(tmp_path / "x")):
            (tmp_path / "x").write_text("occupied")
    assert (tmp_path / "x").read_text() == "occupied"


@pytest.mark.parametrize("target", ["an empty folder", "absent"])
def test_a_link_is_not_replaced(tmp_path, target):
    (tmp_path / "an empty folder").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / target)
    with pytest.raises(FileExistsError, match="x must .* an empty folder, not a link to one"):
        refuse_existing(str(tmp_path / "x"))

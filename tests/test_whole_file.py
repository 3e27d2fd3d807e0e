import os
import re
import stat

import pytest

from genflow.whole_file import whole_file


@pytest.mark.parametrize(("mode", "before", "after"), [("w", "alt", "für"), ("wb", b"a", b"\xff")])
def test_a_file_is_replaced_when_the_new_one_is_complete(tmp_path, mode, before, after):
    path = tmp_path / "file"
    for contents in (before, after):
        with whole_file(str(path), mode) as file:
            file.write(contents)

    assert (path.read_text("utf-8") if mode == "w" else path.read_bytes()) == after
    assert os.listdir(str(tmp_path)) == ["file"]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def fail():
        with whole_file(str(path)) as file:
            file.write("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()

    assert path.read_text() == "before"
    assert os.listdir(str(tmp_path)) == ["file"]


def test_two_writers_do_not_share_a_file(tmp_path):
    path = str(tmp_path / "file")
    with whole_file(path) as first:
        with whole_file(path) as second:
            names = sorted(os.listdir(str(tmp_path)))
            second.write("a longer text")
        first.write("text")

    assert len(names) == 2
    for name in names:
        assert re.match(r"^file\.[0-9a-f]{8}\.partial$", name)
    with open(path) as file:
        assert file.read() == "text"


def test_the_permissions_are_those_of_other_files(tmp_path):
    before = os.umask(0o027)
    try:
        with whole_file(str(tmp_path / "file")):
            pass
    finally:
        os.umask(before)

    assert stat.S_IMODE(os.stat(str(tmp_path / "file")).st_mode) == 0o640


def test_nothing_is_left_where_the_place_is_taken(tmp_path):
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / "inside").mkdir()

    with pytest.raises(OSError, match="file"), whole_file(str(tmp_path / "file")):
        pass
    assert os.listdir(str(tmp_path)) == ["file"]

import os

import pytest

from genflow.data.whole_file import whole_file


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

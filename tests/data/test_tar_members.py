import io
import tarfile

import numpy as np
import pytest

from genflow.data import tar_members
from genflow.data.tar_members import read_members

CONTENTS = np.random.RandomState(0).bytes(5000)  # Random, so that gzip cannot shrink it.


def plain(name, contents=CONTENTS):
    member = tarfile.TarInfo(name)
    member.size = len(contents)
    return member, contents


def link(name, kind, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def write(path, members):
    with tarfile.open(str(path), "w:gz") as archive:
        for member, contents in members:
            archive.addfile(member, io.BytesIO(contents))
    return str(path)


def test_reads_the_named_members_in_the_named_order(tmp_path):
    path = write(tmp_path / "x.tar.gz", [plain("b", b"2"), plain("c", b"3"), plain("a", b"1")])
    assert list(read_members(path, ["a", "b"]).items()) == [("a", b"1"), ("b", b"2")]


def test_writes_nothing_to_disk(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path = write(folder / "x.tar.gz", [plain("../escaped"), plain("/escaped"), plain("a")])
    read_members(path, ["a"])
    assert [child.name for child in folder.iterdir()] == ["x.tar.gz"]
    assert [child.name for child in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_rejects_a_member_that_is_not_a_plain_file(tmp_path, kind):
    path = write(tmp_path / "x.tar.gz", [plain("other"), link("a", kind, "other")])
    with pytest.raises(ValueError, match="x.tar.gz lacks a, or holds something other"):
        read_members(path, ["a"])


def test_rejects_an_archive_without_a_member(tmp_path):
    path = write(tmp_path / "x.tar.gz", [plain("b")])
    with pytest.raises(ValueError, match="x.tar.gz lacks a, c, .*download=True"):
        read_members(path, ["a", "b", "c"])


def test_rejects_an_oversized_member(tmp_path, monkeypatch):
    path = write(tmp_path / "x.tar.gz", [plain("a")])
    monkeypatch.setattr(tar_members, "_MAX_MEMBER_BYTES", len(CONTENTS) - 1)
    with pytest.raises(ValueError, match="x.tar.gz lacks a"):
        read_members(path, ["a"])


@pytest.mark.parametrize("length", [0, 5, 100, 2000, 4500])
def test_rejects_a_truncated_archive(tmp_path, length):
    path = tmp_path / "x.tar.gz"
    write(path, [plain("a")])
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="x.tar.gz is truncated, damaged.*download=True"):
        read_members(str(path), ["a"])


def test_rejects_what_is_no_archive(tmp_path):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(ValueError, match="x.tar.gz is truncated, damaged or no gzipped tar"):
        read_members(str(path), ["a"])

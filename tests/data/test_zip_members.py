import os
import zipfile

import pytest

from genflow.data.zip_members import extract_folder


def write_zip(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(str(path), "w", compression) as archive:
        for name, contents in files:
            archive.writestr(name, contents)
    return str(path)


@pytest.fixture
def target(tmp_path):
    (tmp_path / "outer" / "target").mkdir(parents=True)
    return tmp_path / "outer" / "target"


def test_the_files_of_one_folder_are_unpacked(tmp_path, target):
    large = os.urandom(3 * 2**20)
    files = [("a/", b""), ("a/1.jpg", b"1"), ("a/b/2.jpg", large), ("ab/3.jpg", b"3"), ("4", b"4")]
    extract_folder(write_zip(tmp_path / "x.zip", files), "a", str(target))
    assert (target / "1.jpg").read_bytes() == b"1"
    assert (target / "b" / "2.jpg").read_bytes() == large
    assert sorted(os.listdir(str(target))) == ["1.jpg", "b"]


@pytest.mark.parametrize(
    "name",
    ["a/../../evil", "a//evil", "a/./evil", "a/b/../evil", "a/..\\evil", "a/C:evil", "a/../a/evil"],
)
def test_rejects_a_path_that_leads_elsewhere(tmp_path, target, name):
    path = write_zip(tmp_path / "x.zip", [("a/1.jpg", b"1"), (name, b"2")])
    match = "x.zip must have plain files in the folder a, and nothing that leads elsewhere; got"
    with pytest.raises(ValueError, match=match):
        extract_folder(path, "a", str(target))
    assert os.listdir(str(target)) == []
    assert sorted(os.listdir(str(tmp_path))) == ["outer", "x.zip"]
    assert os.listdir(str(tmp_path / "outer")) == ["target"]


def test_rejects_a_link(tmp_path, target):
    link = zipfile.ZipInfo("a/link")
    link.external_attr = 0o120777 << 16
    path = write_zip(tmp_path / "x.zip", [(link, b"/etc/passwd")])
    with pytest.raises(ValueError, match="must have plain files in the folder a"):
        extract_folder(path, "a", str(target))


def test_does_not_overwrite(tmp_path, target):
    (target / "1.jpg").write_bytes(b"mine")
    path = write_zip(tmp_path / "x.zip", [("a/1.jpg", b"other")])
    with pytest.raises(FileExistsError):
        extract_folder(path, "a", str(target))
    assert (target / "1.jpg").read_bytes() == b"mine"


def test_a_file_that_cannot_be_opened_is_another_error(tmp_path, target):
    with pytest.raises(FileNotFoundError, match="absent.zip"):
        extract_folder(str(tmp_path / "absent.zip"), "a", str(target))


def test_too_little_memory_is_not_the_fault_of_the_archive(tmp_path, target, monkeypatch):
    def read(*unused):
        raise MemoryError

    path = write_zip(tmp_path / "x.zip", [("a/1.jpg", b"1")])
    monkeypatch.setattr("zipfile.ZipExtFile.read", read)
    with pytest.raises(MemoryError):
        extract_folder(path, "a", str(target))


def test_rejects_an_archive_without_the_folder(tmp_path, target):
    path = write_zip(tmp_path / "x.zip", [("b/1.jpg", b"1"), ("a/", b"")])
    with pytest.raises(ValueError, match="x.zip must have files in the folder a; it has none"):
        extract_folder(path, "a", str(target))


@pytest.mark.parametrize("damage", ["cut", "html", "empty", "flipped", "code"])
@pytest.mark.parametrize(
    "compression",
    [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
)
def test_rejects_a_damaged_archive(tmp_path, target, damage, compression):
    path = write_zip(tmp_path / "x.zip", [("a/1.jpg", os.urandom(5000))], compression)
    contents = (tmp_path / "x.zip").read_bytes()
    flipped = contents[:2000] + bytes([contents[2000] ^ 1]) + contents[2001:]
    first = 30 + len("a/1.jpg")  # Where the compressed bytes begin; none begin with these.
    damaged = {
        "cut": contents[:3000],
        "html": b"<html>",
        "empty": b"",
        "flipped": flipped,
        "code": contents[:first] + b"\xff" * 40 + contents[first + 40 :],
    }
    (tmp_path / "x.zip").write_bytes(damaged[damage])
    match = "x.zip is truncated, damaged or no zip archive that can be read .*; move it away"
    with pytest.raises(ValueError, match=match):
        extract_folder(path, "a", str(target))

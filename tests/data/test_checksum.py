import pytest

from genflow.data import checksum
from genflow.data.checksum import check_md5, file_md5

MD5_OF_ABC = "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321


def test_accepts_the_published_contents():
    check_md5(b"abc", MD5_OF_ABC, "abc.txt")


def test_rejects_other_contents_and_says_what_to_do():
    match = (
        "^abc.txt is damaged or altered: its MD5 must be {} but is "
        "0cc175b9c0f1b6a831c399e269772661; .*download=True".format(MD5_OF_ABC)
    )
    with pytest.raises(ValueError, match=match):
        check_md5(b"a", MD5_OF_ABC, "abc.txt")


def test_the_md5_of_a_file_is_that_of_its_contents(tmp_path, monkeypatch):
    monkeypatch.setattr(checksum, "_PIECE_BYTES", 2)
    (tmp_path / "abc.txt").write_bytes(b"abc")
    assert file_md5(str(tmp_path / "abc.txt")) == MD5_OF_ABC

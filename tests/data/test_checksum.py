import pytest

from genflow.data import checksum
from genflow.data.checksum import check_file, check_md5, checksum_kind, file_checksum

MD5_OF_ABC = "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321
SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2


def test_accepts_the_published_contents():
    check_md5(b"abc", MD5_OF_ABC, "abc.txt")


def test_rejects_other_contents_and_says_what_to_do():
    match = (
        "^abc.txt is damaged or altered: its MD5 must be {} but is "
        "0cc175b9c0f1b6a831c399e269772661; .*download=True".format(MD5_OF_ABC)
    )
    with pytest.raises(ValueError, match=match):
        check_md5(b"a", MD5_OF_ABC, "abc.txt")


@pytest.fixture
def abc(tmp_path, monkeypatch):
    monkeypatch.setattr(checksum, "_PIECE_BYTES", 2)
    (tmp_path / "abc.txt").write_bytes(b"abc")
    return str(tmp_path / "abc.txt")


def test_the_checksum_of_a_file_is_that_of_its_contents(abc):
    assert file_checksum(abc) == MD5_OF_ABC
    assert file_checksum(abc, "SHA-256") == SHA256_OF_ABC


@pytest.mark.parametrize(("expected", "kind"), [(MD5_OF_ABC, "MD5"), (SHA256_OF_ABC, "SHA-256")])
def test_rejects_another_file(abc, expected, kind):
    check_file(abc, expected)
    other = expected[::-1]
    match = "abc.txt is damaged or altered: its {} must be {} but is {}; move it away".format(
        kind, other, expected
    )
    with pytest.raises(ValueError, match=match):
        check_file(abc, other)


def test_rejects_what_is_no_checksum():
    with pytest.raises(ValueError, match="the 32 digits of an MD5 or the 64 of a SHA-256; got ''"):
        checksum_kind("")

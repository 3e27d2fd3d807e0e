import gzip
import hashlib
import tracemalloc

import numpy as np
import pytest

from genflow.data.idx import read_idx

ARRAY = np.random.RandomState(0).randint(256, size=[7, 4, 3]).astype(np.uint8)
# The header as the format's description has it: zero, zero, type, axes, and big-endian lengths.
HEADER = b"\x00\x00\x08\x03" + b"\x00\x00\x00\x07" + b"\x00\x00\x00\x04" + b"\x00\x00\x00\x03"
CONTENTS = HEADER + ARRAY.tobytes()


@pytest.fixture(params=["x-idx3-ubyte.gz", "x-idx3-ubyte"])
def write(request, tmp_path):
    """Writes contents, gzipped or not, and returns the path."""

    def write_it(contents):
        path = tmp_path / request.param
        path.write_bytes(gzip.compress(contents) if path.suffix == ".gz" else contents)
        return str(path)

    return write_it


def test_reads_the_array(write):
    found = read_idx(write(CONTENTS), (7, 4, 3))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, ARRAY)


def test_reads_one_axis(write):
    contents = b"\x00\x00\x08\x01\x00\x00\x01\x2c" + bytes(range(150)) * 2
    assert read_idx(write(contents), (300,)).tolist() == list(range(150)) * 2


def test_verifies_the_file_as_it_is_on_disk(write):
    path = write(CONTENTS)
    with open(path, "rb") as file:
        md5 = hashlib.md5(file.read()).hexdigest()
    read_idx(path, (7, 4, 3), md5)
    with pytest.raises(
        ValueError, match="{} is damaged or altered: its MD5 must be 0".format(path)
    ):
        read_idx(path, (7, 4, 3), "0" * 32)


@pytest.mark.parametrize(
    ("contents", "match"),
    [
        (b"", r"must begin with the bytes b'.*x08.x03'; got b''"),
        (b"<html>404</html>" * 9, "must begin with the bytes .*; got b'<htm'"),
        (b"\x00\x00\x09" + CONTENTS[3:], "must begin with the bytes"),
        (b"\x00\x00\x08\x01" + CONTENTS[4:], "must begin with the bytes"),
        (HEADER[:10], r"its shape must be \(7, 4, 3\); got \(7,\)"),
        (CONTENTS[:7] + b"\x08" + CONTENTS[8:], r"its shape must be \(7, 4, 3\); got \(8, 4, 3\)"),
        (HEADER[:4] + HEADER[8:] + HEADER[4:8] + CONTENTS[16:], r"got \(4, 3, 7\)"),
        (CONTENTS[:-1], "it must hold 100 bytes; got 99"),
        (CONTENTS + b"x", "there is more in it than the 100 bytes due"),
    ],
)
def test_rejects_anything_else(write, contents, match):
    path = write(contents)
    with pytest.raises(ValueError, match="{} is not the IDX file.*{}".format(path, match)) as error:
        read_idx(path, (7, 4, 3))
    assert str(error.value).endswith("move it away and fetch it again (`download=True`).")


@pytest.mark.parametrize("length", [2, 5, 12, 40, -9, -1])
def test_rejects_a_truncated_gzip_file(tmp_path, length):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(CONTENTS)[:length])
    with pytest.raises(ValueError, match="{} is not the IDX file.*gzip says".format(path)):
        read_idx(str(path), (7, 4, 3))


def test_rejects_what_follows_a_gzip_file(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(CONTENTS) + b"more")
    with pytest.raises(ValueError, match="x.gz is not the IDX file.*gzip says"):
        read_idx(str(path), (7, 4, 3))


def test_a_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(CONTENTS + bytes(2**24)))
    asked = []

    class Watched(gzip.GzipFile):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    monkeypatch.setattr(gzip, "GzipFile", Watched)
    tracemalloc.start()
    with pytest.raises(ValueError, match="there is more in it than the 100 bytes due"):
        read_idx(str(path), (7, 4, 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert asked == [101]
    assert peak < 2**20


def test_rejects_a_file_that_is_far_too_large_unread(tmp_path):
    path = tmp_path / "x"
    with open(str(path), "wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match="it has 1099511627776 bytes, and 65636 are enough"):
        read_idx(str(path), (7, 4, 3))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        read_idx(str(tmp_path / "no-such-file"), (7, 4, 3))

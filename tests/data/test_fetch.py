import gzip
import hashlib
import time

import numpy as np
import pytest

from genflow.data.fetch import fetch

CONTENTS = np.random.RandomState(0).bytes(200000)
MD5 = hashlib.md5(CONTENTS).hexdigest()
PART = "x.bin.{}.part".format(MD5[:8])


@pytest.fixture
def server(file_server):
    file_server.files["x.bin"] = CONTENTS
    return file_server


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fetch_x(server, folder):
    fetch(server.url + "x.bin", MD5, str(folder / "x.bin"))


def test_downloads_into_a_new_folder(server, tmp_path):
    fetch_x(server, tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "x.bin").read_bytes() == CONTENTS
    assert names(tmp_path / "new" / "folder") == ["x.bin"]
    assert server.requests == [None]


def test_goes_on_within_a_call_when_the_connection_breaks_once(server, tmp_path):
    server.cuts = [70000]
    fetch_x(server, tmp_path)
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS
    assert server.requests == [None, "bytes=70000-"]
    assert server.num_sent == [70000, 130000]


def test_the_next_call_asks_for_the_rest_only(server, tmp_path):
    server.cuts = [50000, 20000, 10000]
    match = "x.bin could not be downloaded .*; try again, which goes on where this stopped"
    with pytest.raises(OSError, match=match):
        fetch_x(server, tmp_path)
    assert names(tmp_path) == [PART]
    assert (tmp_path / PART).read_bytes() == CONTENTS[:80000]

    fetch_x(server, tmp_path)
    assert server.requests == [None, "bytes=50000-", "bytes=70000-", "bytes=80000-"]
    assert server.num_sent[-1] == 120000
    assert names(tmp_path) == ["x.bin"]
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_starts_again_where_the_server_knows_no_ranges(server, tmp_path):
    server.ranges, server.cuts = False, [70000]
    fetch_x(server, tmp_path)
    assert server.requests == [None, "bytes=70000-"]
    assert server.num_sent == [70000, 200000]
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_goes_on_where_the_server_sends_less_than_was_asked_for(server, tmp_path):
    (tmp_path / PART).write_bytes(CONTENTS[:1000])
    server.limit = 80000
    fetch_x(server, tmp_path)
    assert server.requests == ["bytes=1000-", "bytes=81000-", "bytes=161000-"]
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_a_part_that_is_the_whole_file_needs_no_more_bytes(server, tmp_path):
    (tmp_path / PART).write_bytes(CONTENTS)
    fetch_x(server, tmp_path)
    assert server.num_sent == [0]
    assert names(tmp_path) == ["x.bin"]


def test_a_part_that_is_too_long_is_begun_again(server, tmp_path):
    (tmp_path / PART).write_bytes(CONTENTS + b"more")
    fetch_x(server, tmp_path)
    assert server.requests == ["bytes=200004-", None]
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_throws_its_part_away_when_the_file_has_changed(server, tmp_path):
    (tmp_path / PART).write_bytes(b"old" * 1000)
    match = "is not the published file and was thrown away: its MD5 must be {} but is".format(MD5)
    with pytest.raises(ValueError, match=match):
        fetch_x(server, tmp_path)
    assert server.requests == ["bytes=3000-"]
    assert names(tmp_path) == []
    fetch_x(server, tmp_path)
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_rejects_a_wrong_file_and_leaves_others_alone(server, tmp_path):
    others = ["x.bin.part", "x.bin.00000000.part", "mine.txt"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    server.files["x.bin"] = b"<html>Sign in</html>"
    with pytest.raises(ValueError, match="not the published file .*download it by hand"):
        fetch_x(server, tmp_path)
    assert names(tmp_path) == sorted(others)
    assert {(tmp_path / name).read_bytes() for name in others} == {b"mine"}


def test_a_file_that_is_not_there_is_asked_for_once(server, tmp_path):
    del server.files["x.bin"]
    with pytest.raises(OSError, match="x.bin could not be downloaded .*404.*by hand"):
        fetch_x(server, tmp_path)
    assert server.requests == [None]
    assert names(tmp_path) == []


@pytest.mark.parametrize("status", [429, 503])
def test_asks_again_when_the_server_is_busy(server, tmp_path, status):
    server.statuses = [status, status]
    fetch_x(server, tmp_path)
    assert server.requests == [None, None, None]
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_gives_up_on_a_server_that_stays_busy(server, tmp_path):
    (tmp_path / PART).write_bytes(CONTENTS[:1000])
    server.statuses = [503] * 10
    with pytest.raises(OSError, match="could not be downloaded .*503 Server Error"):
        fetch_x(server, tmp_path)
    assert len(server.requests) == 4
    assert (tmp_path / PART).read_bytes() == CONTENTS[:1000]


def test_a_busy_server_does_not_say_for_how_long_this_sleeps(server, tmp_path):
    server.statuses, server.headers = [503], {"Retry-After": "20"}
    begin = time.monotonic()
    fetch_x(server, tmp_path)
    assert time.monotonic() - begin < 15


def test_rejects_other_bytes_than_were_asked_for(server, tmp_path):
    (tmp_path / PART).write_bytes(CONTENTS[:1000])
    server.headers = {"Content-Range": "bytes 999-199999/200000"}
    with pytest.raises(OSError, match="asked for the bytes from 1000 on and sent 'bytes 999-"):
        fetch_x(server, tmp_path)
    assert (tmp_path / PART).read_bytes() == CONTENTS[:1000]


def test_a_gzipped_file_stays_gzipped(file_server, tmp_path):
    contents = gzip.compress(CONTENTS)
    file_server.files["x.gz"] = contents
    file_server.headers = {"Content-Encoding": "gzip"}
    fetch(file_server.url + "x.gz", hashlib.md5(contents).hexdigest(), str(tmp_path / "x.gz"))
    assert (tmp_path / "x.gz").read_bytes() == contents


def test_asks_for_the_bytes_of_the_file_uncompressed(server, tmp_path):
    server.compresses = True
    fetch_x(server, tmp_path)
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS


def test_does_not_overwrite_what_is_there(server, tmp_path):
    (tmp_path / "x.bin").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="x.bin is there already .* move it away"):
        fetch_x(server, tmp_path)
    assert (tmp_path / "x.bin").read_bytes() == b"mine"
    assert server.requests == []


def test_does_not_overwrite_a_broken_link(server, tmp_path):
    (tmp_path / "x.bin").symlink_to(tmp_path / "not mounted")
    with pytest.raises(FileExistsError, match="x.bin is there already"):
        fetch_x(server, tmp_path)


def test_says_that_it_cannot_write(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="could not be downloaded to .*file/x.bin"):
        fetch_x(server, tmp_path / "file")


def test_verifies_a_sha256(server, tmp_path):
    expected = hashlib.sha256(CONTENTS).hexdigest()
    fetch(server.url + "x.bin", expected, str(tmp_path / "x.bin"))
    assert (tmp_path / "x.bin").read_bytes() == CONTENTS
    server.files["y.bin"] = CONTENTS[:-1]
    with pytest.raises(ValueError, match="its SHA-256 must be {} but is".format(expected)):
        fetch(server.url + "y.bin", expected, str(tmp_path / "y.bin"))

import hashlib
import struct
import zlib

import pytest
import tensorflow.compat.v2 as tf

from genflow.data.record_framing import RecordPlace, index_file, masked_checksum, read_payload
from tests.data.tfrecords import write_file

PAYLOADS = [b"first", b"", bytes(range(256)) * 3, b"last one"]


@pytest.fixture
def path(tmp_path):
    return write_file(tmp_path / "some.tfrecords", PAYLOADS)


def read_all(path):
    return [read_one(path, record) for record in index_file(path)]


def read_one(path, record):
    place = RecordPlace(path, int(record["number"]), int(record["offset"]))
    return read_payload(place, int(record["length"]))


def crc32c(contents):
    """CRC-32C bit by bit."""
    crc = 0xFFFFFFFF
    for byte in contents:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize("contents", [b"", b"\0" * 8, b"123456789", bytes(range(256))])
def test_the_checksum_is_a_masked_crc32c(contents):
    crc = crc32c(contents)
    rotated = int("{:032b}".format(crc)[-15:] + "{:032b}".format(crc)[:-15], 2)

    assert masked_checksum(contents) == (rotated + 0xA282EAD8) % 2**32
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"123456789") != zlib.crc32(b"123456789")


def test_reads_what_tensorflow_wrote(path):
    assert read_all(path) == PAYLOADS


def test_the_index_says_where_records_begin(path):
    index = index_file(path, file_number=7)
    assert index["file"].tolist() == [7] * 4
    assert index["number"].tolist() == [0, 1, 2, 3]
    assert index["length"].tolist() == [5, 0, 768, 8]
    assert index["offset"].tolist() == [0, 21, 37, 821]


def test_indexing_reads_no_payload(tmp_path):
    """A file with holes in it: terabytes long, and nothing on disk."""
    path, length = tmp_path / "sparse.tfrecords", 2**42
    size = struct.pack("<Q", length)
    with open(str(path), "wb") as file:
        file.write(size + struct.pack("<I", masked_checksum(size)))
        try:
            file.truncate(12 + length + 4)
        except OSError:
            pytest.skip("this file system has no files of {} bytes".format(length))
    assert index_file(str(path))["length"].tolist() == [length]


@pytest.mark.parametrize("length", [5, 2**31, 2**62, 2**63, 2**64 - 1, 2**64 - 20])
def test_rejects_a_length_beyond_the_end_without_allocating_it(tmp_path, length):
    path, size = tmp_path / "hostile.tfrecords", struct.pack("<Q", length)
    path.write_bytes(size + struct.pack("<I", masked_checksum(size)) + b"1234" + b"sum")
    match = r"record 0 \(byte 0\) of .*hostile.tfrecords is truncated: .* write the file again"
    with pytest.raises(ValueError, match=match):
        index_file(str(path))


def test_rejects_an_empty_file(tmp_path):
    (tmp_path / "empty.tfrecords").touch()
    match = "empty.tfrecords must hold records but is empty; fetch or write it again"
    with pytest.raises(ValueError, match=match):
        index_file(str(tmp_path / "empty.tfrecords"))


def test_rejects_what_is_no_record_file(tmp_path):
    (tmp_path / "page.tfrecords").write_bytes(b"<html>404 Not Found</html>")
    match = r"record 0 \(byte 0\) of .*page.tfrecords is damaged, or the file is no uncompressed"
    with pytest.raises(ValueError, match=match):
        index_file(str(tmp_path / "page.tfrecords"))


def test_rejects_a_compressed_file(tmp_path):
    path = str(tmp_path / "packed.tfrecords")
    with tf.io.TFRecordWriter(path, tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
        writer.write(b"first")
    with pytest.raises(ValueError, match="packed.tfrecords is damaged, or .* no uncompressed"):
        index_file(path)


def test_every_truncation_but_one_between_records_is_refused(path, tmp_path):
    with open(path, "rb") as file:
        contents = file.read()
    boundaries = [0, 21, 37, 821, 845]
    assert len(contents) == boundaries[-1]
    cut = tmp_path / "cut.tfrecords"
    for length in range(len(contents)):
        cut.write_bytes(contents[:length])
        if length in boundaries[1:]:
            assert read_all(str(cut)) == PAYLOADS[: boundaries.index(length)]
        else:
            with pytest.raises(ValueError, match="cut.tfrecords"):
                index_file(str(cut))
        assert cut.read_bytes() == contents[:length]


def test_every_flipped_byte_is_refused(path, tmp_path):
    with open(path, "rb") as file:
        contents = file.read()
    flipped = tmp_path / "flipped.tfrecords"
    for position in range(len(contents)):
        wrong = bytearray(contents)
        wrong[position] ^= 1 << (position % 8)
        flipped.write_bytes(bytes(wrong))
        with pytest.raises(ValueError, match=r"record \d \(byte \d+\) of .*flipped.tfrecords"):
            read_all(str(flipped))
        assert flipped.read_bytes() == bytes(wrong)


def test_a_damaged_payload_spares_the_others(path):
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff")
    index = index_file(path)
    assert read_one(path, index[3]) == PAYLOADS[3]
    match = r"record 2 \(byte 37\) of .* is damaged: its contents do not have the checksum"
    with pytest.raises(ValueError, match=match):
        read_one(path, index[2])


def test_a_file_that_was_cut_off_after_opening_is_refused(path):
    index = index_file(path)
    with open(path, "r+b") as file:
        file.truncate(830)
    with pytest.raises(ValueError, match=r"record 3 \(byte 821\) of .* is truncated"):
        read_one(path, index[3])


def test_reading_changes_nothing(path):
    def digest():
        with open(path, "rb") as file:
            return hashlib.md5(file.read()).hexdigest()

    before = digest()
    read_all(path)
    assert digest() == before


def test_the_index_takes_24_bytes_for_each_record(path):
    assert index_file(path).nbytes == 4 * 24

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import scipy.io

from genflow.data.mat_file import number_arrays

ARRAYS = {
    "X": np.zeros([4, 5, 3, 2], np.uint8),
    "y": np.ones([7, 1]),
    "a_long_name": np.zeros([2, 3], np.int16),
    "one": np.array([[5]], np.int8),
    "none": np.zeros([0, 3], np.float32),
    "yes": np.array([[True, False]]),
}
OTHERS = {"text": "abc", "cell": np.array([[1, "a"]], object), "struct": {"a": np.ones([2])}}


def mat_file(variables, **options):
    file = io.BytesIO()
    scipy.io.savemat(file, variables, **options)
    return file.getvalue()


def shapes(contents, names=("X", "y")):
    return number_arrays(io.BytesIO(contents), names)


@pytest.mark.parametrize("compressed", [True, False])
def test_shapes_are_those_that_scipy_reads(compressed):
    contents = mat_file(dict(OTHERS, **ARRAYS), do_compression=compressed)
    found = shapes(contents, list(ARRAYS))
    assert found == dict({name: () for name in OTHERS}, **{n: a.shape for n, a in ARRAYS.items()})
    read = scipy.io.loadmat(io.BytesIO(contents))
    assert {name: read[name].shape for name in ARRAYS} == {name: found[name] for name in ARRAYS}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_rejects_variables_of_interest_that_are_no_numbers(name):
    with pytest.raises(ValueError, match="`{}` must be an array of real numbers".format(name)):
        shapes(mat_file(OTHERS), [name])
    with pytest.raises(ValueError, match="`X` must be an array of real numbers"):
        shapes(mat_file({"X": np.ones([2, 2]) * 1j}))


@pytest.mark.parametrize("compressed", [True, False])
def test_rejects_a_name_that_occurs_twice(compressed):
    once = mat_file({"X": np.zeros([2, 2])}, do_compression=compressed)
    with pytest.raises(ValueError, match="it must hold `X` once; it is there twice"):
        shapes(once + once[128:])


def changed(contents, place, format_, *values):
    new = struct.pack(format_, *values)
    return contents[:place] + new + contents[place + len(new) :]


# Of a file that is not compressed: after the header of 128 bytes come the tag of the variable (8
# bytes), its flags (16), axes (16) and name (8), and at 176 the tag of its numbers.
PLAIN = mat_file({"X": np.zeros([4, 5], np.uint8)}, do_compression=False)


@pytest.mark.parametrize("type_", [0, 8, 10, 14, 15, 16, 200])
def test_rejects_types_that_make_scipy_crash(type_):
    assert struct.unpack_from("<II", PLAIN, 176) == (2, 20)
    match = r"`X` says that 20 bytes of type {} are numbers of shape \(4, 5\)".format(type_)
    with pytest.raises(ValueError, match=match):
        shapes(changed(PLAIN, 176, "<I", type_))


@pytest.mark.parametrize("lengths", [(2**31 - 1, 2**31 - 1), (-4, -5), (-4, 5), (0, 0), (5, 5)])
def test_rejects_axes_that_do_not_fit_the_numbers(lengths):
    assert struct.unpack_from("<II", PLAIN, 160) == (4, 5)
    with pytest.raises(ValueError, match="20 bytes of type 2 are numbers of shape"):
        shapes(changed(PLAIN, 160, "<ii", *lengths))


def test_rejects_what_does_not_fit_the_file():
    with pytest.raises(ValueError, match="got 4294967295 bytes of type 5"):
        shapes(changed(PLAIN, 156, "<I", 2**32 - 1))
    with pytest.raises(ValueError, match="ends within a variable"):
        shapes(changed(PLAIN, 132, "<I", 2**32 - 1))
    with pytest.raises(ValueError, match="hold variables alone; got type 13"):
        shapes(changed(PLAIN, 128, "<I", 13))
    with pytest.raises(ValueError, match="holds more than 4 bytes"):
        shapes(changed(PLAIN, 168, "<HH", 1, 5))


@pytest.mark.parametrize("first", [b"MATLAB 7.3", b"\0\0\0\0", b"<html>"])
def test_rejects_other_kinds_of_file(first):
    with pytest.raises(ValueError, match="must begin as a file of MATLAB 5 does"):
        shapes(first + PLAIN[len(first) :])
    with pytest.raises(ValueError, match="must begin"):
        shapes(changed(PLAIN, 126, "2s", b"MI"))  # Of machines with the other byte order.


def test_verifies_the_checksum_of_what_is_compressed():
    contents = mat_file({"X": np.zeros([400, 500], np.uint8)}, do_compression=True)
    assert shapes(contents) == {"X": (400, 500)}
    with pytest.raises(zlib.error):
        shapes(contents[:-1] + bytes([contents[-1] ^ 1]))
    with pytest.raises(ValueError, match="compressed variable ends too early"):
        shapes(changed(contents[:-1], 132, "<I", len(contents) - 1 - 136))


def test_little_is_held_of_what_unpacks_to_a_lot():
    pieces = zlib.compressobj()
    inflated = struct.pack("<IIIIIIII", 14, 2**31, 6, 8, 9, 0, 5, 8)
    inflated += struct.pack("<iiHH4s", 2**15, 2**15, 1, 1, b"X") + struct.pack("<II", 2, 2**30)
    packed = pieces.compress(inflated)
    packed += b"".join(pieces.compress(bytes(2**20)) for _ in range(64)) + pieces.flush()
    contents = PLAIN[:128] + struct.pack("<II", 15, len(packed)) + packed
    assert len(contents) < 2**20
    tracemalloc.start()
    try:
        assert shapes(contents) == {"X": (2**15, 2**15)}
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()

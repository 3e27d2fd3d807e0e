import builtins
import collections
import io
import os
import pickle

import numpy as np
import pytest

from genflow.data import restricted_pickle


class Call:
    """Pickles to a call of a function."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def load(contents):
    return restricted_pickle.load(io.BytesIO(contents), path="some/file")


def python2_pickle(array_module):
    """What Python 2 writes for a dict with a uint8 array of the two bytes 1 and 255."""
    return (
        b"\x80\x02}U\x04datac" + array_module + b"\n_reconstruct\n"
        b"cnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
        b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        b"K\x00tb\x89U\x02\x01\xfftbs."
    )


@pytest.mark.parametrize("protocol", [3, 4])
def test_reads_arrays_and_containers(protocol):
    array = np.arange(6, dtype=np.uint8).reshape([2, 3])
    content = load(pickle.dumps({"data": array, "labels": [1, 2], "name": "é"}, protocol))
    np.testing.assert_array_equal(content.pop("data"), array)
    assert content == {"labels": [1, 2], "name": "é"}


@pytest.mark.parametrize("array_module", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_reads_python2_arrays_of_old_and_new_numpy(array_module):
    content = load(python2_pickle(array_module))
    assert content["data"].dtype == np.uint8
    assert content["data"].tolist() == [1, 255]


@pytest.mark.parametrize("protocol", [0, 2, 3, 4])
def test_runs_no_foreign_code(tmp_path, protocol):
    marker = tmp_path / "marker"
    hostile = pickle.dumps(Call(os.system, "touch {}".format(marker)), protocol)
    match = r"^some/file was refused.*it asks for {}\.system,.*publisher".format(os.name)
    with pytest.raises(pickle.UnpicklingError, match=match):
        load(hostile)
    assert not marker.exists()
    pickle.loads(hostile)
    assert marker.exists()  # The pickle does what it is here for.


@pytest.mark.parametrize(
    ("value", "forbidden"),
    [
        (builtins.eval, "builtins.eval"),
        (builtins.getattr, "builtins.getattr"),
        (collections.OrderedDict(), "collections.OrderedDict"),
        (np.load, "numpy.load"),
        (np.ndarray.tofile, "builtins.getattr"),
    ],
)
def test_rejects_other_globals(value, forbidden):
    with pytest.raises(pickle.UnpicklingError, match="it asks for {},".format(forbidden)):
        load(pickle.dumps(value, protocol=3))


def test_rejects_attributes_of_admitted_classes():
    dotted = b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93."
    with pytest.raises(pickle.UnpicklingError, match="it asks for numpy.ndarray.tofile,"):
        load(dotted)


@pytest.mark.parametrize("dtype", ["O8", "f4", "V8"])
def test_rejects_arrays_other_than_uint8(dtype):
    contents = pickle.dumps(np.zeros([2], dtype.replace("O8", "O")), protocol=3)
    with pytest.raises(pickle.UnpicklingError, match="asks for the array type '{}'".format(dtype)):
        load(contents)


@pytest.mark.parametrize("length", [0, 1, 30, 100, -1])
def test_rejects_a_truncated_pickle(length):
    whole = pickle.dumps({"data": np.zeros([200], np.uint8)}, protocol=3)
    match = "^some/file is not a readable pickle .*fetch it again"
    with pytest.raises(pickle.UnpicklingError, match=match):
        load(whole[:length])


def test_rejects_what_is_no_pickle():
    with pytest.raises(pickle.UnpicklingError, match="some/file is not a readable pickle"):
        load(b"<html>404</html>")


def test_arrays_cannot_be_made_from_bytes_by_calling_the_class():
    """`ndarray((1,), "O", bytes)` would be an array of pointers of the file's choice."""
    made = b"\x80\x02cnumpy\nndarray\n(K\x01\x85U\x01OU\x08AAAAAAAAtR."
    with pytest.raises(pickle.UnpicklingError, match="some/file is not a readable pickle"):
        load(made)

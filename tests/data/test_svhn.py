import hashlib
import os
import warnings

import numpy as np
import pytest
from scipy import io

from genflow.data import load_svhn, svhn

COUNTS = {"train": 30, "test": 20, "extra": 12}


class TinySvhn:
    """A data set in the format of SVHN with a few random images."""

    def __init__(self):
        random = np.random.RandomState(0)
        self.images, self.digits = {}, {}
        for split, count in COUNTS.items():
            self.images[split] = random.randint(256, size=[count, 32, 32, 3]).astype(np.uint8)
            self.digits[split] = np.arange(count) % 10

    def variables(self, split):
        labels = np.where(self.digits[split] == 0, 10, self.digits[split])
        return {
            "X": self.images[split].transpose([1, 2, 3, 0]),
            "y": labels.astype(np.uint8).reshape([-1, 1]),
        }

    def write(self, folder, split, variables=None, **options):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "{}_32x32.mat".format(split)
        options.setdefault("do_compression", True)
        io.savemat(str(path), variables or self.variables(split), **options)
        return path


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(svhn, "_NUM_EXAMPLES", COUNTS)
    return TinySvhn()


def expect(monkeypatch, split, path):
    """Makes the loader take this file for the published one."""
    md5 = dict(svhn._MD5, **{split: hashlib.md5(path.read_bytes()).hexdigest()})
    monkeypatch.setattr(svhn, "_MD5", md5)


def check(image_set, tiny, split):
    np.testing.assert_array_equal(image_set.images, tiny.images[split])
    assert image_set.labels.tolist() == tiny.digits[split].tolist()
    assert (image_set.images.dtype, image_set.labels.dtype) == (np.uint8, np.int32)
    assert image_set.images.flags.c_contiguous
    assert (image_set.name, image_set.num_classes) == ("svhn-" + split, 10)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("split", sorted(COUNTS))
def test_reads_a_split_from_its_folder(tiny, tmp_path, monkeypatch, split, compressed):
    path = tiny.write(tmp_path / "svhn", split, do_compression=compressed)
    expect(monkeypatch, split, path)
    check(load_svhn(split, str(tmp_path)), tiny, split)
    check(load_svhn(split, str(tmp_path / "svhn")), tiny, split)
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    check(load_svhn(split), tiny, split)


@pytest.mark.parametrize("dtype", [np.float64, np.int32])
def test_labels_may_be_numbers_of_any_type(tiny, tmp_path, dtype):
    variables = tiny.variables("test")
    variables["y"] = variables["y"].astype(dtype)
    tiny.write(tmp_path, "test", variables)
    check(load_svhn("test", str(tmp_path), verify=False), tiny, "test")


def test_only_two_variables_are_read(tiny, tmp_path, monkeypatch):
    read = []

    def loadmat(file, variable_names):
        read.extend(variable_names)
        return original(file, variable_names=variable_names)

    original = io.loadmat
    monkeypatch.setattr(io, "loadmat", loadmat)
    others = {"Z": np.zeros([3]), "meta": np.array([{"a": 1}], object)}
    tiny.write(tmp_path, "test", dict(others, **tiny.variables("test")))
    check(load_svhn("test", str(tmp_path), verify=False), tiny, "test")
    assert sorted(read) == ["X", "y"]


def test_rejects_an_unknown_split(tmp_path):
    with pytest.raises(ValueError, match='must be "train", "test" or "extra"; got \'valid\''):
        load_svhn("valid", str(tmp_path))


def test_says_where_it_looked(tiny, tmp_path):
    tiny.write(tmp_path / "svhn", "train")
    match = "SVHN was not found in .*no {0}/svhn/test_32x32.mat, no {0}/test_32x32.mat.*download"
    with pytest.raises(FileNotFoundError, match=match.format(tmp_path)):
        load_svhn("test", str(tmp_path))


def test_rejects_an_altered_file_before_it_reads_it(tiny, tmp_path, monkeypatch, unchanged):
    path = tiny.write(tmp_path / "svhn", "test")
    expect(monkeypatch, "test", path)
    path.write_bytes(path.read_bytes()[:-100])
    unchanged()
    monkeypatch.setattr(io, "loadmat", None)
    for download in [False, True]:
        with pytest.raises(ValueError, match="{} is damaged or altered: its MD5".format(path)):
            load_svhn("test", str(tmp_path), download=download)
    unchanged()


def refused(path):
    """What is said of a file that is not verified; it must name the file and the remedy."""
    with pytest.raises(ValueError, match="{} is not the SVHN file".format(path)) as error:
        load_svhn("test", str(path.parent), verify=False)
    message = str(error.value)
    assert message.endswith("; move it away and fetch it again (`download=True`).")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("compressed", [True, False])
def test_rejects_a_truncated_file(tiny, tmp_path, compressed, unchanged):
    path = tiny.write(tmp_path, "test", do_compression=compressed)
    contents = path.read_bytes()
    for length in [0, 1, 100, 128, 130, 136, 200, 1000, len(contents) // 2, len(contents) - 9]:
        path.write_bytes(contents[:length])
        assert "truncated" in refused(path) or "it must hold `" in refused(path)
        assert path.read_bytes() == contents[:length]


@pytest.mark.parametrize("compressed", [True, False])
def test_survives_any_flipped_bit(tiny, tmp_path, compressed):
    path = tiny.write(tmp_path, "test", do_compression=compressed)
    contents, num_refused = path.read_bytes(), 0
    places = list(range(250)) + list(range(250, len(contents), len(contents) // 50))
    places += list(range(len(contents) - 90, len(contents)))  # The labels.
    for number, place in enumerate(places):
        changed = bytearray(contents)
        changed[place] ^= 1 << number % 8
        path.write_bytes(bytes(changed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of scipy, about the rest of the file.
            try:
                outcome = load_svhn("test", str(tmp_path), verify=False).name
            except ValueError as error:
                outcome, num_refused = str(error), num_refused + 1
        assert outcome == "svhn-test" or "{} is not the SVHN file".format(path) in outcome
    assert num_refused > 60


@pytest.mark.parametrize(
    "contents",
    [b"<html>404</html>" * 100, b"\0" * 1000, b"MATLAB 7.3 MAT-file" + b" " * 105 + b"\0\2IM"],
    ids=["html", "zeros", "hdf5"],
)
def test_rejects_other_files(tiny, tmp_path, contents):
    path = tmp_path / "test_32x32.mat"
    path.write_bytes(contents * 3)
    assert "it is truncated, damaged or no MATLAB file" in refused(path)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"X": None}, "it must hold `X`; it holds `y`"),
        ({"y": None}, "it must hold `y`; it holds `X`"),
        ({"X": None, "y": None, "z": np.zeros([2])}, "it must hold `X`; it holds `z`"),
        (
            {"X": np.zeros([20, 32, 32, 3], np.uint8)},
            "`X` must be of shape (32, 32, 3, 20); got (20, 32, 32, 3)",
        ),
        (
            {"X": np.zeros([32, 32, 3, 19], np.uint8)},
            "`X` must be of shape (32, 32, 3, 20); got (32, 32, 3, 19)",
        ),
        ({"y": np.ones([1, 20], np.uint8)}, "`y` must be of shape (20, 1); got (1, 20)"),
        (
            {"X": np.zeros([32, 32, 3, 20])},
            "`X` must be uint8 and `y` numbers; got float64 and uint8",
        ),
        (
            {"y": np.array([["a"]] * 20, object)},
            "(ValueError: `y` must be an array of real numbers)",
        ),
        ({"y": np.zeros([20, 1], np.uint8)}, "`y` must be integers from 1 to 10; got 0"),
        ({"y": np.full([20, 1], 11, np.uint8)}, "`y` must be integers from 1 to 10; got 11"),
        ({"y": np.full([20, 1], 2.5)}, "`y` must be integers from 1 to 10; got 2.5"),
        ({"y": np.full([20, 1], np.nan)}, "`y` must be integers from 1 to 10; got nan"),
    ],
)
def test_rejects_other_contents(tiny, tmp_path, change, finding):
    variables = dict(tiny.variables("test"), **change)
    variables = {name: value for name, value in variables.items() if value is not None}
    assert finding in refused(tiny.write(tmp_path, "test", variables))


def test_rejects_the_file_of_another_split(tiny, tmp_path):
    tiny.write(tmp_path, "train").rename(tmp_path / "test_32x32.mat")
    path = tmp_path / "test_32x32.mat"
    assert "`X` must be of shape (32, 32, 3, 20); got (32, 32, 3, 30)" in refused(path)


def test_refuses_too_many_images_before_it_reads_them(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(io, "loadmat", None)
    variables = dict(tiny.variables("test"), X=np.zeros([32, 32, 3, 21], np.uint8))
    refused(tiny.write(tmp_path, "test", variables))


@pytest.fixture
def server(file_server, tiny, tmp_path, monkeypatch):
    for split in COUNTS:
        path = tiny.write(tmp_path / "published", split)
        file_server.files[path.name] = path.read_bytes()
        expect(monkeypatch, split, path)
    monkeypatch.setattr(svhn, "_URL", file_server.url)
    return file_server


def test_downloads_a_split_once(server, tiny, tmp_path):
    for _ in range(2):
        check(load_svhn("test", str(tmp_path / "new"), download=True), tiny, "test")
    assert len(server.requests) == 1
    assert os.listdir(str(tmp_path / "new" / "svhn")) == ["test_32x32.mat"]


def test_does_not_download_unless_asked(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="or pass `download=True`"):
        load_svhn("extra", str(tmp_path))
    assert server.requests == []


def test_does_not_download_what_is_there(server, tiny, tmp_path):
    check(load_svhn("train", str(tmp_path / "published"), download=True), tiny, "train")
    assert server.requests == []


def test_rejects_a_wrong_download(server, tmp_path):
    server.files["test_32x32.mat"] = b"<html>404</html>"
    with pytest.raises(ValueError, match="is not the published file and was thrown away"):
        load_svhn("test", str(tmp_path), download=True)
    assert os.listdir(str(tmp_path / "svhn")) == []


def test_the_published_numbers():
    assert svhn._NUM_EXAMPLES == {"train": 73257, "test": 26032, "extra": 531131}
    assert svhn._URL == "http://ufldl.stanford.edu/housenumbers/"

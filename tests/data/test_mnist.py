import gzip
import hashlib
import os

import numpy as np
import pytest

from genflow.data import load_fashion_mnist, load_mnist, mnist

LOADERS = [(load_mnist, "mnist"), (load_fashion_mnist, "fashion-mnist")]
both = pytest.mark.parametrize(("load", "name"), LOADERS, ids=[name for _, name in LOADERS])


def check(image_set, tiny, split, name):
    np.testing.assert_array_equal(image_set.images[..., 0], tiny.images[split])
    assert image_set.labels.tolist() == tiny.labels[split].tolist()
    assert image_set.image_shape == (28, 28, 1)
    assert (image_set.name, image_set.num_classes) == ("{}-{}".format(name, split), 10)


@both
@pytest.mark.parametrize("split", ["train", "test"])
def test_reads_a_split_from_its_folder(tiny_mnist, tmp_path, load, name, split):
    tiny_mnist.write_folder(tmp_path / name)
    check(load(split, str(tmp_path)), tiny_mnist, split, name)


def test_the_folder_of_fashion_mnist_has_two_names(tiny_mnist, tmp_path):
    tiny_mnist.write_folder(tmp_path / "fashion_mnist")
    check(load_fashion_mnist("test", str(tmp_path)), tiny_mnist, "test", "fashion-mnist")


@both
def test_data_dir_may_be_the_folder(tiny_mnist, tmp_path, load, name):
    tiny_mnist.write_folder(tmp_path / "any-name")
    check(load("test", str(tmp_path / "any-name")), tiny_mnist, "test", name)


@both
def test_data_dir_comes_from_the_environment(tiny_mnist, tmp_path, monkeypatch, load, name):
    tiny_mnist.write_folder(tmp_path / name)
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    check(load("test"), tiny_mnist, "test", name)


@both
def test_reads_unpacked_files(tiny_mnist, tmp_path, load, name):
    tiny_mnist.write_folder(tmp_path / name, gzipped=False)
    check(load("train", str(tmp_path)), tiny_mnist, "train", name)


def test_each_data_set_is_looked_for_in_its_own_folder(tiny_mnist, tmp_path):
    tiny_mnist.write_folder(tmp_path / "mnist")
    with pytest.raises(FileNotFoundError, match="Fashion-MNIST was not found"):
        load_fashion_mnist("test", str(tmp_path))


@both
def test_rejects_an_unknown_split(tmp_path, load, name):
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'valid\''):
        load("valid", str(tmp_path))


@both
def test_says_where_it_looked(tmp_path, load, name):
    with pytest.raises(FileNotFoundError, match="given as `data_dir` .*download=True") as error:
        load("test", str(tmp_path))
    for file in ["{}/t10k-images-idx3-ubyte.gz".format(name), "t10k-images-idx3-ubyte"]:
        assert "no {}/{}".format(tmp_path, file) in str(error.value)


@both
@pytest.mark.parametrize("file", ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
@pytest.mark.parametrize("download", [False, True])
def test_rejects_an_altered_file(tiny_mnist, tmp_path, unchanged, load, name, file, download):
    tiny_mnist.write_folder(tmp_path / name)
    path = tmp_path / name / file
    path.write_bytes(path.read_bytes() + b"\0")
    unchanged()
    with pytest.raises(ValueError, match="{} is damaged or altered: its MD5 must".format(path)):
        load("test", str(tmp_path), download=download)
    unchanged()


def test_verification_can_be_turned_off(tiny_mnist, tmp_path, monkeypatch):
    tiny_mnist.write_folder(tmp_path / "mnist")
    tiny_mnist.expect(monkeypatch, {name: b"other" for name in tiny_mnist.gzipped()})
    with pytest.raises(ValueError, match="damaged or altered"):
        load_mnist("test", str(tmp_path))
    check(load_mnist("test", str(tmp_path), verify=False), tiny_mnist, "test", "mnist")


@pytest.mark.parametrize("verify", [True, False])
def test_rejects_labels_out_of_range(tiny_mnist, tmp_path, monkeypatch, verify):
    name = "t10k-labels-idx1-ubyte"
    tiny_mnist.files[name] = tiny_mnist.files[name][:-1] + b"\x0a"
    tiny_mnist.expect(monkeypatch, tiny_mnist.files)
    tiny_mnist.write_folder(tmp_path / "mnist", gzipped=False)
    match = r"labels in .*t10k-labels-idx1-ubyte must be in \[0, 10\); got 10; move it away"
    with pytest.raises(ValueError, match=match):
        load_mnist("test", str(tmp_path), verify=verify)


def test_rejects_the_files_of_the_other_split(tiny_mnist, tmp_path):
    tiny_mnist.write_folder(tmp_path / "mnist")
    images = "{}-images-idx3-ubyte.gz"
    (tmp_path / "mnist" / images.format("train")).replace(
        tmp_path / "mnist" / images.format("t10k")
    )
    match = r"t10k-images.*its shape must be \(20, 28, 28\); got \(30, 28, 28\)"
    with pytest.raises(ValueError, match=match):
        load_mnist("test", str(tmp_path), verify=False)


@pytest.fixture
def server(file_server, tiny_mnist, monkeypatch):
    file_server.files.update(tiny_mnist.gzipped())
    for name in ["_MNIST", "_FASHION_MNIST"]:
        published = getattr(mnist, name)._replace(url=file_server.url)
        monkeypatch.setattr(mnist, name, published)
    return file_server


@both
def test_downloads_a_split_once(server, tiny_mnist, tmp_path, load, name):
    for _ in range(2):
        check(load("test", str(tmp_path / "new"), download=True), tiny_mnist, "test", name)
    assert len(server.requests) == 2
    expected = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    assert sorted(os.listdir(str(tmp_path / "new" / name))) == expected


def test_downloads_only_what_is_missing(server, tiny_mnist, tmp_path):
    tiny_mnist.write_folder(tmp_path / "mnist")
    (tmp_path / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    check(load_mnist("train", str(tmp_path), download=True), tiny_mnist, "train", "mnist")
    assert len(server.requests) == 1


def test_does_not_download_unless_asked(server, tmp_path):
    with pytest.raises(FileNotFoundError):
        load_mnist("train", str(tmp_path))
    assert server.requests == []


@pytest.mark.parametrize(("split", "count"), [("train", 60000), ("test", 10000)])
def test_real_mnist(real_mnist_dir, split, count):
    image_set = load_mnist(split, real_mnist_dir)
    assert image_set.images.shape == (count, 28, 28, 1)
    # The numbers that the world knows this data set by.
    if split == "train":
        assert image_set.labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
        assert image_set.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
        assert image_set.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    else:
        assert image_set.labels[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]


def test_the_unpacked_real_files_are_verified(real_mnist_dir, tmp_path):
    for name in mnist._FILES["test"]:
        with gzip.open(os.path.join(real_mnist_dir, "mnist", name + ".gz")) as file:
            contents = file.read()
        assert hashlib.md5(contents).hexdigest() == mnist._MNIST.md5[name]
        (tmp_path / name).write_bytes(contents)
    assert len(load_mnist("test", str(tmp_path))) == 10000
    path = tmp_path / "t10k-images-idx3-ubyte"
    path.write_bytes(contents[:16] + path.read_bytes()[16:])
    with pytest.raises(ValueError, match="damaged or altered"):
        load_mnist("test", str(tmp_path))

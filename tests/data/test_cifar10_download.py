import hashlib

import pytest

from genflow.data import cifar10, load_cifar10

ARCHIVE = "cifar-10-python.tar.gz"


@pytest.fixture
def server(file_server, tiny_cifar10, monkeypatch):
    contents = tiny_cifar10.archive()
    file_server.files[ARCHIVE] = contents
    monkeypatch.setattr(cifar10, "_URL", file_server.url + ARCHIVE)
    monkeypatch.setattr(cifar10, "_ARCHIVE_MD5", hashlib.md5(contents).hexdigest())
    return file_server


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_downloads_into_a_new_data_dir(server, tiny_cifar10, tmp_path):
    data_dir = tmp_path / "new" / "folder"
    test_set = load_cifar10("test", str(data_dir), download=True)
    assert test_set.labels.tolist() == tiny_cifar10.labels["test_batch"]
    assert names(data_dir) == [ARCHIVE]
    assert (data_dir / ARCHIVE).read_bytes() == server.files[ARCHIVE]


def test_downloads_once(server, tmp_path):
    for split in ["train", "test", "train"]:
        load_cifar10(split, str(tmp_path), download=True)
    assert len(server.requests) == 1


def test_does_not_download_unless_asked(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="or pass `download=True`"):
        load_cifar10("test", str(tmp_path))
    assert len(server.requests) == 0


def test_does_not_download_what_is_there(server, tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    load_cifar10("train", str(tmp_path), download=True)
    assert len(server.requests) == 0


def test_completes_an_incomplete_folder_without_touching_it(server, tiny_cifar10, tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    tiny_cifar10.write_folder(folder)
    (folder / "data_batch_1").unlink()
    (folder / "data_batch_2").write_bytes(b"mine")
    assert len(load_cifar10("train", str(tmp_path), download=True)) == 100
    assert (folder / "data_batch_2").read_bytes() == b"mine"
    assert not (folder / "data_batch_1").exists()


def test_rejects_a_wrong_download_and_keeps_nothing_of_it(server, tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"mine")
    server.files[ARCHIVE] = server.files[ARCHIVE][:-1000]
    match = "127.0.0.1:.* is not the published file and was thrown away.*by hand.*{}".format(
        tmp_path / ARCHIVE
    )
    with pytest.raises(ValueError, match=match):
        load_cifar10("test", str(tmp_path), download=True)
    assert names(tmp_path) == ["mine.txt"]
    assert (tmp_path / "mine.txt").read_bytes() == b"mine"


def test_says_what_to_do_when_the_file_is_not_there(server, tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "_URL", server.url + "moved.tar.gz")
    match = "moved.tar.gz could not be downloaded to .*404.*by hand and put it there"
    with pytest.raises(OSError, match=match):
        load_cifar10("test", str(tmp_path), download=True)
    assert names(tmp_path) == []


def test_goes_on_where_a_download_was_cut_off(server, tmp_path):
    server.cuts = [1000, 1000, 1000]
    with pytest.raises(OSError, match="try again, which goes on where this stopped"):
        load_cifar10("test", str(tmp_path), download=True)
    assert len(load_cifar10("test", str(tmp_path), download=True)) == 20
    assert server.requests[-1] == "bytes=3000-"
    assert names(tmp_path) == [ARCHIVE]


def test_says_what_to_do_when_nobody_answers(server, tmp_path):
    server.__exit__()
    with pytest.raises(OSError, match="could not be downloaded to .*by hand and put it there"):
        load_cifar10("test", str(tmp_path), download=True)

import hashlib
import os
import sys
import zipfile

import numpy as np
import pytest

from genflow.data import download_lsun, load_image_folder, lsun
from tests.data.images import random_pixels, save

URL_PATHS = {"train": "tower_train_lmdb.zip", "test": "tower_val_lmdb.zip"}


def tiny_archive(folder, split, images):
    """An archive in the form of the published ones, of images by key."""
    lmdb = pytest.importorskip("lmdb")
    name = URL_PATHS[split][: -len(".zip")]
    database = folder / "made" / name
    database.mkdir(parents=True)
    with lmdb.open(str(database), map_size=2**24) as environment:
        with environment.begin(write=True) as transaction:
            for key, contents in images.items():
                transaction.put(key, contents)
    with zipfile.ZipFile(str(folder / "x.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in ["data.mdb", "lock.mdb"]:
            archive.write(str(database / file), name + "/" + file)
    return (folder / "x.zip").read_bytes()


def webp(folder, seed):
    path = save(folder / "x.webp", random_pixels(8, 8, 3, seed=seed), lossless=True)
    with open(path, "rb") as file:
        return file.read()


@pytest.fixture
def serve(file_server, monkeypatch, tmp_path_factory):
    """Serves such an archive, which is taken for the published one."""

    def serve(split, images):
        contents = tiny_archive(tmp_path_factory.mktemp("archive"), split, images)
        file_server.files[URL_PATHS[split]] = contents
        monkeypatch.setattr(lsun, "_URL", file_server.url)
        found = hashlib.sha256(contents).hexdigest()
        checksums = tuple(found if name == split else "0" * 64 for name in ["train", "test"])
        monkeypatch.setitem(lsun._SHA256, "tower", checksums)
        return file_server

    return serve


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_images_are_taken_out_in_the_order_of_their_keys(serve, tmp_path, split, monkeypatch):
    monkeypatch.setattr(lsun, "_FILES_PER_FOLDER", 2)
    # A key that would lead elsewhere is no path.
    keys = [b"b", b"a", b"../../evil"]
    images = {key: webp(tmp_path / "made", seed) for seed, key in enumerate(keys)}
    server = serve(split, images)
    folder = download_lsun(split, "tower", str(tmp_path / "data"))
    name = URL_PATHS[split][: -len("_lmdb.zip")]
    assert folder == str(tmp_path / "data" / "lsun" / name)
    assert os.listdir(str(tmp_path / "data" / "lsun")) == [name]
    towers = load_image_folder(folder, 8, pattern="*.webp")
    expected = [random_pixels(8, 8, 3, seed=seed) for seed in [2, 1, 0]]
    np.testing.assert_array_equal(towers.read([0, 1, 2])[0], expected)
    assert sorted(os.listdir(folder)) == ["000", "001"]
    assert os.listdir(os.path.join(folder, "001")) == ["0000002.webp"]
    assert len(server.requests) == 1

    assert download_lsun(split, "tower", str(tmp_path / "data")) == folder
    assert len(server.requests) == 1


def test_the_suffix_is_that_of_the_contents(serve, tmp_path):
    images = {}
    for name, options in [("a.jpg", {}), ("b.png", {}), ("c.webp", {})]:
        with open(save(tmp_path / name, random_pixels(8, 8, 3), **options), "rb") as file:
            images[name[:1].encode()] = file.read()
    serve("test", images)
    folder = download_lsun("test", "tower", str(tmp_path / "data"))
    names = ["0000000.jpg", "0000001.png", "0000002.webp"]
    assert sorted(os.listdir(os.path.join(folder, "000"))) == names


def test_what_is_no_image_leaves_no_folder(serve, tmp_path):
    serve("test", {b"a": webp(tmp_path / "made", 0), b"b": b"<html>"})
    with pytest.raises(ValueError, match="must hold JPEG, PNG and WebP images; got .*key b'b'"):
        download_lsun("test", "tower", str(tmp_path / "data"))
    assert os.listdir(str(tmp_path / "data" / "lsun")) == [URL_PATHS["test"]]


def test_what_is_no_database_leaves_no_folder(file_server, tmp_path, monkeypatch):
    pytest.importorskip("lmdb")
    with zipfile.ZipFile(str(tmp_path / "x.zip"), "w") as archive:
        archive.writestr("tower_val_lmdb/data.mdb", b"\0" * 10000)
    contents = (tmp_path / "x.zip").read_bytes()
    file_server.files[URL_PATHS["test"]] = contents
    monkeypatch.setattr(lsun, "_URL", file_server.url)
    monkeypatch.setitem(lsun._SHA256, "tower", (hashlib.sha256(contents).hexdigest(),) * 2)
    with pytest.raises(ValueError, match="must hold a database of lmdb; got one that cannot be"):
        download_lsun("test", "tower", str(tmp_path / "data"))
    assert os.listdir(str(tmp_path / "data" / "lsun")) == [URL_PATHS["test"]]


def test_another_archive_is_thrown_away(serve, tmp_path):
    server = serve("test", {b"a": webp(tmp_path / "made", 0)})
    server.files[URL_PATHS["test"]] += b"more"
    with pytest.raises(ValueError, match="its SHA-256 must be .* but is"):
        download_lsun("test", "tower", str(tmp_path / "data"))
    assert os.listdir(str(tmp_path / "data" / "lsun")) == []


def test_says_which_package_is_missing_before_it_downloads(file_server, tmp_path, monkeypatch):
    monkeypatch.setattr(lsun, "_URL", file_server.url)
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(ImportError, match=r"needs the package lmdb; .*pip install \"\.\[lsun\]\""):
        download_lsun("test", "tower", str(tmp_path))
    assert file_server.requests == []
    assert os.listdir(str(tmp_path)) == []


def test_an_occupied_place_is_refused_before_the_download(file_server, tmp_path, monkeypatch):
    monkeypatch.setattr(lsun, "_URL", file_server.url)
    (tmp_path / "lsun").mkdir()
    (tmp_path / "lsun" / "tower_train").symlink_to(tmp_path)
    (tmp_path / "lsun" / "tower_val").symlink_to(tmp_path / "absent")
    assert download_lsun("train", "tower", str(tmp_path)).endswith("tower_train")  # It is filled.
    with pytest.raises(FileExistsError, match="tower_val must not exist, or be an empty folder"):
        download_lsun("test", "tower", str(tmp_path))
    assert file_server.requests == []


def test_rejects_an_unknown_category_or_split(tmp_path):
    with pytest.raises(
        ValueError, match="`category` must be one of bedroom, bridge, .*; got 'cat'"
    ):
        download_lsun("train", "cat", str(tmp_path))
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'val\''):
        download_lsun("val", "tower", str(tmp_path))


def test_every_category_has_two_checksums():
    assert len(lsun.CATEGORIES) == 10
    checksums = [checksum for pair in lsun._SHA256.values() for checksum in pair]
    assert len(set(checksums)) == 20
    assert {len(checksum) for checksum in checksums} == {64}

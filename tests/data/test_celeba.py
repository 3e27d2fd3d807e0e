import hashlib
import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from genflow.data import celeba, download_celeba, load_image_folder
from tests.data.conftest import snapshot

ARCHIVE = "img_align_celeba.zip"


def tiny_archive(num_images=3):
    """An archive in the form of the published one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("img_align_celeba/", b"")
        for number in range(num_images):
            image = io.BytesIO()
            Image.new("RGB", (178, 218), (80 * number, 0, 0)).save(image, "JPEG")
            name = "img_align_celeba/{:06d}.jpg".format(number + 1)
            archive.writestr(name, image.getvalue())
    return buffer.getvalue()


@pytest.fixture
def server(file_server, monkeypatch):
    """A server of a tiny CelebA, which is taken for the published one."""
    file_server.files[ARCHIVE] = tiny_archive()
    monkeypatch.setattr(celeba, "_URL", file_server.url + ARCHIVE)
    monkeypatch.setattr(celeba, "_MD5", hashlib.md5(file_server.files[ARCHIVE]).hexdigest())
    return file_server


def test_the_images_are_in_a_folder_and_the_archive_is_gone(server, tmp_path):
    folder = download_celeba(str(tmp_path / "new"))
    assert folder == str(tmp_path / "new" / "celebA")
    assert os.listdir(str(tmp_path / "new")) == ["celebA"]
    assert sorted(os.listdir(folder)) == ["000001.jpg", "000002.jpg", "000003.jpg"]
    faces = load_image_folder(folder, 64, crop_size=108)
    reds = faces.read(np.arange(3))[0][:, 32, 32, 0].astype(int)
    assert faces.image_shape == (64, 64, 3)
    assert np.abs(reds - [0, 80, 160]).max() < 5


def test_what_is_there_is_left_alone(server, tmp_path):
    (tmp_path / "celebA").mkdir()
    (tmp_path / "celebA" / "mine.jpg").write_bytes(b"mine")
    assert download_celeba(str(tmp_path)) == str(tmp_path / "celebA")
    assert list(snapshot(tmp_path)) == [str(tmp_path / "celebA" / "mine.jpg")]
    assert server.requests == []


def test_an_occupied_place_is_refused_before_the_download(server, tmp_path):
    (tmp_path / "a big disk").mkdir()
    (tmp_path / "celebA").symlink_to(tmp_path / "a big disk")
    with pytest.raises(FileExistsError, match="celebA must not exist, or be an empty folder"):
        download_celeba(str(tmp_path))
    assert server.requests == []


def test_an_archive_that_is_there_is_unpacked_and_stays(server, tmp_path):
    (tmp_path / ARCHIVE).write_bytes(server.files[ARCHIVE])
    download_celeba(str(tmp_path))
    assert sorted(os.listdir(str(tmp_path))) == ["celebA", ARCHIVE]
    assert server.requests == []


def test_an_archive_that_is_there_is_verified(server, tmp_path):
    (tmp_path / ARCHIVE).write_bytes(server.files[ARCHIVE] + b"more")
    with pytest.raises(ValueError, match=ARCHIVE + " is damaged or altered: its MD5 must be"):
        download_celeba(str(tmp_path))
    assert os.listdir(str(tmp_path)) == [ARCHIVE]


def test_a_page_instead_of_the_archive(server, tmp_path):
    """What Google Drive sends when too many have asked for a file."""
    server.files[ARCHIVE] = b"<html>Quota exceeded</html>"
    with pytest.raises(ValueError, match="not the published file .*by hand and put it at .*.zip"):
        download_celeba(str(tmp_path))
    assert os.listdir(str(tmp_path)) == []


def test_a_download_goes_on(server, tmp_path):
    server.cuts = [1000, 1000, 1000]
    with pytest.raises(OSError, match="try again, which goes on where this stopped"):
        download_celeba(str(tmp_path))
    download_celeba(str(tmp_path))
    assert server.requests[-1] == "bytes=3000-"
    assert len(os.listdir(str(tmp_path / "celebA"))) == 3


def test_an_interruption_leaves_the_archive_and_no_images(server, tmp_path, monkeypatch):
    def interrupted(archive, name, folder):
        assert os.path.dirname(os.path.dirname(folder)) == str(tmp_path)
        (tmp_path / folder / "000001.jpg").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(celeba, "extract_folder", interrupted)
        with pytest.raises(KeyboardInterrupt):
            download_celeba(str(tmp_path))
    assert os.listdir(str(tmp_path)) == [ARCHIVE]
    download_celeba(str(tmp_path))
    assert len(server.requests) == 1
    assert len(os.listdir(str(tmp_path / "celebA"))) == 3


def test_the_url_is_that_of_the_published_file():
    assert celeba._URL.startswith("https://drive.usercontent.google.com/download?id=0B7EVK8r0v71p")
    assert celeba._MD5 == "00d2c5bc6d35e252742224ab0c1e8fcb"

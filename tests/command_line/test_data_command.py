import hashlib
import os
import subprocess
import sys
import warnings
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

import genflow
from genflow.command_line import data_sets, main
from genflow.data import (
    celeba,
    load_hdf5,
    load_image_records,
    load_mnist,
    load_records,
    lsun,
    mnist,
    write_records,
)
from tests.data.conftest import file_server, tiny_mnist  # noqa: F401
from tests.data.images import cut_off, random_pixels, save


def run(*arguments):
    main([str(argument) for argument in arguments])


def refused(capsys, *arguments):
    """Runs a command that must fail with status 1, and returns its one sentence."""
    with pytest.raises(SystemExit) as exit_:
        run(*arguments)
    assert exit_.value.code == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("genflow: error: ")
    return message


@pytest.fixture
def photos(tmp_path):
    for number, name in enumerate(["cat/1.png", "ant/1.png", "cat/2.png"]):
        save(tmp_path / "photos" / name, random_pixels(8, 8, 3, seed=number))
    return tmp_path / "photos"


@pytest.fixture
def server(file_server, tiny_mnist, monkeypatch):  # noqa: F811
    """Serves a tiny MNIST and a tiny CelebA, which are taken for the published ones."""
    file_server.files.update(tiny_mnist.gzipped())
    monkeypatch.setattr(mnist, "_MNIST", mnist._MNIST._replace(url=file_server.url))
    return file_server


# The command as a whole.


def test_it_is_a_module():
    assert version_of(sys.executable, "-m", "genflow") == "genflow " + genflow.__version__


def test_it_is_installed():
    script = os.path.join(os.path.dirname(sys.executable), "genflow")
    if not os.path.exists(script):
        pytest.skip("genflow is not installed in this environment, or without its command")
    assert version_of(script) == "genflow " + genflow.__version__


def version_of(*command):
    found = subprocess.run(command + ("--version",), stdout=subprocess.PIPE, check=True)
    return found.stdout.decode().strip()


def test_it_does_not_wait_for_tensorflow():
    code = (
        "import sys, genflow.command_line as c\n"
        "try: c.main(['data', 'download', '--help'])\n"
        "finally: print([m for m in ['tensorflow', 'PIL', 'requests'] if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert found.stdout.decode().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "command",
    ["", "data", "data download", "data prepare", "data manifest", "data verify"],
)
def test_it_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        run(*command.split(), "--help")
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: genflow {}".format(command).strip())
    assert max(len(line) for line in text.splitlines()) <= 100
    if command == "data download":
        names = [
            "mnist",
            "fashion_mnist",
            "cifar10",
            "svhn",
            "celebA",
            "lsun",
            "church_outdoor",
            "43 GB",
        ]
        assert [name for name in names if name not in text] == []


@pytest.mark.parametrize(
    "command",
    ["", "data", "data x", "data download", "data download x", "data prepare p", "data verify"]
    + ["data prepare p --out o --format x", "data verify d --split x"]
    + ["data manifest", "data manifest d --split x", "data manifest d --num_classes x"],
)
def test_it_rejects_wrong_commands(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        run(*command.split())
    assert exit_.value.code == 2
    assert "usage: genflow" in capsys.readouterr().err


def test_an_unknown_data_set_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        run("data", "download", "mnist", "imagenet")
    assert (
        "must be one of mnist, fashion_mnist, cifar10, svhn, celebA, lsun"
        in capsys.readouterr().err
    )


def test_ctrl_c_ends_it_in_one_line(monkeypatch, capsys):
    def download(data_dir):
        raise KeyboardInterrupt

    monkeypatch.setitem(data_sets.DATA_SETS, "mnist", data_sets.DataSet("", download))
    with pytest.raises(SystemExit) as exit_:
        run("data", "download", "mnist")
    assert exit_.value.code == 130
    assert capsys.readouterr().err == "\ngenflow: stopped\n"


def test_a_missing_package_is_one_sentence(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "lmdb", None)
    message = refused(capsys, "data", "download", "lsun", "--data_dir", tmp_path)
    assert 'pip install ".[lsun]"' in message
    assert os.listdir(str(tmp_path)) == []


# genflow data download.


def test_downloads_several_at_once(server, monkeypatch, tmp_path, capsys):
    with zipfile.ZipFile(str(tmp_path / "x.zip"), "w") as archive:
        archive.write(save(tmp_path / "x.jpg", random_pixels(8, 8, 3)), "img_align_celeba/1.jpg")
    contents = (tmp_path / "x.zip").read_bytes()
    server.files["celeba.zip"] = contents
    monkeypatch.setattr(celeba, "_URL", server.url + "celeba.zip")
    monkeypatch.setattr(celeba, "_MD5", hashlib.md5(contents).hexdigest())
    data_dir = tmp_path / "data"

    run("data", "download", "mnist", "celeba", "--data_dir", data_dir)
    assert capsys.readouterr().out.splitlines() == [
        "mnist: 30 training and 20 test images, verified, in {}".format(data_dir),
        "celebA: images in {}".format(data_dir / "celebA"),
    ]
    assert (len(load_mnist("train", str(data_dir))), len(load_mnist("test", str(data_dir)))) == (
        30,
        20,
    )
    assert os.listdir(str(data_dir / "celebA")) == ["1.jpg"]

    num_requests = len(server.requests)
    run("data", "download", "mnist", "celebA", "--data_dir", data_dir)
    assert len(server.requests) == num_requests == 5


def test_a_download_that_fails_is_one_sentence(server, tmp_path, capsys):
    server.files.clear()
    message = refused(capsys, "data", "download", "mnist", "--data_dir", tmp_path)
    assert "train-images-idx3-ubyte.gz could not be downloaded" in message


def test_lsun_has_categories(monkeypatch, tmp_path, capsys):
    asked = []
    monkeypatch.setattr(data_sets, "download_lsun", lambda *a: asked.append(a) or "folder")
    run("data", "download", "lsun", "lsun/tower", "--data_dir", "d")
    expected = [(split, c, "d") for c in ["bedroom", "tower"] for split in ["train", "test"]]
    assert asked == expected
    names = {c: data_sets.DATA_SETS["lsun/" + c].folders["test"] for c in lsun.CATEGORIES}
    assert names["tower"] == "lsun/tower_val"


# genflow data prepare, genflow data verify.


def read_all(folder, split, size):
    record_set = load_records(str(folder), split, size)
    return record_set.read(np.arange(len(record_set)))


def test_a_folder_becomes_records(photos, tmp_path, capsys):
    out = tmp_path / "records"
    flags = ["--image_size", 8, 4, "--num_shards", 2, "--format", "tfrecord", "--seed", 1]
    run("data", "prepare", photos, "--out", out, "--labels_from_folders", *flags)
    assert capsys.readouterr().out.splitlines() == [
        "3 images of {0}x{0} in 2 class(es): {1}".format(size, out) for size in [8, 4]
    ]
    images, labels = read_all(out, "train", 8)
    expected = {random_pixels(8, 8, 3, seed=n).tobytes(): n for n in range(3)}
    assert [[1, 0, 1][expected[image.tobytes()]] for image in images] == labels.tolist()
    assert len(os.listdir(str(out / "train"))) == 5

    run("data", "prepare", photos, "--out", out, "--image_size", 8, "--split", "test")
    assert read_all(out, "test", 8)[1].tolist() == [0, 0, 0]

    run("data", "verify", out)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "{} is as it was written".format(out / name) for name in ["train", "validation"]
    ]


def test_the_seed_decides_the_order_and_photographs_are_64_pixels(photos, tmp_path, capsys):
    run("data", "prepare", photos, "--out", tmp_path / "a", "--seed", 5)
    write_records(str(photos), str(tmp_path / "b"), "train", [64], seed=5)
    found, expected = [read_all(tmp_path / name, "train", 64)[0] for name in "ab"]
    np.testing.assert_array_equal(found, expected)
    write_records(str(photos), str(tmp_path / "c"), "train", [64], seed=0)
    assert (read_all(tmp_path / "c", "train", 64)[0] != expected).any()


def test_a_byte_that_has_changed_is_found(photos, tmp_path, capsys):
    run("data", "prepare", photos, "--out", tmp_path, "--image_size", 8)
    path = tmp_path / "train" / "train-r03-s-0000-of-0001.tfrecords"
    contents = bytearray(path.read_bytes())
    contents[300] ^= 1
    path.write_bytes(bytes(contents))
    for flags in [[], ["--split", "train"]]:
        message = refused(capsys, "data", "verify", tmp_path, *flags)
        assert "0000-of-0001.tfrecords must have " in message
        assert " as SHA-256, as the manifest of its folder says; got " in message
    assert "no {}".format(tmp_path / "validation") in refused(
        capsys, "data", "verify", tmp_path, "--split", "test"
    )


def test_a_data_set_in_memory_becomes_records(tiny_mnist, tmp_path, capsys):  # noqa: F811
    tiny_mnist.write_folder(tmp_path / "data" / "mnist")
    out = tmp_path / "records"
    run(
        "data", "prepare", "mnist", "--out", out, "--data_dir", tmp_path / "data", "--split", "test"
    )
    assert "20 images of 32x32 in 10 class(es)" in capsys.readouterr().out
    images, labels = read_all(out, "test", 32)
    resized = [
        np.asarray(Image.fromarray(image).resize((32, 32), Image.BILINEAR))
        for image in tiny_mnist.images["test"]
    ]
    numbers = {image.tobytes(): number for number, image in enumerate(resized)}
    found = [numbers[np.ascontiguousarray(image[..., 1]).tobytes()] for image in images]
    assert sorted(found) == list(range(20))
    assert labels.tolist() == tiny_mnist.labels["test"][found].tolist()


def test_a_downloaded_folder_becomes_records(tmp_path, capsys):
    for split, name in [("train", "bedroom_train"), ("test", "bedroom_val")]:
        save(tmp_path / "lsun" / name / "000" / "0.webp", random_pixels(8, 8, 3), lossless=True)
        flags = ["--data_dir", tmp_path, "--split", split, "--image_size", 8]
        run("data", "prepare", "lsun", "--out", tmp_path / "records", *flags)
        np.testing.assert_array_equal(
            read_all(tmp_path / "records", split, 8)[0], [random_pixels(8, 8, 3)]
        )


def test_a_data_set_that_is_not_there_is_one_sentence(tmp_path, capsys):
    flags = ["--out", tmp_path / "records", "--data_dir", tmp_path]
    message = refused(capsys, "data", "prepare", "celebA", *flags)
    assert "celebA was not found: there is no {} (".format(tmp_path / "celebA") in message
    assert "`genflow data download celebA`" in message
    assert "mnist" in refused(capsys, "data", "prepare", "mnist", *flags).lower()
    message = refused(capsys, "data", "prepare", tmp_path / "absent", *flags)
    assert "absent must be a folder with images; there is no such folder" in message
    assert os.listdir(str(tmp_path)) == []


def test_training_images_are_not_written_for_testing(tmp_path, capsys):
    save(tmp_path / "celebA" / "000001.jpg", random_pixels(8, 8, 3))
    flags = ["--data_dir", tmp_path, "--out", tmp_path / "records", "--image_size", 8]
    message = refused(capsys, "data", "prepare", "celebA", "--split", "test", *flags)
    expected = "move the images to hold out (as published, 182638.jpg to 202599.jpg) from "
    assert 'celebA has no split "test"' in message
    assert expected + str(tmp_path / "celebA") in message
    assert os.listdir(str(tmp_path)) == ["celebA"]
    run("data", "prepare", "celebA", *flags)
    assert len(read_all(tmp_path / "records", "train", 8)[0]) == 1


# genflow data prepare --as_is.


def records_of(out, split):
    records = load_image_records(str(out), split)
    return records.read(np.arange(len(records)))


def test_all_splits_become_records_as_they_are(tiny_mnist, tmp_path, capsys):  # noqa: F811
    tiny_mnist.write_folder(tmp_path / "data" / "mnist")
    out = tmp_path / "records"
    flags = ["--as_is", "--validation", 7, "--num_shards", 2, "--seed", 3]
    run("data", "prepare", "mnist", "--out", out, "--data_dir", tmp_path / "data", *flags)
    counts = {"train": 23, "validation": 7, "test": 20}
    assert capsys.readouterr().out.splitlines() == [
        "{} images of 28x28x1 in 10 class(es): {}".format(count, out / split)
        for split, count in counts.items()
    ]
    found = {split: records_of(out, split) for split in counts}
    assert [len(os.listdir(str(out / split))) for split in counts] == [3, 3, 3]
    for published, splits in [("train", ["train", "validation"]), ("test", ["test"])]:
        images = np.concatenate([found[split][0] for split in splits])
        labels = np.concatenate([found[split][1] for split in splits])
        numbers = {image.tobytes(): i for i, image in enumerate(tiny_mnist.images[published])}
        order = [numbers[image.tobytes()] for image in images]
        assert sorted(order) == list(range(len(tiny_mnist.images[published])))
        assert labels.tolist() == tiny_mnist.labels[published][order].tolist()

    run("data", "verify", out)
    assert capsys.readouterr().out.splitlines() == [
        "{} is as it was written".format(out / split) for split in counts
    ]


def test_a_byte_that_has_changed_is_found_in_any_split(tiny_mnist, tmp_path, capsys):  # noqa: F811
    tiny_mnist.write_folder(tmp_path / "mnist")
    out = tmp_path / "records"
    run("data", "prepare", "mnist", "--out", out, "--data_dir", tmp_path, "--as_is")
    assert sorted(os.listdir(str(out))) == ["test", "train"]
    path = out / "test" / "test-images-0000-of-0001.tfrecords"
    contents = bytearray(path.read_bytes())
    contents[300] ^= 1
    path.write_bytes(bytes(contents))
    run("data", "verify", out, "--split", "train")
    for flags in [[], ["--split", "test"]]:
        message = refused(capsys, "data", "verify", out, *flags)
        assert "test-images-0000-of-0001.tfrecords must have " in message
    message = refused(capsys, "data", "verify", out, "--split", "validation")
    assert "There is no {}".format(out / "validation" / "manifest.json") in message


def test_hdf5_becomes_records(tmp_path, capsys):
    images = np.random.RandomState(0).randint(256, size=[10, 4, 6, 3]).astype(np.uint8)
    folder = tmp_path / "cifar10x"
    folder.mkdir()
    (folder / "id.txt").write_text("".join("{}\n".format(i) for i in range(10)))
    with h5py.File(str(folder / "data.hdf5"), "w") as file:
        for i, image in enumerate(images):
            file["{}/image".format(i)] = image
            file["{}/label".format(i)] = np.eye(2, dtype=np.bool_)[i % 2]
    flags = ["--out", tmp_path / "a", "--as_is", "--validation", 2]
    run("data", "prepare", folder, *flags)
    lines = ["6 images of 4x6x3", "2 images of 4x6x3", "2 images of 4x6x3"]
    assert [line[:17] for line in capsys.readouterr().out.splitlines()] == lines
    test_set = load_hdf5(str(folder), "test")
    found = sorted(image.tobytes() for image in records_of(tmp_path / "a", "test")[0])
    assert found == sorted(image.tobytes() for image in test_set.images)
    run("data", "prepare", folder, "--out", tmp_path / "b", "--as_is", "--transposed")
    assert load_image_records(str(tmp_path / "b"), "train").image_shape == (6, 4, 3)


@pytest.mark.parametrize(
    ("flags", "match"),
    [
        (["--validation", 0], "`--validation` is for images that are left as they are; it has no"),
        (["--transposed"], "`--transposed` is for images that are left as they are; it has no"),
        (["--as_is", "--split", "train"], "`--split` is for images that are cut to squares; it"),
        (["--as_is", "--image_size", 8], "`--image_size` is for images that are cut to squares"),
        (["--as_is", "--labels_from_folders"], "`--labels_from_folders` is for images that are"),
        (["--as_is"], "SOURCE must be one of mnist, fashion_mnist, cifar10, svhn, or a folder"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(photos, tmp_path, capsys, flags, match):
    assert match in refused(capsys, "data", "prepare", photos, "--out", tmp_path / "out", *flags)
    assert not (tmp_path / "out").exists()


def test_not_all_training_images_are_held_out(tiny_mnist, tmp_path, capsys):  # noqa: F811
    tiny_mnist.write_folder(tmp_path / "mnist")
    flags = ["prepare", "mnist", "--out", tmp_path / "out", "--data_dir", tmp_path, "--as_is"]
    for count in [-1, 30]:
        message = refused(capsys, "data", *flags, "--validation", count)
        assert "`--validation` must be at least 0 and less than 30, " in message
        assert "; got {}.".format(count) in message
    assert "`--transposed` is for folders" in refused(capsys, "data", *flags, "--transposed")
    message = refused(capsys, "data", "prepare", "celebA", "--out", tmp_path / "out", "--as_is")
    assert "SOURCE must be one of mnist, " in message
    assert not (tmp_path / "out").exists()


# genflow data manifest.


def test_records_of_others_are_listed(photos, tmp_path, capsys):
    for split in ["train", "test"]:
        run("data", "prepare", photos, "--out", tmp_path, "--image_size", 8, "--split", split)
    paths = [tmp_path / name / "manifest.json" for name in ["train", "validation"]]
    written = [path.read_text() for path in paths]
    for path in paths:
        path.unlink()
    capsys.readouterr()

    run("data", "manifest", tmp_path)
    assert capsys.readouterr().out.splitlines() == ["written: {}".format(path) for path in paths]
    assert [path.read_text() for path in paths] == written
    run("data", "verify", tmp_path)
    assert "manifest.json is there and is not overwritten" in refused(
        capsys, "data", "manifest", tmp_path
    )


def test_records_of_others_have_as_many_classes_as_one_says(photos, tmp_path, capsys):
    flags = ["--out", tmp_path, "--image_size", 8, "--labels_from_folders"]
    run("data", "prepare", photos, *flags)
    run("data", "prepare", photos, "--split", "test", *flags)
    for name in ["train", "validation"]:
        (tmp_path / name / "manifest.json").unlink()
    flags = ["data", "manifest", tmp_path, "--split", "train"]
    assert "label" in refused(capsys, *flags)
    run(*(flags + ["--num_classes", 2]))
    assert load_records(str(tmp_path), "train", 8).num_classes == 2
    assert not (tmp_path / "validation" / "manifest.json").exists()


def test_records_that_are_not_there_are_one_sentence(tmp_path, capsys):
    message = refused(capsys, "data", "manifest", tmp_path)
    assert "There are no records in {}".format(tmp_path / "train") in message
    assert "`genflow data prepare`" in message


def test_an_image_that_cannot_be_read_is_named(photos, tmp_path, capsys):
    cut_off(photos / "cat" / "2.png")
    with pytest.raises(SystemExit):
        run("data", "prepare", photos, "--out", tmp_path / "records")
    message = capsys.readouterr().err
    assert "got 1 that are not, and nothing was written" in message
    assert "2.png must be an image" in message


def test_warnings_are_one_line(monkeypatch, capsys):
    def download(data_dir):
        warnings.warn("Look out.", stacklevel=2)
        warnings.warn("Nobody cares.", DeprecationWarning, stacklevel=2)
        return []

    monkeypatch.setitem(data_sets.DATA_SETS, "mnist", data_sets.DataSet("", download))
    run("data", "download", "mnist")
    assert capsys.readouterr().err == "genflow: warning: Look out.\n"

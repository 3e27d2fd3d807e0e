import hashlib
import pickle

import numpy as np
import pytest

from genflow.data import cifar10, load_cifar10

TRAIN_NAMES = ["data_batch_{}".format(number) for number in range(1, 6)]


def snapshot(folder):
    """The contents of every file below a folder."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def check_train_set(image_set, tiny):
    images = np.concatenate([tiny.images[name] for name in TRAIN_NAMES])
    labels = np.concatenate([tiny.labels[name] for name in TRAIN_NAMES])
    np.testing.assert_array_equal(image_set.images, images)
    np.testing.assert_array_equal(image_set.labels, labels)
    assert (image_set.name, image_set.num_classes) == ("cifar10-train", 10)


def replace_test_batch(tiny, monkeypatch, content):
    tiny.files["test_batch"] = pickle.dumps(content, protocol=3)
    tiny.expect(monkeypatch)


def test_reads_the_unpacked_folder(tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    check_train_set(load_cifar10("train", str(tmp_path)), tiny_cifar10)


def test_data_dir_may_be_the_unpacked_folder(tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "any-name")
    check_train_set(load_cifar10("train", str(tmp_path / "any-name")), tiny_cifar10)


def test_data_dir_comes_from_the_environment(tiny_cifar10, tmp_path, monkeypatch):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    check_train_set(load_cifar10("train"), tiny_cifar10)


def test_reads_the_archive_without_unpacking_it(tiny_cifar10, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tiny_cifar10.archive())
    check_train_set(load_cifar10("train", str(tmp_path)), tiny_cifar10)
    assert [path.name for path in tmp_path.iterdir()] == ["cifar-10-python.tar.gz"]


@pytest.mark.parametrize("name", ["cifar-10-python.tar.gz", "renamed.tgz"])
def test_data_dir_may_be_the_archive(tiny_cifar10, tmp_path, name):
    (tmp_path / name).write_bytes(tiny_cifar10.archive())
    check_train_set(load_cifar10("train", str(tmp_path / name)), tiny_cifar10)


def test_names_a_damaged_member_of_the_archive_that_is_data_dir(tiny_cifar10, tmp_path):
    tiny_cifar10.files["test_batch"] = tiny_cifar10.files["data_batch_1"]
    (tmp_path / "mine.tgz").write_bytes(tiny_cifar10.archive())
    with pytest.raises(ValueError, match="mine.tgz/.*test_batch is damaged or altered"):
        load_cifar10("test", str(tmp_path / "mine.tgz"))


def test_rejects_a_data_dir_that_is_another_file(tiny_cifar10, tmp_path):
    (tmp_path / "notes.txt").write_bytes(b"mine")
    with pytest.raises(ValueError, match="notes.txt is truncated, damaged or no gzipped tar"):
        load_cifar10("train", str(tmp_path / "notes.txt"))


def test_a_complete_folder_is_read_before_the_archive(tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"damaged")
    check_train_set(load_cifar10("train", str(tmp_path)), tiny_cifar10)


def test_an_incomplete_folder_gives_way_to_the_archive(tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").unlink()
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tiny_cifar10.archive())
    check_train_set(load_cifar10("train", str(tmp_path)), tiny_cifar10)


def test_the_test_split_is_the_test_batch(tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    test_set = load_cifar10("test", str(tmp_path))
    np.testing.assert_array_equal(test_set.images, tiny_cifar10.images["test_batch"])
    assert test_set.labels.tolist() == tiny_cifar10.labels["test_batch"]
    assert test_set.name == "cifar10-test"


def test_rejects_an_unknown_split(tmp_path):
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'valid\''):
        load_cifar10("valid", str(tmp_path))


def test_says_where_it_looked(tiny_cifar10, tmp_path):
    with pytest.raises(FileNotFoundError, match="CIFAR-10 was not found") as error:
        load_cifar10("train", str(tmp_path))
    looked_at = ["cifar-10-batches-py/data_batch_1", "data_batch_1", "cifar-10-python.tar.gz"]
    for name in looked_at:
        assert "no {}/{}".format(tmp_path, name) in str(error.value)


def test_names_the_file_that_a_folder_lacks(tiny_cifar10, tmp_path):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").unlink()
    with pytest.raises(FileNotFoundError, match="no .*/cifar-10-batches-py/data_batch_3, no"):
        load_cifar10("train", str(tmp_path))


@pytest.mark.parametrize("damage", [lambda b: b[:-100], lambda b: b[:-100] + b"x" + b[-99:]])
@pytest.mark.parametrize("download", [False, True])
def test_rejects_a_damaged_file_and_leaves_it_alone(tiny_cifar10, tmp_path, damage, download):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    path = tmp_path / "cifar-10-batches-py" / "data_batch_4"
    path.write_bytes(damage(path.read_bytes()))
    before = snapshot(tmp_path)
    found = hashlib.md5(path.read_bytes()).hexdigest()
    match = "{} is damaged.* must be {} but is {}; .*download=True".format(
        path, cifar10._FILES["train"]["data_batch_4"], found
    )
    with pytest.raises(ValueError, match=match):
        load_cifar10("train", str(tmp_path), download=download)
    assert snapshot(tmp_path) == before


def test_rejects_an_altered_archive_and_leaves_it_alone(tiny_cifar10, tmp_path):
    tiny_cifar10.files["data_batch_2"] = tiny_cifar10.files["data_batch_1"]
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tiny_cifar10.archive())
    before = snapshot(tmp_path)
    with pytest.raises(
        ValueError, match="tar.gz/cifar-10-batches-py/data_batch_2 is damaged or altered"
    ):
        load_cifar10("train", str(tmp_path), download=True)
    assert snapshot(tmp_path) == before


def test_rejects_a_truncated_archive_and_leaves_it_alone(tiny_cifar10, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(tiny_cifar10.archive()[:100000])
    before = snapshot(tmp_path)
    with pytest.raises(ValueError, match="cifar-10-python.tar.gz is truncated, damaged"):
        load_cifar10("train", str(tmp_path), download=True)
    assert snapshot(tmp_path) == before


def test_verification_can_be_turned_off(tiny_cifar10, tmp_path, monkeypatch):
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    monkeypatch.setattr(cifar10, "_FILES", {"test": {"test_batch": "0" * 32}})
    with pytest.raises(ValueError, match="must be 0{32} but is"):
        load_cifar10("test", str(tmp_path))
    assert len(load_cifar10("test", str(tmp_path), verify=False)) == tiny_cifar10.num_images


def test_rejects_a_hostile_file_that_is_not_verified(tiny_cifar10, tmp_path):
    tiny_cifar10.files["test_batch"] = pickle.dumps(exec, protocol=3)
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    with pytest.raises(pickle.UnpicklingError, match="test_batch was refused.*builtins.exec"):
        load_cifar10("test", str(tmp_path), verify=False)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ([1, 2], "test_batch must hold a dict with `data` and `labels`"),
        ({"data": 1}, "test_batch must hold a dict with `data` and `labels`"),
        ({"data": 1, "labels": [0]}, r"`data` of .* must be uint8 of shape \(20, 3072\); got int"),
        (
            {"data": np.zeros([19, 3072], np.uint8), "labels": [0] * 20},
            r"`data` of .* must be uint8 of shape \(20, 3072\); got uint8 of shape \(19, 3072\)",
        ),
    ],
)
def test_rejects_wrong_data(tiny_cifar10, tmp_path, monkeypatch, content, match):
    replace_test_batch(tiny_cifar10, monkeypatch, content)
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    with pytest.raises(ValueError, match=match):
        load_cifar10("test", str(tmp_path))


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        ((0,) * 20, "`labels` of .*test_batch must be a list of 20 labels"),
        ([0] * 21, "must be a list of 20 labels"),
        ([0] * 19 + [10], r"must be integers in \[0, 10\); got 10"),
        ([-1] + [0] * 19, r"must be integers in \[0, 10\); got -1"),
        (["cat"] + [0] * 19, r"must be integers in \[0, 10\); got 'cat'"),
    ],
)
def test_rejects_wrong_labels(tiny_cifar10, tmp_path, monkeypatch, labels, match):
    content = {"data": np.zeros([20, 3072], np.uint8), "labels": labels}
    replace_test_batch(tiny_cifar10, monkeypatch, content)
    tiny_cifar10.write_folder(tmp_path / "cifar-10-batches-py")
    with pytest.raises(ValueError, match=match):
        load_cifar10("test", str(tmp_path))


def test_real_train_set(real_data_dir):
    train_set = load_cifar10("train", real_data_dir)
    assert train_set.images.shape == (50000, 32, 32, 3)
    assert np.bincount(train_set.labels).tolist() == [5000] * 10
    # The means of red, green and blue, as published for this data set.
    means = train_set.images.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=1e-4)
    # Rows are not taken for columns: the sky is above the ground, so the mean image changes more
    # from top to bottom than from left to right.
    mean_image = train_set.images.mean(axis=(0, 3))
    assert np.ptp(mean_image.mean(axis=1)) > 3 * np.ptp(mean_image.mean(axis=0))


def test_real_test_set(real_data_dir):
    test_set = load_cifar10("test", real_data_dir)
    assert test_set.images.shape == (10000, 32, 32, 3)
    assert test_set.labels[:8].tolist() == [3, 8, 8, 0, 6, 6, 1, 6]
    assert np.bincount(test_set.labels).tolist() == [1000] * 10

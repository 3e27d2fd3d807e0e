import dataclasses
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as v1

from genflow.data import load_digits, load_mnist
from genflow.metrics import classifier_training, train_classifier, trained_classifier
from genflow.metrics.classifier_training import ClassifierSettings
from genflow.metrics.trained_classifier import classifier_key

TRAIN, TEST = load_digits("train"), load_digits("test")
QUICK = {"num_steps": 3, "batch_size": 32, "num_features": 8, "show_progress": False}
SETTINGS = ClassifierSettings(0, 3, 32, 8, 0.003, 0.4)
ONE_THREAD = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "classifiers")


def trained(folder, train_set=TRAIN, test_set=TEST, **settings):
    return train_classifier(train_set, test_set, folder, **dict(QUICK, **settings))


def file_in(folder):
    (name,) = [name for name in os.listdir(folder) if name.endswith(".pb")]
    return os.path.join(folder, name)


def test_it_learns_the_digits_and_says_how_well(folder):
    extract = train_classifier(
        TRAIN, TEST, folder, num_steps=80, batch_size=64, num_features=16, show_progress=False
    )

    features, probabilities = extract(TEST.images)
    accuracy = np.mean(probabilities.argmax(axis=1) == TEST.labels)
    assert features.shape == (297, 16)
    assert accuracy > 0.9
    assert extract.accuracy == pytest.approx(accuracy, abs=1e-9)
    assert extract.name == "classifier of digits-train"
    assert features.std() > 0.1


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("GENFLOW_DATA_DIR"), reason="GENFLOW_DATA_DIR is not set")
def test_it_learns_mnist(folder):
    train_set, test_set = load_mnist("train"), load_mnist("test")

    extract = train_classifier(train_set, test_set, folder, show_progress=False)

    assert extract.accuracy >= 0.99
    assert len(test_set) == 10000


def test_the_averages_of_its_norms_are_those_of_training():
    with v1.Graph().as_default(), v1.Session() as session:
        tensors = classifier_training._Tensors(TRAIN, SETTINGS)
        session.run(v1.global_variables_initializer())
        for _ in range(2):
            session.run(tensors.update.op)
        norms = tensors._features.norms + [tensors._features.dense_norm]
        statistics = session.run([(n.statistics.mean, n.statistics.variance) for n in norms])

    for mean, variance in statistics:
        assert np.abs(mean).max() > 0.01
        assert np.abs(variance - 1.0).max() > 0.01


def test_it_is_trained_once(folder):
    first = trained(folder)
    written = os.stat(file_in(folder)).st_mtime_ns

    again = trained(folder)

    assert os.stat(file_in(folder)).st_mtime_ns == written
    assert again.sha256 == first.sha256
    np.testing.assert_array_equal(again(TEST.images).features, first(TEST.images).features)


def test_the_same_seed_is_the_same_network(tmp_path):
    hashes = [
        trained(str(tmp_path / name), seed=seed, config=ONE_THREAD).sha256
        for name, seed in [("first", 1), ("again", 1), ("other", 2)]
    ]

    assert hashes[0] == hashes[1] != hashes[2]


def changed(image_set, **fields):
    return dataclasses.replace(image_set, **fields)


def key(train_set=TRAIN, test_set=TEST, **settings):
    return classifier_key(train_set, test_set, SETTINGS._replace(**settings))


@pytest.mark.parametrize(
    "arguments",
    [{name: 2} for name in SETTINGS._fields]
    + [
        {"train_set": changed(TRAIN, name="others")},
        {"train_set": TRAIN.take(1499)},
        {"train_set": changed(TRAIN, images=255 - TRAIN.images)},
        {"train_set": changed(TRAIN, labels=9 - TRAIN.labels)},
        {"train_set": changed(TRAIN, num_classes=11)},
        {"train_set": changed(TRAIN, images=TRAIN.images.reshape(-1, 4, 16, 1))},
        {"test_set": TEST.take(200)},
    ],
    ids=repr,
)
def test_what_is_trained_otherwise_has_another_key(arguments):
    assert key() == key(changed(TRAIN), changed(TEST)) != key(**arguments)


def test_what_is_trained_otherwise_is_another_file(folder):
    hashes = [trained(folder, seed=seed).sha256 for seed in (0, 1, 0)]

    assert hashes[0] == hashes[2] != hashes[1]
    assert len(os.listdir(folder)) == 4


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_damaged_file_is_trained_again(folder, suffix):
    before = trained(folder, config=ONE_THREAD)
    path = file_in(folder) + suffix
    with open(path, "r+b") as file:
        file.truncate(100)

    with pytest.warns(UserWarning, match="trained again"):
        after = trained(folder, config=ONE_THREAD)

    assert after.sha256 == before.sha256
    assert trained(folder).sha256 == before.sha256


def test_a_file_of_another_training_is_not_taken(folder):
    other = trained(folder, seed=1)
    path = other.path
    trained(folder)
    mine = [os.path.join(folder, name) for name in os.listdir(folder)]
    (mine,) = [name for name in mine if name.endswith(".pb") and name != path]
    for suffix in ("", ".json"):
        os.replace(path + suffix, mine + suffix)

    with pytest.warns(UserWarning, match="trained again"):
        assert trained(folder).sha256 != other.sha256


def test_the_name_of_a_set_may_be_a_path(folder):
    trained(folder, train_set=changed(TRAIN, name="../my images/cats & dogs"))

    name = os.path.basename(file_in(folder))
    assert name.startswith("my-images-cats-dogs-")


def test_colour_images_of_another_shape(folder):
    def coloured(digits):
        images = np.pad(digits.images, [(0, 0), (1, 0), (2, 1), (0, 0)], "constant")
        return changed(digits, images=images.repeat(3, axis=3))

    extract = trained(folder, coloured(TRAIN), coloured(TEST))

    assert extract(coloured(TEST).images[:5]).features.shape == (5, 8)


REMEDY = ".*`cache_dir`.* XDG_CACHE_HOME"


def test_a_folder_that_cannot_be_made_is_noticed_before_training(tmp_path):
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(OSError, match="cannot be kept in .*folder" + REMEDY):
        trained(str(file / "folder"), num_steps=10**9)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="nothing here that root cannot write")
def test_a_folder_that_cannot_be_written_is_noticed_before_training():
    with pytest.raises(OSError, match="cannot be kept in /proc" + REMEDY):
        trained("/proc", num_steps=10**9)


def test_a_home_folder_that_is_none_is_noticed_before_training(tmp_path, monkeypatch):
    def nobody(uid):
        raise KeyError(uid)

    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)

    for chosen in (None, "~/classifiers", "~nobody of this name/classifiers"):
        with pytest.raises(OSError, match="no home folder for ~" + REMEDY):
            trained(chosen, num_steps=10**9)
    assert os.listdir(str(tmp_path)) == []


def test_the_classifier_of_a_quicker_process_is_kept(folder, monkeypatch):
    """It trains while this one does, and is done first."""
    train, quicker = trained_classifier.train_and_freeze, []

    def train_and_freeze(*arguments):
        monkeypatch.undo()
        train(*arguments)
        quicker.append(trained(folder))
        quicker.append(os.stat(quicker[0].path))

    monkeypatch.setattr(trained_classifier, "train_and_freeze", train_and_freeze)
    extract = trained(folder)

    now = os.stat(extract.path)
    assert extract.sha256 == quicker[0].sha256
    assert (now.st_ino, now.st_mtime_ns) == (quicker[1].st_ino, quicker[1].st_mtime_ns)
    assert len(os.listdir(folder)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"test_set": changed(TEST, images=TEST.images[:, :7])}, "of one shape"),
        ({"test_set": changed(TEST, num_classes=11)}, "as many classes"),
        ({"num_steps": 0}, "`num_steps` must be a positive integer; got 0"),
        ({"num_features": 0}, "`num_features` must be a positive integer; got 0"),
        ({"learning_rate": 0.0}, "`learning_rate` must be positive; got 0.0"),
        ({"batch_size": 2000}, "`batch_size` must be between 1 and 1500"),
        ({"dropout_rate": 1.0}, r"`rate` must be in \[0, 1\); got 1.0"),
        ({"train_set": changed(TRAIN, labels=0 * TRAIN.labels, num_classes=1)}, "2 classes"),
    ],
)
def test_rejects(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        trained(folder, **arguments)
    assert not os.path.exists(folder) or os.listdir(folder) == []


def test_a_loss_that_is_not_finite_ends_training(folder):
    with pytest.raises(FloatingPointError, match="step 2 .*`learning_rate`"):
        trained(folder, learning_rate=1e38)
    assert os.listdir(folder) == []

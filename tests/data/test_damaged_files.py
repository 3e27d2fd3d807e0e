"""Every file in every kind of damage: the error names it, and it stays as it is."""

import pickle

import numpy as np
import pytest

from genflow.data import load_cifar10, load_mnist

FRACTIONS = [0, 0.001, 0.1, 0.5, 0.9, 0.999]


def cifar_batch(request, folder):
    request.getfixturevalue("tiny_cifar10").write_folder(folder / "cifar-10-batches-py")
    return folder / "cifar-10-batches-py" / "data_batch_3", load_cifar10


def cifar_archive(request, folder):
    path = folder / "cifar-10-python.tar.gz"
    path.write_bytes(request.getfixturevalue("tiny_cifar10").archive())
    return path, load_cifar10


def idx_images(request, folder):
    request.getfixturevalue("tiny_mnist").write_folder(folder / "mnist")
    return folder / "mnist" / "train-images-idx3-ubyte.gz", load_mnist


def idx_labels(request, folder):
    request.getfixturevalue("tiny_mnist").write_folder(folder / "mnist")
    return folder / "mnist" / "train-labels-idx1-ubyte.gz", load_mnist


KINDS = [cifar_batch, cifar_archive, idx_images, idx_labels]


@pytest.fixture(params=KINDS, ids=[kind.__name__ for kind in KINDS])
def whole(request, tmp_path):
    """A file, whole, and what reads it."""
    path, load = request.param(request, tmp_path)
    load("train", str(tmp_path))
    return path, load


def truncated(contents):
    return [contents[: int(fraction * len(contents))] for fraction in FRACTIONS] + [contents[:-1]]


def flipped(contents):
    """The contents with one bit flipped: at the beginning, all over, and at the end."""
    places = list(range(12)) + list(range(12, len(contents), len(contents) // 25))
    places += list(range(len(contents) - 9, len(contents)))
    for number, place in enumerate(places):
        changed = bytearray(contents)
        changed[place] ^= 1 << number % 8
        yield bytes(changed)


def extended(contents):
    return [contents + b"\0", contents + contents]


def outcomes(whole, tmp_path, damage, **arguments):
    """What each damaged file gives: an error or an image set. It must stay as it is."""
    path, load = whole
    for contents in damage(path.read_bytes()):
        path.write_bytes(contents)
        files = sorted(tmp_path.rglob("*"))
        try:
            outcome = load("train", str(tmp_path), **arguments)
        except (ValueError, OSError, pickle.UnpicklingError) as error:
            outcome = error
        assert path.read_bytes() == contents
        assert sorted(tmp_path.rglob("*")) == files
        yield outcome


def is_same(found, expected):
    return np.array_equal(found.images, expected.images) and np.array_equal(
        found.labels, expected.labels
    )


@pytest.mark.parametrize("damage", [truncated, flipped, extended])
def test_every_damage_is_an_error_that_names_the_file(whole, tmp_path, damage):
    path, load = whole
    expected, num_harmless, total = load("train", str(tmp_path)), 0, 0
    for outcome in outcomes(whole, tmp_path, damage):
        total += 1
        if isinstance(outcome, Exception):
            assert str(path) in str(outcome)
        else:
            # An archive has bytes that do not matter: dates, owners, and what follows.
            assert path.name.endswith(".tar.gz")
            assert is_same(outcome, expected)
            num_harmless += 1
    assert num_harmless <= total / 2 or damage is extended


@pytest.mark.parametrize("damage", [truncated, flipped, extended])
def test_no_damage_of_unverified_files_is_another_kind_of_error(whole, tmp_path, damage):
    for outcome in outcomes(whole, tmp_path, damage, verify=False):
        if isinstance(outcome, Exception):
            assert str(whole[0]) in str(outcome)

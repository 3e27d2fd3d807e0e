import os

import pytest

from genflow.data.record_folders import any_split_folder, image_split_folder, split_folder


def test_the_folders_are_those_of_the_original():
    assert split_folder("data", "train") == os.path.join("data", "train")
    assert split_folder("data", "test") == os.path.join("data", "validation")
    assert split_folder("~/data", "train") == os.path.expanduser("~/data/train")


def test_rejects_an_unknown_split():
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'validation\''):
        split_folder("data", "validation")


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_images_as_they_are_have_a_folder_for_each_split(split):
    assert image_split_folder("~/data", split) == os.path.expanduser("~/data/" + split)


@pytest.mark.parametrize("folder_of", [image_split_folder, any_split_folder])
def test_rejects_a_name_that_leads_elsewhere(folder_of):
    with pytest.raises(ValueError, match='"validation" or "test"; got \'../train\''):
        folder_of("data", "../train")


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([], "validation"),
        (["validation/validation-r05-s-0000-of-0001.tfrecords"], "validation"),
        (["validation/validation-images-0000-of-0001.tfrecords"], "test"),
        (["test/test-images-0000-of-0001.tfrecords"], "test"),
    ],
)
def test_the_test_images_are_where_their_kind_has_them(tmp_path, there, expected):
    for name in there:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert any_split_folder(str(tmp_path), "test") == str(tmp_path / expected)
    assert any_split_folder(str(tmp_path), "validation") == str(tmp_path / "validation")

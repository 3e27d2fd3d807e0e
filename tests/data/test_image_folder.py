import os

import pytest

from genflow.data.image_folder import find_images, find_matches, number_classes


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return str(folder)


def test_images_are_found_in_all_folders_in_order(tmp_path):
    folder = touch(tmp_path, "b/2.png", "b/10.JPG", "c.webp", "a/x/y.jpeg", "a/z.gif")
    expected = ["a/x/y.jpeg", "a/z.gif", "b/10.JPG", "b/2.png", "c.webp"]
    assert find_images(folder) == expected


def test_other_and_hidden_files_are_passed_over(tmp_path):
    folder = touch(
        tmp_path, "a.png", "notes.txt", ".b.png", ".thumbs/c.png", "d.eps", "png", "e.png.part"
    )
    assert find_images(folder) == ["a.png"]


def test_linked_images_are_found(tmp_path):
    touch(tmp_path, "elsewhere/a.png", "images/b.png")
    os.symlink(str(tmp_path / "elsewhere" / "a.png"), str(tmp_path / "images" / "c.png"))
    assert find_images(str(tmp_path / "images")) == ["b.png", "c.png"]


def test_rejects_a_link_to_a_folder(tmp_path):
    folder = touch(tmp_path, "a.png")
    os.symlink(folder, str(tmp_path / "circle"))
    with pytest.raises(ValueError, match="circle must be a folder, not a link to one"):
        find_images(folder)


def test_rejects_a_folder_without_images(tmp_path):
    folder = touch(tmp_path, "notes.txt")
    with pytest.raises(FileNotFoundError, match="must be a folder with images .*; there are none"):
        find_images(folder)


@pytest.mark.parametrize("find", [find_images, lambda folder: find_matches(folder, "*.jpg")])
def test_rejects_what_is_no_folder(tmp_path, find):
    folder = touch(tmp_path, "a.png")
    match = "absent must be a folder with images; there is no such folder"
    with pytest.raises(FileNotFoundError, match=match):
        find(folder + "/absent")
    with pytest.raises(FileNotFoundError, match="a.png must be a folder .*; it is no folder"):
        find(folder + "/a.png")


def test_says_which_patterns_would_find_images(tmp_path):
    folder = touch(tmp_path, "a/1.webp", "a/2.WEBP", "b/3.png", "notes.txt")
    match = (
        r"must be images in .* that match the pattern '\*.jpg'; there are none, but the pattern "
        r"'\*.png' would find 1, '\*.webp' would find 2\."
    )
    with pytest.raises(FileNotFoundError, match=match):
        find_matches(folder, "*.jpg")
    assert len(find_matches(folder, "*.webp")) == 2


def test_classes_are_numbered_in_order():
    paths = ["cat/1.png", "ant/1.png", "dog/1.png", "cat/2.png"]
    labels, classes = number_classes(paths, os.path.dirname)
    assert (labels, classes) == ([1, 0, 2, 1], ["ant", "cat", "dog"])


def test_known_classes_keep_their_numbers():
    labels, classes = number_classes(["dog/1.png"], os.path.dirname, known=["dog", "ant"])
    assert (labels, classes) == ([0], ["dog", "ant"])


def test_a_class_may_come_from_anything_in_the_path():
    labels, classes = number_classes(["a_7.png", "b_3.png"], lambda path: path[2])
    assert (labels, classes) == ([1, 0], ["3", "7"])


def test_rejects_an_unknown_class():
    match = "classes of both splits must be the same; cat is none of the other split's"
    with pytest.raises(ValueError, match=match):
        number_classes(["dog/1.png", "cat/1.png"], os.path.dirname, known=["dog"])


def test_rejects_an_image_without_a_class():
    with pytest.raises(ValueError, match="1.png must have a class, as every image; got ''"):
        number_classes(["dog/1.png", "1.png"], os.path.dirname)

"""The HDF5 files of SSGAN-Tensorflow, written here as its program writes them."""

import os
import pathlib
import sys

import h5py
import numpy as np
import pytest

from genflow.data import load_cifar10, load_hdf5

NUM_IMAGES = 11
IMAGES = np.random.RandomState(0).randint(256, size=[NUM_IMAGES, 4, 5, 3]).astype(np.uint8)
LABELS = np.arange(NUM_IMAGES) % 3
IDS = ["n{}".format(number) for number in range(NUM_IMAGES)]

# What RandomState(123).shuffle makes of 0 ... 10.
ORDER = [0, 4, 5, 7, 8, 9, 3, 1, 6, 10, 2]


def write(folder, ids=IDS, images=IMAGES, name="data.hdf5"):
    folder.mkdir(exist_ok=True)
    (folder / "id.txt").write_text("".join(id_ + "\n" for id_ in ids))
    with h5py.File(str(folder / name), "w") as file:
        for id_, image, label in zip(ids, images, LABELS):
            group = file.create_group(id_)
            group["image"] = image
            group["label"] = np.eye(3, dtype=np.bool_)[label]
    return str(folder)


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "mnist")


def change(folder, edit):
    with h5py.File(os.path.join(folder, "data.hdf5"), "r+") as file:
        edit(file)


def replace(id_, name, value, **how):
    """Returns an edit that puts another array in the place of one."""

    def edit(file):
        del file[id_][name]
        file[id_].create_dataset(name, data=value, **how)

    return edit


def test_all_images_come_back_in_the_order_of_the_ids(folder):
    whole = load_hdf5(folder, "all")
    np.testing.assert_array_equal(whole.images, IMAGES)
    np.testing.assert_array_equal(whole.labels, LABELS)
    assert (whole.name, whole.num_classes, whole.images.dtype) == ("mnist-all", 3, np.uint8)


def test_the_splits_are_those_of_the_original(folder):
    order = list(IDS)
    np.random.RandomState(123).shuffle(order)
    assert order == [IDS[number] for number in ORDER]
    train, test = load_hdf5(folder, "train"), load_hdf5(folder, "test")
    assert (len(train), len(test)) == (8, 3)
    np.testing.assert_array_equal(np.concatenate([train.images, test.images]), IMAGES[ORDER])
    np.testing.assert_array_equal(np.concatenate([train.labels, test.labels]), LABELS[ORDER])


def test_the_first_name_of_the_file_is_known_too(tmp_path):
    folder = write(tmp_path / "svhn", name="data.hy")
    np.testing.assert_array_equal(load_hdf5(folder, "all").images, IMAGES)


def test_what_is_transposed_is_put_right(tmp_path):
    """The original reads the planes of CIFAR-10 in Fortran's order."""
    planes = [np.concatenate([i[..., c].ravel() for c in range(3)]) for i in IMAGES]
    stored = [np.reshape(plane, [5, 4, 3], order="F") for plane in planes]
    folder = write(tmp_path / "cifar10", images=stored)
    np.testing.assert_array_equal(load_hdf5(folder, "all", transposed=True).images, IMAGES)
    assert load_hdf5(folder, "all").image_shape == (5, 4, 3)


def test_real_photographs_are_put_right(real_data_dir, tmp_path):
    images = load_cifar10("test", real_data_dir).images[:NUM_IMAGES]
    planes = images.transpose([0, 3, 1, 2]).reshape([NUM_IMAGES, -1])
    stored = [np.reshape(plane, [32, 32, 3], order="F") for plane in planes]
    folder = write(tmp_path / "cifar10", images=stored)
    np.testing.assert_array_equal(load_hdf5(folder, "all", transposed=True).images, images)


def test_more_than_the_two_arrays_is_passed_over(folder):
    def edit(file):
        file["n3"]["more"] = h5py.SoftLink("/elsewhere")
        file["n3"].attrs["remark"] = "blurred"

    change(folder, edit)
    np.testing.assert_array_equal(load_hdf5(folder, "all").images, IMAGES)


def test_rejects_what_is_not_there(tmp_path, folder):
    with pytest.raises(ValueError, match='must be "train", "test" or "all"; got \'validation\''):
        load_hdf5(folder, "validation")
    with pytest.raises(FileNotFoundError, match="There is no data.hdf5 in .*absent; name the fold"):
        load_hdf5(str(tmp_path / "absent"), "all")


@pytest.mark.parametrize("is_folder", [False, True])
def test_says_what_is_needed_without_the_names(folder, is_folder):
    path = os.path.join(folder, "id.txt")
    os.remove(path)
    if is_folder:
        os.mkdir(path)
    with pytest.raises(FileNotFoundError, match="There is no file .*id.txt, .*; put it beside"):
        load_hdf5(folder, "all")


def test_says_what_is_needed_without_h5py(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(
        ImportError, match="data.hdf5 is an HDF5 file, for which h5py .*pip install"
    ):
        load_hdf5(folder, "all")


def virtual(file):
    layout = h5py.VirtualLayout((4, 5, 3), np.uint8)
    layout[:] = h5py.VirtualSource("elsewhere.hdf5", "image", (4, 5, 3))
    del file["n2"]["image"]
    file["n2"].create_virtual_dataset("image", layout)


def stored_elsewhere(file):
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_external(b"/etc/passwd", 0, 60)
    space, group = h5py.h5s.create_simple((4, 5, 3)), file["n2"].id
    del file["n2"]["image"]
    h5py.h5d.create(group, b"image", h5py.h5t.NATIVE_UINT8, space, plan)


def never_written(file):
    del file["n2"]["image"]
    file["n2"].create_dataset("image", [4, 5, 3], np.uint8)


def not_true_or_false(file):
    file["n2"]["label"].id.write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.array([0, 2, 0], np.int8), file["n2"]["label"].id.get_type()
    )


def link(id_, name, to):
    def edit(file):
        place = file[id_] if name else file
        del place[name or id_]
        place[name or id_] = to

    return edit


def named_twice(id_, name):
    """Returns an edit that gives the next image what an image has: a hard link."""

    def edit(file):
        del file["n3" + name]
        file["n3" + name] = file[id_ + name]

    return edit


ELSEWHERE = h5py.ExternalLink("/etc/passwd", "/image")


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda file: file.pop("n7"), "'n7' is missing, and 0 more"),
        (lambda file: file.pop("n7") and file.pop("n8"), "'n7' is missing, and 1 more"),
        (lambda file: file.create_group("x") and None, "'x' is not named, and 0 more"),
        (lambda file: file["n2"].pop("label"), "`label` of image 'n2' in .*data.hdf5 is trunc"),
        (link("n2", "", ELSEWHERE), "`image` of image 'n2' .* must be in this file; it is a link"),
        (link("n2", "", h5py.SoftLink("/n3")), "'n2' .* it is a link. Do not trust it"),
        (link("n2", "image", ELSEWHERE), "`image` of image 'n2' .* it is a link"),
        (link("n2", "label", h5py.SoftLink("/n3/label")), "`label` of image 'n2' .* it is a link"),
        (named_twice("n2", ""), "`image` of image 'n2' .* one name; it has several. Make"),
        (named_twice("n2", "/image"), "`image` of image 'n2' .* one name; it has several"),
        (named_twice("n2", "/label"), "`label` of image 'n2' .* one name; it has several"),
        (link("n2", "", np.zeros(3)), "`image` of image 'n2' .* damaged or not as it must be"),
        (virtual, "`image` of image 'n2' .* in one piece, .*h5repack -l CONTI"),
        (stored_elsewhere, "`image` of image 'n2' .* in one piece"),
        (replace("n2", "image", IMAGES[2], compression="gzip"), "neither compressed nor elsewhere"),
        (replace("n2", "image", IMAGES[2], chunks=(2, 5, 3)), "'n2' .* in one piece"),
        (never_written, "`image` of image 'n2' .* must have 60 bytes in the file; got 0"),
        (
            replace("n2", "image", IMAGES[2, 1:]),
            r"'n2' .* of shape \(4, 5, 3\); got uint8 of .*\(3",
        ),
        (replace("n2", "image", IMAGES[2] / 255.0), r"must be uint8 .*; got float64 of shape \(4"),
        (replace("n2", "image", b"pixels"), "`image` of image 'n2' .* must be uint8 of shape"),
        (replace("n2", "image", h5py.Empty("uint8")), "`image` of image 'n2' "),
        (replace("n0", "image", np.zeros([4, 5], np.uint8)), r"'n0' .* 3 axes.*; got shape \(4, 5"),
        (
            replace("n0", "image", np.zeros([4, 5, 0], np.uint8)),
            "'n0' .* 3 axes, none of them empty",
        ),
        (replace("n0", "label", np.zeros([1, 3], np.bool_)), "`label` of image 'n0' .* 1 axes"),
        (
            replace("n2", "label", np.eye(4, dtype=np.bool_)[0]),
            r"must be bool of shape \(3,\); got",
        ),
        (
            replace("n2", "label", np.eye(3)[0]),
            "`label` of image 'n2' .* must be bool.*got float64",
        ),
        (replace("n2", "label", np.zeros(3, np.bool_)), r"must be one-hot.*; got \[0, 0, 0\]"),
        (replace("n2", "label", np.ones(3, np.bool_)), r"must be one-hot.*; got \[1, 1, 1\]"),
        (not_true_or_false, "`label` of image 'n2' .* must be one-hot"),
    ],
)
def test_rejects_a_file_that_is_not_as_it_must_be(folder, edit, match):
    change(folder, edit)
    with pytest.raises(ValueError, match=match) as error:
        load_hdf5(folder, "all")
    assert os.path.join(folder, "data.hdf5") in str(error.value)
    assert "\n" not in str(error.value)


def test_no_array_is_larger_than_the_file(folder):
    """Sizes are what the file says, which may be anything."""
    for name, shape, dtype in [("image", [10**5, 10**5, 3], np.uint8), ("label", [10**13], bool)]:

        def edit(file, name=name, shape=shape, dtype=dtype):
            del file["n0"][name]
            file["n0"].create_dataset(name, shape, dtype)

        change(write(pathlib.Path(folder)), edit)
        with pytest.raises(ValueError, match="must hold 11 images and labels of .*smaller than"):
            load_hdf5(folder, "all")


@pytest.mark.parametrize("kept", [0, 7, 100, 0.5, 0.99])
def test_rejects_a_file_that_was_cut_off(folder, kept):
    path = os.path.join(folder, "data.hdf5")
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.truncate(int(kept * size) if isinstance(kept, float) else kept)
    with pytest.raises(ValueError, match="data.hdf5 is truncated, damaged .*; make it again"):
        load_hdf5(folder, "all")


@pytest.mark.parametrize(
    ("contents", "match"),
    [
        (b"n0\nn1\nn1\n", "id.txt must name each image once; got 'n1' twice"),
        (b"", "id.txt must have the names of two images at least; got 0"),
        (b"\xff\xfe\n", "id.txt must be text; got something else"),
        ("\n".join(IDS[:-1]).encode(), "'n10' is not named, and 0 more"),
        ("\n".join(IDS[:-1] + ["n3/image"]).encode(), "'n3/image' is missing"),
        ("\n".join(IDS[:-1] + ["../n10"]).encode(), "'../n10' is missing"),
    ],
)
def test_rejects_names_that_are_not_those_of_the_images(folder, contents, match):
    with open(os.path.join(folder, "id.txt"), "wb") as file:
        file.write(contents)
    with pytest.raises(ValueError, match=match):
        load_hdf5(folder, "all")


def test_rejects_names_without_end(folder, monkeypatch):
    monkeypatch.setattr(sys.modules["genflow.data.hdf5"], "_MAX_ID_BYTES", 20)
    with pytest.raises(ValueError, match="id.txt must have at most 20 bytes; got more"):
        load_hdf5(folder, "all")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_editors_add_is_not_in_the_names(folder, mark):
    """Blank lines, other ends of lines, and the mark that says that it is UTF-8."""
    with open(os.path.join(folder, "id.txt"), "wb") as file:
        file.write(mark + "\r\n".join(IDS).encode() + b"\r\n\r\n")
    np.testing.assert_array_equal(load_hdf5(folder, "all").labels, LABELS)

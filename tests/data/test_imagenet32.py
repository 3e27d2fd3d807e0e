import io
import os
import pickle
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from genflow.data import batches, load_imagenet32


def random_images(count, seed=0):
    random = np.random.RandomState(seed)
    return random.randint(256, size=[count, 32, 32, 3]).astype(np.uint8)


def write_arrays(path, train, test):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(str(path), trainx=train, testx=test)


def write_pngs(folder, images):
    """Writes images in such a way that the order of writing is not that of the names."""
    folder.mkdir(parents=True)
    for number in reversed(range(len(images))):
        Image.fromarray(images[number]).save(str(folder / "{:07d}.png".format(number)))


def write_batch(path, images, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [np.concatenate([image[..., c].ravel() for c in range(3)]) for image in images]
    mean = np.mean(rows, axis=0)
    np.savez(str(path), data=np.stack(rows), labels=np.array(labels), mean=mean)


def read_all(source):
    return source.read(np.arange(len(source)))


def check(source, name, images, labels, num_classes):
    """Compares a set with what is expected, and the types with those documented."""
    found_images, found_labels = read_all(source)
    np.testing.assert_array_equal(found_images, images)
    assert found_labels.tolist() == list(labels)
    assert (found_images.dtype, found_labels.dtype) == (np.uint8, np.int32)
    assert (source.name, source.num_classes) == (name, num_classes)
    assert (len(source), source.image_shape) == (len(images), (32, 32, 3))


def flip_byte(path, member, offset):
    """Changes a byte in the middle of a member of an archive."""
    with zipfile.ZipFile(str(path)) as archive:
        first = archive.getinfo(member).header_offset
    contents = bytearray(path.read_bytes())
    contents[first + offset] ^= 1
    path.write_bytes(bytes(contents))


# The layout of one archive.


@pytest.mark.parametrize("folder", [".", "imagenet32", "small_imagenet", "imagenet"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_reads_one_archive_in_any_of_the_folders(tmp_path, folder, split):
    images = {"train": random_images(5), "test": random_images(3, seed=1)}
    write_arrays(tmp_path / folder / "imgnet_32x32.npz", **images)
    source = load_imagenet32(split, str(tmp_path))
    check(source, "imagenet32-" + split, images[split], [0] * len(images[split]), 1)


@pytest.mark.parametrize("name", ["imgnet_32x32.npz", "renamed.npz"])
def test_data_dir_may_be_the_archive(tmp_path, name):
    write_arrays(tmp_path / name, random_images(2), random_images(3, seed=1))
    source = load_imagenet32("test", str(tmp_path / name))
    check(source, "imagenet32-test", random_images(3, seed=1), [0] * 3, 1)


def test_data_dir_comes_from_the_environment(tmp_path, monkeypatch):
    write_arrays(tmp_path / "imgnet_32x32.npz", random_images(2), random_images(3))
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    assert len(load_imagenet32("train")) == 2


def test_a_compressed_archive_is_read(tmp_path):
    np.savez_compressed(str(tmp_path / "imgnet_32x32.npz"), testx=random_images(2))
    check(load_imagenet32("test", str(tmp_path)), "imagenet32-test", random_images(2), [0, 0], 1)


@pytest.mark.parametrize(("split", "other"), [("train", "testx"), ("test", "trainx")])
def test_only_the_array_of_the_split_is_read(tmp_path, split, other):
    path = tmp_path / "imgnet_32x32.npz"
    write_arrays(path, random_images(3), random_images(3))
    flip_byte(path, other + ".npy", offset=5000)
    assert len(load_imagenet32(split, str(tmp_path))) == 3
    damaged = "test" if split == "train" else "train"
    with pytest.raises(ValueError, match="`{}` of .*imgnet_32x32.npz is damaged".format(other)):
        load_imagenet32(damaged, str(tmp_path))


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros([2, 32, 32, 3], np.float32), r"float32 of shape \(2, 32, 32, 3\)"),
        (np.zeros([2, 3, 32, 32], np.uint8), r"uint8 of shape \(2, 3, 32, 32\)"),
        (np.zeros([2, 64, 64, 3], np.uint8), r"uint8 of shape \(2, 64, 64, 3\)"),
        (np.zeros([0, 32, 32, 3], np.uint8), r"uint8 of shape \(0, 32, 32, 3\)"),
        (np.zeros([32, 32, 3], np.uint8), r"uint8 of shape \(32, 32, 3\)"),
        (np.uint8(7), r"uint8 of shape \(\)"),
    ],
)
def test_rejects_an_array_that_is_no_images_of_this_size(tmp_path, array, found):
    write_arrays(tmp_path / "imgnet_32x32.npz", array, random_images(1))
    match = (
        r"`trainx` of .*imgnet_32x32.npz must be uint8 of shape \(n, 32, 32, 3\), n at least 1; "
        r"got {}\. Make it".format(found)
    )
    with pytest.raises(ValueError, match=match):
        load_imagenet32("train", str(tmp_path))


def test_rejects_an_archive_without_the_array(tmp_path):
    np.savez(str(tmp_path / "mine.npz"), images=random_images(1), x=np.zeros(1))
    match = r"mine.npz must hold the array `testx`; it holds `images`, `x`\. Make it .* again, or"
    with pytest.raises(ValueError, match=match):
        load_imagenet32("test", str(tmp_path / "mine.npz"))


@pytest.mark.parametrize(
    ("num_others", "listed"),
    [(0, "nothing"), (5, "`0`, `1`, `2`, `3`, `4`"), (6, "`0`, `1`, `2`, `3`, `4`, ...")],
)
def test_lists_what_is_in_an_archive_but_not_all_of_it(tmp_path, num_others, listed):
    with zipfile.ZipFile(str(tmp_path / "photos.zip"), "w") as archive:
        for number in reversed(range(num_others)):
            archive.writestr("{}.png".format(number), b"")
    match = "must hold the array `trainx`; it holds {}. Make".format(re.escape(listed))
    with pytest.raises(ValueError, match=match):
        load_imagenet32("train", str(tmp_path / "photos.zip"))


@pytest.mark.parametrize("size", [0, 1, 100, -100])
def test_rejects_a_truncated_archive_and_leaves_it_alone(tmp_path, unchanged, size):
    path = tmp_path / "imgnet_32x32.npz"
    write_arrays(path, random_images(3), random_images(3))
    path.write_bytes(path.read_bytes()[:size])
    unchanged()
    match = "imgnet_32x32.npz is truncated, damaged or no .npz file .*; .* fetch it again"
    with pytest.raises(ValueError, match=match):
        load_imagenet32("train", str(tmp_path))
    unchanged()


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "contents", [npy_bytes(np.zeros(3)), pickle.dumps([1, 2]), b"<html>not found</html>"]
)
def test_rejects_a_data_dir_that_is_another_file(tmp_path, contents):
    (tmp_path / "other").write_bytes(contents)
    with pytest.raises(ValueError, match="other is truncated, damaged or no .npz file"):
        load_imagenet32("train", str(tmp_path / "other"))


@pytest.mark.parametrize("contents", [b"", b"\x93NUMPY", npy_bytes(random_images(2))[:-1]])
def test_rejects_a_damaged_array_in_a_sound_archive(tmp_path, contents):
    with zipfile.ZipFile(str(tmp_path / "imgnet_32x32.npz"), "w") as archive:
        archive.writestr("trainx.npy", contents)
    with pytest.raises(ValueError, match="`trainx` of .*imgnet_32x32.npz is damaged"):
        load_imagenet32("train", str(tmp_path))


class Hostile:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize(
    ("shape", "padding", "reason"),
    [((10**10, 32, 32, 3), 0, "its header says 30720000000000 bytes"), ((1,), 20000, "header")],
    ids=["more than there is", "a long header"],
)
def test_a_header_is_not_believed(tmp_path, shape, padding, reason):
    """Nothing is allocated that is not there."""
    header = "{{'descr': '|u1', 'fortran_order': False, 'shape': {}, }}".format(shape)
    header = (header + " " * padding + "\n").encode()
    start = np.lib.format.magic(1, 0) + len(header).to_bytes(2, "little")
    with zipfile.ZipFile(str(tmp_path / "imgnet_32x32.npz"), "w") as archive:
        archive.writestr("trainx.npy", start + header + b"x")
    with pytest.raises(ValueError, match="`trainx` of .* is damaged or no array.*" + reason):
        load_imagenet32("train", str(tmp_path))


def test_a_pickle_in_an_archive_is_not_run(tmp_path):
    trap = tmp_path / "trap"
    np.savez(str(tmp_path / "imgnet_32x32.npz"), testx=np.array([Hostile(str(trap))], object))
    with pytest.raises(ValueError, match="`testx` of .* is damaged .*allow_pickle=False"):
        load_imagenet32("test", str(tmp_path))
    assert not trap.exists()


@pytest.mark.parametrize("error", [MemoryError, OSError])
def test_what_the_machine_fails_at_is_not_called_damage(tmp_path, monkeypatch, error):
    write_arrays(tmp_path / "imgnet_32x32.npz", random_images(1), random_images(1))

    def fail(*unused, **unused_too):
        raise error("no room")

    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(error, match="no room"):
        load_imagenet32("train", str(tmp_path))


# The layout of two folders.


@pytest.mark.parametrize("folder", [".", "imagenet32", "small_imagenet", "imagenet"])
@pytest.mark.parametrize(("split", "name"), [("train", "train_32x32"), ("test", "valid_32x32")])
def test_reads_folders_of_images_in_the_order_of_their_names(tmp_path, folder, split, name):
    images = random_images(12)
    write_pngs(tmp_path / folder / name, images)
    source = load_imagenet32(split, str(tmp_path))
    check(source, "imagenet32-" + split, images, [0] * 12, 1)


@pytest.fixture
def png_dir(tmp_path):
    """A data folder with six training images."""
    write_pngs(tmp_path / "train_32x32", random_images(6))
    return tmp_path


def test_images_in_a_folder_are_read_in_the_order_asked_for(png_dir):
    images, labels = load_imagenet32("train", str(png_dir)).read(np.array([4, 0, 4]))
    np.testing.assert_array_equal(images, random_images(6)[[4, 0, 4]])
    assert labels.tolist() == [0, 0, 0]
    images[:] = 0  # They belong to the caller.


def test_reading_no_image_gives_empty_arrays(png_dir):
    images, labels = load_imagenet32("train", str(png_dir)).read(np.array([], np.int64))
    assert (images.shape, labels.shape) == ((0, 32, 32, 3), (0,))


def test_an_index_out_of_range_is_refused(png_dir):
    with pytest.raises(IndexError, match="6 is out of bounds .* size 6"):
        load_imagenet32("train", str(png_dir)).read(np.array([6]))


def test_folders_can_be_taken_from_and_cut_into_shards(png_dir):
    source = load_imagenet32("train", str(png_dir))
    parts = [source.take(2), source.shard(1, size=2), source.shard(1, size=2).take(1)]
    for part, expected in zip(parts, [[0, 1], [3, 4, 5], [3]]):
        check(part, "imagenet32-train", random_images(6)[expected], [0] * len(expected), 1)


def test_folders_are_cut_into_batches(png_dir):
    stream = batches(load_imagenet32("train", str(png_dir)), batch_size=2, seed=0)
    assert [spec.shape.as_list() for spec in stream.element_spec] == [[2, 32, 32, 3], [2]]


def test_other_and_hidden_files_in_a_folder_are_passed_over(png_dir):
    for name in ["._0000000.png", "notes.txt", "9.png.part"]:
        (png_dir / "train_32x32" / name).write_bytes(b"mine")
    (png_dir / "train_32x32" / "0000006.PNG").write_bytes(
        (png_dir / "train_32x32" / "0000000.png").read_bytes()
    )
    images, _ = read_all(load_imagenet32("train", str(png_dir)))
    np.testing.assert_array_equal(images, random_images(6)[[0, 1, 2, 3, 4, 5, 0]])


def test_an_image_is_opened_when_it_is_read_and_not_before(png_dir):
    path = png_dir / "train_32x32" / "0000003.png"
    path.write_bytes(b"damaged")
    source = load_imagenet32("train", str(png_dir))
    assert len(source.read(np.array([0, 1, 2, 4, 5]))[0]) == 5
    with pytest.raises(ValueError, match="0000003.png must be a PNG image .*; got .*fetch"):
        source.read(np.array([2, 3]))


def cut_off(contents):
    return contents[: len(contents) // 2]


def flip_in_the_middle(contents):
    middle = len(contents) // 2
    return contents[:middle] + bytes([contents[middle] ^ 1]) + contents[middle + 1 :]


def as_jpeg(contents):
    file = io.BytesIO()
    Image.open(io.BytesIO(contents)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("damage", [cut_off, flip_in_the_middle, as_jpeg, lambda contents: b""])
def test_names_a_damaged_image_and_leaves_it_alone(png_dir, unchanged, damage):
    path = png_dir / "train_32x32" / "0000003.png"
    path.write_bytes(damage(path.read_bytes()))
    unchanged()
    match = "train_32x32/0000003.png must be a PNG image .*; got .*; move it away"
    with pytest.raises(ValueError, match=match):
        read_all(load_imagenet32("train", str(png_dir)))
    unchanged()


def test_no_changed_byte_of_an_image_changes_its_pixels_unnoticed(tmp_path):
    ramp = np.arange(32).reshape([32, 1, 1]) + np.arange(96).reshape([1, 32, 3])
    write_pngs(tmp_path / "train_32x32", ramp.astype(np.uint8)[np.newaxis])
    path = tmp_path / "train_32x32" / "0000000.png"
    contents, num_noticed = path.read_bytes(), 0
    for place in range(len(contents)):
        path.write_bytes(contents[:place] + bytes([contents[place] ^ 1]) + contents[place + 1 :])
        try:
            images, _ = read_all(load_imagenet32("train", str(tmp_path)))
        except ValueError:
            num_noticed += 1
        else:
            np.testing.assert_array_equal(images[0], ramp)
    assert num_noticed > 0.8 * len(contents)


@pytest.mark.parametrize(
    ("mode", "size", "found"),
    [("L", (32, 32), "32x32 of mode L"), ("RGBA", (32, 32), "32x32 of mode RGBA")]
    + [("RGB", size, "{}x{} of mode RGB".format(*size)) for size in [(32, 31), (64, 64)]],
)
def test_names_an_image_of_another_form(png_dir, mode, size, found):
    path = png_dir / "train_32x32" / "0000003.png"
    Image.new(mode, size).save(str(path))
    match = "0000003.png must be 32x32 pixels of mode RGB; got {}".format(found)
    with pytest.raises(ValueError, match=match):
        read_all(load_imagenet32("train", str(png_dir)))


def test_an_image_that_vanished_is_not_called_damaged(png_dir):
    source = load_imagenet32("train", str(png_dir))
    (png_dir / "train_32x32" / "0000003.png").unlink()
    with pytest.raises(FileNotFoundError, match="0000003.png"):
        read_all(source)


def test_rejects_a_folder_without_images(tmp_path):
    (tmp_path / "train_32x32").mkdir()
    match = "train_32x32 must be a folder with PNG images; there are none in it"
    with pytest.raises(FileNotFoundError, match=match):
        load_imagenet32("train", str(tmp_path))


def test_names_the_folder_of_the_other_split(png_dir):
    match = "valid_32x32 must be a folder with PNG images; there is no such folder"
    with pytest.raises(FileNotFoundError, match=match):
        load_imagenet32("test", str(png_dir))


def test_rejects_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "train_32x32").write_bytes(b"mine")
    with pytest.raises(FileNotFoundError, match="train_32x32 must be a folder .* is no folder"):
        load_imagenet32("train", str(tmp_path))


# The layout of labelled batches.


@pytest.mark.parametrize("folder", [".", "imagenet32", "small_imagenet", "imagenet"])
@pytest.mark.parametrize("unzipped", [True, False])
def test_reads_labelled_batches(tmp_path, folder, unzipped):
    train, test = [tmp_path / folder] * 2
    if unzipped:
        train, test = train / "Imagenet32_train_npz", test / "Imagenet32_val_npz"
    images = random_images(11)
    for number in range(1, 12):  # By their names, 10 and 11 would come before 2.
        labels = [90 * number] * number
        write_batch(
            train / "train_data_batch_{}.npz".format(number), images[:number] + number, labels
        )
    write_batch(test / "val_data.npz", images[:3], [1000, 1, 7])
    expected = np.concatenate([images[:number] + number for number in range(1, 12)])
    labels = [90 * number - 1 for number in range(1, 12) for _ in range(number)]
    name = "imagenet32-labelled-"
    check(load_imagenet32("train", str(tmp_path)), name + "train", expected, labels, 1000)
    check(load_imagenet32("test", str(tmp_path)), name + "test", images[:3], [999, 0, 6], 1000)


def test_the_images_of_batches_are_contiguous_in_memory(tmp_path):
    write_batch(tmp_path / "val_data.npz", random_images(2), [1, 2])
    assert load_imagenet32("test", str(tmp_path)).images.flags.c_contiguous


@pytest.mark.parametrize(("present", "missing"), [([2], 1), ([1, 3], 2), ([1, 2, 10], 3)])
def test_rejects_a_gap_in_the_training_batches(tmp_path, present, missing):
    folder = tmp_path / "Imagenet32_train_npz"
    for number in present:
        write_batch(folder / "train_data_batch_{}.npz".format(number), random_images(1), labels=[1])
    match = (
        "There is no {}/train_data_batch_{}.npz, but there is train_data_batch_{}.npz; the "
        "training batches must be numbered from 1 without a gap"
    ).format(folder, missing, present[-1])
    with pytest.raises(FileNotFoundError, match=match):
        load_imagenet32("train", str(tmp_path))


def test_a_copy_of_a_batch_is_passed_over(tmp_path):
    for name in ["train_data_batch_1", "train_data_batch_1 (copy)", "train_data_batch_01"]:
        write_batch(tmp_path / (name + ".npz"), random_images(1), labels=[1])
    (tmp_path / "train_data_batch_2.npz.part").write_bytes(b"")
    assert len(load_imagenet32("train", str(tmp_path))) == 1


@pytest.mark.parametrize(
    ("split", "other", "missing"),
    [
        ("train", "val_data.npz", "train_data_batch_1.npz"),
        ("test", "train_data_batch_1.npz", "val_data.npz"),
    ],
)
def test_names_the_batch_of_the_other_split(tmp_path, split, other, missing):
    write_batch(tmp_path / other, random_images(1), labels=[1])
    match = "There is no {0} in {1}, nor in {1}/Imagenet32_.*_npz.*there is {2}".format(
        missing, tmp_path, other
    )
    with pytest.raises(FileNotFoundError, match=match):
        load_imagenet32(split, str(tmp_path))


def write_val(folder, **arrays):
    np.savez(str(folder / "val_data.npz"), **arrays)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (np.zeros([2, 3072]), r"float64 of shape \(2, 3072\)"),
        (np.zeros([3, 3072], np.uint8), r"uint8 of shape \(3, 3072\)"),
        (np.zeros([2, 12288], np.uint8), r"uint8 of shape \(2, 12288\)"),
        (np.zeros([2, 3, 32, 32], np.uint8), r"uint8 of shape \(2, 3, 32, 32\)"),
    ],
)
def test_rejects_data_of_another_form(tmp_path, data, found):
    write_val(tmp_path, data=data, labels=[1, 2])
    match = (
        r"`data` of .*val_data.npz must be uint8 of shape \(2, 3072\), a row for each label; "
        r"got {}\. .*Imagenet32".format(found)
    )
    with pytest.raises(ValueError, match=match):
        load_imagenet32("test", str(tmp_path))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (np.array([1.0, 2.0]), r"float64 of shape \(2,\)"),
        (np.array([[1], [2]]), r"int64 of shape \(2, 1\)"),
        (np.array([], np.int64), r"int64 of shape \(0,\)"),
        (np.array(["a", "b"]), r"<U1 of shape \(2,\)"),
        (np.array([True, True]), r"bool of shape \(2,\)"),
    ],
)
def test_rejects_labels_of_another_form(tmp_path, labels, found):
    write_val(tmp_path, data=np.zeros([2, 3072], np.uint8), labels=labels)
    match = r"`labels` of .*val_data.npz must be integers of shape \(n,\), n .*; got " + found
    with pytest.raises(ValueError, match=match):
        load_imagenet32("test", str(tmp_path))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ([0, 5], "0 to 5"),
        ([5, 1001], "5 to 1001"),
        ([-1, 5], "-1 to 5"),
        (np.array([1, 2**64 - 1], np.uint64), "1 to 18446744073709551615"),
    ],
)
def test_rejects_labels_out_of_range(tmp_path, labels, found):
    write_val(tmp_path, data=np.zeros([2, 3072], np.uint8), labels=labels)
    match = r"`labels` of .*val_data.npz must lie in \[1, 1000\]; got values from {}".format(found)
    with pytest.raises(ValueError, match=match):
        load_imagenet32("test", str(tmp_path))


@pytest.mark.parametrize("missing", ["data", "labels"])
def test_rejects_a_batch_without_an_array(tmp_path, missing):
    arrays = {"data": np.zeros([1, 3072], np.uint8), "labels": [1], "mean": np.zeros(3072)}
    del arrays[missing]
    write_val(tmp_path, **arrays)
    match = "val_data.npz must hold the array `{}`; it holds .*`mean`".format(missing)
    with pytest.raises(ValueError, match=match):
        load_imagenet32("test", str(tmp_path))


def test_names_the_batch_that_is_truncated(tmp_path):
    for number in [1, 2, 3]:
        write_batch(
            tmp_path / "train_data_batch_{}.npz".format(number), random_images(1), labels=[1]
        )
    path = tmp_path / "train_data_batch_2.npz"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="train_data_batch_2.npz is truncated, damaged or no"):
        load_imagenet32("train", str(tmp_path))


# Which of them, and none.


def test_rejects_an_unknown_split(tmp_path):
    with pytest.raises(ValueError, match='`split` must be "train" or "test"; got \'valid\''):
        load_imagenet32("valid", str(tmp_path))


def test_says_where_it_looked_and_for_what(tmp_path, monkeypatch):
    monkeypatch.setenv("GENFLOW_DATA_DIR", str(tmp_path))
    start = "ImageNet-32 was not found in {}, the folder that GENFLOW_DATA_DIR names".format(
        tmp_path
    )
    with pytest.raises(FileNotFoundError, match=start) as error:
        load_imagenet32("train")
    layouts = ["imgnet_32x32.npz", "train_32x32", "valid_32x32", "train_data_batch_1.npz"]
    remedies = ["`data_dir`", "GENFLOW_DATA_DIR", "https://image-net.org"]
    folders = ["imagenet32", "small_imagenet", "imagenet", "Imagenet32_val_npz", "val_data.npz"]
    for part in layouts + remedies + folders:
        assert part in str(error.value)
    assert "download=" not in str(error.value)


def test_says_that_the_folder_does_not_exist(tmp_path):
    match = "the folder given as `data_dir`, which does not exist"
    with pytest.raises(FileNotFoundError, match=match):
        load_imagenet32("train", str(tmp_path / "absent"))


def test_a_folder_of_its_own_is_looked_into_first(tmp_path):
    folders = [
        tmp_path / "imagenet32",
        tmp_path / "small_imagenet",
        tmp_path / "imagenet",
        tmp_path,
    ]
    for count, folder in enumerate(folders, start=1):
        write_arrays(folder / "imgnet_32x32.npz", random_images(count), random_images(1))
    for count, folder in enumerate(folders, start=1):
        assert len(load_imagenet32("train", str(tmp_path))) == count
        (folder / "imgnet_32x32.npz").unlink()


def test_of_several_layouts_the_first_is_read(tmp_path):
    write_arrays(tmp_path / "imgnet_32x32.npz", random_images(1), random_images(1))
    write_pngs(tmp_path / "train_32x32", random_images(2))
    write_batch(tmp_path / "train_data_batch_1.npz", random_images(3), labels=[1, 2, 3])
    assert len(load_imagenet32("train", str(tmp_path))) == 1
    (tmp_path / "imgnet_32x32.npz").unlink()
    assert len(load_imagenet32("train", str(tmp_path))) == 2


def test_the_two_data_sets_of_this_size_are_never_mixed(tmp_path):
    write_pngs(tmp_path / "train_32x32", random_images(2))
    write_batch(tmp_path / "val_data.npz", random_images(2), labels=[1, 2])
    with pytest.raises(FileNotFoundError, match="valid_32x32"):
        load_imagenet32("test", str(tmp_path))


def test_characters_that_mean_something_in_patterns_may_be_in_the_path(tmp_path):
    write_batch(tmp_path / "[a]*" / "train_data_batch_1.npz", random_images(1), labels=[1])
    assert len(load_imagenet32("train", str(tmp_path / "[a]*"))) == 1

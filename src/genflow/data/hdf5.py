"""The HDF5 files of images that an earlier implementation of Improved-GAN trained on."""

import contextlib
import os
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from genflow.data.image_set import ImageSet

_DATA_FILES = ("data.hdf5", "data.hy")  # The second name is that of its first versions.
_ID_FILE = "id.txt"
_MAX_ID_BYTES = 2**26
_SPLITS = ("train", "test", "all")
_RANKS = {"image": 3, "label": 1}
_SEED = 123
_TRAIN_SHARE = 0.8
_REMEDY = "make it again, or use another copy"


def load_hdf5(folder: str, split: str, transposed: bool = False) -> ImageSet:
    """Loads the data sets of SSGAN-Tensorflow: MNIST, SVHN or CIFAR-10 in an HDF5 file.

    This is for those who have such files already; `write_image_records` makes records of them.
    A folder holds

        id.txt      the names of the images, one in each line
        data.hdf5   a group of this name for each image, which holds `image` (uint8,
                    [height, width, channels]) and `label` (bool, one-hot)

    The published training and test images are mixed in it. "train" are four fifths of them and
    "test" is the rest, in the order that `RandomState(123).shuffle` brings the names into, which
    is how the original splits them. Its accuracies are those of this test split.

    The file may come from a stranger: nothing is read but those two arrays of each image, links
    are refused, and no array is larger than the file. It has no checksums, so that damaged
    pixels go unnoticed; and the HDF5 library of h5py 2.10, which is that of TensorFlow 1.15, may
    end the process over damage elsewhere.

    Shapes:
        images: `[num_examples, height, width, channels]`, uint8.

    Args:
        folder: The folder with the two files. The data may be called `data.hy`, as it first was.
            A leading `~` is expanded.
        split: "train", "test" or "all", which is in the order of `id.txt`.
        transposed: Whether the height and the width are exchanged in the file, as in the
            original's CIFAR-10. They are put right then.

    Raises:
        FileNotFoundError: If one of the files is not there.
        ImportError: If there is no h5py, which TensorFlow brings.
        ValueError: If `split` is unknown, the names are not those of the images, or the file is
            damaged or not as above.

    Example:
        >>> test_set = load_hdf5("datasets/mnist", "test")  # doctest: +SKIP
        >>> len(test_set), test_set.image_shape, test_set.num_classes  # doctest: +SKIP
        (14000, (28, 28, 1), 10)

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016.
        https://arxiv.org/abs/1606.03498
    """
    if split not in _SPLITS:
        raise ValueError('`split` must be "train", "test" or "all"; got {!r}.'.format(split))
    folder = os.path.expanduser(os.fspath(folder))
    path = hdf5_path(folder)
    if path is None:
        raise FileNotFoundError(
            "There is no {} in {}; name the folder that holds it and {}.".format(
                _DATA_FILES[0], folder, _ID_FILE
            )
        )
    ids = _read_ids(os.path.join(folder, _ID_FILE))
    with _opened(path) as root:
        _check_ids(ids, root, path)
        images, labels, num_classes = _read_images(_split(ids, split), root, path, len(ids))
    if transposed:
        images = np.ascontiguousarray(images.transpose([0, 2, 1, 3]))
    name = "{}-{}".format(os.path.basename(os.path.abspath(folder)), split)
    return ImageSet(name, images, labels, num_classes)


def hdf5_path(folder: str) -> Optional[str]:
    """Returns the file of data in a folder, if there is one.

    Args:
        folder: The folder, there or not.

    Example:
        >>> hdf5_path("no such folder") is None
        True
    """
    paths = [os.path.join(folder, name) for name in _DATA_FILES]
    return next(filter(os.path.isfile, paths), None)


def _read_ids(path: str) -> List[str]:
    if not os.path.isfile(path):
        raise FileNotFoundError(
            "There is no file {}, which names the images; put it beside the data that it was "
            "made with.".format(path)
        )
    with open(path, "rb") as file:
        contents = file.read(_MAX_ID_BYTES + 1)
    if len(contents) > _MAX_ID_BYTES:
        raise ValueError("{} must have at most {} bytes; got more.".format(path, _MAX_ID_BYTES))
    try:
        lines = contents.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError("{} must be text; got something else ({}).".format(path, error)) from error
    ids = [line.strip() for line in lines if line.strip()]
    if len(ids) < 2:
        raise ValueError(
            "{} must have the names of two images at least; got {}.".format(path, len(ids))
        )
    if len(set(ids)) < len(ids):
        twice = sorted(ids)[[a == b for a, b in zip(sorted(ids), sorted(ids)[1:])].index(True)]
        raise ValueError("{} must name each image once; got {!r} twice.".format(path, twice))
    return ids


def _split(ids: Sequence[str], split: str) -> List[str]:
    """Returns the names of a split, in the original's order."""
    if split == "all":
        return list(ids)
    shuffled = list(ids)
    np.random.RandomState(_SEED).shuffle(shuffled)
    num_train = int(_TRAIN_SHARE * len(ids))
    return shuffled[:num_train] if split == "train" else shuffled[num_train:]


@contextlib.contextmanager
def _opened(path: str) -> Iterator[Any]:
    """Gives the root group of a file.

    The objects of h5py that are nearer to the HDF5 library take a tenth of the time, of which
    three are opened for each image.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "{} is an HDF5 file, for which h5py is needed: `pip install h5py`.".format(path)
        ) from error
    with _explained(path):
        file = h5py.File(path, "r")
    with file:
        yield file["/"].id


@contextlib.contextmanager
def _explained(where: str) -> Iterator[None]:
    """Turns whatever a damaged file makes h5py raise into one sentence."""
    try:
        yield
    except (FileNotFoundError, MemoryError, PermissionError):
        raise
    except Exception as error:
        message = " ".join(str(error).split())
        raise ValueError(
            "{} is truncated, damaged or not as it must be ({}); {}.".format(
                where, message, _REMEDY
            )
        ) from error


def _check_ids(ids: Sequence[str], root: Any, path: str) -> None:
    with _explained(path):
        found = {name.decode("utf-8", "backslashreplace") for name in root}
    missing, surplus = sorted(set(ids) - found), sorted(found - set(ids))
    if missing or surplus:
        raise ValueError(
            "{} must hold the images that {} beside it names, and no others; {!r} is {}, and {} "
            "more. The two files must be of one data set.".format(
                path,
                _ID_FILE,
                (missing or surplus)[0],
                "missing" if missing else "not named",
                len(missing or surplus) - 1,
            )
        )


def _read_images(
    ids: Sequence[str], root: Any, path: str, num_all: int
) -> Tuple[np.ndarray, np.ndarray, int]:
    """Returns images, labels and the number of classes, which the first image decides."""
    from tqdm import tqdm  # Not at the top: it is wanted here only.

    image_shape, num_classes = _first_shapes(root, ids[0], path)
    height, width, channels = image_shape
    num_bytes = height * width * channels + num_classes
    if num_all * num_bytes > os.path.getsize(path):
        raise ValueError(
            "{} must hold {} images and labels of {} bytes; it is smaller than that: {}.".format(
                path, num_all, num_bytes, _REMEDY
            )
        )
    images = np.empty((len(ids),) + image_shape, np.uint8)
    labels = np.empty([len(ids)], np.int32)
    for i, id_ in enumerate(tqdm(ids, desc="reading", unit="image")):
        _read_into(images[i], _member(root, id_, "image", path), _place(path, id_, "image"))
        label = np.empty([num_classes], np.bool_)
        _read_into(label, _member(root, id_, "label", path), _place(path, id_, "label"))
        labels[i] = _class_of(label, _place(path, id_, "label"))
    return images, labels, num_classes


def _place(path: str, id_: str, name: str) -> str:
    return "`{}` of image {!r} in {}".format(name, id_, path)


def _member(root: Any, id_: str, name: str, path: str) -> Any:
    """Opens one array of an image, which no other has; follows no link, here or elsewhere."""
    from h5py import h5d, h5g, h5l, h5o

    place = _place(path, id_, name)
    with _explained(place):
        kinds = [root.links.get_info(id_.encode("utf-8")).type]
        if kinds == [h5l.TYPE_HARD]:
            group = h5g.open(root, id_.encode("utf-8"))
            kinds.append(group.links.get_info(name.encode("utf-8")).type)
    if set(kinds) != {h5l.TYPE_HARD}:
        raise ValueError("{} must be in this file; it is a link. Do not trust it.".format(place))
    with _explained(place):
        array = h5d.open(group, name.encode("utf-8"))
        num_names = max(h5o.get_info(each).rc for each in (group, array))
    if num_names > 1:  # One image could be for training and for testing.
        raise ValueError(
            "{} must have one name; it has several. Make a file in which each image is there "
            "once.".format(place)
        )
    _check_storage(array, place)
    return array


def _check_storage(array: Any, place: str) -> None:
    """Refuses an array whose bytes are not all in this file, as they are."""
    from h5py import h5d

    with _explained(place):
        plan = array.get_create_plist()
        is_plain = plan.get_layout() in (h5d.COMPACT, h5d.CONTIGUOUS)
        is_plain = is_plain and plan.get_external_count() == 0
    if not is_plain:
        raise ValueError(
            "{} must be stored in this file in one piece, neither compressed nor elsewhere; "
            "rewrite a file you trust with `h5repack -l CONTI`.".format(place)
        )


def _first_shapes(root: Any, id_: str, path: str) -> Tuple[Tuple[int, ...], int]:
    """Returns the shape that all images must have, and how many classes."""
    shapes = {}
    for name, rank in _RANKS.items():
        array, place = _member(root, id_, name, path), _place(path, id_, name)
        with _explained(place):
            shapes[name] = array.shape
        if not shapes[name] or len(shapes[name]) != rank or min(shapes[name]) < 1:
            raise ValueError(
                "{} must have {} axes, none of them empty; got shape {}.".format(
                    place, rank, shapes[name]
                )
            )
    return shapes["image"], shapes["label"][0]


def _read_into(target: np.ndarray, array: Any, place: str) -> None:
    """Reads an array of the shape and type of the target, which is all that is written to."""
    from h5py import h5s

    with _explained(place):
        found, shape, num_bytes = array.dtype, array.shape, array.get_storage_size()
    if (found, shape) != (target.dtype, target.shape):
        raise ValueError(
            "{} must be {} of shape {}; got {} of shape {}.".format(
                place, target.dtype, target.shape, found, shape
            )
        )
    if num_bytes != target.nbytes:
        raise ValueError(
            "{} must have {} bytes in the file; got {}: {}.".format(
                place, target.nbytes, num_bytes, _REMEDY
            )
        )
    with _explained(place):
        array.read(h5s.ALL, h5s.ALL, target)


def _class_of(label: np.ndarray, place: str) -> int:
    values = label.view(np.uint8)  # There is a byte for each, which may be anything.
    if values.max() != 1 or values.sum() != 1:
        raise ValueError(
            "{} must be one-hot, true for one class and false for all others; got {}.".format(
                place, values.tolist()[:20]
            )
        )
    return int(values.argmax())

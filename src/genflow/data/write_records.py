"""Writing the images of a folder as records."""

import contextlib
import os
from typing import TYPE_CHECKING, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from genflow.data.image_folder import find_images, number_classes
from genflow.data.image_pyramid import image_pyramid
from genflow.data.manifest_file import read_manifest
from genflow.data.permutation import permutation
from genflow.data.record_example import encode_example
from genflow.data.record_files import file_name, log2_size
from genflow.data.record_folders import split_folder
from genflow.data.shard import shard_bounds
from genflow.data.whole_folder import refuse_existing, whole_folder
from genflow.data.write_manifest import list_records

if TYPE_CHECKING:
    import tensorflow.compat.v2 as tf

_MOST_NAMED = 10
_OTHER = {"train": "test", "test": "train"}


def write_records(
    image_dir: str,
    data_dir: str,
    split: str,
    image_sizes: Sequence[int] = (64,),
    num_shards: int = 1,
    class_name: Optional[Callable[[str], str]] = None,
    seed: int = 0,
) -> None:
    """Writes the images of a folder as TFRecord files, for `load_records`.

    All sizes are made in one pass, as `image_pyramid` says. The images are shuffled, once, and
    spread evenly over the files. The folder of the split, with its manifest, appears only when
    all of it has been written and read again: whatever happens before, nothing is left behind.

    Args:
        image_dir: The folder with the images, and with folders of them. A leading `~` is expanded.
        data_dir: The folder above `train` and `validation`. A leading `~` is expanded.
        split: "train" or "test", whose folder is called `validation`.
        image_sizes: The heights and widths of the images to write, powers of two.
        num_shards: The number of files for each size.
        class_name: Maps the path of an image, relative to `image_dir`, to the name of its class:
            `os.path.dirname` for a folder for each class. Without it every label is 0. Classes
            are numbered in alphabetical order, or as in the other split if it is there already.
        seed: Decides the order of the images.

    Raises:
        FileNotFoundError: If there are no images.
        FileExistsError: If there is something in the folder of the split.
        ValueError: If an argument is out of range, or an image cannot be read or has no class.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> from genflow.data import load_records
        >>> image_dir, data_dir = tempfile.mkdtemp(), tempfile.mkdtemp()
        >>> for number in range(10):
        ...     Image.new("RGB", (90, 70)).save(os.path.join(image_dir, str(number) + ".png"))
        >>> write_records(image_dir, data_dir, "train", image_sizes=[64, 32], num_shards=2)
        >>> record_set = load_records(data_dir, "train", image_size=32)
        >>> len(record_set), record_set.image_shape
        (10, (32, 32, 3))

    References:
        Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions,
        2018. https://arxiv.org/abs/1807.03039
    """
    folder = split_folder(data_dir, split)
    sizes = _checked_sizes(image_sizes)
    refuse_existing(folder)
    known = _class_names(split_folder(data_dir, _OTHER[split]))
    images, class_names = _list_images(os.path.expanduser(image_dir), class_name, known)
    if not 1 <= num_shards <= len(images):
        raise ValueError(
            "`num_shards` must be between 1 and {}, the number of images in {}; got {}.".format(
                len(images), image_dir, num_shards
            )
        )
    shuffled = [images[i] for i in permutation(len(images), seed)]
    with whole_folder(folder) as partial:
        _write_shards(shuffled, partial, sizes, num_shards)
        list_records(partial, len(class_names) if class_names else 1, class_names)


def _checked_sizes(image_sizes: Sequence[int]) -> List[int]:
    if not image_sizes:
        raise ValueError("`image_sizes` must name at least one size; got none.")
    for size in image_sizes:
        log2_size(size)
    return sorted(set(image_sizes), reverse=True)


def _class_names(folder: str) -> Optional[List[str]]:
    manifest = read_manifest(folder)
    if manifest and manifest.image_shape:
        raise ValueError(
            "`data_dir` must not hold another data set; {} has images as they are. Choose another "
            "one.".format(folder)
        )
    return manifest.class_names if manifest else None


def _list_images(
    image_dir: str, class_name: Optional[Callable[[str], str]], known: Optional[Sequence[str]]
) -> Tuple[List[Tuple[str, int]], Optional[List[str]]]:
    """Returns the path and label of each image, and what the classes are called, if anything."""
    paths = find_images(image_dir)
    labels, class_names = [0] * len(paths), None
    if class_name:
        labels, class_names = number_classes(paths, class_name, known)
    return [(os.path.join(image_dir, p), label) for p, label in zip(paths, labels)], class_names


def _write_shards(
    images: Sequence[Tuple[str, int]], folder: str, sizes: Sequence[int], num_shards: int
) -> None:
    """Writes all images, or refuses those that cannot be read, all at once."""
    from tqdm import tqdm  # Not at the top: it is wanted here only.

    failures = []  # type: List[str]
    with tqdm(total=len(images), desc="writing", unit="image") as progress:
        for number in range(num_shards):
            first, last = shard_bounds(len(images), number, num_shards)
            names = {size: file_name(folder, size, number, num_shards) for size in sizes}
            with _writers({size: os.path.join(folder, names[size]) for size in sizes}) as writers:
                for path, label in images[first:last]:
                    failures += _write_image(path, label, writers)
                    progress.update()
    if failures:
        raise ValueError(
            "All images must be readable; got {} that are not, and nothing was written. Repair "
            "them or move them away:\n{}".format(len(failures), "\n".join(failures[:_MOST_NAMED]))
        )


@contextlib.contextmanager
def _writers(paths: Dict[int, str]) -> Iterator[Dict[int, "tf.io.TFRecordWriter"]]:
    import tensorflow.compat.v2 as tf  # Not at the top: the rest of the data needs no TensorFlow.

    with contextlib.ExitStack() as stack:
        yield {
            size: stack.enter_context(tf.io.TFRecordWriter(path)) for size, path in paths.items()
        }


def _write_image(path: str, label: int, writers: Dict[int, "tf.io.TFRecordWriter"]) -> List[str]:
    """Writes an image in every size; returns what is wrong with it."""
    try:
        pyramid = image_pyramid(path, list(writers))
    except ValueError as error:
        return [str(error)]
    for size, image in pyramid.items():
        writers[size].write(encode_example(image, label))
    return []

"""`genflow data prepare`: making records of images."""

import argparse
import contextlib
import os
import tempfile
from typing import Callable, Dict, Iterator, NamedTuple, Optional, Sequence

import numpy as np

from genflow.command_line.data_sets import DATA_SETS, known_name
from genflow.command_line.prepare_as_is import prepare_as_is
from genflow.data import ImageSet, load_records, write_records
from genflow.data.split import SPLITS

_DESCRIPTION = """\
Makes records of images, the TFRecord files of the original Glow, which are read faster than single
files. Each image is cut to a square and resized. The folder of the split appears when all of it has
been written and read again; an image that cannot be read is an error, which names it.

SOURCE is a folder of images, and of folders of them, or the name of a data set that has been
downloaded: {}.
A folder that is called so is `./mnist`.

With --as_is the images are written as they are, of any shape, and the training and test images at
once, in the folders `train` and `test`; --validation holds some of the training images out. SOURCE
is a data set of small images then, or a folder with `data.hdf5` and `id.txt`:

  genflow data prepare mnist --out records/mnist --as_is --validation 5000
  genflow data prepare datasets/cifar10 --out records/cifar10 --as_is --transposed
"""
_FORMATS = ["tfrecord"]


class Images(NamedTuple):
    """Where the images to be written are, and how a path says the class, if it does."""

    folder: str
    class_name: Optional[Callable[[str], str]]


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Adds this command to others.

    Args:
        commands: What `add_subparsers` has returned.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_parser(parser.add_subparsers())
        >>> flags = parser.parse_args(["prepare", "photos", "--out", "records"])
        >>> flags.source, flags.split, flags.format
        ('photos', None, 'tfrecord')
    """
    names = ", ".join(name for name, found in DATA_SETS.items() if found.summary)
    parser = commands.add_parser(
        "prepare",
        help="make records of a folder of images or of a downloaded data set",
        description=_DESCRIPTION.format(names),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", metavar="SOURCE", help="folder of images, or name of a data set")
    add("--out", required=True, help="folder above those of the splits")
    add("--format", choices=_FORMATS, default=_FORMATS[0], help="form of the files: tfrecord")
    sizes = "heights and widths to write, powers of two (default: 32 for small images, else 64)"
    add("--image_size", type=int, nargs="+", metavar="SIZE", help=sizes)
    split = "what the images are for; `test` is the folder `validation` (default: train)"
    add("--split", choices=SPLITS, help=split)
    shards = "number of files for each size, or as they are for each split (default: 1)"
    add("--num_shards", type=int, default=1, help=shards)
    add("--seed", type=int, default=0, help="decides the order of the images (default: 0)")
    labels = "take the folder of an image for its class; without it every label is 0"
    add("--labels_from_folders", action="store_true", help=labels)
    add("--as_is", action="store_true", help="write all splits of the images as they are")
    validation = "with --as_is: number of training images to hold out (default: 0)"
    add("--validation", type=int, metavar="N", help=validation)
    transposed = "with --as_is: height and width are exchanged in data.hdf5, as in CIFAR-10's"
    add("--transposed", action="store_true", help=transposed)
    add("--data_dir", help="where downloaded data sets are (default: as for `download`)")
    parser.set_defaults(run=run)


def run(
    source: str,
    out: str,
    split: Optional[str] = None,
    image_size: Optional[Sequence[int]] = None,
    num_shards: int = 1,
    seed: int = 0,
    labels_from_folders: bool = False,
    data_dir: Optional[str] = None,
    format: str = _FORMATS[0],
    as_is: bool = False,
    validation: Optional[int] = None,
    transposed: bool = False,
) -> None:
    """Makes records of images, and says what they are.

    Args:
        source: A folder of images, or the name of a data set.
        out: The folder above those of the splits.
        split: "train", the default, or "test".
        image_size: The heights and widths to write.
        num_shards: The number of files for each size, or of each split.
        seed: Decides the order of the images.
        labels_from_folders: Whether the folder of an image is its class. The digits of MNIST and
            the like always have theirs.
        data_dir: Where downloaded data sets are.
        format: "tfrecord".
        as_is: Whether all splits are written at once, with images of any shape.
        validation: With `as_is`, how many of the training images are held out.
        transposed: With `as_is`, whether the height and width are exchanged in `data.hdf5`.

    Raises:
        FileExistsError: If there is something in the folder of the split.
        FileNotFoundError: If there are no images.
        ValueError: If an argument is out of range, or an image cannot be read.

    Example:
        >>> run("mnist", "records", image_size=[32])  # doctest: +SKIP
        60000 images of 32x32 in 10 classes: records/train
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow is about to be imported.
    cut = {"split": split, "image_size": image_size, "labels_from_folders": labels_from_folders}
    _refuse_others(as_is, {"validation": validation, "transposed": transposed}, cut)
    if as_is:
        prepare_as_is(source, out, validation or 0, num_shards, seed, data_dir, transposed)
        return
    split = split or SPLITS[0]
    sizes = image_size or [32 if _is_in_memory(known_name(source)) else 64]
    with _images(source, split, data_dir, labels_from_folders) as images:
        write_records(images.folder, out, split, sizes, num_shards, images.class_name, seed)
    for size in sizes:
        records = load_records(out, split, size)
        print(
            "{} images of {}x{} in {} class(es): {}".format(
                len(records), size, size, records.num_classes, out
            )
        )


def _refuse_others(as_is: bool, of_as_is: Dict[str, object], of_cut: Dict[str, object]) -> None:
    """Refuses flags that would have no effect."""
    for name, value in (of_cut if as_is else of_as_is).items():
        if value is not None and value is not False:  # 0 is neither.
            raise ValueError(
                "`--{}` is for images that are {}; it has no effect {} `--as_is`.".format(
                    name, *("cut to squares", "with") if as_is else ("left as they are", "without")
                )
            )


@contextlib.contextmanager
def _images(
    source: str, split: str, data_dir: Optional[str], labels_from_folders: bool
) -> Iterator[Images]:
    """Gives the folder with the images of a source, one made for the time if there is none."""
    name = known_name(source)
    if _is_in_memory(name):
        with tempfile.TemporaryDirectory() as folder:
            _write_pngs(DATA_SETS[name].load(split, data_dir), folder)
            yield Images(folder, os.path.dirname)
        return
    folder = source if name is None else DATA_SETS[name].image_folder(name, split, data_dir)
    yield Images(folder, os.path.dirname if labels_from_folders else None)


def _is_in_memory(name: Optional[str]) -> bool:
    return name is not None and DATA_SETS[name].load is not None


def _write_pngs(image_set: ImageSet, folder: str) -> None:
    """Writes images without loss, in the folders of their classes."""
    from PIL import Image
    from tqdm import tqdm

    for label in range(image_set.num_classes):
        os.mkdir(os.path.join(folder, "{:03d}".format(label)))
    pairs = zip(image_set.images, image_set.labels)
    progress = tqdm(pairs, desc="reading", total=len(image_set), unit="image")
    for number, (image, label) in enumerate(progress):
        pixels = Image.fromarray(np.squeeze(image, -1) if image.shape[-1] == 1 else image)
        pixels.save(os.path.join(folder, "{:03d}".format(label), "{:07d}.png".format(number)))

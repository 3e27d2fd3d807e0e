"""The names of the files that hold the records of a data set."""

import operator
import os
import re
from typing import Dict, List, NamedTuple, Optional, Sequence

from genflow.data.split import check_split

_FOLDERS = {"train": "train", "test": "validation"}
_NAME = re.compile(
    r"(?P<folder>[a-z]+)-r(?P<log2_size>[0-9]{2})-s-(?P<number>[0-9]{1,9})"
    r"-of-(?P<count>[0-9]{1,9})\.tfrecords"
)
_MIN_LOG2_SIZE, _MAX_LOG2_SIZE = 2, 14


class RecordFile(NamedTuple):
    """What the name of a file of records says.

    Attributes:
        image_size: The height and width of the images in it.
        number: The number of the shard, counted from 0.
        count: How many shards there are of this image size.

    Example:
        >>> parse_name("train-r05-s-0003-of-0120.tfrecords", "train")
        RecordFile(image_size=32, number=3, count=120)
    """

    image_size: int
    number: int
    count: int


def split_folder(data_dir: str, split: str) -> str:
    """Returns the folder with the records of a split, there or not.

    Args:
        data_dir: The data folder. A leading `~` is expanded.
        split: "train" or "test", whose folder is called `validation`.

    Raises:
        ValueError: If `split` is unknown.

    Example:
        >>> split_folder("imagenet", "test") == os.path.join("imagenet", "validation")
        True
    """
    check_split(split)
    return os.path.join(os.path.expanduser(os.fspath(data_dir)), _FOLDERS[split])


def file_name(folder: str, image_size: int, number: int, count: int) -> str:
    """Returns the name of a file of records.

    Args:
        folder: The folder it is in, `train` or `validation`.
        image_size: The height and width of the images.
        number: The number of the shard.
        count: How many shards there are.

    Example:
        >>> file_name("validation", image_size=64, number=3, count=80)
        'validation-r06-s-0003-of-0080.tfrecords'
    """
    return "{}-r{:02d}-s-{:04d}-of-{:04d}.tfrecords".format(
        os.path.basename(folder), log2_size(image_size), number, count
    )


def parse_name(name: str, folder: str) -> Optional[RecordFile]:
    """Returns what the name of a file says, or None if it is no file of records.

    The numbers of the shards may have any number of digits.

    Args:
        name: The name of the file, without its folder.
        folder: The folder it is in, whose name it must begin with.

    Example:
        >>> parse_name("validation-r06-s-3-of-80.tfrecords", "lsun/validation").number
        3
        >>> parse_name("../train-r05-s-0000-of-0001.tfrecords", "train") is None
        True
    """
    match = _NAME.fullmatch(name)
    if not match or match.group("folder") != os.path.basename(folder):
        return None
    exponent, number, count = [int(match.group(i)) for i in ("log2_size", "number", "count")]
    is_size = _MIN_LOG2_SIZE <= exponent <= _MAX_LOG2_SIZE
    return RecordFile(2**exponent, number, count) if is_size else None


def image_sizes(folder: str) -> List[int]:
    """Returns the sizes of the images in the records of a folder, the smallest first.

    Args:
        folder: The folder of the split.

    Raises:
        FileNotFoundError: If there is no such folder, or there are no records in it.

    Example:
        >>> image_sizes("imagenet/train")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: There are no records in imagenet/train: ...
    """
    return sorted(_files_by_size(folder))


def files_of_size(folder: str, image_size: int) -> List[str]:
    """Returns the files with the images of one size, in the order of their shards.

    Args:
        folder: The folder of the split.
        image_size: The height and width of the images, a power of two.

    Raises:
        FileNotFoundError: If there are no records at all.
        ValueError: If there are none of this size, a shard is missing or there twice, or the
            files disagree about how many there must be.

    Example:
        >>> files_of_size("no such folder", image_size=48)
        Traceback (most recent call last):
        ValueError: The size of images in records must be a power of two from 4 to 16384; got 48.
    """
    log2_size(image_size)
    files = _files_by_size(folder)
    if image_size not in files:
        raise ValueError(
            "`image_size` must be one of those that {} has records for, {}; got {}.".format(
                folder, ", ".join(str(size) for size in sorted(files)), image_size
            )
        )
    return _in_order(folder, files[image_size])


def log2_size(image_size: int) -> int:
    """Returns the binary logarithm of an image size.

    Raises:
        TypeError: If it is no integer.
        ValueError: If it is not a power of two, or too small or large.

    Example:
        >>> log2_size(256)
        8
    """
    exponent = operator.index(image_size).bit_length() - 1
    if image_size != 2 ** max(exponent, 0) or not _MIN_LOG2_SIZE <= exponent <= _MAX_LOG2_SIZE:
        raise ValueError(
            "The size of images in records must be a power of two from {} to {}; got {}.".format(
                2**_MIN_LOG2_SIZE, 2**_MAX_LOG2_SIZE, image_size
            )
        )
    return exponent


def _files_by_size(folder: str) -> Dict[int, Dict[str, RecordFile]]:
    """Returns what the names of the files of each image size say, by name."""
    files = {}  # type: Dict[int, Dict[str, RecordFile]]
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        found = parse_name(name, folder)
        if found and os.path.isfile(os.path.join(folder, name)):
            files.setdefault(found.image_size, {})[name] = found
    if not files:
        raise FileNotFoundError(
            "There are no records in {}: it must hold files such as {}; set `data_dir` "
            "(`--data_dir`) to the folder above it, or write them with `genflow data "
            "prepare`.".format(folder, file_name(folder, 32, 0, 1))
        )
    return files


def _in_order(folder: str, files: Dict[str, RecordFile]) -> List[str]:
    """Returns the paths of the shards of one image size, which must all be there, once."""
    names = sorted(files, key=lambda name: files[name].number)
    counts = sorted({file.count for file in files.values()})
    if len(counts) > 1:
        raise ValueError(
            "The files in {} must agree about how many there are; some say {}, others {}. Move "
            "away those of another data set.".format(folder, counts[0], counts[1])
        )
    numbers, count = [files[name].number for name in names], counts[0]
    if len(numbers) != count or numbers != list(range(count)):
        raise ValueError(
            "{} must have {} files such as {}, one for each number below {}; {}. Fetch or write "
            "them again.".format(folder, count, names[0], count, _difference(numbers, count))
        )
    return [os.path.join(folder, name) for name in names]


def _difference(numbers: Sequence[int], count: int) -> str:
    """Says how the numbers of the shards differ from 0, 1, ..., count - 1."""
    # No more than needed: a name may speak of a thousand million shards.
    missing = sorted(set(range(min(count, len(numbers) + 1))) - set(numbers))
    if missing:
        return "it has {}, and number {} is missing".format(len(numbers), missing[0])
    surplus = [n for n in numbers if n >= count or numbers.count(n) > 1]
    return "number {} is too much".format(surplus[0])

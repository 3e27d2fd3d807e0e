"""The names of the files that hold the records of a data set."""

import operator
import os
import re
from typing import Dict, List, NamedTuple, Optional, Sequence

_NAME = re.compile(
    r"(?P<folder>[a-z]+)-(r(?P<log2_size>[0-9]{2})-s|images)-(?P<number>[0-9]{1,9})"
    r"-of-(?P<count>[0-9]{1,9})\.tfrecords"
)
_MIN_LOG2_SIZE, _MAX_LOG2_SIZE = 2, 14


class RecordFile(NamedTuple):
    """What the name of a file of records says.

    Attributes:
        image_size: The height and width of the images in it; None where the name does not say,
            which is that of a file of images as they are.
        number: The number of the shard, counted from 0.
        count: How many shards there are of this image size.

    Example:
        >>> parse_name("train-r05-s-0003-of-0120.tfrecords", "train")
        RecordFile(image_size=32, number=3, count=120)
    """

    image_size: Optional[int]
    number: int
    count: int


def file_name(folder: str, image_size: Optional[int], number: int, count: int) -> str:
    """Returns the name of a file of records.

    Args:
        folder: The folder it is in, whose name it begins with.
        image_size: The height and width of the images; None for images as they are.
        number: The number of the shard.
        count: How many shards there are.

    Example:
        >>> file_name("validation", image_size=64, number=3, count=80)
        'validation-r06-s-0003-of-0080.tfrecords'
        >>> file_name("test", image_size=None, number=0, count=1)
        'test-images-0000-of-0001.tfrecords'
    """
    kind = "images" if image_size is None else "r{:02d}-s".format(log2_size(image_size))
    return "{}-{}-{:04d}-of-{:04d}.tfrecords".format(os.path.basename(folder), kind, number, count)


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
    number, count = int(match.group("number")), int(match.group("count"))
    if not match.group("log2_size"):
        return RecordFile(None, number, count)
    exponent = int(match.group("log2_size"))
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


def holds_images(folder: str) -> bool:
    """Returns whether a folder, there or not, has files with images as they are.

    Args:
        folder: The folder of the split.

    Example:
        >>> holds_images("no such folder")
        False
    """
    return None in _find_files(folder)


def image_files(folder: str) -> List[str]:
    """Returns the files with images as they are, in the order of their shards.

    Args:
        folder: The folder of the split.

    Raises:
        FileNotFoundError: If there are none.
        ValueError: If there are others, a shard is missing or there twice, or the files disagree
            about how many there must be.

    Example:
        >>> image_files("mnist/train")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: There are no records in mnist/train: ...
    """
    files = _find_files(folder)
    if not files:
        _refuse_empty(folder, None, "prepare --as_is")
    if set(files) != {None}:
        raise ValueError(
            "{} must hold nothing but images as they are, files such as {}; it holds squares of "
            "one of the original Glow's sizes, which `load_records` reads.".format(
                folder, file_name(folder, None, 0, 1)
            )
        )
    return _in_order(folder, files[None])


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
    files = _find_files(folder)
    if not files:
        _refuse_empty(folder, 32, "prepare")
    if None in files:
        raise ValueError(
            "{} must hold images of one of the original Glow's sizes, files such as {}; it holds "
            "images as they are, which `load_image_records` reads and whose manifest "
            "`write_image_records` writes.".format(folder, file_name(folder, 32, 0, 1))
        )
    return files


def _find_files(folder: str) -> Dict[Optional[int], Dict[str, RecordFile]]:
    """Returns the files of each image size, and by None those of images as they are."""
    files = {}  # type: Dict[Optional[int], Dict[str, RecordFile]]
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        found = parse_name(name, folder)
        if found and os.path.isfile(os.path.join(folder, name)):
            files.setdefault(found.image_size, {})[name] = found
    return files


def _refuse_empty(folder: str, image_size: Optional[int], command: str) -> None:
    raise FileNotFoundError(
        "There are no records in {}: it must hold files such as {}; set `data_dir` "
        "(`--data_dir`) to the folder above it, or write them with `genflow data {}`.".format(
            folder, file_name(folder, image_size, 0, 1), command
        )
    )


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

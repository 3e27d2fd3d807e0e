"""Finding image files, and the classes that their paths name."""

import collections
import fnmatch
import os
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from genflow.data.image_formats import FORMATS

_SUFFIXES = tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)


def find_images(folder: str) -> List[str]:
    """Returns the image files in a folder and in the folders in it, in alphabetical order.

    An image file is one with the suffix of an image. Others are passed over, and so are hidden
    files and folders.

    Args:
        folder: The folder.

    Returns:
        The paths relative to `folder`, with `/` between their parts on every system.

    Raises:
        FileNotFoundError: If there is no such folder, or there are no images in it.
        ValueError: If a folder in it is a link, which is not followed.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> for name in ["b.png", "a.JPG", "notes.txt", ".hidden.png"]:
        ...     open(os.path.join(folder, name), "w").close()
        >>> find_images(folder)
        ['a.JPG', 'b.png']
    """
    found = sorted(path for path in _visible_files(folder) if path.lower().endswith(_SUFFIXES))
    if not found:
        raise FileNotFoundError(
            "{} must be a folder with images ({}); there are none in it.".format(
                folder, ", ".join(_SUFFIXES)
            )
        )
    return found


def find_matches(folder: str, pattern: str) -> List[str]:
    """Returns the files in a folder that match a pattern, in alphabetical order.

    A pattern without a slash matches names in the folder and in all folders in it, one with
    slashes paths below it of as many parts. Capital letters match small ones. Hidden files and
    folders are passed over.

    Args:
        folder: The folder.
        pattern: A pattern of the shell, of `*`, `?` and `[...]`.

    Returns:
        The paths relative to `folder`, with `/` between their parts on every system.

    Raises:
        FileNotFoundError: If there is no such folder, or no file in it matches.
        ValueError: If a folder in it is a link, which is not followed.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> os.mkdir(os.path.join(folder, "cat"))
        >>> for name in ["b.jpg", "a.JPG", "c.png", "cat/1.jpg"]:
        ...     open(os.path.join(folder, name), "w").close()
        >>> find_matches(folder, "*.jpg"), find_matches(folder, "*/*.jpg")
        (['a.JPG', 'b.jpg', 'cat/1.jpg'], ['cat/1.jpg'])
    """
    files = list(_visible_files(folder))
    found = sorted(path for path in files if _matches(path, pattern))
    if not found:
        raise FileNotFoundError(
            "There must be images in {} that match the pattern {!r}; {}.".format(
                folder, pattern, _what_there_is(files)
            )
        )
    return found


def number_classes(
    paths: Sequence[str],
    class_name: Callable[[str], str],
    known: Optional[Sequence[str]] = None,
) -> Tuple[List[int], List[str]]:
    """Returns the label of each path, and what the classes are called.

    Args:
        paths: Paths of images.
        class_name: Maps a path to the name of its class.
        known: The names of the classes, in order; by default those that occur, in alphabetical
            order.

    Raises:
        ValueError: If a path has no class, or one that is not known.

    Example:
        >>> number_classes(["dog/1.png", "cat/1.png", "dog/2.png"], os.path.dirname)
        ([1, 0, 1], ['cat', 'dog'])
    """
    names = [class_name(path) for path in paths]
    for path, name in zip(paths, names):
        if not name:
            raise ValueError(
                "{} must have a class, as every image; got {!r}. Put it into a folder with the "
                "name of its class.".format(path, name)
            )
    classes = sorted(set(names)) if known is None else list(known)
    unknown = sorted(set(names) - set(classes))
    if unknown:
        raise ValueError(
            "The classes of both splits must be the same; {} is none of the other split's. Write "
            "the split that has all of them first.".format(unknown[0])
        )
    numbers = {name: number for number, name in enumerate(classes)}
    return [numbers[name] for name in names], classes


def _visible_files(folder: str) -> Iterator[str]:
    """Yields the path of each file below a folder, relative to it, in any order."""
    if not os.path.isdir(folder):
        state = "it is no folder" if os.path.exists(folder) else "there is no such folder"
        raise FileNotFoundError("{} must be a folder with images; {}.".format(folder, state))
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        _refuse_links(parent, folders)
        for name in names:
            if not name.startswith("."):
                path = os.path.relpath(os.path.join(parent, name), folder)
                yield path.replace(os.sep, "/")


def _matches(path: str, pattern: str) -> bool:
    parts, patterns = path.lower().split("/"), pattern.lower().split("/")
    if len(patterns) == 1:
        parts = parts[-1:]
    pairs = zip(parts, patterns)
    return len(parts) == len(patterns) and all(fnmatch.fnmatchcase(*pair) for pair in pairs)


def _what_there_is(files: Sequence[str]) -> str:
    counts = collections.Counter(os.path.splitext(path)[1].lower() for path in files)
    found = ["'*{}' would find {}".format(s, counts[s]) for s in sorted(_SUFFIXES) if counts[s]]
    if not found:
        return "there are no images in it"
    return "there are none, but the pattern " + ", ".join(found)


def _refuse_links(parent: str, folders: Sequence[str]) -> None:
    for name in folders:
        path = os.path.join(parent, name)
        if os.path.islink(path):
            raise ValueError(
                "{} must be a folder, not a link to one, which could lead in circles; name the "
                "folder that it leads to instead, or move it here.".format(path)
            )

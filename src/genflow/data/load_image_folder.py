"""Opening a folder of images as a set."""

import os
import warnings
from typing import Callable, Dict, Optional, Sequence, Tuple

from genflow.data.image_file import ImageHeader, image_header
from genflow.data.image_folder import find_images, find_matches, number_classes
from genflow.data.image_folder_set import ImageFolderSet, Size, checked_size

_MOST_NAMED = 10
_SILENT_SECONDS = 2  # No progress is shown of what takes no longer.


def load_image_folder(
    folder: str,
    image_size: Size,
    pattern: Optional[str] = "*.jpg",
    crop_size: Optional[Size] = None,
    channels: Optional[int] = None,
    class_name: Optional[Callable[[str], str]] = None,
    name: Optional[str] = None,
) -> ImageFolderSet:
    """Opens a folder of images as a set, from which they are read when they are asked for.

    The images may be of any size. Each is cut, if `crop_size` says so, and resized with Pillow's
    bilinear filter, which does not alias. An orientation noted in a file is applied, 16 bits
    become 8, palettes become colours, and transparency is dropped. BMP, GIF, JPEG, PNG, PPM,
    TIFF and WebP files are read, whatever their suffix.

    The beginning of each file is read at once. Files that are no images are left out of the set;
    a warning names them, and the set counts them. Files whose pixels are damaged are noticed
    later: see `ImageFolderSet`.

    Args:
        folder: The folder. A leading `~` is expanded.
        image_size: The height and width of the images of the set, or one number for both.
        pattern: Which files to take, in alphabetical order. A pattern without a slash matches
            names in the folder and in the folders in it; `cat/*.jpg` matches those in one. Capital
            letters match small ones. With None, all files with a suffix of an image are taken.
        crop_size: The height and width, or one number for both, that are cut out of the middle
            of each image before it is resized. By default the whole image is resized, whatever
            its proportions.
        channels: 1 for grey images, 3 for colours; by default what the first file has.
        class_name: Maps the path of an image, relative to `folder`, to the name of its class:
            `os.path.dirname` for a folder for each class. Without it every label is 0. Classes
            are numbered in alphabetical order.
        name: What messages call the set; by default the name of the folder.

    Raises:
        FileNotFoundError: If there is no such folder, or no file in it matches.
        ValueError: If no file can be read, an image is smaller than `crop_size`, an image has no
            class, or an argument is out of range.

    Example:
        >>> faces = load_image_folder("celebA", image_size=64, crop_size=108)  # doctest: +SKIP
        >>> len(faces), faces.image_shape, faces.num_unreadable  # doctest: +SKIP
        (202599, (64, 64, 3), 0)
    """
    root = os.path.expanduser(os.fspath(folder))
    image_size = checked_size("image_size", image_size)
    crop_size = None if crop_size is None else checked_size("crop_size", crop_size)
    paths = find_images(root) if pattern is None else find_matches(root, pattern)
    labels, class_names = [0] * len(paths), None
    if class_name is not None:
        labels, class_names = number_classes(paths, class_name)
    headers, unreadable = _read_headers(root, paths)
    if crop_size is not None:
        _refuse_smaller(headers, crop_size, root)
    if channels is None:
        channels = headers[min(headers)].channels
    return ImageFolderSet(
        name or os.path.basename(os.path.abspath(root)),
        root,
        [path for path in paths if path in headers],
        image_size + (channels,),
        [label for path, label in zip(paths, labels) if path in headers],
        class_names,
        crop_size,
        unreadable,
    )


def _read_headers(
    folder: str, paths: Sequence[str]
) -> Tuple[Dict[str, ImageHeader], Dict[str, str]]:
    """Returns the headers of the images, and what is wrong with files that are none."""
    from tqdm import tqdm  # Not at the top: it is wanted here only.

    headers, unreadable = {}, {}
    for path in tqdm(paths, desc="looking at images", unit="file", delay=_SILENT_SECONDS):
        try:
            headers[path] = image_header(os.path.join(folder, path))
        except (OSError, ValueError) as error:
            unreadable[path] = str(error)
    reasons = [unreadable[path] for path in sorted(unreadable)[:_MOST_NAMED]]
    if not headers:
        raise ValueError(
            "At least one of the {} files in {} must be an image that can be read; got none. The "
            "first: {}".format(len(paths), folder, reasons[0])
        )
    if unreadable:
        warnings.warn(
            "{} of {} files in {} cannot be read as images and are left out:\n{}{}".format(
                len(unreadable),
                len(paths),
                folder,
                "\n".join(reasons),
                "\n..." if len(unreadable) > len(reasons) else "",
            ),
            stacklevel=3,
        )
    return headers, unreadable


def _refuse_smaller(
    headers: Dict[str, ImageHeader], crop_size: Tuple[int, int], folder: str
) -> None:
    height, width = crop_size
    smaller = sorted(p for p, h in headers.items() if h.height < height or h.width < width)
    if smaller:
        first = headers[smaller[0]]
        raise ValueError(
            "`crop_size` must be at most the size of each image; got {}x{}, and {} of {} images in "
            "{} are smaller, the first {} with {}x{}. Crop less, or move them away.".format(
                height,
                width,
                len(smaller),
                len(headers),
                folder,
                smaller[0],
                first.height,
                first.width,
            )
        )

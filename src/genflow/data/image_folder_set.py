"""Image sets on disk, of one file of any kind for each image."""

import copy
import os
import threading
import warnings
from typing import Dict, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from genflow.data.image_file import read_image
from genflow.data.image_source import ImageSource

Size = Union[int, Tuple[int, int]]


class ImageFolderSet(ImageSource):
    """The images of files of any size and form, cut and resized when they are read.

    `load_image_folder` makes such a set. Nothing of the pixels is kept in memory. A file whose
    pixels turn out to be damaged when it is read is passed over for the next one of the set that
    is not, after the last one for the first: what stands in for it is the same each time, by
    whatever order and in whatever thread it is read. A warning names it once.

    Attributes:
        name: What messages and file names call the set.
        image_shape: The height, width and channels of each image.
        num_classes: The number of classes; 1 where there are none.
        class_names: What the classes are called, in order; None where there are none.
        crop_size: The height and width that are cut out of the middle of each image before it is
            resized, or None.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> from genflow.data import load_image_folder
        >>> folder = tempfile.mkdtemp()
        >>> for number in range(3):
        ...     Image.new("RGB", (178, 218)).save(os.path.join(folder, str(number) + ".jpg"))
        >>> image_set = load_image_folder(folder, image_size=64, crop_size=108)
        >>> images, labels = image_set.read(np.array([2, 0]))
        >>> images.shape, labels.shape
        ((2, 64, 64, 3), (2,))
    """

    def __init__(
        self,
        name: str,
        folder: str,
        paths: Sequence[str],
        image_shape: Tuple[int, int, int],
        labels: Optional[Sequence[int]] = None,
        class_names: Optional[Sequence[str]] = None,
        crop_size: Optional[Tuple[int, int]] = None,
        unreadable: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Takes files for a set, without looking at them.

        Args:
            name: What messages and file names call the set.
            folder: The folder with the files.
            paths: Their paths, relative to the folder.
            image_shape: The height, width and channels that each image gets.
            labels: The class of each image; by default 0.
            class_names: What the classes are called, if there are any.
            crop_size: The height and width that are cut out of the middle before an image is
                resized; by default all of it is resized.
            unreadable: The files that are known to be damaged, and what is wrong with each.

        Raises:
            ValueError: If there are no files, or a number is out of range.
        """
        if not paths:
            raise ValueError("`paths` of {} must name at least one file; got none.".format(name))
        height, width, channels = image_shape
        if channels not in (1, 3):
            raise ValueError("`channels` must be 1 or 3; got {}.".format(channels))
        self.name = name
        self.image_shape = checked_size("image_size", (height, width)) + (channels,)
        self.num_classes = 1 if class_names is None else len(class_names)
        self.class_names = None if class_names is None else list(class_names)
        self.crop_size = None if crop_size is None else checked_size("crop_size", crop_size)
        self._folder = folder
        self._paths = np.array(paths, object)
        self._labels = np.zeros([len(paths)], np.int32)
        if labels is not None:
            self._labels[:] = labels
        self._unreadable = dict(unreadable or {})  # Shared by all parts of the set.
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        return "ImageFolderSet(name={!r}, num_examples={}, image_shape={})".format(
            self.name, len(self), self.image_shape
        )

    @property
    def unreadable(self) -> Dict[str, str]:
        """The files found damaged so far, in the whole folder, and what is wrong with each."""
        with self._lock:
            return dict(self._unreadable)

    @property
    def num_unreadable(self) -> int:
        """How many files have been found damaged so far, in the whole folder."""
        return len(self._unreadable)

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Reads images from disk, in any order, and their labels.

        It may be called from several threads at once. In the place of a damaged image is the
        next one, with its own label.

        Shapes:
            indices: `[n]`, integers in `[0, len(self))`.
            images: `[n, height, width, channels]`, uint8.
            labels: `[n]`, int32.

        Args:
            indices: Which images.

        Raises:
            IndexError: If an index is out of range.
            OSError: If a file cannot be opened or read.
            ValueError: If no image of the set can be read.
        """
        numbers = np.arange(len(self))[indices]
        images = np.empty((len(numbers),) + self.image_shape, np.uint8)
        labels = np.empty([len(numbers)], np.int32)
        for position, number in enumerate(numbers):
            images[position], labels[position] = self._read_from(int(number))
        return images, labels

    def _part(self, first: int, last: int) -> "ImageFolderSet":
        part = copy.copy(self)
        part._paths, part._labels = self._paths[first:last], self._labels[first:last]
        return part

    def _read_from(self, first: int) -> Tuple[np.ndarray, int]:
        """Returns the first whole image from number `first` on, and its label."""
        for step in range(len(self)):
            number = (first + step) % len(self)
            path = self._paths[number]
            if path in self._unreadable:
                continue
            try:
                return self._read_one(os.path.join(self._folder, path)), self._labels[number]
            except ValueError as error:
                self._note(path, str(error))
        raise ValueError(
            "At least one image of {} must be whole; got {} damaged ones. Fetch them again.".format(
                self.name, len(self)
            )
        )

    def _read_one(self, path: str) -> np.ndarray:
        from PIL import Image

        height, width, channels = self.image_shape
        image = read_image(path, channels)
        if self.crop_size is not None:
            image = image.crop(_middle(image.size, self.crop_size, path))
        # Pillow's filters take the mean of all pixels that one becomes of.
        pixels = np.asarray(image.resize((width, height), Image.BILINEAR))
        return pixels.reshape(self.image_shape)

    def _note(self, path: str, reason: str) -> None:
        with self._lock:
            is_new = path not in self._unreadable
            self._unreadable[path] = reason
        if is_new:
            warnings.warn(
                "An image of {} is damaged, and the next one stands in for it: {} ({} unreadable "
                "so far)".format(self.name, reason, self.num_unreadable),
                stacklevel=2,
            )


def _middle(size: Tuple[int, int], crop_size: Tuple[int, int], path: str) -> Tuple[int, ...]:
    """Returns the left, top, right and bottom of the middle of an image."""
    (width, height), (crop_height, crop_width) = size, crop_size
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    if min(left, top) < 0:
        raise ValueError(
            "{} must be at least {}x{} pixels, to be cut; got {}x{}.".format(
                path, crop_height, crop_width, height, width
            )
        )
    return left, top, left + crop_width, top + crop_height


def checked_size(argument: str, size: Size) -> Tuple[int, int]:
    """Returns the height and the width that one or two numbers stand for.

    Args:
        argument: What the message calls them.
        size: A number for both, or the two.

    Raises:
        ValueError: If they are anything but positive integers.

    Example:
        >>> checked_size("image_size", 64), checked_size("image_size", (48, 64))
        ((64, 64), (48, 64))
    """
    found = (size, size) if np.ndim(size) == 0 else tuple(size)
    are_counts = all(isinstance(n, (int, np.integer)) and n >= 1 for n in found)
    if len(found) != 2 or not are_counts:
        raise ValueError(
            "`{}` must be a positive number of pixels, or two, height and width; got {!r}.".format(
                argument, size
            )
        )
    return int(found[0]), int(found[1])

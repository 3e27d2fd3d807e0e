"""Image sets on disk, of one PNG file for each image."""

import contextlib
import copy
import io
import os
from typing import TYPE_CHECKING, Iterator, List, Tuple

import numpy as np

from genflow.data.image_source import ImageSource

if TYPE_CHECKING:
    from PIL import Image

_SUFFIX = ".png"
_MODE = "RGB"


class PngFolder(ImageSource):
    """The square colour images in a folder, without labels, in alphabetical order.

    The folder is listed at the beginning; an image is opened, checked and decoded when it is
    read. Hidden files, files without the suffix `.png` and folders in the folder are passed
    over. All labels are 0.

    Attributes:
        name: What messages and file names call the set.
        image_shape: The height, width and channels of each image.
        num_classes: 1.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = tempfile.mkdtemp()
        >>> for number in range(3):
        ...     Image.new("RGB", (8, 8)).save(os.path.join(folder, "{}.png".format(number)))
        >>> images, labels = PngFolder("black", folder, image_size=8).read(np.array([2, 0]))
        >>> images.shape, labels.shape
        ((2, 8, 8, 3), (2,))
    """

    def __init__(self, name: str, folder: str, image_size: int) -> None:
        """Lists the folder.

        Args:
            name: What messages and file names call the set.
            folder: The folder.
            image_size: The height and width that each image must have.

        Raises:
            FileNotFoundError: If there is no such folder, or there are no PNG images in it.
        """
        self.name = name
        self.image_shape = (image_size, image_size, 3)
        self.num_classes = 1
        self._folder = folder
        self._files = np.array(_list_images(folder), object)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return "PngFolder(name={!r}, image_shape={})".format(self.name, self.image_shape)

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Reads images from disk, in any order; their labels are 0.

        It may be called from several threads at once.

        Shapes:
            indices: `[n]`, integers in `[0, len(self))`.
            images: `[n, height, width, 3]`, uint8.
            labels: `[n]`, int32.

        Args:
            indices: Which images.

        Raises:
            IndexError: If an index is out of range.
            OSError: If a file cannot be opened or read.
            ValueError: If a file is damaged, or not such an image.
        """
        files = self._files[indices]
        images = np.empty((len(files),) + self.image_shape, np.uint8)
        for position, file in enumerate(files):
            images[position] = self._read_one(os.path.join(self._folder, file))
        return images, np.zeros([len(files)], np.int32)

    def _part(self, first: int, last: int) -> "PngFolder":
        part = copy.copy(self)
        part._files = self._files[first:last]
        return part

    def _read_one(self, path: str) -> np.ndarray:
        return np.asarray(_decode(path, self.image_shape[0]))


def _list_images(folder: str) -> List[str]:
    names = os.listdir(folder) if os.path.isdir(folder) else []
    found = sorted(
        name for name in names if name.lower().endswith(_SUFFIX) and not name.startswith(".")
    )
    if found:
        return found
    state = "there is no such folder"
    if os.path.exists(folder):
        state = "there are none in it" if os.path.isdir(folder) else "it is no folder"
    raise FileNotFoundError(
        "{} must be a folder with PNG images; {}. Unpack the archive that they come in, or name "
        "another folder.".format(folder, state)
    )


def _decode(path: str, size: int) -> "Image.Image":
    from PIL import Image  # Not at the top: most data sets need no Pillow.

    with open(path, "rb") as file:
        contents = file.read()
    with _explained(path), Image.open(io.BytesIO(contents), formats=["PNG"]) as image:
        found = image.size + (image.mode,)
        if found == (size, size, _MODE):  # Nothing larger is decoded.
            image.verify()  # The checksums, which decoding skips. It uses up the image.
    if found != (size, size, _MODE):
        raise ValueError(
            "{} must be {}x{} pixels of mode {}; got {}x{} of mode {}. Move it away, or "
            "convert it.".format(path, size, size, _MODE, *found)
        )
    with _explained(path), Image.open(io.BytesIO(contents), formats=["PNG"]) as image:
        image.load()
    return image


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turns whatever the chunk at hand of a damaged file raises into one sentence."""
    try:
        yield
    except Exception as error:
        raise ValueError(
            "{} must be a PNG image that Pillow can read; got {}: {}; move it away and fetch it "
            "again.".format(path, type(error).__name__, error)
        ) from error

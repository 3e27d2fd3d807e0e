"""Reading one image file, whatever form its pixels have."""

import contextlib
import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO, Iterator, NamedTuple, Tuple

import numpy as np

from genflow.data.image_formats import FORMATS, unreadable_image

if TYPE_CHECKING:
    from PIL import Image

_MOST_BYTES = 2**30  # A file is held in memory while it is read,
_MOST_PIXELS = 2**26  # and its pixels, with some copies, of which a small file may claim many.
_ORIENTATION = 0x0112  # The EXIF tag that says how the camera was held.
_TIFF_WIDTH, _TIFF_HEIGHT = 0x0100, 0x0101  # Tags of a TIFF file.
_GRAY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_MODES = {1: "L", 3: "RGB"}


class ImageHeader(NamedTuple):
    """What an image file says of its image, upright.

    Attributes:
        height: The number of rows.
        width: The number of columns.
        channels: 1 if the image is grey, else 3.

    Example:
        >>> ImageHeader(height=218, width=178, channels=3).channels
        3
    """

    height: int
    width: int
    channels: int


def image_header(path: str) -> ImageHeader:
    """Reads what an image file says of its image, and none of its pixels.

    Args:
        path: The file.

    Raises:
        OSError: If the file cannot be opened.
        ValueError: If it is no image that can be read, or one of more than 2**26 pixels.

    Example:
        >>> import os, tempfile
        >>> from PIL import Image
        >>> path = os.path.join(tempfile.mkdtemp(), "black.png")
        >>> Image.new("L", (100, 60)).save(path)
        >>> image_header(path)
        ImageHeader(height=60, width=100, channels=1)
    """
    with _regular_file(path) as file, _explained(path), _open(file) as image:
        width, height = _stored_size(image)
        if _orientation(image) >= 5:  # Lies on its side.
            width, height = height, width
        return ImageHeader(height, width, 1 if image.mode in _GRAY_MODES else 3)


def read_image(path: str, channels: int) -> "Image.Image":
    """Reads an image file, upright, as grey or as colours of 8 bits.

    An orientation noted in the file is applied, 16 bits become 8, palettes become colours, and
    transparency is dropped. Colours become grey by their luma. Of a file with several images,
    the first is taken. The checksums in PNG files are verified.

    Args:
        path: The file.
        channels: 1 for grey, 3 for colours.

    Returns:
        A Pillow image of the mode "L" or "RGB".

    Raises:
        OSError: If the file cannot be opened or read.
        ValueError: If it is damaged, or no image that can be read, or one of more than 2**26
            pixels.

    Example:
        >>> import os, tempfile
        >>> from PIL import Image
        >>> path = os.path.join(tempfile.mkdtemp(), "black.png")
        >>> Image.new("P", (100, 60)).save(path)
        >>> read_image(path, channels=3).mode
        'RGB'
    """
    with _regular_file(path) as file:
        contents = file.read()  # Whatever is raised from here on is the fault of the contents.
    with _explained(path):
        with _open(io.BytesIO(contents)) as image:
            if image.format == "PNG":
                image.verify()  # Decoding skips the checksums. It uses up the image.
        with _open(io.BytesIO(contents)) as image:
            # Pillow turns TIFF images, and nothing else, as it loads them.
            orientation = 1 if image.format == "TIFF" else _orientation(image)
            image.load()
            image = _turned(_eight_bits(image), orientation)
            if "transparency" in image.info:
                image = image.convert("RGBA")  # Else Pillow warns of palettes.
            return image.convert(_MODES[channels])


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turns whatever the reader of a damaged file raises into one sentence."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        raise unreadable_image(path, error) from error


def _regular_file(path: str) -> BinaryIO:
    """Opens a file; refuses one that would fill the memory, or have no end."""
    status = os.stat(path)
    is_regular = stat.S_ISREG(status.st_mode)
    if not is_regular or status.st_size >= _MOST_BYTES:
        raise ValueError(
            "{} must be a regular file of less than {} bytes to be read as an image; got "
            "{}.".format(
                path, _MOST_BYTES, status.st_size if is_regular else stat.filemode(status.st_mode)
            )
        )
    return open(path, "rb")


def _open(file: BinaryIO) -> "Image.Image":
    from PIL import Image  # Not at the top: most data sets need no Pillow.

    image = Image.open(file, formats=list(FORMATS))
    width, height = image.size
    if width * height > _MOST_PIXELS:
        raise ValueError(
            "{}x{} pixels, more than the {} that are read".format(height, width, _MOST_PIXELS)
        )
    return image


def _stored_size(image: "Image.Image") -> Tuple[int, int]:
    """Returns the width and the height, not upright."""
    if image.format == "TIFF":  # Some versions of Pillow say the one, some the other.
        return image.tag_v2[_TIFF_WIDTH], image.tag_v2[_TIFF_HEIGHT]
    return image.size


def _orientation(image: "Image.Image") -> int:
    from PIL import Image

    try:
        # That of PNG images would decode the pixels, to look for remarks after them.
        found = Image.Image.getexif(image).get(_ORIENTATION, 1)
    except Exception:  # The pixels of a file are good even if its remarks are not.
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _turned(image: "Image.Image", orientation: int) -> "Image.Image":
    from PIL import Image

    turns = {
        2: Image.FLIP_LEFT_RIGHT,
        3: Image.ROTATE_180,
        4: Image.FLIP_TOP_BOTTOM,
        5: Image.TRANSPOSE,
        6: Image.ROTATE_270,
        7: Image.TRANSVERSE,
        8: Image.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _eight_bits(image: "Image.Image") -> "Image.Image":
    """Returns an image of 16 bits as one of 8; others as they are."""
    if image.mode[0] not in "IF":
        return image
    # Older versions of Pillow call 16 bits of a PNG or PGM file 32.
    if not image.mode.startswith("I;16") and image.format not in ("PNG", "PPM"):
        raise ValueError("numbers of the mode {}, whose white nobody knows".format(image.mode))
    from PIL import Image

    scaled = np.asarray(image).astype(np.uint32)
    scaled *= 255
    scaled += 32767  # So that the quotient is rounded.
    scaled //= 65535
    return Image.fromarray(scaled.astype(np.uint8))

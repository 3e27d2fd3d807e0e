"""Image files for tests."""

import struct
import zlib

import numpy as np
from PIL import Image


def random_pixels(*shape, seed=0):
    return np.random.RandomState(seed).randint(256, size=shape).astype(np.uint8)


def save(path, image, **options):
    """Writes pixels or an image, and returns the path as a string."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(str(path), **options)
    return str(path)


def cut_off(path, share=0.6):
    """Leaves the beginning of a file, which still says how large its image is."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def png_of_size(side):
    """A PNG file of a few bytes that claims to be of `side` times `side` pixels."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 1000)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )

"""Refusing flags that do not suit the images."""

from typing import Sequence

from genflow.data import ImageSource


def check_count(name: str, value: int, images: ImageSource, count: int) -> None:
    """Refuses a flag that asks for more images than there are.

    Args:
        name: Of the flag.
        value: Its value.
        images: Where they are taken from.
        count: How many images the value means.

    Raises:
        ValueError: If there are fewer.

    Example:
        >>> from genflow.data import load_digits
        >>> check_count("n_test", 300, load_digits("test"), 300)
        Traceback (most recent call last):
        ValueError: --n_test 300 asks for 300 images of 8x8; there are 297: lower it.
    """
    if count > len(images):
        height, width = images.image_shape[:2]
        raise ValueError(
            "--{} {} asks for {} images of {}x{}; there are {}: lower it.".format(
                name, value, count, height, width, len(images)
            )
        )


def check_halvings(name: str, value: int, halvings: int, image_shape: Sequence[int]) -> None:
    """Refuses a flag that asks to halve images more often than height and width allow.

    Args:
        name: Of the flag.
        value: Its value.
        halvings: How often the value means to halve them.
        image_shape: Of the images.

    Raises:
        ValueError: If an odd height or width would have to be halved.

    Example:
        >>> check_halvings("n_levels", 4, 4, (24, 32, 3))
        Traceback (most recent call last):
        ValueError: --n_levels 4 halves images 4 times; those of 24x32 can be halved 3 times: ...
    """
    possible = 0
    while not any(size % 2 ** (possible + 1) for size in image_shape[:2]):
        possible += 1
    if halvings > possible:
        raise ValueError(
            "--{} {} halves images {} times; those of {}x{} can be halved {} times: lower it by "
            "{}.".format(
                name, value, halvings, *(tuple(image_shape[:2]) + (possible, halvings - possible))
            )
        )

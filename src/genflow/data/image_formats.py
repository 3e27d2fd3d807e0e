"""The formats of image files that are read, and what is said of a file that cannot be."""

# Formats of photographs, each with the suffixes of its files. Pillow can open more, but some of
# them start other programs.
FORMATS = {
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "PPM": (".ppm", ".pgm"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}


def unreadable_image(path: str, error: Exception) -> ValueError:
    """Returns what to raise from an error of Pillow, which may be of any kind.

    Example:
        >>> print(unreadable_image("a.png", OSError("truncated")))  # doctest: +ELLIPSIS
        a.png must be an image that Pillow can read as one of ...; got OSError: truncated
    """
    return ValueError(
        "{} must be an image that Pillow can read as one of {}; got {}: {}".format(
            path, ", ".join(FORMATS), type(error).__name__, error
        )
    )

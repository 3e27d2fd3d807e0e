"""The two parts that every data set of genflow has."""

SPLITS = ("train", "test")


def check_split(split: str) -> None:
    """Refuses what is not the name of a part.

    Example:
        >>> check_split("train")

    Raises:
        ValueError: If `split` is neither "train" nor "test".
    """
    if split not in SPLITS:
        raise ValueError('`split` must be "train" or "test"; got {!r}.'.format(split))

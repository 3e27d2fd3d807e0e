"""Parts of a data set, one for each process of a distributed training."""

from typing import Tuple


def shard_bounds(num_examples: int, rank: int, size: int) -> Tuple[int, int]:
    """Returns where the examples of one process begin and end.

    Process `rank` of `size` has the examples

        num_examples * rank // size ... num_examples * (rank + 1) // size

    without the last. The parts are disjoint, together they are everything, and their lengths
    differ by at most one.

    Args:
        num_examples: The size of the data set.
        rank: The number of the process, in `[0, size)`.
        size: The number of processes.

    Returns:
        The index of the first example and that after the last one.

    Raises:
        ValueError: If `rank` is out of range, or there are more processes than examples.

    Example:
        >>> [shard_bounds(10, rank, size=3) for rank in range(3)]
        [(0, 3), (3, 6), (6, 10)]
    """
    if not 1 <= size <= num_examples:
        raise ValueError(
            "`size`, the number of shards, must be between 1 and {}, the number of examples, so "
            "that none is empty; got {}.".format(num_examples, size)
        )
    if not 0 <= rank < size:
        raise ValueError("`rank` must be in [0, {}), the shards; got {}.".format(size, rank))
    return num_examples * rank // size, num_examples * (rank + 1) // size

"""Seeded orders of examples."""

import operator
import zlib

import numpy as np

_NUM_SEEDS = 2**32


def permutation(num_examples: int, seed: int, epoch: int = 0, purpose: str = "") -> np.ndarray:
    """Returns an order of the examples, by default of an epoch, a pure function of its arguments.

    It is drawn from numpy's legacy generator, whose stream is the same in every numpy
    version; that of `np.random.default_rng` may change between versions.

    Shapes:
        result: `[num_examples]`, int64.

    Args:
        num_examples: The number of examples.
        seed: Any integer in `[0, 2**32)`.
        epoch: The epoch, in the same range; each has an order of its own.
        purpose: What the order is for; each purpose has orders of its own.

    Raises:
        ValueError: If `seed` is out of range.

    Example:
        >>> order = permutation(5, seed=0)
        >>> order.shape, sorted(order.tolist())
        ((5,), [0, 1, 2, 3, 4])
    """
    if not 0 <= operator.index(seed) < _NUM_SEEDS:
        raise ValueError("`seed` must be in [0, 2**32); got {}.".format(seed))
    words = [zlib.crc32(purpose.encode())] if purpose else []
    random = np.random.RandomState([seed, epoch] + words)
    return random.permutation(num_examples).astype(np.int64)

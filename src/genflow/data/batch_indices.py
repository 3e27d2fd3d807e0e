"""Which examples a training batch has."""

import functools

import numpy as np

from genflow.data.permutation import permutation


def batch_indices(num_examples: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """Returns which examples are in a training batch.

    Each epoch goes through a seeded permutation of the examples of its own; what is left at
    its end and does not fill a batch is dropped.

    Shapes:
        result: `[batch_size]`, int64.

    Args:
        num_examples: The size of the data set.
        batch_size: The size of the batch.
        seed: Decides the order of the examples.
        step: The number of the batch, counted from 0 over all epochs.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> batch_indices(num_examples=10, batch_size=4, seed=0, step=1000).shape
        (4,)
    """
    if not 1 <= batch_size <= num_examples:
        raise ValueError(
            "`batch_size` must be between 1 and {}, the number of examples; got {}.".format(
                num_examples, batch_size
            )
        )
    if step < 0:
        raise ValueError("The number of a batch must not be negative; got {}.".format(step))
    epoch, position = divmod(step, num_examples // batch_size)
    order = epoch_order(num_examples, seed, epoch)
    return order[position * batch_size : (position + 1) * batch_size]


@functools.lru_cache(maxsize=8)
def epoch_order(num_examples: int, seed: int, epoch: int, purpose: str = "") -> np.ndarray:
    """Returns the order of an epoch, kept while its batches are read.

    Args:
        num_examples: The number of examples.
        seed: Decides the order.
        epoch: The number of the epoch.
        purpose: As `permutation` takes it.

    Example:
        >>> sorted(epoch_order(3, seed=0, epoch=5).tolist())
        [0, 1, 2]
    """
    order = permutation(num_examples, seed, epoch, purpose)
    order.flags.writeable = False  # It is shared by all who ask for it.
    return order

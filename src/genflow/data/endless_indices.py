"""Which examples are in the pieces of an endless stream."""

import numpy as np

from genflow.data.batch_indices import epoch_order


def endless_indices(
    num_examples: int, num_rows: int, seed: int, step: int, purpose: str
) -> np.ndarray:
    """Returns which examples are in a piece of an endless stream.

    The stream goes through all examples in a seeded order, then in another one, and so on.
    Nothing is dropped, and a piece may be longer than there are examples: up to the end of any
    piece, no two examples have occurred more often than each other by more than one.

    Shapes:
        result: `[num_rows]`, int64.

    Args:
        num_examples: The number of examples.
        num_rows: The length of a piece.
        seed: Decides the orders.
        step: The number of the piece, counted from 0.
        purpose: What the stream is for; each purpose has orders of its own.

    Raises:
        ValueError: If `seed` is out of range.

    Example:
        >>> sorted(endless_indices(3, num_rows=6, seed=0, step=10, purpose="an example").tolist())
        [0, 0, 1, 1, 2, 2]
    """
    epoch, position = divmod(step * num_rows, num_examples)
    num_orders = -(-(position + num_rows) // num_examples)
    orders = [epoch_order(num_examples, seed, epoch + n, purpose) for n in range(num_orders)]
    return np.concatenate(orders)[position : position + num_rows]

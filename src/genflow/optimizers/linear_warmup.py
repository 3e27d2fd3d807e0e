"""A learning rate that grows from zero."""

from typing import Union

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


def linear_warmup(
    learning_rate: float, step: Union[int, Tensor], num_warmup_steps: float
) -> Tensor:
    """Grows the learning rate linearly from zero, then keeps it.

    Computes `learning_rate * min(1, step / num_warmup_steps)`: zero at step 0.

    Args:
        learning_rate: The learning rate after the warm-up.
        step: Number of updates made so far.
        num_warmup_steps: Length of the warm-up in updates; 0 for none.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: If `num_warmup_steps` is negative.

    Example:
        >>> linear_warmup(0.001, step=50, num_warmup_steps=100).shape.as_list()
        []

    References:
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """
    if num_warmup_steps < 0:
        raise ValueError(
            "`num_warmup_steps` must not be negative; got {}.".format(num_warmup_steps)
        )
    if num_warmup_steps == 0:
        return tf.constant(learning_rate, tf.float32)
    progress = tf.cast(step, tf.float32) / tf.cast(num_warmup_steps, tf.float32)
    return learning_rate * tf.minimum(1.0, progress)

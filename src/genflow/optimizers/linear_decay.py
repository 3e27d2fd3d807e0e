"""A learning rate that falls to zero."""

from typing import Union

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


def linear_decay(
    learning_rate: float, step: Union[int, Tensor], num_steps: int, start: float = 0.0
) -> Tensor:
    """Keeps the learning rate for some time, then lets it fall linearly to zero.

    Computes `learning_rate * clip((1 - step / num_steps) / (1 - start), 0, 1)`: zero from the
    step `num_steps` on.

    Args:
        learning_rate: The learning rate at the start.
        step: Number of updates made so far.
        num_steps: Updates in the whole training.
        start: Share of them after which it falls; 1 for never.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: If `num_steps` is not positive, or `start` is not in [0, 1].

    Example:
        >>> linear_decay(0.001, step=50, num_steps=100, start=0.5).shape.as_list()
        []

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016: the authors' code lets the
        rate fall over the last third of the training on CIFAR-10. https://arxiv.org/abs/1606.03498
    """
    if not num_steps > 0:
        raise ValueError("`num_steps` must be positive; got {}.".format(num_steps))
    if not 0.0 <= start <= 1.0:
        raise ValueError("`start` must be in [0, 1]; got {}.".format(start))
    if start == 1.0:
        return tf.constant(learning_rate, tf.float32)
    rest = 1.0 - tf.cast(step, tf.float32) / tf.cast(num_steps, tf.float32)
    return learning_rate * tf.clip_by_value(rest / (1.0 - start), 0.0, 1.0)

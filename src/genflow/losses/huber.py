"""The Huber loss."""

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_positive
from genflow.core.log_det import log_det_dtype
from genflow.core.types import Tensor


def huber_loss(targets: Tensor, predictions: Tensor, delta: float = 1.0) -> Tensor:
    """Half the squared error where it is small, and in proportion to the error where it is not.

    With `error = abs(predictions - targets)`, computes the mean of

        0.5 * error**2                     where error <= delta
        delta * error - 0.5 * delta**2     elsewhere

    Shapes:
        targets, predictions: any, of the same shape.

    Args:
        targets: What is wanted,
        predictions: ... and what there is.
        delta: The error from which on its square no longer counts.

    Returns:
        A scalar, in float32 at least: the mean over the batch and everything else.

    Raises:
        ValueError: If the shapes differ, or `delta` is not positive.
        TypeError: If the tensors are not of one floating type.

    Example:
        >>> huber_loss(tf.zeros([8, 28, 28, 1]), tf.ones([8, 28, 28, 1])).shape.as_list()
        []

    References:
        Huber, Robust Estimation of a Location Parameter, The Annals of Mathematical
        Statistics 35, 1964.
    """
    check_positive(delta, "delta")
    targets, predictions = tf.convert_to_tensor(targets), tf.convert_to_tensor(predictions)
    _check(targets, predictions)
    dtype = log_det_dtype(targets.dtype)
    error = tf.abs(tf.cast(predictions, dtype) - tf.cast(targets, dtype))
    # What is squared is at most `delta`, so that no error is too large.
    small = tf.minimum(error, delta)
    return tf.reduce_mean(0.5 * tf.square(small) + delta * (error - small))


def _check(targets: Tensor, predictions: Tensor) -> None:
    if not targets.dtype.is_floating or targets.dtype != predictions.dtype:
        raise TypeError(
            "`targets` and `predictions` must be of one floating type; got {} and {}.".format(
                targets.dtype.name, predictions.dtype.name
            )
        )
    if not targets.shape.is_compatible_with(predictions.shape):
        raise ValueError(
            "`targets` and `predictions` must have one shape; got {} and {}.".format(
                targets.shape, predictions.shape
            )
        )

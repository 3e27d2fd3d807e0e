"""Helpers for log-determinants: always `[batch]`, always float32 or wider."""

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


def log_det_dtype(dtype: tf.DType) -> tf.DType:
    """The type in which the log-determinant of a layer of `dtype` is kept."""
    return dtype if dtype in (tf.float32, tf.float64) else tf.float32


def sum_except_batch(x: Tensor) -> Tensor:
    """Sums over every axis but the first, in float32 at least."""
    x = tf.cast(x, log_det_dtype(x.dtype))
    return tf.reduce_sum(x, axis=list(range(1, x.shape.rank)))


def per_example(value: Tensor, x: Tensor) -> Tensor:
    """Repeats a log-determinant that is the same for every example: `[batch]`."""
    value = tf.cast(value, log_det_dtype(x.dtype))
    return tf.fill(tf.shape(x)[:1], value)


def num_positions(x: Tensor) -> Tensor:
    """How many channel vectors one example has: height * width for images, 1 for vectors."""
    dtype = log_det_dtype(x.dtype)
    positions = x.shape[1:-1].num_elements()
    if positions is not None:
        return tf.constant(positions, dtype)
    return tf.cast(tf.reduce_prod(tf.shape(x)[1:-1]), dtype)


def scaling_log_det(log_scale: Tensor, x: Tensor) -> Tensor:
    """The log-determinant of scaling the channels alike at all positions: `[batch]`."""
    log_scale = tf.cast(log_scale, log_det_dtype(x.dtype))
    return per_example(num_positions(x) * tf.reduce_sum(log_scale), x)


def num_values(x: Tensor) -> Tensor:
    """How many numbers one example has."""
    dtype = log_det_dtype(x.dtype)
    values = x.shape[1:].num_elements()
    if values is not None:
        return tf.constant(values, dtype)
    return tf.cast(tf.reduce_prod(tf.shape(x)[1:]), dtype)


def zero_log_det(x: Tensor) -> Tensor:
    """The log-determinant of a volume-preserving map."""
    return tf.zeros(tf.shape(x)[:1], log_det_dtype(x.dtype))

"""What the loss families share: the check of logits, and the cross-entropy of them."""

from typing import Tuple

import tensorflow.compat.v2 as tf

from genflow.core.log_det import log_det_dtype
from genflow.core.types import Tensor


def checked_logits(logits: Tensor, argument: str) -> Tensor:
    """Refuses logits that are integers; gives them in float32 at least."""
    logits = tf.convert_to_tensor(logits)
    if not logits.dtype.is_floating:
        raise TypeError(
            "`{}` must be logits, of a floating type, as a discriminator returns them; got "
            "{}.".format(argument, logits.dtype.name)
        )
    return tf.cast(logits, log_det_dtype(logits.dtype))


def checked_pair(real_logits: Tensor, fake_logits: Tensor) -> Tuple[Tensor, Tensor]:
    """As `checked_logits`; refuses two that differ in more than the size of the batch."""
    real_logits = checked_logits(real_logits, "real_logits")
    fake_logits = checked_logits(fake_logits, "fake_logits")
    if real_logits.dtype != fake_logits.dtype:
        raise TypeError(
            "`real_logits` and `fake_logits` must be of one type; got {} and {}.".format(
                real_logits.dtype.name, fake_logits.dtype.name
            )
        )
    if not real_logits.shape[1:].is_compatible_with(fake_logits.shape[1:]):
        raise ValueError(
            "`real_logits` and `fake_logits` must have one shape, but for the size of the batch; "
            "got {} and {}: take both from the same discriminator.".format(
                real_logits.shape, fake_logits.shape
            )
        )
    return real_logits, fake_logits


def mean_cross_entropy(logits: Tensor, target: float) -> Tensor:
    """`mean(-target * log(sigmoid(logits)) - (1 - target) * log(1 - sigmoid(logits)))`."""
    targets = tf.fill(tf.shape(logits), tf.constant(target, logits.dtype))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits))


def real_target(label_smoothing: float) -> float:
    """The target of real images, which one-sided smoothing puts below 1."""
    if not 0.0 <= label_smoothing < 1.0:
        raise ValueError("`label_smoothing` must be in [0, 1); got {}.".format(label_smoothing))
    return 1.0 - label_smoothing

"""Static checks of inputs, and the one run-time check: that of data-dependent initialisation.

Messages name the layer, what it needs and what it got.
"""

from typing import Any, List, Sequence

import tensorflow.compat.v2 as tf

from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates


def check_rank(x: Tensor, ranks: Sequence[int], owner: Any) -> None:
    """Refuses a tensor whose rank is unknown or not one of `ranks`."""
    if not tf.is_tensor(x):
        raise TypeError("`{}` takes one tensor; got a {}.".format(owner.name, type(x).__name__))
    if x.shape.rank not in ranks:
        raise ValueError(
            "`{}` takes an input of rank {}; got shape {}.".format(
                owner.name, " or ".join(str(rank) for rank in ranks), x.shape
            )
        )


def check_pair(y: Nest, owner: Any) -> None:
    """Refuses anything but a pair, which is what a split returns and takes back."""
    if not isinstance(y, (tuple, list)) or len(y) != 2:
        raise ValueError(
            "`{}` takes the pair (kept, latent); got {}.".format(owner.name, describe(y))
        )


def static_channels(x: Tensor, owner: Any) -> int:
    """The size of the last axis, which must be known when the graph is built."""
    if not tf.is_tensor(x):
        raise TypeError("`{}` takes one tensor; got {}.".format(owner.name, describe(x)))
    if x.shape.rank is None or x.shape.rank < 2 or static_size(x, -1) is None:
        raise ValueError(
            "`{}` needs an input [batch, ..., channels] with a static channel count; "
            "got shape {}.".format(owner.name, x.shape)
        )
    return static_size(x, -1)


def check_channels(x: Tensor, channels: int, owner: Any, source: str) -> None:
    """Refuses a tensor whose last axis does not have `channels` entries."""
    if x.shape.rank is None or static_size(x, -1) != channels:
        raise ValueError(
            "`{}` needs {} channels from {}; got shape {}.".format(
                owner.name, channels, source, x.shape
            )
        )


def check_positive(value: float, argument: str) -> None:
    """Refuses a number that is not above zero."""
    if not value > 0:
        raise ValueError("`{}` must be positive; got {}.".format(argument, value))


def describe(nest: Nest) -> str:
    """Says in a few words what a value is."""
    if tf.is_tensor(nest):
        return "a tensor of shape {}".format(nest.shape)
    if isinstance(nest, (tuple, list)):
        return "a {} of {}".format(type(nest).__name__, len(nest))
    return "a {}".format(type(nest).__name__)


def assign(variable: tf.Variable, value: Tensor) -> Updates:
    """Sets a variable: at once when eager, by the returned operation in a graph."""
    update = variable.assign(value, read_value=False)
    return [] if tf.executing_eagerly() else [update]


def initialization_statistics(x: Tensor, owner: Any) -> List[Tensor]:
    """Mean and standard deviation of every channel of an initialising batch.

    Refuses a batch of one example and a constant channel, for both of which a scale
    that standardises the channel does not exist. This is the only check that can need
    an assertion in the graph, and it stands on the path that runs once.
    """
    one_example = (
        "`{}` cannot be initialised from a batch of one example: give it a batch that stands "
        "for the data (256 examples is usual).".format(owner.name)
    )
    constant = (
        "`{}` cannot be initialised: a channel of the batch is constant. Give it data with "
        "some variation in every channel (images need their dequantisation noise).".format(
            owner.name
        )
    )
    if static_size(x, 0) == 1:
        raise ValueError(one_example)
    axes = list(range(x.shape.rank - 1))
    mean, variance = tf.nn.moments(x, axes=axes)
    std = tf.sqrt(variance)
    # By the range: the rounding of the mean alone gives a constant channel some variance.
    largest, smallest = tf.reduce_max(x, axis=axes), tf.reduce_min(x, axis=axes)
    magnitude = tf.maximum(tf.abs(largest), tf.abs(smallest))
    varies = tf.reduce_all(largest - smallest > 1e-6 * magnitude + 1e-12)
    if tf.executing_eagerly():
        if not varies.numpy():
            raise ValueError(constant)
        return [mean, std]
    checks = [
        tf.debugging.Assert(tf.shape(x)[0] > 1, [one_example]),
        tf.debugging.Assert(varies, [constant]),
    ]
    with tf.control_dependencies(checks):
        return [tf.identity(mean), tf.identity(std)]

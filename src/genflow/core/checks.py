"""Static checks of inputs, and the one run-time check: that of data-dependent initialisation.

Messages name the layer, what it needs and what it got.
"""

from typing import Any, List, Optional, Sequence

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


def check_context(context: Optional[Nest], owner: Any, x: Optional[Tensor] = None) -> None:
    """Refuses a missing context, and one that is not a vector for every example, of `x`."""
    if context is None:
        raise ValueError("`{}` needs a `context`; got none.".format(owner.name))
    if not tf.is_tensor(context) or context.shape.rank != 2 or static_size(context, -1) is None:
        raise ValueError(
            "`{}` needs a `context` [batch, context_channels] with a static channel count, such "
            "as one-hot labels; got {}.".format(owner.name, describe(context))
        )
    sizes = [None if x is None else static_size(x, 0), static_size(context, 0)]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ValueError(
            "`{}` needs a `context` for every example: {} of them; got shape {}.".format(
                owner.name, sizes[0], context.shape
            )
        )


def check_floating(dtype: tf.DType, owner: Any) -> None:
    """Refuses the type of an input that is no floating one."""
    if not dtype.is_floating:
        raise TypeError(
            "`{}` takes an input of a floating type; got {}: cast it, or put `Dequantize` "
            "first.".format(owner.name, dtype.name)
        )


def check_positive(value: float, argument: str) -> None:
    """Refuses a number that is not above zero."""
    if not value > 0:
        raise ValueError("`{}` must be positive; got {}.".format(argument, value))


def check_positive_integer(value: int, argument: str) -> None:
    """Refuses what is not an integer above zero."""
    if not isinstance(value, int) or value < 1:
        raise ValueError("`{}` must be a positive integer; got {}.".format(argument, value))


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


def check_several_examples(x: Tensor, owner: Any) -> Updates:
    """Refuses to initialise from one example; gives the operations that check it in a graph."""
    message = (
        "`{}` cannot be initialised from a batch of one example or none: give it a batch that "
        "stands for the data (256 examples is usual).".format(owner.name)
    )
    known = static_size(x, 0)
    if known is None:
        return [tf.debugging.Assert(tf.shape(x)[0] > 1, [message])]
    if known < 2:
        raise ValueError(message)
    return []


def check_variation(x: Tensor, axes: Sequence[int], owner: Any) -> Updates:
    """Refuses to initialise from what is constant along `axes`; as `check_several_examples`."""
    message = (
        "`{}` cannot be initialised: a channel of the batch is constant. Give it data with "
        "some variation in every channel (images need their dequantisation noise).".format(
            owner.name
        )
    )
    # By the range: the rounding of the mean alone gives a constant channel some variance.
    largest, smallest = tf.reduce_max(x, axis=axes), tf.reduce_min(x, axis=axes)
    magnitude = tf.maximum(tf.abs(largest), tf.abs(smallest))
    varies = tf.reduce_all(largest - smallest > 1e-6 * magnitude + 1e-12)
    if not tf.executing_eagerly():
        return [tf.debugging.Assert(varies, [message])]
    if not varies.numpy():
        raise ValueError(message)
    return []


def check_initial_batch(x: Tensor, axes: Sequence[int], owner: Any) -> Updates:
    """Refuses a batch of one, then one that is constant along `axes`, as a batch of one may be."""
    checks = check_several_examples(x, owner)
    with tf.control_dependencies(checks):
        x = tf.identity(x)
    return checks + check_variation(x, axes, owner)


def initialization_statistics(
    x: Tensor, owner: Any, axes: Optional[Sequence[int]] = None
) -> List[Tensor]:
    """Mean and standard deviation of an initialising batch: of every channel, or over `axes`.

    Refuses a batch of one example and a constant channel, for both of which a scale
    that standardises the channel does not exist. This is the only check that can need
    an assertion in the graph, and it stands on the path that runs once.
    """
    axes = list(range(x.shape.rank - 1)) if axes is None else list(axes)
    checks = check_initial_batch(x, axes, owner)
    mean, variance = tf.nn.moments(x, axes=axes)
    with tf.control_dependencies(checks):
        return [tf.identity(mean), tf.sqrt(variance)]

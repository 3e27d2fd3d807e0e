"""Finding the layer or gradient that saturates, where a number format gives no infinity."""

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Module, Network
from genflow.core.finite import floating_leaves, is_finite
from genflow.core.module import walk
from genflow.core.types import Nest, Tensor
from genflow.training.minimizer import floating_variables

Calls = List[Tuple[str, Module, Nest]]


def find_saturated_layer(
    modules: Dict[str, Module],
    compute: Callable[[], Any],
    session: Any,
    feed: Optional[dict] = None,
    dtype: tf.DType = tf.float16,
) -> str:
    """Names the first layer with a value at, or beyond, the largest finite number of a type.

    An Ascend 910 gives the largest number where others give infinity, and no value that is not a
    number ever appears. So what overflows there can only be seen by its size: 65504 in float16.
    Values that are not finite count too. A layer that is large in float32 is named for what it
    would do in float16.

    It looks at the weights first, then at what the bijections and networks of the model return,
    in the order in which they return it, innermost first.

    Args:
        modules: By their names in a checkpoint, in the default graph.
        compute: Calls the modules, in the default graph, such as
            `lambda: generator(z, training=True)`.
        session: With the weights in question.
        feed: What to feed.
        dtype: What networks compute in: `tf.float16`, `tf.bfloat16` or `tf.float32`.

    Returns:
        A phrase for a message, or an empty string if nothing saturates.

    Example:
        >>> from genflow.layers import ActNorm, Chain
        >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        ...     layers = Chain([ActNorm(), ActNorm()])
        ...     _ = layers.forward(tf.ones([2, 3]))
        ...     session.run(tf.compat.v1.global_variables_initializer())
        ...     _ = session.run(layers.layers[1].log_scale.assign([20.0, 0.0, 0.0]))
        ...     print(find_saturated_layer(
        ...         {"flow": layers}, lambda: layers.forward(tf.ones([2, 3])), session))
        the values of flow/layers/1 (ActNorm) reach 4.85e+08, and float16 ends at 6.55e+04
    """
    named = [
        ("the weight {} reaches".format(path), variable)
        for path, variable in floating_variables(modules).items()
    ]
    with _recorded(modules) as calls:
        compute()
    named += [
        ("the values of {} ({}) reach".format(path, type(module).__name__), leaf)
        for path, module, y in calls
        for leaf in floating_leaves(y)
    ]
    return _first_saturated(named, session, feed, dtype)


def find_saturated_gradient(
    gradients: Dict[str, Tensor],
    session: Any,
    feed: Optional[dict] = None,
    dtype: tf.DType = tf.float16,
) -> str:
    """Names the first weight whose gradient saturates, as the loss scale makes it.

    Args:
        gradients: Of the scaled loss, by the path of the weight.
        session: With the weights, and the scale, in question.
        feed: What to feed.
        dtype: What networks compute in.

    Returns:
        A phrase for a message, or an empty string if nothing saturates.
    """
    named = [
        ("the gradient of {}, times the loss scale, reaches".format(path), gradient)
        for path, gradient in gradients.items()
    ]
    return _first_saturated(named, session, feed, dtype)


def _first_saturated(
    named: List[Tuple[str, Tensor]], session: Any, feed: Optional[dict], dtype: tf.DType
) -> str:
    values = [tf.convert_to_tensor(value) for _, value in named]
    # What is not a number need not be the largest.
    is_below = [is_finite(value, dtype) for value in values]
    largest = [tf.reduce_max(tf.abs(tf.cast(value, tf.float32))) for value in values]
    found = session.run([is_below, largest], feed)
    for (kind, _), below, value in zip(named, *found):
        if not below:
            return "{} {:.3g}, and {} ends at {:.3g}".format(
                kind, value, dtype.name, float(dtype.max)
            )
    return ""


@contextlib.contextmanager
def _recorded(modules: Dict[str, Module]) -> Iterator[Calls]:
    """Notes what every part returns, while it is entered."""
    calls = []  # type: Calls
    taps = [
        (path, module, name)
        for path, module in _called_parts(modules).items()
        for name in ("_forward", "_inverse", "_call")
        if hasattr(module, name)
    ]
    for path, module, name in taps:
        setattr(module, name, _tapped(getattr(module, name), path, module, calls))
    try:
        yield calls
    finally:
        for _, module, name in taps:
            delattr(module, name)


def _tapped(call: Callable, path: str, module: Module, calls: Calls) -> Callable:
    def run(*args: Any) -> Any:
        y = call(*args)
        calls.append((path, module, y))
        return y

    return run


def _called_parts(modules: Dict[str, Module]) -> Dict[str, Module]:
    """The bijections and networks inside, by their attribute paths; each of them once."""
    first_paths = {}  # type: Dict[Module, str]
    for prefix, module in sorted(modules.items()):
        for path, node in walk(module, (prefix,)):
            if isinstance(node, (Bijection, Network)):
                first_paths.setdefault(node, "/".join(path))
    return {path: module for module, path in first_paths.items()}

"""Finding the place at which a model stops being finite."""

import collections
from typing import Any, Dict, Iterator, List, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Module
from genflow.core.finite import floating_leaves, is_finite
from genflow.core.types import Nest, Tensor
from genflow.training.minimizer import trainable_variables


def find_bad_layer(
    modules: Dict[str, Module],
    x: Tensor,
    context: Optional[Nest],
    gradients: Dict[str, Tensor],
    session: Any,
    feed: dict,
    training: bool = False,
) -> str:
    """Names the first layer of a flow that is not finite for a batch.

    Looks in this order, and stops at what it finds: the weights; the outputs and
    log-determinants of the layers, from data to latent; the gradients of the weights, from
    latent to data, which is the way they come. Running statistics move in the session.

    Args:
        modules: In the default graph; the flow is called `flow`.
        x: Batch, as the flow takes it.
        context: Of the batch.
        gradients: The gradient of each weight by its path.
        session: With the weights in question.
        feed: What to feed to `x` and `context`.
        training: What the flow is called with.

    Returns:
        A phrase for a message, or an empty string if all of that is finite.
    """
    bad = _bad(trainable_variables(modules), session, feed)
    if bad:
        return "the weight {} is not finite".format(bad[0])
    leaves = list(_leaves(modules["flow"].bijection, x, context, training, "flow/bijection"))
    bad = _bad(collections.OrderedDict((path, made) for path, _, made in leaves), session, feed)
    if bad:
        layer = next(layer for path, layer, _ in leaves if path == bad[0])
        return "the first layer whose output is not finite is {} ({})".format(
            bad[0], type(layer).__name__
        )
    return _bad_gradient([path for path, _, _ in leaves], _bad(gradients, session, feed))


def find_bad_weight(modules: Dict[str, Module], gradients: Dict[str, Tensor], session: Any) -> str:
    """Names the first weight that is not finite, or whose gradient is not.

    Args:
        modules: By their names in a checkpoint.
        gradients: The gradient of each weight by its path, of the batch in question.
        session: With the weights in question.

    Returns:
        A phrase for a message, or an empty string if all of that is finite.
    """
    bad = _bad(trainable_variables(modules), session, {})
    if bad:
        return "the weight {} is not finite".format(bad[0])
    return _bad_gradient([], _bad(gradients, session, {}))


def _leaves(
    bijection: Bijection, x: Nest, context: Optional[Nest], training: bool, path: str
) -> Iterator[Tuple[str, Bijection, Nest]]:
    """The innermost layers in the order of the forward direction, with what they return."""
    is_leaf = True
    for name, part, part_input in bijection._parts(x, context):
        is_leaf = False
        yield from _leaves(part, part_input, context, training, path + "/" + name)
    if is_leaf:
        yield path, bijection, bijection.forward_and_log_det(x, context, training)


def _bad_gradient(leaf_paths: List[str], bad: List[str]) -> str:
    for leaf_path in reversed(leaf_paths):
        inside = [path for path in bad if path.startswith(leaf_path + "/")]
        if inside:
            return "the outputs are finite, but not the gradient of {}".format(inside[0])
    return "the weights are finite, but not the gradient of {}".format(bad[0]) if bad else ""


def _bad(nests: Dict[str, Nest], session: Any, feed: dict) -> List[str]:
    """The names of those that are not finite throughout."""
    flags = [
        tf.reduce_all([tf.constant(True)] + [is_finite(leaf) for leaf in floating_leaves(nest)])
        for nest in nests.values()
    ]
    return [name for name, is_good in zip(nests, session.run(flags, feed)) if not is_good]

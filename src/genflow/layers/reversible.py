"""Backpropagation that rebuilds what the layers of a chain computed from its output."""

from typing import List, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.core.types import Nest, Tensor
from genflow.layers.steps import (
    Gradients,
    Step,
    copied,
    floating,
    gradients_of,
    run_with_backward,
    trained_variables,
)


def reversible(
    steps: Sequence[Step], x: Nest, context: Optional[Nest] = None
) -> Tuple[Nest, Tensor]:
    """Keeps only the output of a chain for the backward pass, which inverts layer by layer.

    Given as `Chain(layers, backprop=reversible)`. The backward pass goes through the layers from
    the last to the first: it computes the input of each from its output by the inverse, and
    then the layer again, for its gradients. So a chain of any length needs the memory of

        its output + the inside of one layer

    in about 5/3 of the time. The gradients are those at the rebuilt inputs, and hence as
    exact as the inverse is: layers that barely can be inverted, such as a coupling whose
    scale is nearly 0, spoil them. `recompute` does not have this problem. See there for
    what a layer must not do. On TensorFlow 1.15, a tape around the call of a `tf.function`
    cannot differentiate an inverse 1x1 convolution: put the tape inside.

    Args:
        steps: What the chain runs.
        x: Its input.
        context: Conditioning input.

    Returns:
        `y` and `log_det`.

    Raises:
        ValueError: If a layer draws noise, or differs in training and this is training.

    Example:
        >>> from genflow.layers import ActNorm, Chain, Invertible1x1Conv
        >>> steps = [Chain([ActNorm(), Invertible1x1Conv()]) for _ in range(3)]
        >>> Chain(steps, backprop=reversible).forward(tf.ones([2, 4, 4, 6])).shape.as_list()
        [2, 4, 4, 6]

    References:
        Gomez, Ren, Urtasun and Grosse, The Reversible Residual Network: Backpropagation
        Without Storing Activations, 2017. https://arxiv.org/abs/1707.04585
    """

    def backward(outputs: Tuple[Nest, Tensor], upstream: List[Tensor]) -> Gradients:
        return _from_the_end(steps, outputs[0], context, upstream)

    return run_with_backward(steps, x, context, backward)


def _from_the_end(
    steps: Sequence[Step], y: Nest, context: Optional[Nest], upstream: List[Tensor]
) -> Gradients:
    context_total, variable_totals = [None] * len(floating(context)), {}
    for step in reversed(steps):
        with tf.control_dependencies(upstream):
            x, _ = step.undo(copied(y), copied(context), step.training)
        found = gradients_of([step], x, context, upstream)
        context_total = [_sum(a, b) for a, b in zip(context_total, found.context)]
        for variable, gradient in zip(trained_variables([step]), found.variables):
            total = variable_totals.get(id(variable))
            variable_totals[id(variable)] = _sum(total, gradient)
        y, upstream = x, _zeros_for_none(found.x, x) + upstream[-1:]
    variables = [variable_totals[id(variable)] for variable in trained_variables(steps)]
    return Gradients(found.x, context_total, variables)


def _sum(total: Optional[Tensor], gradient: Optional[Tensor]) -> Optional[Tensor]:
    if total is None or gradient is None:
        return gradient if total is None else total
    return total + gradient


def _zeros_for_none(gradients: List[Optional[Tensor]], x: Nest) -> List[Tensor]:
    return [tf.zeros_like(a) if g is None else g for g, a in zip(gradients, floating(x))]

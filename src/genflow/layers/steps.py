"""What a chain runs, and how a backward pass of its own is put in the place of the usual one."""

import contextlib
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from genflow.core.types import Nest, Tensor


class Step(NamedTuple):
    """A layer, in the direction in which a chain runs it.

    `apply` and `undo` are its `forward_and_log_det` and `inverse_and_log_det`, or the other
    way round; `training` is what they are called with.
    """

    layer: Bijection
    apply: Callable[[Nest, Optional[Nest], bool], Tuple[Nest, Tensor]]
    undo: Callable[[Nest, Optional[Nest], bool], Tuple[Nest, Tensor]]
    training: bool


class Gradients(NamedTuple):
    """The gradients of what goes into steps; `None` where nothing depends on it."""

    x: List[Optional[Tensor]]
    context: List[Optional[Tensor]]
    variables: List[Optional[Tensor]]


# From the outputs `(y, log_det)` and the gradients of their leaves.
Backward = Callable[[Tuple[Nest, Tensor], List[Tensor]], Gradients]


def run(steps: Sequence[Step], x: Nest, context: Optional[Nest]) -> Tuple[Nest, Tensor]:
    """Applies the steps one after the other; gives `y` and the sum of the log-determinants."""
    log_dets = []
    for step in steps:
        x, log_det = step.apply(x, context, step.training)
        log_dets.append(log_det)
    return x, sum(log_dets)


def run_with_backward(
    steps: Sequence[Step], x: Nest, context: Optional[Nest], backward: Backward
) -> Tuple[Nest, Tensor]:
    """Applies the steps, and keeps nothing of their inside: `backward` gives the gradients.

    Args:
        steps: The steps.
        x: What the first of them takes.
        context: Conditioning input.
        backward: Gives the gradients of the floating leaves of `x` and `context`, and of
            `trained_variables(steps)`.

    Returns:
        What `run` returns.

    Raises:
        ValueError: If a layer draws noise, or differs in training and this is training.
    """
    _check_repeatable(steps)
    with _unrecorded():
        inside = run(steps, x, context)
    # Cut off in graphs, and not on the tape when eager: the sources are the only way back.
    results = [tf.stop_gradient(leaf) for leaf in tree.flatten(inside)]
    # The values of the variables are sources like any other: what `tf.custom_gradient` finds
    # out by itself about variables differs between modes and versions.
    values = [tf.convert_to_tensor(variable) for variable in trained_variables(steps)]

    @tf.custom_gradient
    def replaced(*sources: Tensor) -> Tuple[List[Tensor], Callable]:
        def gradient(*upstream: Tensor) -> List[Optional[Tensor]]:
            pairs = zip(upstream, results)
            found = backward(outputs, [_dense(g) for g, y in pairs if y.dtype.is_floating])
            return found.x + found.context + found.variables

        return [tf.identity(result) for result in results], gradient

    sources = floating(x) + floating(context) + values
    outputs = tree.unflatten_as(inside, replaced(*sources) if sources else results)
    return outputs


def gradients_of(
    steps: Sequence[Step], x: Nest, context: Optional[Nest], upstream: Sequence[Tensor]
) -> Gradients:
    """Computes the steps again, and takes the gradients of what goes in.

    The order is enforced by control dependencies, without which a graph would compute
    everything at once and hold it: the computation starts when all of `upstream` is there,
    and the gradients of `x` and `context` leave when those of the variables are there too.
    """
    variables = trained_variables(steps)
    with tf.control_dependencies(upstream), tf.GradientTape() as tape:
        x, context = copied(x), copied(context)
        inputs = floating(x), floating(context)
        tape.watch(inputs)
        outputs = floating(run(steps, x, context))
    found = tape.gradient(outputs, inputs + (variables,), output_gradients=list(upstream))
    found = tree.map_structure(_dense, found)
    with tf.control_dependencies([leaf for leaf in tree.flatten(found) if leaf is not None]):
        return Gradients(copied(found[0]), copied(found[1]), found[2])


def trained_variables(steps: Sequence[Step]) -> List[tf.Variable]:
    """The trainable variables of all steps, each once."""
    found = {}
    for step in steps:
        for variable in step.layer.trainable_variables:
            found.setdefault(id(variable), variable)
    return [found[key] for key in found]


def floating(nest: Nest) -> List[Tensor]:
    """The leaves that have gradients."""
    return [leaf for leaf in tree.flatten(nest) if leaf is not None and leaf.dtype.is_floating]


def copied(nest: Nest) -> Nest:
    """New tensors in the place of the same values, made where control dependencies hold."""
    return tree.map_structure(lambda leaf: None if leaf is None else tf.identity(leaf), nest)


def _dense(gradient: Any) -> Optional[Tensor]:
    return None if gradient is None else tf.convert_to_tensor(gradient)


@contextlib.contextmanager
def _unrecorded() -> Iterator[None]:
    """Pauses every tape when executing eagerly; in a graph, tapes hold no values."""
    if not tf.executing_eagerly():
        yield
        return
    with tf.init_scope():
        yield


def _check_repeatable(steps: Sequence[Step]) -> None:
    for step in steps:
        for module in (step.layer,) + tuple(step.layer.submodules):
            if getattr(module, "draws_noise", False):
                raise ValueError(
                    "A chain that computes its layers again in the backward pass cannot hold `{}`, "
                    "which would draw other noise then: put it before the chain.".format(
                        module.name
                    )
                )
            if step.training and getattr(module, "differs_in_training", False):
                raise ValueError(
                    "A chain that computes its layers again in the backward pass cannot be trained "
                    "with `{}` in it, which would drop or count everything twice: leave out "
                    "`backprop`.".format(module.name)
                )

"""Loading the checkpoints of the reference implementation of Glow into a flow."""

import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.distributions import Flow
from genflow.training import CheckpointError
from glow_original_file import AVERAGE, Original, as_arguments, listed
from glow_original_variables import Sources, model_sources

# The optimizer's step and moments have no names of their own in the original. The classifier
# serves the loss of --weight_y only, not the density.
_TRAINING_ONLY = re.compile(r"Variable(_\d+)?$|model/classifier/(W|b|logs)$")


def load_original(
    flow: Flow,
    checkpoint: str,
    session: Any = None,
    average: bool = False,
    classifier: Optional[Module] = None,
) -> List[str]:
    """Sets the variables of a flow to those of an original checkpoint.

    All or nothing: a checkpoint that does not fit changes nothing. Nothing is added to the
    graph.

    Args:
        flow: What `make_model` returns, with variables: called once, with labels if it is
            class-conditional. Its permutations that are no matrices get the original's order.
        checkpoint: Path of the checkpoint: what the names of its files begin with.
        session: Where the variables live; not needed when executing eagerly.
        average: Whether to take the averaged weights instead of the last ones.
        classifier: The layer that makes logits, such as `ZerosDense`, with its variables; its
            input must be the mean over all positions of what the top prior gets. Without it
            the original's is left out.

    Returns:
        The names in the checkpoint that were not needed: the optimizer's, the averages or the
        last weights, and the classifier's if there is none here.

    Raises:
        CheckpointError: If the checkpoint cannot be read, does not fit, or is damaged.
        ValueError: If the flow is not such a one, or there is no session.
    """
    session = session or tf.compat.v1.get_default_session()
    if session is None and not tf.executing_eagerly():
        raise ValueError("`session` must be the session that holds the variables; got none.")
    values, left = read_original(flow, checkpoint, average, classifier)
    if session is None:
        for variable, value in values:
            variable.assign(value)
        return left
    # The variables' own initialisers with other values: no constants, no new operations.
    operations = [variable.initializer for variable, _ in values]
    feed = {op.inputs[1]: value for op, (_, value) in zip(operations, values)}
    session.run(operations, feed)
    return left


def read_original(
    flow: Flow, checkpoint: str, average: bool = False, classifier: Optional[Module] = None
) -> Tuple[List[Tuple[tf.Variable, np.ndarray]], List[str]]:
    """Reads, checks and converts an original checkpoint; see `load_original`.

    Returns:
        The variables with their new values, and the names that were not needed.
    """
    original = Original(checkpoint)
    sources = model_sources(flow, classifier, original.has_shuffles)
    stored = {
        name: name + AVERAGE if average and variable.trainable else name
        for variable, source in sources
        for name in source.names
    }
    check_fit(original, sources, stored)
    values, damaged = [], set()
    for variable, source in sources:
        tensors = [original.read(stored[name]) for name in source.names]
        if all(np.all(np.isfinite(tensor)) for tensor in tensors):
            values.append((variable, source.convert(*tensors)))
        else:
            damaged.update(source.names)
    if damaged:
        raise CheckpointError(
            "{} holds values that are not finite, in {}: take an earlier checkpoint.".format(
                original.path, listed(damaged)
            )
        )
    return values, sorted(set(original.stored) - set(stored.values()))


def check_fit(original: Original, sources: Sources, stored: Dict[str, str]) -> None:
    """Refuses names, shapes and types that do not fit, all in one message."""
    problems = []
    missing = [name for name in stored.values() if name not in original.stored]
    left_over = [n for n in original.shapes if n not in stored and not _TRAINING_ONLY.match(n)]
    for names, verb in ((missing, "missing"), (left_over, "left over")):
        if names:
            problems.append("{} {}: {}".format(len(names), verb, listed(names)))
    for variable, source in sources:
        dtype = tf.int32 if variable.dtype.is_integer else tf.float32
        for name in (stored[name] for name in source.names if stored[name] in original.stored):
            found = "{} {}".format(original.dtypes[name].name, original.stored[name])
            needed = "{} {}".format(dtype.name, source.shape)
            problem = "{} must be {}; it is {}".format(name, needed, found)
            if found != needed and problem not in problems:
                problems.append(problem)
    if problems:
        more = ["and {} more like these".format(len(problems) - 10)] if len(problems) > 10 else []
        raise CheckpointError(
            "{} does not fit the model. {}. {}".format(
                original.path, ". ".join(problems[:10] + more), remedy(original, missing)
            )
        )


def remedy(original: Original, missing: Sequence[str]) -> str:
    """What to do about a checkpoint that does not fit."""
    averages = any(name.endswith(AVERAGE) for name in original.stored)
    if not averages and any(name.endswith(AVERAGE) for name in missing):
        return "It holds no averages: load it without --average (`average=False`)."
    if missing and all(name + AVERAGE in original.stored for name in missing):
        return "It holds averages only: load it with --average (`average=True`)."
    if not original.flags():
        return "It does not look like one of the original Glow at all: is it the right file?"
    return (
        "It looks like {}, for images of {}: make the model with these flags; if it was, the "
        "file is not as the original wrote it.".format(
            " ".join(as_arguments(original.flags())), original.images()
        )
    )

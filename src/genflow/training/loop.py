"""The loop that all reference models share."""

import re
import time
from typing import Any, Callable, Dict, Optional, Sequence, Union

import tensorflow.compat.v2 as tf

from genflow.training.checkpoints import Checkpoints
from genflow.training.minimizer import Update
from genflow.training.schedules import every
from genflow.training.stop_signals import StopSignals, TrainingStopped

Session = Any
Metrics = Dict[str, Any]
# The updates of every step, or a function from the number of steps made to those of the next one.
Updates = Union[Sequence[Update], Callable[[int], Sequence[Update]]]

# Called after every step with the number of steps made, the metrics and the session.
Callback = Callable[[int, Metrics, Session], None]


class NonFiniteError(FloatingPointError):
    """A loss or a gradient is not finite; the message names the step and the place.

    Example:
        >>> issubclass(NonFiniteError, FloatingPointError)
        True
    """


def run_loop(
    updates: Updates,
    num_steps: int,
    checkpoints: Checkpoints,
    session: Session,
    callbacks: Sequence[Callback] = (),
    checkpoint_every: int = 1000,
    max_seconds: Optional[float] = None,
    diagnose: Optional[Callable[[int, Session], str]] = None,
    stop: Optional[StopSignals] = None,
) -> int:
    """Trains until the global step reaches `num_steps`.

    There is a checkpoint at the start, every `checkpoint_every` steps, at the end, and
    when training is stopped or a callback fails. The last update of a step must advance the
    global step.

    Args:
        updates: Run one after the other in each step; or a function from the number of steps
            made to the updates of the next step, where not all steps are alike.
        num_steps: Where to stop, counted from the start of training.
        checkpoints: Of the run; they hold the graph's variables already.
        session: As `checkpoints.open` returns it.
        callbacks: Called after each step, in this order.
        checkpoint_every: Steps between checkpoints; 0 for none on the way.
        max_seconds: Stop after this time, wherever training is.
        diagnose: From a step whose update was not finite, and the session, whose weights are as
            they were before that update, to the name of the place at fault; or an empty string.
        stop: Asked between steps whether to stop; callbacks may ask it too.

    Returns:
        The number of steps made, counted from the start of training.

    Raises:
        ValueError: If two updates have a metric of one name, or something that the graph does in
            Python, such as reading data, fails.
        RuntimeError: If the updates of a step do not advance the global step by one.
        NonFiniteError: If an update has a metric `is_finite` that is false. The message has the
            update's `reason`.
        TrainingStopped: If a signal came, after a checkpoint has been written.

    Example:
        >>> import tempfile
        >>> import tensorflow.compat.v2 as tf
        >>> with tf.Graph().as_default():
        ...     step = tf.compat.v1.train.get_or_create_global_step()
        ...     update = Update(op=step.assign_add(1), metrics={})
        ...     checkpoints = Checkpoints(tempfile.mkdtemp())
        ...     checkpoints.hold({})
        ...     with checkpoints.open() as session:
        ...         run_loop([update], num_steps=3, checkpoints=checkpoints, session=session)
        3

    References:
        Abadi et al., TensorFlow, 2016. https://arxiv.org/abs/1605.08695
    """
    updates_of = updates if callable(updates) else lambda step: updates
    step, is_time = checkpoints.step, every(checkpoint_every)
    _check_names(updates_of(step))
    stop = stop or StopSignals()
    if checkpoints.latest() is None:
        checkpoints.save(session, step)
    saved = step
    deadline = None if max_seconds is None else time.time() + max_seconds
    is_whole = True  # Not so while some updates of a step have been made and others not.
    try:
        while step < num_steps and (deadline is None or time.time() < deadline):
            stop.check()
            is_whole = False
            metrics = _run(updates_of(step), step + 1, session, diagnose)
            step, is_whole = step + 1, True
            if saved == step - 1:  # Now and then will do.
                _check_global_step(session, step)
            for callback in callbacks:
                callback(step, metrics, session)
            if is_time(step):
                checkpoints.save(session, step)
                saved = step
    except (Exception, TrainingStopped):
        # Whatever happened between two steps, the steps that were made are kept. Not so at a
        # second Ctrl-C, which may come at a moment when the session is not what it should be.
        if is_whole and saved != step:
            checkpoints.save(session, step)
        raise
    if saved != step:
        checkpoints.save(session, step)
    return step


def _check_names(updates: Sequence[Update]) -> None:
    different = {id(update.op): update for update in updates}.values()
    names = [name for update in different for name in update.metrics if name != "is_finite"]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            "Two updates of a step have metrics of one name ({}): give them names of their own, "
            "as by `Minimizer.update(..., name=...)`.".format(", ".join(twice))
        )


def _check_global_step(session: Session, step: int) -> None:
    with session.graph.as_default():
        found = int(session.run(tf.compat.v1.train.get_or_create_global_step()))
    if found != step:
        raise RuntimeError(
            "After step {} the global step is {}: the last update of a step, and no other, must "
            "advance it by one.".format(step, found)
        )


def _run(
    updates: Sequence[Update],
    step: int,
    session: Session,
    diagnose: Optional[Callable[[int, Session], str]],
) -> Metrics:
    metrics = {}
    for update in updates:
        try:
            metrics.update(session.run([update.op, update.metrics])[1])
        except tf.errors.OpError as error:
            raise _explained(error, step) from error
        if not metrics.pop("is_finite", True):
            place = "" if diagnose is None else diagnose(step, session)
            raise NonFiniteError(_failure(update.reason, step, metrics, place))
    return metrics


def _failure(reason: str, step: int, metrics: Metrics, place: str) -> str:
    """Says why training ends with an update that was not made, and how to go on."""
    what = "The loss or the gradient of step {} is not finite ({}){}. That update was not made"
    how = "a lower learning rate or with gradients clipped"
    if reason:
        what = "Training ends at step {}, for " + reason + " ({}){}. None of them was made"
        how = "a lower learning rate, gradients clipped, or another loss scale (`--loss_scale`)"
    return (what + ", and the last checkpoint is intact: go on from it with {}.").format(
        step, _losses(metrics), ": " + place if place else "", how
    )


def _losses(metrics: Metrics) -> str:
    names = [name for name in sorted(metrics) if name.endswith(("loss", "loss_scale"))]
    return ", ".join("{} {}".format(name, metrics[name]) for name in names)


def _explained(error: Exception, step: int) -> Exception:
    """An error of a Python function inside the graph, reading data say, with its own words."""
    found = re.search(r"^(\w+(?:Error|Exception)): (.+)$", error.message, re.MULTILINE)
    if found and "PyFunc" in error.message:
        return ValueError("Step {}: {}".format(step, found.group(2)))
    if "invertible" in error.message:
        return NonFiniteError(
            "Step {} cannot be computed, for a matrix has become singular. The last checkpoint is "
            "intact: go on from it with a lower learning rate.".format(step)
        )
    return error

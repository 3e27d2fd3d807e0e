"""The loop that all reference models share."""

import os
import time
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence

import tensorflow.compat.v2 as tf

Session = Any
Metrics = Dict[str, Any]


class Update(NamedTuple):
    """One `session.run` of a training step.

    A flow has one update a step; a GAN has one or more for each of its two networks.
    """

    op: Any
    metrics: Dict[str, Any]


# Called after every step with the number of steps made, the metrics and the session.
Callback = Callable[[int, Metrics, Session], None]


def run_loop(
    updates: Sequence[Update],
    num_steps: int,
    run_dir: str,
    saver: tf.compat.v1.train.Saver,
    callbacks: Sequence[Callback] = (),
    initialize: Optional[Callable[[Session], None]] = None,
    local_init_op: Any = None,
    checkpoint_every: int = 1000,
    max_seconds: Optional[float] = None,
    finish: Optional[Callable[[int, Session], None]] = None,
) -> int:
    """Trains in a session until the global step reaches `num_steps`.

    A run that has a checkpoint in `run_dir` goes on from it. The last update of a step
    must advance the global step.

    Args:
        updates: Run one after the other in each step.
        num_steps: Where to stop, counted from the start of training.
        run_dir: Folder of the checkpoints.
        saver: Stores and restores every variable; see `make_saver`.
        callbacks: Called after each step, in this order.
        initialize: Called with the session when a run starts anew, after the variables'
            initialisers: the place of data-dependent initialisation.
        local_init_op: Run whenever a session is made, such as iterators' initialisers.
        checkpoint_every: Steps between checkpoints; there is one at the start, at the end
            and when the user interrupts training, in any case. A step is checkpointed only
            after the callbacks have seen it, so one that raises keeps the last good one.
        max_seconds: Stop after this time, wherever training is.
        finish: Called at the end with the number of steps made and the session.

    Returns:
        The number of steps made, counted from the start of training.

    Raises:
        CheckpointError: If the newest checkpoint in `run_dir` cannot be restored.

    Example:
        >>> import tempfile
        >>> with tf.Graph().as_default():
        ...     step = tf.compat.v1.train.get_or_create_global_step()
        ...     saver = tf.compat.v1.train.Saver()
        ...     update = Update(op=step.assign_add(1), metrics={})
        ...     run_loop([update], num_steps=3, run_dir=tempfile.mkdtemp(), saver=saver)
        3

    References:
        Abadi et al., TensorFlow, 2016. https://arxiv.org/abs/1605.08695
    """
    global_step = tf.compat.v1.train.get_or_create_global_step()
    prefix = os.path.join(run_dir, "model.ckpt")
    with _session(run_dir, saver, initialize, local_init_op) as session:
        step = int(session.run(global_step))
        if latest_checkpoint(run_dir) is None:
            saver.save(session, prefix, global_step=step)
        deadline = None if max_seconds is None else time.time() + max_seconds
        try:
            while step < num_steps and (deadline is None or time.time() < deadline):
                metrics = {}
                for update in updates:
                    metrics.update(session.run([update.op, update.metrics])[1])
                step += 1
                for callback in callbacks:
                    callback(step, metrics, session)
                if step % checkpoint_every == 0:
                    saver.save(session, prefix, global_step=step)
        except KeyboardInterrupt:
            saver.save(session, prefix, global_step=int(session.run(global_step)))
            raise
        # Before anything else that could fail.
        saver.save(session, prefix, global_step=step)
        if finish is not None:
            finish(step, session)
    return step


def _session(
    run_dir: str,
    saver: tf.compat.v1.train.Saver,
    initialize: Optional[Callable[[Session], None]],
    local_init_op: Any,
) -> Session:
    """A session whose variables are initialised, or restored from the newest checkpoint."""
    v1 = tf.compat.v1
    local_ops = [v1.local_variables_initializer(), v1.tables_initializer()]
    if local_init_op is not None:
        local_ops.append(local_init_op)
    manager = v1.train.SessionManager(local_init_op=tf.group(*local_ops))
    newest = latest_checkpoint(run_dir)
    try:
        return manager.prepare_session(
            "",
            init_op=v1.global_variables_initializer(),
            saver=saver,
            checkpoint_dir=run_dir,
            init_fn=initialize,
        )
    except _DAMAGED as error:
        if newest is None:
            raise
        raise CheckpointError(_damaged(newest, error)) from error


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message names it and says what to do.

    Example:
        >>> issubclass(CheckpointError, ValueError)
        True
    """


# What TensorFlow raises for checkpoints that are truncated or do not fit the graph.
_DAMAGED = (tf.errors.OpError, IndexError, ValueError)


def latest_checkpoint(run_dir: str) -> Optional[str]:
    """The newest checkpoint of a run, or `None` if there is none.

    Args:
        run_dir: Folder of the run.

    Returns:
        The beginning of the paths of its files.

    Raises:
        CheckpointError: If there are checkpoints but not the file that says which is the
            newest, or the path has characters that TensorFlow takes for a pattern.

    Example:
        >>> latest_checkpoint("no such folder") is None
        True
    """
    if any(character in run_dir for character in "*?[]"):
        raise CheckpointError(
            "TensorFlow cannot find checkpoints in a folder with any of * ? [ ] in its path: "
            "choose another than {}.".format(run_dir)
        )
    if not os.path.isdir(run_dir):
        return None
    newest = tf.train.latest_checkpoint(run_dir)
    left = sorted(name for name in os.listdir(run_dir) if name.endswith(".index"))
    if newest is None and left:
        raise CheckpointError(
            "{} holds checkpoints ({}) but no file `checkpoint` that names the newest: restore "
            "that file, or choose another folder.".format(run_dir, ", ".join(left))
        )
    return newest


def checkpointed_step(run_dir: str) -> int:
    """The step of the newest checkpoint of a run; 0 if there is none.

    Args:
        run_dir: Folder of the run.

    Returns:
        The number of steps made.

    Raises:
        CheckpointError: If the checkpoint cannot be read; see `latest_checkpoint`.

    Example:
        >>> checkpointed_step("no such folder")
        0
    """
    newest = latest_checkpoint(run_dir)
    if newest is None:
        return 0
    try:
        return int(tf.train.load_variable(newest, "global_step"))
    except _DAMAGED as error:
        raise CheckpointError(_damaged(newest, error)) from error


def _damaged(path: str, error: Exception) -> str:
    reason = str(error).strip().split("\n")[0]
    return (
        "The checkpoint {} is damaged or does not fit the model ({}). To go on from an older one "
        "of the folder, name that in its file `checkpoint`; nothing was changed.".format(
            path, reason
        )
    )

"""The loop that all reference models share."""

import contextlib
import os
import time
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Sequence

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
        checkpoint_every: Steps between checkpoints; there is one at the end in any case.
        max_seconds: Stop after this time, wherever training is.
        finish: Called at the end with the number of steps made and the session.

    Returns:
        The number of steps made, counted from the start of training.

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
    with _session(run_dir, saver, initialize, local_init_op, checkpoint_every) as session:
        step = int(session.run(global_step))
        deadline = None if max_seconds is None else time.time() + max_seconds
        while step < num_steps and (deadline is None or time.time() < deadline):
            metrics = {}
            for update in updates:
                metrics.update(session.run([update.op, update.metrics])[1])
            step += 1
            for callback in callbacks:
                callback(step, metrics, session)
        if finish is not None:
            finish(step, session)
    return step


@contextlib.contextmanager
def _session(
    run_dir: str,
    saver: tf.compat.v1.train.Saver,
    initialize: Optional[Callable[[Session], None]],
    local_init_op: Any,
    checkpoint_every: int,
) -> Iterator[Session]:
    """A monitored session: initialised or restored, with checkpoints on the way."""
    train = tf.compat.v1.train
    local_ops = [tf.compat.v1.local_variables_initializer(), tf.compat.v1.tables_initializer()]
    if local_init_op is not None:
        local_ops.append(local_init_op)
    scaffold = train.Scaffold(
        saver=saver,
        local_init_op=tf.group(*local_ops),
        init_fn=None if initialize is None else lambda _, session: initialize(session),
    )
    hook = train.CheckpointSaverHook(run_dir, save_steps=checkpoint_every, scaffold=scaffold)
    creator = train.ChiefSessionCreator(scaffold, checkpoint_dir=run_dir)
    with train.MonitoredSession(creator, hooks=[hook]) as session:
        yield session


def checkpointed_step(run_dir: str) -> int:
    """The step of the newest checkpoint in a folder; 0 if there is none."""
    path = tf.train.latest_checkpoint(run_dir) if os.path.isdir(run_dir) else None
    return 0 if path is None else int(tf.train.load_variable(path, "global_step"))

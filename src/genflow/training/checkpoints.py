"""The checkpoints of a run: what they hold, where they are, and how a run goes on from one."""

import contextlib
import json
import os
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow import ascend
from genflow.training.checkpoint_files import (
    BEST,
    DAMAGED,
    PREFIX,
    STATE,
    CheckpointError,
    check_fit,
    checkpoint_names,
    damaged,
    latest_checkpoint,
    listed_checkpoints,
    read_best,
    read_state,
    read_step,
    reason_of,
    remove_orphans,
    resolve_checkpoint,
)

Session = Any
# Opens a session on the default graph, and closes it, as `genflow.ascend.session` does.
OpenSession = Callable[[], ContextManager[Session]]


class Checkpoints:
    """The checkpoints in the folder of a run: the last ones, and the best.

    A checkpoint holds all that a run needs to go on as if it had never stopped: every
    variable under its attribute path, the optimizers' slots, the averages of the
    weights, the global step, and `state`, a dictionary of what is known outside the
    graph: best metric, sums not yet logged, configuration. It appears under its
    name only when it is whole, and the one before it goes only after that.

    The last ones are `model.ckpt-<step>`; the best ones, in the folder `best`, are made
    by `save_best`.

    Attributes:
        step: Number of steps made.
        state: See above; what is changed in it is in the next checkpoint.
        path: The checkpoint that the run goes on from, or `None`.
        goes_on: Whether that is one of the run's own.

    Example:
        >>> import tempfile
        >>> run_dir = tempfile.mkdtemp()
        >>> with tf.Graph().as_default():
        ...     step = tf.compat.v1.train.get_or_create_global_step()
        ...     checkpoints = Checkpoints(run_dir)
        ...     checkpoints.hold({})
        ...     with checkpoints.open() as session:
        ...         checkpoints.state["meter"] = {"loss": [3.5]}
        ...         checkpoints.save(session, 0)
        >>> Checkpoints(run_dir).state
        {'meter': {'loss': [3.5]}}

    References:
        Abadi et al., TensorFlow, 2016, section 4.3. https://arxiv.org/abs/1605.08695
    """

    def __init__(
        self,
        run_dir: str,
        restore_path: Optional[str] = None,
        resume: bool = True,
        keep: int = 3,
    ) -> None:
        """Finds where the run stands.

        Args:
            run_dir: Folder of the run; it need not exist.
            restore_path: A checkpoint of another run, or that run's folder, to go on from.
            resume: Whether a checkpoint in `run_dir` goes before `restore_path`.
            keep: How many of the last checkpoints stay on disk; at least 2, so that there
                is a whole one while the next is written.

        Raises:
            ValueError: If `keep` is less than 2.
            CheckpointError: If a checkpoint is damaged, or `restore_path` is none.
        """
        if keep < 2:
            raise ValueError("`keep` must be at least 2; got {}.".format(keep))
        self.run_dir, self._keep = run_dir, keep
        own = latest_checkpoint(run_dir) if resume or not restore_path else None
        self.path = own or (resolve_checkpoint(restore_path) if restore_path else None)
        self.step = 0 if self.path is None else read_step(self.path)
        self.state = {} if self.path is None else read_state(self.path)
        # The best is what is in the folder: another run's is not, and a run that was killed may
        # have found it after its last checkpoint.
        self.state.pop(BEST, None)
        best = latest_checkpoint(os.path.join(run_dir, BEST))
        if resume and own is None and best is not None:
            raise CheckpointError(
                "{} has lost its last checkpoints but holds the best one: start from that in "
                "another folder, with `restore_path` (`--restore_path`) {}.".format(
                    run_dir, os.path.dirname(best)
                )
            )
        if own is not None and best is not None:
            self.state[BEST] = read_best(best)
        self.goes_on = own is not None

    def hold(self, variables: Dict[str, tf.Variable], config: Any = None) -> None:
        """Says what the checkpoints hold, in the default graph, when it is complete.

        Args:
            variables: By their names in the checkpoint; see `named_state`. Whatever else
                there is in the graph is added under the name that it has there.
            config: What is put into the state as `config`; anything that is JSON.
        """
        with tf.device("/cpu:0"):
            text = tf.Variable("{}", dtype=tf.string, trainable=False, name="run_state")
            self._new_text = tf.compat.v1.placeholder(tf.string, [])
            self._put_text = text.assign(self._new_text, read_value=False)
        if config is not None:
            self.state["config"] = config
        named = dict(variables)
        named[STATE] = text
        named.update(_others(tf.compat.v1.global_variables(), named.values()))
        self._named = named
        self._shapes = {name: variable.shape.as_list() for name, variable in named.items()}
        self._saver = _saver(named, self._keep)
        self._best_saver = _saver(named, 2)

    def open(
        self,
        initialize: Optional[Callable[[Session], None]] = None,
        local_init_op: Any = None,
        open_session: Optional[OpenSession] = None,
        read_only: bool = False,
    ) -> ContextManager[Session]:
        """A session whose variables are initialised, or restored; closed when it is left.

        Args:
            initialize: Called with the session when a run starts anew, after the variables'
                initialisers: the place of data-dependent initialisation.
            local_init_op: Run in any case, such as iterators' initialisers.
            open_session: Opens the session, on the default graph; by default
                `genflow.ascend.session`, which takes an NPU or a GPU if there is one.
            read_only: Whether nothing will be saved; another process may then go on training.

        Raises:
            CheckpointError: If the checkpoint does not fit the graph. Nothing is changed.
        """
        self._restored = set() if self.path is None else check_fit(self.path, self._shapes)
        return self._opened(initialize, local_init_op, open_session or ascend.session, read_only)

    @contextlib.contextmanager
    def _opened(
        self,
        initialize: Optional[Callable[[Session], None]],
        local_init_op: Any,
        open_session: OpenSession,
        read_only: bool,
    ) -> Iterator[Session]:
        # All is made before the session: on an NPU, every change of a graph costs a compilation.
        v1, saver = tf.compat.v1, self._saver
        if self._restored and self._restored != set(self._named):
            saver = _saver({name: self._named[name] for name in self._restored}, self._keep)
        start = v1.variables_initializer(
            [variable for name, variable in self._named.items() if name not in self._restored]
        )
        local_ops = [v1.local_variables_initializer(), v1.tables_initializer()]
        local_ops += [] if local_init_op is None else [local_init_op]
        with open_session() as opened:
            opened.run(start)
            if self.path is not None:
                self._restore(opened, saver)
            elif initialize is not None:
                initialize(opened)
            # One run for each: an NPU leaves a graph with the initialiser of an iterator alone,
            # and would not set the variables in it.
            for op in local_ops:
                opened.run(op)
            if self.goes_on and not read_only:
                _go_on(self._saver, self.run_dir)
                _go_on(self._best_saver, os.path.join(self.run_dir, BEST))
            yield opened

    def _restore(self, opened: Session, saver: tf.compat.v1.train.Saver) -> None:
        try:
            saver.restore(opened, self.path)
        except DAMAGED as error:
            raise CheckpointError(damaged(self.path, error)) from error

    def move_to(self, path: Optional[str] = None) -> None:
        """Makes a checkpoint the one to go on from.

        Args:
            path: See `restore_path` of the constructor; by default the newest in the folder.

        Raises:
            CheckpointError: If there is none.
        """
        path = resolve_checkpoint(path) if path else self.latest()
        if path is None:
            raise CheckpointError("There is no checkpoint in {}: train first.".format(self.run_dir))
        self.path, self.step, self.goes_on = path, read_step(path), True

    def latest(self) -> Optional[str]:
        """The newest checkpoint in the folder of the run; see `latest_checkpoint`."""
        return latest_checkpoint(self.run_dir)

    def save(self, session: Session, step: int) -> None:
        """Writes a checkpoint, after which the oldest goes."""
        self._write(self._saver, session, step, self.run_dir)

    def save_best(self, session: Session, step: int, value: float, kind: str = "") -> bool:
        """Writes a checkpoint into the folder `best` if no value before was as low.

        Args:
            session: Of the run.
            step: Number of steps made.
            value: Of the held-out metric.
            kind: How it was measured. A value of another kind is none to compare with: the first
                one of a kind is the best.

        Returns:
            Whether it is the best.
        """
        before = self.state.get(BEST)
        is_comparable = before is not None and before.get("kind", "") == kind
        # Not so if it is not a number, either.
        if not value < (before["value"] if is_comparable else float("inf")):
            return False
        folder = os.path.join(self.run_dir, BEST)
        os.makedirs(folder, exist_ok=True)
        self.state[BEST] = dict({"value": value, "step": step}, **({"kind": kind} if kind else {}))
        try:
            self._write(self._best_saver, session, step, folder)
        except OSError:
            self.state.pop(BEST)
            if before is not None:
                self.state[BEST] = before
            raise
        return True

    def _write(self, saver: Any, session: Session, step: int, folder: str) -> None:
        session.run(self._put_text, {self._new_text: json.dumps(self.state)})
        path = os.path.join(folder, PREFIX)
        try:
            saver.save(session, path, global_step=step, write_meta_graph=False)
        except (tf.errors.OpError, ValueError) as error:
            raise OSError(
                "The checkpoint {}-{} cannot be written ({}): make room or choose another folder. "
                "The checkpoints before it are intact.".format(path, step, reason_of(error))
            ) from error


def _saver(named: Dict[str, tf.Variable], keep: int) -> tf.compat.v1.train.Saver:
    # Relative, so that a folder that is copied or moved stays whole.
    return tf.compat.v1.train.Saver(named, max_to_keep=keep, save_relative_paths=True)


def _go_on(saver: tf.compat.v1.train.Saver, folder: str) -> None:
    """Lets a new saver count the checkpoints that are there, so that old ones go."""
    if not os.path.isdir(folder):
        return
    there = checkpoint_names(folder)
    listed = [name for name in listed_checkpoints(folder) if name in there]
    saver.recover_last_checkpoints([os.path.join(folder, name) for name in listed])
    remove_orphans(folder)


def _others(variables: List[tf.Variable], named: Sequence[tf.Variable]) -> Dict[str, tf.Variable]:
    """The global step and the like, under the names they have in the graph."""
    known = {id(variable) for variable in named}
    return {v.op.name: v for v in variables if id(v) not in known}

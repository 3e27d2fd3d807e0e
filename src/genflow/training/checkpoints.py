"""The checkpoints of a run: what they hold, where they are, and how a run goes on from one."""

import json
import os
import re
from typing import Any, Callable, Dict, List, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.optimizers import WeightAverage

Session = Any

_PREFIX = "model.ckpt"
_NAME = re.compile(r"model\.ckpt-\d+")
_STATE = "run/state"
_STEP = "global_step"
_BEST = "best"


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message names it and says what to do.

    Example:
        >>> issubclass(CheckpointError, ValueError)
        True
    """


# What TensorFlow raises for checkpoints that are truncated or do not fit the graph.
_DAMAGED = (tf.errors.OpError, IndexError, ValueError)


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
        self.step = 0 if self.path is None else _read_step(self.path)
        self.state = {} if self.path is None else read_state(self.path)
        # The best is what is in the folder: another run's is not, and a run that was killed may
        # have found it after its last checkpoint.
        self.state.pop(_BEST, None)
        best = latest_checkpoint(os.path.join(run_dir, _BEST))
        if resume and own is None and best is not None:
            raise CheckpointError(
                "{} has lost its last checkpoints but holds the best one: start from that in "
                "another folder, with `restore_path` (`--restore_path`) {}.".format(
                    run_dir, os.path.dirname(best)
                )
            )
        if own is not None and best is not None:
            self.state[_BEST] = _read_best(best)
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
        named[_STATE] = text
        named.update(_others(tf.compat.v1.global_variables(), named.values()))
        self._shapes = {name: variable.shape.as_list() for name, variable in named.items()}
        self._saver = _saver(named, self._keep)
        self._best_saver = _saver(named, 2)

    def open(
        self,
        initialize: Optional[Callable[[Session], None]] = None,
        local_init_op: Any = None,
        config: Optional[tf.compat.v1.ConfigProto] = None,
    ) -> Session:
        """A session whose variables are initialised, or restored.

        Args:
            initialize: Called with the session when a run starts anew, after the variables'
                initialisers: the place of data-dependent initialisation.
            local_init_op: Run in any case, such as iterators' initialisers.
            config: Of the session.

        Raises:
            CheckpointError: If the checkpoint does not fit the graph. Nothing is changed.
        """
        if self.path is not None:
            _check_fit(self.path, self._shapes)
        v1 = tf.compat.v1
        local_ops = [v1.local_variables_initializer(), v1.tables_initializer()]
        if local_init_op is not None:
            local_ops.append(local_init_op)
        manager = v1.train.SessionManager(local_init_op=tf.group(*local_ops))
        try:
            session = manager.prepare_session(
                "",
                init_op=v1.global_variables_initializer(),
                saver=self._saver,
                checkpoint_filename_with_path=self.path,
                config=config,
                init_fn=initialize,
            )
        except _DAMAGED as error:
            if self.path is None:
                raise
            raise CheckpointError(_damaged(self.path, error)) from error
        if self.goes_on:
            _go_on(self._saver, self.run_dir)
            _go_on(self._best_saver, os.path.join(self.run_dir, _BEST))
        return session

    def latest(self) -> Optional[str]:
        """The newest checkpoint in the folder of the run; see `latest_checkpoint`."""
        return latest_checkpoint(self.run_dir)

    def save(self, session: Session, step: int) -> None:
        """Writes a checkpoint, after which the oldest goes."""
        self._write(self._saver, session, step, self.run_dir)

    def save_best(self, session: Session, step: int, value: float) -> bool:
        """Writes a checkpoint into the folder `best` if no value before was as low.

        Args:
            session: Of the run.
            step: Number of steps made.
            value: Of the held-out metric.

        Returns:
            Whether it is the best.
        """
        before = self.state.get(_BEST, {"value": float("inf")})
        if not value < before["value"]:  # Also if it is not a number.
            return False
        folder = os.path.join(self.run_dir, _BEST)
        os.makedirs(folder, exist_ok=True)
        self.state[_BEST] = {"value": value, "step": step}
        try:
            self._write(self._best_saver, session, step, folder)
        except OSError:
            self.state[_BEST] = before
            raise
        return True

    def _write(self, saver: Any, session: Session, step: int, folder: str) -> None:
        session.run(self._put_text, {self._new_text: json.dumps(self.state)})
        path = os.path.join(folder, _PREFIX)
        try:
            saver.save(session, path, global_step=step, write_meta_graph=False)
        except (tf.errors.OpError, ValueError) as error:
            raise OSError(
                "The checkpoint {}-{} cannot be written ({}): make room or choose another folder. "
                "The checkpoints before it are intact.".format(path, step, _reason(error))
            ) from error


def named_state(
    modules: Dict[str, Module],
    optimizers: Dict[str, tf.compat.v1.train.Optimizer],
    averages: Optional[Dict[str, WeightAverage]] = None,
) -> Dict[str, tf.Variable]:
    """Every variable of the parts of a training, by its name in a checkpoint.

    Variables of the modules are called `<module>/<path>`, the optimizers' slots
    `<optimizer>/<slot>/<module>/<path>` and what else they have `<optimizer>/<name>`,
    averages `<average>/<module>/<path>`. Names in
    the graph depend on the order in which things were made, and on the TensorFlow
    version; these names do not.

    Args:
        modules: Modules by the name they have in the checkpoint.
        optimizers: Optimizers by the name they have in the checkpoint, after their
            train operations have been made.
        averages: Averages of the weights, likewise.

    Returns:
        A dictionary, as `tf.compat.v1.train.Saver` takes it.

    Example:
        >>> from genflow.layers import ActNorm
        >>> with tf.Graph().as_default():
        ...     layer = ActNorm()
        ...     y = layer.forward(tf.ones([2, 4, 4, 3]))
        ...     sorted(named_state({"model": layer}, {}))
        ['model/log_scale', 'model/shift']
    """
    named = {}
    for prefix, module in modules.items():
        for path, variable in module.named_variables().items():
            named["{}/{}".format(prefix, path)] = variable
    slots = {}
    for prefix, optimizer in optimizers.items():
        slots.update(_slots(prefix, optimizer, named))
    named.update(slots)
    for prefix, average in (averages or {}).items():
        for path, variable in average.named_variables().items():
            named["{}/{}".format(prefix, path)] = variable
    return named


def latest_checkpoint(run_dir: str) -> Optional[str]:
    """The newest checkpoint of a run, or `None` if there is none.

    Args:
        run_dir: Folder of the run.

    Returns:
        The beginning of the paths of its files.

    Raises:
        CheckpointError: If there are checkpoints but the file that says which is the newest is
            missing, damaged or wrong, or the path has characters that TensorFlow takes for a
            pattern.

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
    left = _indices(run_dir)
    listed = _listed_checkpoints(run_dir)
    if not listed:
        if left in ([], [_PREFIX + "-0"]):
            return None  # Or killed before it had made a step: there is nothing to lose.
        raise CheckpointError(_unlisted(run_dir, "is missing or empty"))
    if listed[-1] not in left:
        raise CheckpointError(_unlisted(run_dir, "names {}, which is not there".format(listed[-1])))
    return os.path.join(run_dir, listed[-1])


def _indices(run_dir: str) -> List[str]:
    """The checkpoints whose files are in a folder, the oldest first."""
    names = [name[: -len(".index")] for name in os.listdir(run_dir) if name.endswith(".index")]
    return sorted(filter(_NAME.fullmatch, names), key=lambda name: int(name.split("-")[1]))


def _listed_checkpoints(run_dir: str) -> List[str]:
    """The names that the file `checkpoint` lists, the newest last.

    Only names count: a folder may have been moved, and no file of another one is touched.
    """
    try:
        state = tf.train.get_checkpoint_state(run_dir)
    except (ValueError, tf.errors.OpError) as error:
        raise CheckpointError(
            _unlisted(run_dir, "cannot be read ({})".format(_reason(error)))
        ) from error
    if state is None:
        return []
    newest = os.path.basename(state.model_checkpoint_path)
    names = [os.path.basename(path) for path in state.all_model_checkpoint_paths]
    names = [name for name in names if name != newest] + [newest]
    if not _NAME.fullmatch(newest):
        raise CheckpointError(
            "{} holds checkpoints that are not of a run ({}): choose another folder.".format(
                run_dir, newest
            )
        )
    return list(filter(_NAME.fullmatch, names))


def _unlisted(run_dir: str, problem: str) -> str:
    left = _indices(run_dir)
    remedy = "choose another folder"
    if left:
        remedy = 'write the line `model_checkpoint_path: "{}"` into it, or {}'.format(
            left[-1], remedy
        )
    return "The file {}, which says which checkpoint is the newest, {}: {}.".format(
        os.path.join(run_dir, "checkpoint"), problem, remedy
    )


def resolve_checkpoint(path: str) -> str:
    """The checkpoint that a path names: its prefix, one of its files, or a run's folder."""
    newest = latest_checkpoint(path)
    if newest is not None:
        return newest
    prefix = path[: -len(".index")] if path.endswith(".index") else path
    if not os.path.exists(prefix + ".index"):
        raise CheckpointError(
            "`restore_path` must be a checkpoint (such as runs/a/model.ckpt-100) or the folder of "
            "a run that has one; there is none at {}.".format(path)
        )
    return prefix


def _read(path: str, name: str) -> Any:
    try:
        return tf.train.load_variable(path, name)
    except _DAMAGED as error:
        raise CheckpointError(_damaged(path, error)) from error


def read_state(path: str) -> dict:
    """What a checkpoint holds beside the variables."""
    text = _read(path, _STATE)
    try:
        state = json.loads(text.decode("utf-8"))
        _check_state(state)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(_damaged(path, error)) from error
    return state


def _check_state(state: Any) -> None:
    if not isinstance(state, dict):
        raise TypeError("its state is no JSON object")
    for name, value in state.items():
        if name != "config" and not isinstance(value, dict):
            raise TypeError("`{}` of its state is no JSON object".format(name))
    numbers = list(state.get("pending", {}).values())
    for values in state.get("meter", {}).values():
        numbers += values
    for number in numbers:
        if not isinstance(number, (int, float)):
            raise TypeError("its state has {!r} in the place of a number".format(number))


def _read_step(path: str) -> int:
    step = _read(path, _STEP)
    if getattr(step, "shape", None) != () and not isinstance(step, int) or not 0 <= step < 2**31:
        raise CheckpointError(_damaged(path, ValueError("its `global_step` is {!r}".format(step))))
    return int(step)


def _check_fit(path: str, shapes: Dict[str, List[int]]) -> None:
    """Refuses a checkpoint of another model."""
    stored = {name: list(shape) for name, shape in tf.train.list_variables(path)}
    different = [
        "{} is {} instead of {}".format(name, stored[name], shape)
        for name, shape in sorted(shapes.items())
        if stored.get(name, shape) != shape
    ]
    found = [
        ("it lacks {}", sorted(set(shapes) - set(stored))),
        ("it has {} besides", sorted(set(stored) - set(shapes))),
        ("of its shapes {}", different),
    ]
    reasons = [text.format(_listed(names)) for text, names in found if names]
    if reasons:
        raise CheckpointError(
            "The checkpoint {} does not fit the model: {}. Make the model that it was made with, "
            "or start a run in another folder; nothing was changed.".format(
                path, "; ".join(reasons)
            )
        )


def _listed(names: List[str]) -> str:
    rest = len(names) - 3
    return ", ".join(names[:3]) + (" and {} more".format(rest) if rest > 0 else "")


def _read_best(path: str) -> dict:
    best = read_state(path).get(_BEST)
    try:
        return {"value": float(best["value"]), "step": int(best["step"])}
    except (TypeError, KeyError, ValueError) as error:
        raise CheckpointError(_damaged(path, error)) from error


def _damaged(path: str, error: Exception) -> str:
    return (
        "The checkpoint {} is damaged, or not of a run ({}). To go on from an older one of the "
        "folder, write its name into the file `checkpoint`, as in `model_checkpoint_path: "
        '"model.ckpt-100"`; nothing was changed.'.format(path, _reason(error))
    )


def _reason(error: Exception) -> str:
    """The line of a message that says something: TensorFlow's come before the name of a node."""
    message = str(getattr(error, "message", error)).strip()
    before_node = re.search(r"([^\n]*\S)\s*\n\s*\[\[", message)
    return before_node.group(1).strip() if before_node else message.split("\n")[0]


def _saver(named: Dict[str, tf.Variable], keep: int) -> tf.compat.v1.train.Saver:
    # Relative, so that a folder that is copied or moved stays whole.
    return tf.compat.v1.train.Saver(named, max_to_keep=keep, save_relative_paths=True)


def _go_on(saver: tf.compat.v1.train.Saver, folder: str) -> None:
    """Lets a new saver count the checkpoints that are there, so that old ones go."""
    if not os.path.isdir(folder):
        return
    there = _indices(folder)
    listed = [name for name in _listed_checkpoints(folder) if name in there]
    saver.recover_last_checkpoints([os.path.join(folder, name) for name in listed])
    for name in os.listdir(folder):  # What a process has left that was killed while it saved.
        checkpoint, _, rest = name.partition(".data-")
        if rest and _NAME.fullmatch(checkpoint) and checkpoint not in there:
            os.remove(os.path.join(folder, name))


def _slots(
    prefix: str, optimizer: tf.compat.v1.train.Optimizer, named: Dict[str, tf.Variable]
) -> Dict[str, tf.Variable]:
    slots = {}
    for slot in optimizer.get_slot_names():
        for path, variable in named.items():
            value = optimizer.get_slot(variable, slot)
            if value is not None:
                slots["{}/{}/{}".format(prefix, slot, path)] = value
    # Powers of the decays and the like. TensorFlow has no public name for them, and the
    # names that they have in the graph differ between its versions.
    for (name, _), variable in optimizer._non_slot_dict.items():
        slots["{}/{}".format(prefix, name)] = variable
    return slots


def _others(variables: List[tf.Variable], named: Sequence[tf.Variable]) -> Dict[str, tf.Variable]:
    """The global step and the like, under the names they have in the graph."""
    known = {id(variable) for variable in named}
    return {v.op.name: v for v in variables if id(v) not in known}

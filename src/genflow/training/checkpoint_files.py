"""The files of checkpoints: which there are, what they hold, and what is wrong with them."""

import json
import os
import re
from typing import Any, Dict, Iterable, List, Optional, Set

import tensorflow.compat.v2 as tf

PREFIX = "model.ckpt"
STATE = "run/state"
BEST = "best"
_NAME = re.compile(r"model\.ckpt-\d+")
_STEP = "global_step"


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message names it and says what to do.

    Example:
        >>> issubclass(CheckpointError, ValueError)
        True
    """


# Those of genflow, and those of Ascend's adapter, whose names are those of TensorFlow 1.15.
_OF_LOSS_SCALE = re.compile(
    r"(discriminator_)?loss_scale/(num_skipped(_in_a_row)?|good_steps|bad_steps|scale)$"
    r"|(loss_scale|good_steps|bad_steps|was_made)(_\d+)?$"
)

# What TensorFlow raises for checkpoints that are truncated or do not fit the graph.
DAMAGED = (tf.errors.OpError, IndexError, ValueError)


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
    left = checkpoint_names(run_dir)
    listed = listed_checkpoints(run_dir)
    if not listed:
        if left in ([], [PREFIX + "-0"]):
            return None  # Or killed before it had made a step: there is nothing to lose.
        raise CheckpointError(_unlisted(run_dir, "is missing or empty"))
    if listed[-1] not in left:
        raise CheckpointError(_unlisted(run_dir, "names {}, which is not there".format(listed[-1])))
    return os.path.join(run_dir, listed[-1])


def checkpoint_names(run_dir: str) -> List[str]:
    """The checkpoints whose files are in a folder, the oldest first."""
    names = [name[: -len(".index")] for name in os.listdir(run_dir) if name.endswith(".index")]
    return sorted(filter(_NAME.fullmatch, names), key=lambda name: int(name.split("-")[1]))


def listed_checkpoints(run_dir: str) -> List[str]:
    """The names that the file `checkpoint` lists, the newest last.

    Only names count: a folder may have been moved, and no file of another one is touched.
    """
    try:
        state = tf.train.get_checkpoint_state(run_dir)
    except (ValueError, tf.errors.OpError) as error:
        raise CheckpointError(
            _unlisted(run_dir, "cannot be read ({})".format(reason_of(error)))
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
    left = checkpoint_names(run_dir)
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
    except DAMAGED as error:
        raise CheckpointError(damaged(path, error)) from error


def read_state(path: str) -> dict:
    """What a checkpoint holds beside the variables."""
    text = _read(path, STATE)
    try:
        state = json.loads(text.decode("utf-8"))
        _check_state(state)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(damaged(path, error)) from error
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


def read_step(path: str) -> int:
    """The number of steps that a checkpoint was written after."""
    step = _read(path, _STEP)
    if getattr(step, "shape", None) != () and not isinstance(step, int) or not 0 <= step < 2**31:
        raise CheckpointError(damaged(path, ValueError("its `global_step` is {!r}".format(step))))
    return int(step)


def check_fit(path: str, shapes: Dict[str, List[int]]) -> Set[str]:
    """Refuses a checkpoint of another model.

    A loss scale is no part of it: it depends on what a run runs on, and starts anew where the
    checkpoint has none.

    Returns:
        The names that are in the checkpoint and in the model.
    """
    stored = {name: list(shape) for name, shape in tf.train.list_variables(path)}
    different = [
        "{} is {} instead of {}".format(name, stored[name], shape)
        for name, shape in sorted(shapes.items())
        if stored.get(name, shape) != shape
    ]
    found = [
        ("it lacks {}", _of_model(set(shapes) - set(stored))),
        ("it has {} besides", _of_model(set(stored) - set(shapes))),
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
    return set(shapes) & set(stored)


def _of_model(names: Iterable[str]) -> List[str]:
    return sorted(name for name in names if not _OF_LOSS_SCALE.match(name))


def _listed(names: List[str]) -> str:
    rest = len(names) - 3
    return ", ".join(names[:3]) + (" and {} more".format(rest) if rest > 0 else "")


def read_best(path: str) -> dict:
    """The value, step and kind of the best, from a checkpoint of the folder `best`."""
    best = read_state(path).get(BEST)
    try:
        kind = {"kind": str(best["kind"])} if "kind" in best else {}
        return dict({"value": float(best["value"]), "step": int(best["step"])}, **kind)
    except (TypeError, KeyError, ValueError) as error:
        raise CheckpointError(damaged(path, error)) from error


def damaged(path: str, error: Exception) -> str:
    """The message for a checkpoint that cannot be used."""
    return (
        "The checkpoint {} is damaged, or not of a run ({}). To go on from an older one of the "
        "folder, write its name into the file `checkpoint`, as in `model_checkpoint_path: "
        '"model.ckpt-100"`; nothing was changed.'.format(path, reason_of(error))
    )


def reason_of(error: Exception) -> str:
    """The line of a message that says something: TensorFlow's come before the name of a node."""
    message = str(getattr(error, "message", error)).strip()
    before_node = re.search(r"([^\n]*\S)\s*\n\s*\[\[", message)
    return before_node.group(1).strip() if before_node else message.split("\n")[0]


def remove_orphans(folder: str) -> None:
    """Removes what a process has left that was killed while it saved."""
    there = checkpoint_names(folder)
    for name in os.listdir(folder):
        checkpoint, _, rest = name.partition(".data-")
        if rest and _NAME.fullmatch(checkpoint) and checkpoint not in there:
            os.remove(os.path.join(folder, name))

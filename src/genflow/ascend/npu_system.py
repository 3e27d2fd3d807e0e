"""The life of the system under the sessions on an NPU, which a process has once."""

import contextlib
import importlib
import logging
import re
from typing import Any, Dict, Iterator, List

import tensorflow.compat.v2 as tf

from genflow.ascend.backends import BackendError

Options = Dict[str, Any]

_LOGGER = logging.getLogger("genflow")
_INITIALIZE, _SHUTDOWN = "genflow_initialize_system", "genflow_shutdown_system"
# The system is one for the process, whatever its sessions are: so is what is known of it.
_OPEN = []  # type: List[Options]  # Of the sessions that are open,
_FIRST = {}  # type: Options  # ... and of the one that started the system first.


def check_system_options(options: Options) -> None:
    """Refuses the options of a session that the system would not take, as it runs already.

    Most options go to the system when it starts, and hold for the process from then on: a second
    session would get those of the first, and nothing would say so.

    Args:
        options: The effective options of the session.

    Raises:
        ValueError: If a session with other ones is open.
    """
    first = _OPEN[0] if _OPEN else _FIRST or options
    if options == first:
        return
    keys = [key for key in sorted(set(first) | set(options)) if first.get(key) != options.get(key)]
    changes = ", ".join(
        "{} was {!r}, is {!r}".format(key, first.get(key), options.get(key)) for key in keys
    )
    if _OPEN:
        raise ValueError(
            "The options of the first session on the NPU hold for all that are open with it in a "
            "process; got others ({}): close that one, or take the same ones.".format(changes)
        )
    _LOGGER.warning(
        "A session on the NPU was there before in this process, with other options (%s). The "
        "adapter may go on with those: start a new process to be sure.",
        changes,
    )


@contextlib.contextmanager
def running_system(session: tf.compat.v1.Session, options: Options) -> Iterator[None]:
    """Starts the system in a session, unless it runs, and ends it with the last of its sessions.

    An error of the body passes, also if the system then cannot be ended.

    Args:
        session: The session, open.
        options: Its effective options.

    Raises:
        BackendError: If the system does not start.
    """
    initialize, shutdown = _operations(session.graph)
    if not _OPEN:
        _start(session, initialize)
    _FIRST.update(_FIRST or options)
    _OPEN.append(options)
    try:
        yield
    except BaseException:
        # What ended the body is what its caller must see.
        try:
            _leave(session, shutdown)
        except Exception as error:
            _LOGGER.warning("The system of the NPU was not ended: %s", error)
        raise
    _leave(session, shutdown)


def _start(session: tf.compat.v1.Session, initialize: tf.Operation) -> None:
    try:
        session.run(initialize)
    except tf.errors.OpError as error:
        raise BackendError(
            "The NPU does not start ({}): see that `npu-smi info` shows the device and that no "
            "other process holds it, and what `genflow doctor` says.".format(_reason(error))
        ) from error


def _leave(session: tf.compat.v1.Session, shutdown: tf.Operation) -> None:
    """Ends the system with the last session, whichever that is."""
    _OPEN.pop()
    if not _OPEN:
        session.run(shutdown)


def _reason(error: tf.errors.OpError) -> str:
    """The line of a message that says something: it stands before the name of the node."""
    message = str(error.message).strip()
    before_node = re.search(r"([^\n]*\S)\s*\n\s*\[\[", message)
    return before_node.group(1).strip() if before_node else message.split("\n")[0]


def _operations(graph: tf.Graph) -> List[tf.Operation]:
    """The operations that start and end the system; a graph has one of each."""
    present = {op.name for op in graph.get_operations()}
    if _INITIALIZE in present:
        return [graph.get_operation_by_name(name) for name in (_INITIALIZE, _SHUTDOWN)]
    if graph.finalized:
        raise RuntimeError(
            "A session on the NPU adds operations to its graph, and this one is finalized: open "
            "the session before that."
        )
    npu_ops = importlib.import_module("npu_bridge.estimator.npu_ops")
    with graph.as_default(), graph.name_scope(None), tf.control_dependencies(None):
        return [
            npu_ops.initialize_system(name=_INITIALIZE),
            npu_ops.shutdown_system(name=_SHUTDOWN),
        ]

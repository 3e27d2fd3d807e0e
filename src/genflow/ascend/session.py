"""One way to a session on an NPU, a GPU or the CPU."""

import contextlib
import logging
import weakref
from typing import Any, Dict, Iterator, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.ascend.backends import AUTO, NPU, Backend, find_backend, npu_device
from genflow.ascend.devices import present_devices
from genflow.ascend.host_config import copy_of, host_config, npu_part
from genflow.ascend.npu_optimizer import effective_options, read_options
from genflow.ascend.npu_system import check_system_options, running_system
from genflow.ascend.option_warnings import what_keeps_on_host
from genflow.ascend.options import OPTIONS, Value
from genflow.ascend.precision import Precision, apply_precision, hold_dtypes, npu_precision
from genflow.ascend.session_config import check_options, session_config
from genflow.ascend.session_environment import check_environment

ConfigProto = tf.compat.v1.ConfigProto

_LOGGER = logging.getLogger("genflow")
# Arguments of `session_config` that are no options of their own.
_NO_OPTIONS = ("options", "product", "cann")
# The options that `precision` stands for.
_PRECISIONS = ("precision_mode", "precision_mode_v2")
# How many operations of a graph hold their types. Graphs outlive sessions.
_HELD = weakref.WeakKeyDictionary()  # type: weakref.WeakKeyDictionary


class BackendSession(tf.compat.v1.Session):
    """A session that knows what it runs on; `session` makes it.

    Attributes:
        backend: What it runs on, and why.
        precision: What it computes networks in.
        effective_options: The options that the NPU takes, by key; none on another backend.

    Example:
        >>> with tf.Graph().as_default(), session("cpu") as opened:
        ...     isinstance(opened, BackendSession), opened.backend.name
        (True, 'cpu')
    """

    def __init__(
        self,
        graph: Optional[tf.Graph],
        config: ConfigProto,
        backend: Backend,
        precision: Precision,
        effective_options: Dict[str, Value],
    ) -> None:
        """Constructs the session; see `session`."""
        super().__init__("", graph, config)
        self.backend, self.precision = backend, precision
        self.effective_options = effective_options
        self._version = None  # type: Optional[int]  # Of the graph when its types were held.

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Runs operations, as every session does."""
        self._hold_dtypes()
        return super().run(*args, **kwargs)

    def make_callable(self, *args: Any, **kwargs: Any) -> Any:
        """Makes a function that runs operations, as every session does."""
        self._hold_dtypes()
        return super().make_callable(*args, **kwargs)

    def partial_run_setup(self, *args: Any, **kwargs: Any) -> Any:
        """Says what `partial_run` will run, as every session does."""
        self._hold_dtypes()
        return super().partial_run_setup(*args, **kwargs)

    def _hold_dtypes(self) -> None:
        """Lets no rewriting reduce what must keep its type, before it is run."""
        if self.precision.is_rewritten and self.graph.version != self._version:
            self._version = self.graph.version
            _HELD[self.graph] = hold_dtypes(self.graph, _HELD.get(self.graph, 0))


@contextlib.contextmanager
def session(
    backend: str = AUTO,
    precision: Optional[str] = None,
    graph: Optional[tf.Graph] = None,
    config: Optional[ConfigProto] = None,
    **npu_options: Any,
) -> Iterator[BackendSession]:
    """Opens a session on what there is, and closes it whatever happens.

    With `backend="auto"` it runs on an NPU if there is one, else on a GPU, else on the CPU. The
    logger `genflow` gets one line that says which it was and why, and the options that hold; the
    session says the same as `backend` and `effective_options`.

    On an NPU the system is started in the session and ended with it, after an error too, and the
    environment is checked before. Nothing that changes the other sessions of the process is
    imported. Should another part of the program have done so, a session on the CPU or the GPU
    still stays there.

    Args:
        backend: `"auto"`, `"npu"`, `"gpu"` or `"cpu"`.
        precision: What networks compute in, by any of the names that Ascend's `precision_mode`
            and `precision_mode_v2` have, such as `"allow_mix_precision"`; by default nothing is
            changed. See `apply_precision` for what it means where.
        graph: What is run; by default the default graph.
        config: Of the session; it is not changed. Options that it has for the NPU are as those
            below.
        **npu_options: Those of `session_config`. They are checked on every backend, so that what
            an NPU would not take is refused on any machine; they have an effect on an NPU only.

    Yields:
        The session, as the default session, with its graph as the default graph.

    Raises:
        ValueError: If an argument, an option or a variable of the environment is refused; or if the
            session would be on an NPU, but for an option that keeps its graph on the host.
        TypeError: If one is of another type.
        BackendError: If the backend that was asked for is not there, or does not start.

    Example:
        >>> with tf.Graph().as_default():
        ...     y = tf.constant(2.0) * 3.0
        ...     with session("cpu") as opened:
        ...         float(opened.run(y)), opened.backend.reason
        (6.0, 'asked for')
    """
    _check_graph(graph)
    found = find_backend(backend)
    if found.name == NPU:
        made, options = _npu_config(precision, config, npu_options)
        found = found._replace(device=npu_device(options.get("session_device_id")))
    else:
        check_session(precision, npu_options, config)
        made, options = host_config(found.name, config), {}
    opened = BackendSession(graph, made, found, _applied(made, precision, found, options), options)
    _report(opened, npu_options, config)
    with opened:
        if found.name == NPU:
            with running_system(opened, options):
                yield opened
        else:
            yield opened


def _check_graph(graph: Optional[tf.Graph]) -> None:
    if graph is not None and not isinstance(graph, tf.Graph):
        raise TypeError(
            "`graph` must be a tf.Graph; got a {}: give one, or leave it out.".format(
                type(graph).__name__
            )
        )


def _npu_config(
    precision: Optional[str], config: Optional[ConfigProto], npu_options: Dict[str, Any]
) -> Tuple[ConfigProto, Dict[str, Value]]:
    """The configuration for an NPU, and the options in it; refuses what would not run."""
    said = _with_precision(npu_precision(precision), npu_options)
    made = session_config(config=copy_of(config), **said)
    options = effective_options(made)
    keeps = what_keeps_on_host(options)
    if keeps:
        raise ValueError(
            "`{}` keeps the graph on the host, and this session would be on the NPU: leave it out, "
            "or take the backend 'cpu'.".format(keeps)
        )
    for warning in check_environment():
        _LOGGER.warning("%s.", warning)
    check_system_options(options)
    return made, options


def check_session(
    precision: Optional[str], npu_options: Dict[str, Any], config: Optional[ConfigProto] = None
) -> None:
    """Refuses what no NPU would take; a precision that some have is none of that.

    A precision is checked, with all else, for a product that has it: the first one of these, if the
    one that is said has not.

    Args:
        precision: See `session`.
        npu_options: See `session`.
        config: See `session`.

    Raises:
        ValueError: If an argument or an option is refused.

    Example:
        >>> check_session("allow_mix_precision", {"hcom_parallel": True})
    """
    modes = npu_precision(precision)
    said = _with_precision(modes, npu_options)
    for key, mode in modes.items():
        products = OPTIONS[key].products.get(mode, ())
        if products and said.get("product") not in products:
            said["product"] = products[0]
    session_config(config=npu_part(config), **said)


def _with_precision(modes: Dict[str, str], npu_options: Dict[str, Any]) -> Dict[str, Any]:
    check_options(npu_options.get("options"))
    given = dict(npu_options.get("options") or {}, **npu_options)
    for key in modes:
        for other in _PRECISIONS:
            if given.get(other) is not None:
                raise ValueError(
                    "`precision` stands for `{}`; got `{}` too, {!r}: give one of them.".format(
                        key, other, given[other]
                    )
                )
    return dict(npu_options, **modes)


def _applied(
    config: ConfigProto, precision: Optional[str], backend: Backend, options: Dict[str, Value]
) -> Precision:
    """Lets the session compute in a precision, which an NPU knows from its options."""
    in_options = next((options[key] for key in _PRECISIONS if key in options), None)
    return apply_precision(config, precision or in_options, backend.name)


def _report(
    opened: BackendSession, npu_options: Dict[str, Any], config: Optional[ConfigProto]
) -> None:
    backend = opened.backend
    # Devices that are there, and not used though nobody said so: worth more than a line of info.
    is_passed_over = backend.name != NPU and len(backend.tried) > 1 and present_devices()
    _LOGGER.log(
        logging.WARNING if is_passed_over else logging.INFO,
        "Session on %s (%s): %s. Precision: %s. Options of the NPU: %s.",
        backend.name,
        backend.device,
        "; ".join(backend.tried),
        opened.precision.description,
        opened.effective_options or "none",
    )
    if backend.name == NPU:
        return
    # Whether there is an NPU has been said already, so that this is not worth a word.
    in_config = set(read_options(npu_part(config))) - {"use_off_line"}
    without_effect = set(npu_options) | set(npu_options.get("options") or ()) | in_config
    without_effect -= set(_NO_OPTIONS)
    if without_effect:
        _LOGGER.warning(
            "The session is on %s, where these options of the NPU have no effect: %s.",
            backend.name,
            ", ".join(sorted(without_effect)),
        )

"""The flags that say what a program runs on, and in which precision."""

import contextlib
import dataclasses
import functools
import os
from typing import Any, Dict, Iterator, List, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow import ascend
from genflow.ascend import backends
from genflow.ascend.loss_scale import LossScale, parse_loss_scale
from genflow.ascend.option_checks import PRODUCTS
from genflow.ascend.precision_modes import REDUCING
from genflow.ascend.session import check_session
from genflow.training.checkpoints import OpenSession, Session
from genflow.training.flags import flag

_FOR_NPU = ("over_dump", "data_dump_flag", "profiling", "modify_mixlist", "product")
_FOLDERS = ("over_dump_path", "data_dump_path", "profiling_dump_path")
# By the names of options and arguments: the flags that stand for them.
_STANDS_FOR = {
    "precision": "precision_mode",
    "precision_mode": "precision_mode",
    "precision_mode_v2": "precision_mode",
    "dump_step": "data_dump_step",
    "modify_mixlist": "modify_mixlist",
    "product=": "product",
}
# What the adapter itself takes where it is told nothing.
_PROFILED = {
    "training_trace": "on",
    "task_time": "on",
    "hccl": "on",
    "aicpu": "on",
    "aic_metrics": "PipeUtilization",
}


@dataclasses.dataclass
class SessionFlags:
    """What a program runs on, under the names that programs for Ascend have for it.

    Example:
        >>> SessionFlags(backend="cpu").precision_mode
        ''
    """

    backend: str = flag(
        backends.AUTO,
        "what to run on; auto takes an NPU if there is one, else a GPU, else the CPU",
        choices=backends.NAMES,
    )
    precision_mode: str = flag(
        "",
        "what networks compute in, by Ascend's names, such as allow_mix_precision: float16 on an "
        "NPU or a GPU, bfloat16 on a CPU that has it; by default nothing is changed",
        aliases=["precision"],
    )
    loss_scale: str = flag(
        "",
        "factor of the loss in mixed precision, by which small gradients survive in float16: a "
        "number, or dynamic; by default none",
    )
    over_dump: bool = flag(False, "write down where values overflow (NPU only)")
    over_dump_path: str = flag("./overflow_dump", "folder for that")
    data_dump_flag: bool = flag(False, "write down what operations compute (NPU only)")
    data_dump_step: str = flag("10", "at which steps, such as 10 or 0|5-7")
    data_dump_path: str = flag("./data_dump", "folder for that")
    profiling: bool = flag(False, "write down what takes how long (NPU only)")
    profiling_dump_path: str = flag("./profiling", "folder for that")
    modify_mixlist: str = flag(
        "", "ops_info.json that says which operations keep their type (NPU only, mixed precision)"
    )
    product: str = flag(
        "910", "what kind of NPU it is: some options are not for all (NPU only)", choices=PRODUCTS
    )
    num_threads: int = flag(
        0, "threads of TensorFlow; 1 makes runs equal bit for bit; 0 for all", at_least=0
    )


def check_session_flags(flags: SessionFlags) -> None:
    """Refuses what no session would take, wherever it is to run.

    Args:
        flags: Of a program.

    Raises:
        ValueError: If a value is refused. The message names the flag, or the option of the NPU
            that it stands for.
        BackendError: If a backend is asked for by its name and is not there.

    Example:
        >>> check_session_flags(SessionFlags(precision_mode="fast"))
        Traceback (most recent call last):
        ValueError: --precision_mode must be a value of precision_mode or ...
    """
    if flags.over_dump and flags.data_dump_flag:
        raise ValueError(
            "--over_dump excludes --data_dump_flag, for an NPU does one at a time: leave one out."
        )
    parse_loss_scale(flags.loss_scale)
    # The folders are made when they are needed.
    options = _npu_options(dataclasses.replace(flags, **{name: os.curdir for name in _FOLDERS}))
    with _naming_flags():
        check_session(flags.precision_mode, options)
    if flags.backend != backends.AUTO:  # Better now than when the data is there.
        ascend.find_backend(flags.backend)


def session_from_flags(flags: SessionFlags) -> OpenSession:
    """What opens the sessions of a program, as its flags say.

    When the first one is open, what it runs on and computes in is printed, and which flags have no
    effect there.

    Args:
        flags: Of a program.

    Returns:
        The `open_session` of a trainer.

    Example:
        >>> open_session = session_from_flags(SessionFlags(backend="cpu"))
        >>> with tf.Graph().as_default(), open_session() as session:
        ...     session.backend.name
        Runs on the CPU: asked for. Precision: float32.
        'cpu'
    """
    return functools.partial(_opened, flags, [])


def loss_scale_from_flags(flags: SessionFlags) -> Optional[LossScale]:
    """The loss scale of a program, as its flags say.

    On an NPU there always is one, which notices what overflows there.

    Args:
        flags: Of a program.

    Returns:
        The `loss_scale` of a `Minimizer`, or of several.

    Example:
        >>> loss_scale_from_flags(SessionFlags(backend="cpu", loss_scale="1024")).loss_scale
        1024.0
    """
    on_npu = ascend.find_backend(flags.backend).name == backends.NPU
    return parse_loss_scale(flags.loss_scale, on_npu)


def session_beside(flags: SessionFlags) -> Tuple[OpenSession, tf.compat.v1.ConfigProto]:
    """What opens sessions for work beside the training, such as measures: never on an NPU.

    An NPU compiles every graph, and keeps what its first session said for the whole process. In
    these sessions everything is float32, so that measures can be compared.

    Args:
        flags: Of a program.

    Returns:
        What opens a session, and the configuration of such a session.

    Example:
        >>> open_session, config = session_beside(SessionFlags(backend="cpu", num_threads=1))
        >>> config.intra_op_parallelism_threads
        1
    """
    name = ascend.find_backend(flags.backend).name
    name = backends.CPU if name == backends.NPU else name
    config = ascend.host_config(name, _threads(flags))
    return functools.partial(ascend.session, name, config=config), config


@contextlib.contextmanager
def _opened(flags: SessionFlags, said: List[str]) -> Iterator[Session]:
    """Opens a session; `said` has what was printed before."""
    name = ascend.find_backend(flags.backend).name
    options = _npu_options(flags) if name == backends.NPU else {}
    for path in _folders(options):
        os.makedirs(path, exist_ok=True)
    opening = ascend.session(
        flags.backend, flags.precision_mode or None, config=_threads(flags), **options
    )
    with contextlib.ExitStack() as stack:
        with _naming_flags():
            session = stack.enter_context(opening)
        lines = _report(flags, session)
        if lines != said:
            print("\n".join(lines))
            said[:] = lines
        yield session


def _threads(flags: SessionFlags) -> tf.compat.v1.ConfigProto:
    return tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=flags.num_threads,
        inter_op_parallelism_threads=flags.num_threads,
    )


def _npu_options(flags: SessionFlags) -> Dict[str, Any]:
    """The arguments of `session_config` that flags stand for."""
    options = {"product": flags.product}  # type: Dict[str, Any]
    if flags.over_dump:
        path = os.path.abspath(flags.over_dump_path)
        options.update(enable_dump_debug=True, dump_debug_mode="all", dump_path=path)
    if flags.data_dump_flag:
        path = os.path.abspath(flags.data_dump_path)
        options.update(enable_dump=True, dump_mode="all", dump_path=path)
        options.update(dump_step=flags.data_dump_step)
    if flags.profiling:
        path = os.path.abspath(flags.profiling_dump_path)
        options.update(profiling_mode=True, profiling_options=dict(_PROFILED, output=path))
    if flags.modify_mixlist:
        options.update(modify_mixlist=os.path.abspath(flags.modify_mixlist))
    return options


def _folders(options: Dict[str, Any]) -> List[str]:
    """The folders that the options name."""
    paths = [options.get("dump_path"), options.get("profiling_options", {}).get("output")]
    return [path for path in paths if path]


def _report(flags: SessionFlags, session: Session) -> List[str]:
    """What a session runs on, and which flags have no effect there."""
    backend = session.backend
    lines = [
        "Runs on the {}: {}. Precision: {}.".format(
            backend.name.upper(),
            backend.reason if len(backend.tried) == 1 else "; ".join(backend.tried[:-1]),
            session.precision.description,
        )
    ]
    dtype, on_npu = session.precision.dtype, backend.name == backends.NPU
    if on_npu:
        dtype = REDUCING.get(flags.precision_mode)
        options = ["{}={}".format(*item) for item in sorted(session.effective_options.items())]
        lines.append("Options of the NPU: {}.".format(", ".join(options)))
    if dtype == "float16" and not flags.loss_scale:
        lines.append("float16 loses small gradients without a loss scale: --loss_scale dynamic.")
    without_effect = [
        "--" + name for name in _FOR_NPU if getattr(flags, name) != getattr(SessionFlags, name)
    ]
    if without_effect and not on_npu:
        lines.append(
            "Without effect on the {}, for an NPU only: {}.".format(
                backend.name.upper(), ", ".join(without_effect)
            )
        )
    return lines


@contextlib.contextmanager
def _naming_flags() -> Iterator[None]:
    """Turns an error about options into one about the flags that stand for them."""
    try:
        yield
    except ValueError as error:
        message = str(error)
        for option, name in _STANDS_FOR.items():
            message = message.replace("`{}`".format(option), "--" + name)
        raise ValueError(message) from error

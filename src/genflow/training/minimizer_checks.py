"""Whether minimizers are for what they will run on."""

import os
from typing import Sequence

from genflow.ascend.backends import NPU, Backend
from genflow.ascend.loss_scale import FixedLossScale
from genflow.training.minimizer import Minimizer


def check_processes(minimizers: Sequence[Minimizer]) -> None:
    """Refuses several NPUs: gradients would be averaged, first weights and images not shared out.

    Args:
        minimizers: Of one model.

    Raises:
        ValueError: If the environment is that of one of several processes on NPUs.

    Example:
        >>> check_processes([Minimizer(lambda step: None)])
    """
    for name in ("RANK_SIZE", "CM_WORKER_SIZE"):
        size = os.environ.get(name) or "1"
        if size != "1" and any(_is_for_npu(minimizer) for minimizer in minimizers):
            raise ValueError(
                "Several NPUs cannot train one model yet, and {} is {}: unset it, and train on "
                "one.".format(name, size)
            )


def check_backend(minimizers: Sequence[Minimizer], backend: Backend) -> None:
    """Refuses a backend on which nobody would notice that an update overflows.

    Args:
        minimizers: Of one model.
        backend: What its session runs on.

    Raises:
        ValueError: If one of them is for an NPU and this is none, or the other way round.

    Example:
        >>> from genflow.ascend import find_backend
        >>> check_backend([Minimizer(lambda step: None)], find_backend("cpu"))
    """
    is_npu = backend.name == NPU
    for minimizer in minimizers:
        if _is_for_npu(minimizer) != is_npu:
            raise ValueError(
                "The session runs on the {}, and the minimizer is {}, where overflow is told in "
                "another way: construct it with `loss_scale={}`, of genflow.ascend.".format(
                    backend.name.upper(),
                    "not for one" if is_npu else "for an NPU",
                    _spelt(minimizer, is_npu),
                )
            )


def _is_for_npu(minimizer: Minimizer) -> bool:
    return minimizer.loss_scale is not None and minimizer.loss_scale.on_npu


def _spelt(minimizer: Minimizer, on_npu: bool) -> str:
    """What to write for its loss scale on an NPU, or elsewhere."""
    scale = minimizer.loss_scale or FixedLossScale(1.0)
    words = [str(scale.loss_scale)] if isinstance(scale, FixedLossScale) else []
    words += ["on_npu=True"] if on_npu else []
    return "{}({})".format(type(scale).__name__, ", ".join(words))

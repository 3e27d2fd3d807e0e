"""The configuration of a session that is not to run on an NPU."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.ascend import npu_optimizer
from genflow.ascend.backends import CPU, GPU, is_bridge_loaded
from genflow.ascend.session_config import check_config

ConfigProto = tf.compat.v1.ConfigProto

_BACKENDS = (GPU, CPU)


def host_config(backend: str = CPU, config: Optional[ConfigProto] = None) -> ConfigProto:
    """The configuration of a session on a GPU or the CPU.

    The session stays there, whoever has imported `npu_bridge` in the process, in whichever way:
    what `config` says of the NPU is not taken over. On a GPU it takes memory as it needs it.

    Args:
        backend: `"gpu"` or `"cpu"`.
        config: What else it says; it is not changed.

    Returns:
        A new configuration.

    Raises:
        ValueError: If `backend` is neither.
        TypeError: If `config` is none.

    Example:
        >>> host_config("cpu").device_count["GPU"]
        0
    """
    if backend not in _BACKENDS:
        raise ValueError("`backend` must be one of gpu, cpu; got {!r}.".format(backend))
    made = copy_of(config)
    _keep_off_npu(made)
    if backend == CPU:
        made.device_count["GPU"] = 0
    else:
        made.gpu_options.allow_growth = True
    return made


def copy_of(config: Optional[ConfigProto]) -> ConfigProto:
    """A copy of a configuration, or an empty one; refuses what is none."""
    check_config(config)
    made = ConfigProto()
    if config is not None:
        made.CopyFrom(config)
    return made


def npu_part(config: Optional[ConfigProto]) -> ConfigProto:
    """What a configuration says of the NPU, and nothing else."""
    part = ConfigProto()
    optimizers = copy_of(config).graph_options.rewrite_options.custom_optimizers
    part.graph_options.rewrite_options.custom_optimizers.extend(
        entry for entry in optimizers if entry.name == npu_optimizer.NAME
    )
    return part


def _keep_off_npu(config: ConfigProto) -> None:
    optimizers = config.graph_options.rewrite_options.custom_optimizers
    others = [entry for entry in optimizers if entry.name != npu_optimizer.NAME]
    del optimizers[:]
    optimizers.extend(others)
    if is_bridge_loaded():
        # `npu_bridge.npu_init` adds an entry to every session that has none, and an entry without
        # this parameter sends the graph to the NPU.
        entry = optimizers.add()
        entry.name = npu_optimizer.NAME
        entry.parameter_map["use_off_line"].b = False

"""The fields beside the options of the NPU that its adapter needs."""

from typing import List, Union

import tensorflow.compat.v2 as tf

ConfigProto = tf.compat.v1.ConfigProto

# By the documentation of the adapter these stay as they are by default.
_NEEDED_PASSES = (
    "function_optimization",
    "constant_folding",
    "shape_optimization",
    "arithmetic_optimization",
    "loop_optimization",
    "dependency_optimization",
    "layout_optimizer",
)


def check_rewriting(config: ConfigProto) -> None:
    """Refuses a configuration without the passes of TensorFlow that the adapter builds upon.

    Args:
        config: Of a session.

    Raises:
        ValueError: If one of them is off, or only those run that are named.

    Example:
        >>> check_rewriting(tf.compat.v1.ConfigProto())
    """
    rewriting = config.graph_options.rewrite_options
    for field in _NEEDED_PASSES:
        if getattr(rewriting, field) == rewriting.OFF:
            _refuse(field, "on", "OFF")
    for field in ["disable_model_pruning", "disable_meta_optimizer"]:
        if getattr(rewriting, field):
            _refuse(field, "False", "True")
    if rewriting.optimizers:  # Those that are named there are the only ones that run.
        _refuse("optimizers", "empty", list(rewriting.optimizers))


def set_rewriting(config: ConfigProto) -> None:
    """Sets what the adapter sets, and its documentation demands.

    Args:
        config: Of a session; changed in place.

    Example:
        >>> config = tf.compat.v1.ConfigProto()
        >>> set_rewriting(config)
        >>> config.allow_soft_placement
        True
    """
    rewriting = config.graph_options.rewrite_options
    rewriting.remapping = rewriting.OFF
    # The adapter writes OFF, 2, which is a value of another enumeration: here it means MANUAL.
    # That is what its releases are tested with, so it is kept. NO_MEM_OPT, 1, is the true off;
    # the documentation has it that MANUAL crashes some graphs, so a caller's 1 stays.
    if rewriting.memory_optimization != rewriting.NO_MEM_OPT:
        rewriting.memory_optimization = rewriting.OFF
    optimizer = config.graph_options.optimizer_options
    optimizer.global_jit_level = optimizer.OFF
    config.allow_soft_placement = True


def _refuse(field: str, needed: str, value: Union[str, List[str]]) -> None:
    raise ValueError(
        "`config` must leave graph_options.rewrite_options.{} {}, for the adapter builds upon the "
        "passes which that turns off; got {}: leave the field out.".format(field, needed, value)
    )

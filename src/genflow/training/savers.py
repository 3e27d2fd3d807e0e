"""What a checkpoint holds."""

from typing import Dict, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Module


def make_saver(
    modules: Dict[str, Module],
    optimizers: Dict[str, tf.compat.v1.train.Optimizer],
    max_to_keep: int = 3,
) -> tf.compat.v1.train.Saver:
    """A saver that stores every variable of the graph under its attribute path.

    Variables of the modules are stored as `<module>/<path>`, the optimizers' slots as
    `<optimizer>/<slot>/<module>/<path>`. Names in the graph depend on the order in which
    things were made, and on the TensorFlow version; these names do not.

    Args:
        modules: Modules by the name they have in the checkpoint.
        optimizers: Optimizers by the name they have in the checkpoint, after their
            train operations have been made.
        max_to_keep: How many checkpoints stay on disk.

    Returns:
        The saver.

    Example:
        >>> from genflow.layers import ActNorm
        >>> with tf.Graph().as_default():
        ...     layer = ActNorm()
        ...     y = layer.forward(tf.ones([2, 4, 4, 3]))
        ...     saver = make_saver({"model": layer}, {})
        >>> saver.as_saver_def().max_to_keep
        3
    """
    named = {}
    for prefix, module in modules.items():
        for path, variable in module.named_variables().items():
            named["{}/{}".format(prefix, path)] = variable
    for prefix, optimizer in optimizers.items():
        named.update(_slots(prefix, optimizer, dict(named)))
    named.update(_others(tf.compat.v1.global_variables(), named.values()))
    return tf.compat.v1.train.Saver(named, max_to_keep=max_to_keep)


def _slots(
    prefix: str, optimizer: tf.compat.v1.train.Optimizer, named: Dict[str, tf.Variable]
) -> Dict[str, tf.Variable]:
    slots = {}
    for slot in optimizer.get_slot_names():
        for path, variable in named.items():
            value = optimizer.get_slot(variable, slot)
            if value is not None:
                slots["{}/{}/{}".format(prefix, slot, path)] = value
    return slots


def _others(
    variables: Sequence[tf.Variable], named: Sequence[tf.Variable]
) -> Dict[str, tf.Variable]:
    """The global step and the like, under the names they have in the graph."""
    known = {id(variable) for variable in named}
    return {v.op.name: v for v in variables if id(v) not in known}

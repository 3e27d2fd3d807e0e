"""What a checkpoint calls the variables of a training."""

from typing import Dict, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.optimizers import WeightAverage


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

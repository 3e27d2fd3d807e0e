"""What is computed of every layer of a bijection."""

from typing import Any, Dict, List, NamedTuple, Optional

import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from genflow.core.module import as_tensors
from genflow.core.types import Nest
from genflow.testing.jacobian import corner, corner_of_context, jacobian


class Measurement(NamedTuple):
    """A layer, where it is, and the tensors by which it is judged."""

    path: str
    bijection: Bijection
    values: Dict[str, Any]


def measure_all(
    bijection: Bijection, x: Nest, context: Optional[Nest], max_values: int, path: str = ""
) -> List[Measurement]:
    """Measures the parts of a bijection, in the order of the computation, then the whole.

    Args:
        bijection: The bijection.
        x: Its input.
        context: Its conditioning input.
        max_values: Largest size of a Jacobian.
        path: Attribute path of the bijection.

    Returns:
        One measurement for each bijection.
    """
    x, context = as_tensors(x), as_tensors(context)
    measurements = []
    for name, part, part_input in bijection._parts(x, context):
        part_path = "{}/{}".format(path, name) if path else name
        measurements += measure_all(part, part_input, context, max_values, part_path)
    return measurements + [Measurement(path, bijection, _values(bijection, x, context, max_values))]


def _values(
    bijection: Bijection, x: Nest, context: Optional[Nest], max_values: int
) -> Dict[str, Any]:
    y, log_det = bijection.forward_and_log_det(x, context)
    restored, inverse_log_det = bijection.inverse_and_log_det(y, context)
    values = {
        "x": x,
        "y": y,
        "log_det": log_det,
        "restored": restored,
        "inverse_log_det": inverse_log_det,
    }
    first = None if _draws_noise(bijection) else corner(x, max_values)
    if first is not None and _fits(bijection, first):
        first_context = corner_of_context(context, first)
        values["corner"] = first
        values["corner_log_det"] = bijection.forward_and_log_det(first, first_context)[1]
        values["jacobian"] = jacobian(bijection, first, first_context)
    if hasattr(bijection, "condition_number"):
        values["condition_number"] = bijection.condition_number()
    return tree.map_structure(tf.identity, values)


def _draws_noise(bijection: Bijection) -> bool:
    """Whether the copies of an example, made for the Jacobian, would get different noise.

    The noise of a layer that does nothing but add it leaves its own Jacobian alone.
    """
    return any(getattr(module, "draws_noise", False) for module in bijection.submodules)


def _fits(bijection: Bijection, x: Nest) -> bool:
    """Whether a corner is large enough for every squeeze inside."""
    try:
        bijection.output_shape(tree.map_structure(lambda leaf: leaf.shape, x))
    except ValueError:
        return False
    return True

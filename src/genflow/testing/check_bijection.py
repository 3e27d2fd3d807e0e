"""Finds the layer of a model that does not do what a bijection promises."""

from typing import Any, Callable, List, Optional

import numpy as np
import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from genflow.core.types import Nest
from genflow.testing.judgement import Limits, judge
from genflow.testing.measurement import Measurement, measure_all
from genflow.testing.perturbation import perturbed
from genflow.testing.report import LayerReport, Report


def check_bijection(
    bijection: Bijection,
    x: Nest,
    context: Optional[Nest] = None,
    session: Any = None,
    tolerance: Optional[float] = None,
    max_condition_number: float = 1e5,
    max_values: int = 256,
    perturbation: float = 0.05,
) -> Report:
    """Checks a bijection, and every bijection inside it, on a batch.

    For each layer, from the inside out and in the order of the computation:

    - `forward` and its log-determinant are finite, and the latter has the shape `[batch]`;
    - `inverse(forward(x))` is `x`;
    - the log-determinant of the inverse is minus that of forward;
    - the log-determinant is that of the autodiff Jacobian, at the first example (of an
      image with more than `max_values` values, at a corner of it). What has a layer that
      draws noise inside has no such Jacobian; its parts are checked one by one;
    - the matrix of a 1x1 convolution is well conditioned.

    This is done with the weights as they are, and once more with noise added to them, for
    a layer at its initial weights can hide a wrong sign. The weights are as before when
    the function returns.

    Args:
        bijection: The bijection. If it has been called before, its weights are kept.
        x: A batch for `forward`, as arrays; or a nest of arrays.
        context: Conditioning input, as arrays.
        session: In a graph, the session with the bijection's variables; the default
            session if there is one. Variables without a value are initialised.
        tolerance: Largest round-trip error; by default 1e-3 in float32, 1e-8 in float64.
            The log-determinant may differ by a tenth of it for each value.
        max_condition_number: Largest condition number of a layer that has one.
        max_values: Largest size of a Jacobian; the cost grows with its cube.
        perturbation: Standard deviation of the noise; 0 for the weights as they are only.

    Returns:
        What was measured, layer by layer, with the weights as they are.

    Raises:
        BijectionError: If a layer fails; the message names its path and says what is wrong.
        ValueError: In a graph without a session.

    Example:
        >>> from genflow.layers import ActNorm, Chain, Squeeze
        >>> chain = Chain([Squeeze(), ActNorm()])
        >>> x = np.random.RandomState(0).standard_normal([2, 4, 4, 3])
        >>> [row.layer for row in check_bijection(chain, x).layers]
        ['Squeeze', 'ActNorm', 'Chain']
    """
    x = tree.map_structure(_as_floating, x)
    limits = _limits(tree.flatten(x)[0].dtype, tolerance, max_condition_number)
    if not tf.executing_eagerly():
        session = _checked_session(session)

    def run(tensors: Any) -> Any:
        if tf.executing_eagerly():
            return tree.map_structure(lambda tensor: tensor.numpy(), tensors)
        return session.run(tensors)

    def measure() -> List[Measurement]:
        # In a graph the measurements are tensors, which serve for both sets of weights.
        return measure_all(bijection, x, context, max_values)

    measurements = measure()
    if not tf.executing_eagerly():
        _initialize_new(bijection, session)
    rows = _judge_all(measurements, run, limits)
    if perturbation:
        with perturbed(bijection, perturbation, run, session):
            again = measure() if tf.executing_eagerly() else measurements
            _judge_all(again, run, limits)
    return Report(rows)


def _judge_all(
    measurements: List[Measurement], run: Callable[[Any], Any], limits: Limits
) -> List[LayerReport]:
    values = run([measurement.values for measurement in measurements])
    return [
        judge(measurement.path, measurement.bijection, value, limits)
        for measurement, value in zip(measurements, values)
    ]


def _limits(dtype: np.dtype, tolerance: Optional[float], max_condition_number: float) -> Limits:
    if tolerance is not None:
        return Limits(tolerance, tolerance / 10, max_condition_number)
    return (
        Limits(1e-8, 1e-9, max_condition_number)
        if dtype == np.float64
        else Limits(1e-3, 1e-4, max_condition_number)
    )


def _as_floating(leaf: Any) -> np.ndarray:
    leaf = leaf.numpy() if hasattr(leaf, "numpy") else np.asarray(leaf)
    return leaf if np.issubdtype(leaf.dtype, np.floating) else leaf.astype(np.float32)


def _checked_session(session: Any) -> Any:
    session = session or tf.compat.v1.get_default_session()
    if session is None:
        raise ValueError(
            "In a graph `check_bijection` needs a `session`: pass one, or call it inside "
            "`with session.as_default():`."
        )
    return session


def _initialize_new(bijection: Bijection, session: Any) -> None:
    """Gives a value to the variables that have none; leaves the others as they are."""
    variables = list(bijection.named_variables().values())
    flags = session.run([tf.compat.v1.is_variable_initialized(v) for v in variables])
    session.run([v.initializer for v, has_value in zip(variables, flags) if not has_value])

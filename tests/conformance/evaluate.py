"""One run of a case, from which several properties are read."""

import collections
import functools

import numpy as np
import tree

from genflow.core import Bijection
from tests.modes import VariableCount, get_variables, perturb

Evaluation = collections.namedtuple(
    "Evaluation",
    [
        "arguments",  # What went in: the input and, where there is one, the context.
        "outputs",  # (y, log_det) for perturbed weights; of a network (y,).
        "beside_others",  # The same with every example but the first replaced.
        "inverse_outputs",  # (x, log_det) of the inverse of y; of a network ().
        "initialized",  # (y, updates) of `initialize`, before the weights were perturbed.
        "after_initialization",  # (y, log_det) after `initialize`; of a network (y,).
        "variables_before",  # Values by path, before `initialize`,
        "variables_after",  # ... and after it.
        "num_variables",  # How many the module has, how many the first call made,
        "num_made",
        "num_made_later",  # ... and all later calls.
    ],
)


@functools.lru_cache(maxsize=None)
def evaluate(case, mode_type, dtype=np.float64):
    """Forward, initialize, perturb, forward, inverse and forward; see `Evaluation`."""
    with mode_type() as mode:
        module, arguments = case.make(), case.arguments(dtype=dtype)
        with VariableCount() as made:
            function = mode.function(outputs_of(module), *arguments)
            function(*arguments)
        before = get_variables(module, mode)
        with VariableCount() as made_later:
            initialized = mode.call(module.initialize, *arguments)
            after = get_variables(module, mode)
            after_initialization = function(*arguments)
            perturb(module, mode)
            outputs = function(*arguments)
            there_and_back = mode.call(back_and_there(module), outputs[0], *arguments)
        return Evaluation(
            arguments=arguments,
            outputs=outputs,
            beside_others=function(*_beside_others(case, arguments)),
            inverse_outputs=there_and_back[0],
            initialized=initialized,
            after_initialization=after_initialization,
            variables_before=before,
            variables_after=after,
            num_variables=len(module.variables),
            num_made=made.count,
            num_made_later=made_later.count,
        )


def outputs_of(module):
    """What a case is run with: gives (y, log_det) for a layer, (y,) for a network."""
    if isinstance(module, Bijection):
        return module.forward_and_log_det
    return lambda *arguments: (module(*arguments),)


def back_and_there(module):
    """The inverse of the first argument, and the outputs for the others."""

    def run(y, x, *context):
        is_layer = isinstance(module, Bijection)
        back = module.inverse_and_log_det(y, *context) if is_layer else ()
        return back, outputs_of(module)(x, *context)

    return run


def first_example(nest):
    return tree.map_structure(lambda array: array[:1], nest)


def assert_close(actual, expected, tolerance):
    """Compares nests of arrays, leaf by leaf, relatively and absolutely."""
    tree.assert_same_structure(actual, expected)
    for one, other in zip(tree.flatten(actual), tree.flatten(expected)):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def _beside_others(case, arguments):
    return tree.map_structure(
        lambda array, other: np.concatenate([array[:1], other[1:].astype(array.dtype)]),
        arguments,
        case.arguments(seed=1),
    )

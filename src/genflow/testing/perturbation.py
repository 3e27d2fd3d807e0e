"""Weights that are not at their initial values, for the time of a check."""

import contextlib
import zlib
from typing import Any, Callable, Dict, Iterator, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Bijection


@contextlib.contextmanager
def perturbed(
    bijection: Bijection, stddev: float, run: Callable[[Any], Any], session: Any
) -> Iterator[None]:
    """Adds noise to every trained variable, and takes it back at the end.

    A layer whose weights are all zero has a log-determinant of zero, and so has its
    copy with the wrong sign; noise tells them apart. The noise is a function of the
    variable's path.

    Args:
        bijection: Whose variables.
        stddev: Standard deviation of the noise.
        run: Turns tensors into arrays.
        session: The session, or `None` when eager.

    Yields:
        Nothing.
    """
    trained = {
        path: variable
        for path, variable in bijection.named_variables().items()
        if variable.trainable and variable.dtype.is_floating
    }
    before = run({path: tf.convert_to_tensor(variable) for path, variable in trained.items()})
    noisy = {path: value + _noise(path, value.shape, stddev) for path, value in before.items()}
    try:
        _assign_all(trained, noisy, session)
        yield
    finally:
        _assign_all(trained, before, session)


def _noise(path: str, shape: Tuple[int, ...], stddev: float) -> np.ndarray:
    return stddev * np.random.RandomState(zlib.crc32(path.encode())).standard_normal(shape)


def _assign_all(
    variables: Dict[str, tf.Variable], values: Dict[str, np.ndarray], session: Any
) -> None:
    if session is None:
        for path, variable in variables.items():
            variable.assign(values[path].astype(variable.dtype.as_numpy_dtype))
        return
    # An initialiser whose value is fed: no new operations, and one run for all of them.
    initializers = {path: variable.initializer for path, variable in variables.items()}
    feed = {initializers[path].inputs[1]: values[path] for path in variables}
    session.run(list(initializers.values()), feed)

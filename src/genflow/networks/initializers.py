"""Initial values of weights, from stateless random operations."""

from typing import Any, Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import make_seed
from genflow.core.random import static_seed
from genflow.core.types import Tensor


def normal(stddev: float, seed: Optional[int] = None) -> Callable[[Any, tf.DType], Tensor]:
    """Normal with mean 0: a function of shape and type, the same at every call.

    Drawn in float32 whatever the type, so that a model has the same weights in both.
    """
    pair = static_seed(seed)

    def initializer(shape: Any, dtype: tf.DType) -> Tensor:
        return tf.cast(stddev * tf.random.stateless_normal(shape, make_seed(pair)), dtype)

    return initializer

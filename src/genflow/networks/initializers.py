"""Initial values of weights, from stateless random operations.

An initializer is a function of a shape, a type and a seed. All of them draw in float32
whatever the type, so that a model has the same weights in every type. The last axis of a
shape is that of the outputs of a layer, all axes before it are what one output sees.
"""

import functools
from typing import Any, Callable, List, Optional

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import make_seed
from genflow.core.checks import check_positive
from genflow.core.module import Initializer
from genflow.core.random import static_seed
from genflow.core.types import Seed, Tensor

WeightInitializer = Callable[[Any, tf.DType, Seed], Tensor]


def normal(stddev: float) -> WeightInitializer:
    """Normal with mean 0.

    Args:
        stddev: Standard deviation; 0 for weights that start as zero.

    Returns:
        An initializer.

    Raises:
        ValueError: If `stddev` is negative.

    Example:
        >>> normal(stddev=0.02)([3, 3, 8, 16], tf.float32, seed=0).shape.as_list()
        [3, 3, 8, 16]
    """
    _check_not_negative(stddev)

    def initializer(shape: Any, dtype: tf.DType, seed: Seed) -> Tensor:
        return tf.cast(stddev * tf.random.stateless_normal(shape, make_seed(seed)), dtype)

    return initializer


def truncated_normal(stddev: float) -> WeightInitializer:
    """Normal with mean 0, drawn again where it is more than two standard deviations off.

    What remains has the standard deviation `0.8796 * stddev`.

    Args:
        stddev: Standard deviation before the truncation.

    Returns:
        An initializer.

    Raises:
        ValueError: If `stddev` is negative.

    Example:
        >>> truncated_normal(stddev=0.02)([3, 3, 8, 16], tf.float32, seed=0).shape.as_list()
        [3, 3, 8, 16]
    """
    _check_not_negative(stddev)

    def initializer(shape: Any, dtype: tf.DType, seed: Seed) -> Tensor:
        values = tf.random.stateless_truncated_normal(shape, make_seed(seed))
        return tf.cast(stddev * values, dtype)

    return initializer


def he_normal() -> WeightInitializer:
    """Normal with the variance `2 / fan_in`: keeps the size of activations behind a ReLU.

    Returns:
        An initializer; `fan_in` is the number of weights of one output.

    Example:
        >>> he_normal()([3, 3, 8, 16], tf.float32, seed=0).shape.as_list()
        [3, 3, 8, 16]

    References:
        He et al., Delving Deep into Rectifiers, 2015, equation 10.
        https://arxiv.org/abs/1502.01852
    """

    def initializer(shape: Any, dtype: tf.DType, seed: Seed) -> Tensor:
        return normal((2.0 / _product(shape[:-1])) ** 0.5)(shape, dtype, seed)

    return initializer


def glorot_uniform() -> WeightInitializer:
    """Uniform with mean 0 and the variance `2 / (fan_in + fan_out)`.

    Returns:
        An initializer; of a kernel `[height, width, in_channels, out_channels]`, `fan_in` is
        `height * width * in_channels` and `fan_out` is `height * width * out_channels`.

    Example:
        >>> glorot_uniform()([3, 3, 8, 16], tf.float32, seed=0).shape.as_list()
        [3, 3, 8, 16]

    References:
        Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural
        Networks, 2010, equation 16. https://proceedings.mlr.press/v9/glorot10a.html
    """

    def initializer(shape: Any, dtype: tf.DType, seed: Seed) -> Tensor:
        fans = _product(shape[:-2]) * (shape[-2] + shape[-1])
        values = tf.random.stateless_uniform(shape, make_seed(seed), minval=-1.0, maxval=1.0)
        return tf.cast((6.0 / fans) ** 0.5 * values, dtype)

    return initializer


def orthogonal(gain: float = 1.0) -> WeightInitializer:
    """A random matrix, uniform among those with orthonormal rows or columns, times `gain`.

    The weights of an output are a column of it; the columns are orthonormal, or if there
    are more of them than rows, the rows.

    Args:
        gain: All singular values of the matrix.

    Returns:
        An initializer, of shapes of at least two axes.

    Raises:
        ValueError: If `gain` is not positive.

    Example:
        >>> orthogonal()([3, 3, 8, 16], tf.float32, seed=0).shape.as_list()
        [3, 3, 8, 16]

    References:
        Saxe, McClelland and Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning
        in Deep Linear Neural Networks, 2013. https://arxiv.org/abs/1312.6120
    """
    check_positive(gain, "gain")

    def initializer(shape: Any, dtype: tf.DType, seed: Seed) -> Tensor:
        rows, columns = _product(shape[:-1]), shape[-1]
        tall = [max(rows, columns), min(rows, columns)]
        # The decomposition in float64: on every processor the same to the last bit of float32.
        q, r = tf.linalg.qr(normal(1.0)(tall, tf.float64, seed))
        q *= tf.sign(tf.linalg.diag_part(r))
        q = q if rows >= columns else tf.linalg.matrix_transpose(q)
        return tf.cast(gain * tf.reshape(q, shape), dtype)

    return initializer


def zeros() -> WeightInitializer:
    """All weights 0; the seed is not used.

    Returns:
        An initializer.

    Example:
        >>> zeros()([3, 3, 8, 16], tf.float32, seed=None).shape.as_list()
        [3, 3, 8, 16]
    """

    def initializer(shape: Any, dtype: tf.DType, seed: Seed) -> Tensor:
        return tf.zeros(shape, dtype)

    return initializer


# The default of layers that a ReLU follows.
HE_NORMAL = he_normal()
# The default of layers that a norm follows, or nothing.
GLOROT_UNIFORM = glorot_uniform()


def seeded(initializer: WeightInitializer, seed: Optional[int] = None) -> Initializer:
    """A function of shape and type only, that gives the same at every call."""
    return functools.partial(initializer, seed=static_seed(seed))


def _check_not_negative(stddev: float) -> None:
    if not stddev >= 0:
        raise ValueError("`stddev` must not be negative; got {}.".format(stddev))


def _product(sizes: List[int]) -> int:
    return int(np.prod(sizes, dtype=np.int64))

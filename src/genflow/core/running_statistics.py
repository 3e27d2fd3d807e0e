"""Running averages of the moments of batches."""

import contextlib
from typing import Iterator, Optional, Tuple

import tensorflow.compat.v2 as tf
import tree

from genflow.core.checks import assign, check_channels, check_floating, static_channels
from genflow.core.finite import is_finite
from genflow.core.log_det import log_det_dtype
from genflow.core.module import Module
from genflow.core.precision import keep_dtype
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates

Moments = Tuple[Tensor, Tensor]


class RunningStatistics(Module):
    """Running mean and variance of every channel, for layers that normalise batches.

    A batch moves both averages by `new = decay * old + (1 - decay) * batch`. They start
    as mean 0 and variance 1, and are kept in float32 at least, as are the moments. The
    variables are made, and the input is checked, by whichever method is called first.

    Shapes:
        x: `[batch, ..., channels]`, with a static channel count.
        mean, variance: `[channels]`.

    Example:
        >>> statistics, x = RunningStatistics(decay=0.9), tf.ones([4, 8, 8, 3])
        >>> mean, variance = statistics.moments(x)
        >>> new_mean, new_variance, updates = statistics.update(x, mean, variance)
        >>> new_mean.shape.as_list(), new_variance.shape.as_list()
        ([3], [3])
    """

    def __init__(self, decay: float, name: Optional[str] = None) -> None:
        """Constructs the statistics.

        Args:
            decay: Share of the old averages in the new ones.
            name: What error messages call the layer; the layer's own name is best.

        Raises:
            ValueError: If `decay` is not in [0, 1).
        """
        super().__init__(name=name)
        if not 0.0 <= decay < 1.0:
            raise ValueError("`decay` must be in [0, 1); got {}.".format(decay))
        self.decay = decay
        self._is_held = False

    def moments(self, x: Tensor) -> Moments:
        """Mean and variance of a batch, as `moments` gives them, of a checked input."""
        self._check(x)
        return moments(x)

    def current(self, x: Tensor) -> Moments:
        """The running mean and variance; `x` is what they will be applied to."""
        self._check(x)
        return tf.convert_to_tensor(self.mean), tf.convert_to_tensor(self.variance)

    def update(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tuple[Tensor, Tensor, Updates]:
        """Moves the averages towards the moments of a batch.

        A batch that is empty, or has a value that is not finite, does not change the
        variables: they would never recover from it. Values that saturate in float16, as on an
        Ascend 910, do change them, as all large values do, and are forgotten with time: moments
        beyond 65504 may be true ones.

        Args:
            x: The batch.
            mean: Its mean,
            variance: ... and its variance.

        Returns:
            The new averages, through which gradients flow to `mean` and `variance` (and
            which are not finite if these are not); and the operations that make them
            current, for `after`: none while the averages are held.
        """
        self._check(x)
        pairs = [(self.mean, mean), (self.variance, variance)]
        new_mean, new_variance = (
            self.decay * variable + (1.0 - self.decay) * tf.cast(value, variable.dtype)
            for variable, value in pairs
        )
        updates = [] if self._is_held else self._assign(new_mean, new_variance)
        return new_mean, new_variance, updates

    def set(self, x: Tensor, mean: Tensor, variance: Tensor) -> Updates:
        """Replaces the averages, as `initialize` does; by finite ones only, as `update`."""
        self._check(x)
        return self._assign(tf.cast(mean, self.mean.dtype), tf.cast(variance, self.variance.dtype))

    def _assign(self, mean: Tensor, variance: Tensor) -> Updates:
        usable = is_finite(tf.stack([mean, variance]))
        updates = assign(self.mean, tf.where(usable, mean, self.mean))
        return updates + assign(self.variance, tf.where(usable, variance, self.variance))

    def _build(self, x: Tensor) -> None:
        channels = [static_channels(x, owner=self)]
        self.mean = self._variable("mean", tf.zeros, channels, x.dtype, trainable=False)
        self.variance = self._variable("variance", tf.ones, channels, x.dtype, trainable=False)

    def _check(self, x: Tensor) -> None:
        static_channels(x, owner=self)
        check_floating(x.dtype, owner=self)
        # The variables have the type of the moments, not that of a half-precision input.
        self._build_once(tf.cast(x, log_det_dtype(x.dtype)))
        check_channels(x, static_size(self.mean, 0), self, "its input, as at the first call")


@contextlib.contextmanager
def held_statistics(module: tf.Module) -> Iterator[None]:
    """Holds the running averages of a module: what is called meanwhile does not move them.

    Args:
        module: It and its parts.
    """
    held = [part for part in module.submodules if isinstance(part, RunningStatistics)]
    for statistics in held:
        statistics._is_held = True
    try:
        yield
    finally:
        for statistics in held:
            statistics._is_held = False


def moments(x: Tensor) -> Moments:
    """Mean and variance over all axes but the last, in float32 at least."""
    with keep_dtype():
        x = tf.cast(x, log_det_dtype(x.dtype))
        return tf.nn.moments(x, axes=list(range(x.shape.rank - 1)))


def after(y: Nest, updates: Updates) -> Nest:
    """Ties a tensor, or a nest of them, to updates: in a graph they run before it is computed."""
    if not updates:
        return y
    with tf.control_dependencies(updates):
        return tree.map_structure(tf.identity, y)

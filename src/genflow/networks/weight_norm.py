"""What the layers with weight normalisation share."""

from typing import Any, Callable, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    assign,
    check_channels,
    check_positive,
    check_positive_integer,
    check_rank,
    initialization_statistics,
    static_channels,
)
from genflow.core.log_det import log_det_dtype
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates
from genflow.networks.initializers import normal, seeded


def channel_norms(weight: Tensor) -> Tensor:
    """The Euclidean norm of a weight for every output channel: `[out_channels]`.

    Example:
        >>> channel_norms(tf.ones([3, 3, 8, 16])).shape.as_list()
        [16]
    """
    return _norm(weight, axes=list(range(weight.shape.rank - 1)))


def kernel_norm(weight: Tensor) -> Tensor:
    """The Euclidean norm of a weight as a whole, a scalar.

    Example:
        >>> kernel_norm(tf.ones([3, 3, 8, 16])).shape.as_list()
        []
    """
    return _norm(weight, axes=list(range(weight.shape.rank)))


class WeightNorm(Network):
    """A linear map whose weight has its length and its direction as separate variables.

    Computes `y = product(x, weight) + bias` with the weight

        gain * direction / norm(direction)

    Subclasses write `_product(x, weight)`. The weight is `[..., in_channels, out_channels]`;
    before the channels come the sides of a kernel.
    """

    def __init__(
        self,
        out_channels: int,
        sides: Sequence[int],
        stddev: float,
        init_scale: float,
        norm: Callable[[Tensor], Tensor],
        use_bias: bool,
        train_gain: bool,
        seed: Optional[int],
        name: Optional[str],
    ) -> None:
        """Constructs what is shared; see the subclasses. `sides` are those of the kernel."""
        super().__init__(name=name)
        check_positive_integer(out_channels, "out_channels")
        check_positive(stddev, "stddev")
        check_positive(init_scale, "init_scale")
        self.out_channels = out_channels
        self.init_scale = init_scale
        self.norm = norm
        self.use_bias = use_bias
        self.train_gain = train_gain
        self._sides = tuple(sides)
        self._draw = seeded(normal(stddev), seed)

    def _build(self, x: Tensor) -> None:
        self._check_rank(x)
        shape = list(self._sides) + [static_channels(x, owner=self), self.out_channels]
        self.direction = self._variable("direction", self._draw, shape, x.dtype)
        # Of the same draw again: one variable's initial value must not wait for another's.
        self.gain = self._variable("gain", self._drawn_norm, shape, x.dtype, self.train_gain)
        if self.use_bias:
            self.bias = self._variable("bias", tf.zeros, [self.out_channels], x.dtype)

    def _drawn_norm(self, shape: Any, dtype: tf.DType) -> Tensor:
        norm = self.norm(self._draw(shape, dtype))
        if norm.shape.as_list() not in ([], [self.out_channels]):
            raise ValueError(
                "`norm` of `{}` must give a tensor of shape [] or [{}]; got shape {}.".format(
                    self.name, self.out_channels, norm.shape
                )
            )
        return norm

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        y = self._mapped(x, self.gain)
        return tf.nn.bias_add(y, self.bias) if self.use_bias else y

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        y = self._mapped(x, gain=1.0)
        is_scalar = self.gain.shape.rank == 0
        positions = list(range(x.shape.rank - 1))
        axes = positions + [x.shape.rank - 1] if is_scalar else positions
        _, std = initialization_statistics(y, owner=self, axes=axes)
        gain = self.init_scale / std
        y, updates = y * gain, assign(self.gain, gain)
        if not self.use_bias:
            return y, updates
        bias = -tf.reduce_mean(y, axis=positions)
        return y + bias, updates + assign(self.bias, bias)

    def _mapped(self, x: Tensor, gain: Any) -> Tensor:
        self._check_rank(x)
        in_channels = static_size(self.direction, -2)
        check_channels(x, in_channels, self, "its input, as at the first call")
        direction = tf.convert_to_tensor(self.direction)
        return self._product(x, direction * (gain / self.norm(direction)))

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        raise NotImplementedError("`{}` has no `_product`.".format(type(self).__name__))

    def _check_rank(self, x: Tensor) -> None:
        check_rank(x, [len(self._sides) + 2], owner=self)


def _norm(weight: Tensor, axes: Any) -> Tensor:
    """Never zero, and with a gradient at zero; summed up in float32 at least."""
    squares = tf.square(tf.cast(weight, log_det_dtype(weight.dtype)))
    return tf.cast(tf.sqrt(tf.maximum(tf.reduce_sum(squares, axis=axes), 1e-24)), weight.dtype)

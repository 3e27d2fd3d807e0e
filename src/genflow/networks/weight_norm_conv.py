"""A convolution with weight normalisation."""

from typing import Any, Callable, Optional, Tuple

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
from genflow.networks.initializers import normal


def channel_norms(kernel: Tensor) -> Tensor:
    """The Euclidean norm of a kernel for every output channel: `[out_channels]`.

    Example:
        >>> channel_norms(tf.ones([3, 3, 8, 16])).shape.as_list()
        [16]
    """
    return _norm(kernel, axes=[0, 1, 2])


def kernel_norm(kernel: Tensor) -> Tensor:
    """The Euclidean norm of a kernel as a whole, a scalar.

    Example:
        >>> kernel_norm(tf.ones([3, 3, 8, 16])).shape.as_list()
        []
    """
    return _norm(kernel, axes=[0, 1, 2, 3])


class WeightNormConv(Network):
    """A convolution whose kernel has its length and its direction as separate weights.

    Computes `y = conv(x) + bias`, zero padded, with the kernel

        gain * direction / norm(direction)

    With `channel_norms`, as in the paper, every output channel has a gain of its own;
    with `kernel_norm` there is one gain for all of them. Until `initialize` has been
    called, `gain` is `norm(direction)` and `bias` zero: a plain convolution with the
    kernel that was drawn. It gives the outputs the standard deviation `init_scale`
    on its batch, of every channel or of all together, as the gain is; and every channel
    the mean 0, if there is a bias.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height, width, out_channels]`.

    Example:
        >>> network = WeightNormConv(out_channels=16)
        >>> y, updates = network.initialize(tf.random.normal([4, 8, 8, 3]))
        >>> y.shape.as_list(), network.gain.shape.as_list()
        ([4, 8, 8, 16], [16])

    References:
        Salimans and Kingma, Weight Normalization: A Simple Reparameterization to
        Accelerate Training of Deep Neural Networks, 2016, sections 2 and 3.
        https://arxiv.org/abs/1602.07868
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int = 3,
        stddev: float = 0.05,
        init_scale: float = 1.0,
        norm: Callable[[Tensor], Tensor] = channel_norms,
        use_bias: bool = True,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of output channels.
            kernel_size: Side of the kernel.
            stddev: Standard deviation of the initial direction.
            init_scale: Standard deviation of the outputs after `initialize`; a small one
                makes a last layer start close to zero.
            norm: `channel_norms`, `kernel_norm`, or another function from a kernel
                `[height, width, in_channels, out_channels]` to positive numbers of the
                shape `[out_channels]` or `[]`, which is then the shape of the gain.
            use_bias: Whether there is a bias; a batch norm that follows takes it out again.
            seed: Seed of the initial direction.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(name=name)
        check_positive_integer(out_channels, "out_channels")
        check_positive_integer(kernel_size, "kernel_size")
        check_positive(stddev, "stddev")
        check_positive(init_scale, "init_scale")
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.init_scale = init_scale
        self.norm = norm
        self.use_bias = use_bias
        self._draw = normal(stddev, seed)

    def _build(self, x: Tensor) -> None:
        check_rank(x, [4], owner=self)
        shape = [self.kernel_size] * 2 + [static_channels(x, owner=self), self.out_channels]
        self.direction = self._variable("direction", self._draw, shape, x.dtype)
        # Of the same draw again: one variable's initial value must not wait for another's.
        self.gain = self._variable("gain", self._drawn_norm, shape, x.dtype)
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
        y = self._convolved(x, self.gain)
        return tf.nn.bias_add(y, self.bias) if self.use_bias else y

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        y = self._convolved(x, gain=1.0)
        is_scalar = self.gain.shape.rank == 0
        axes = [0, 1, 2, 3] if is_scalar else [0, 1, 2]
        _, std = initialization_statistics(y, owner=self, axes=axes)
        gain = self.init_scale / std
        y, updates = y * gain, assign(self.gain, gain)
        if not self.use_bias:
            return y, updates
        bias = -tf.reduce_mean(y, axis=[0, 1, 2])
        return y + bias, updates + assign(self.bias, bias)

    def _convolved(self, x: Tensor, gain: Any) -> Tensor:
        check_rank(x, [4], owner=self)
        in_channels = static_size(self.direction, 2)
        check_channels(x, in_channels, self, "its input, as at the first call")
        kernel = self.direction * (gain / self.norm(tf.convert_to_tensor(self.direction)))
        return tf.nn.conv2d(x, kernel, strides=1, padding="SAME")


def _norm(kernel: Tensor, axes: Any) -> Tensor:
    """Never zero, and with a gradient at zero; summed up in float32 at least."""
    squares = tf.square(tf.cast(kernel, log_det_dtype(kernel.dtype)))
    return tf.cast(tf.sqrt(tf.maximum(tf.reduce_sum(squares, axis=axes), 1e-24)), kernel.dtype)

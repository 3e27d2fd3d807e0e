"""A convolution with weight normalisation."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_positive_integer
from genflow.core.types import Tensor
from genflow.networks.weight_norm import WeightNorm, channel_norms


class WeightNormConv(WeightNorm):
    """A convolution whose kernel has its length and its direction as separate weights.

    Computes `y = conv(x) + bias`, zero padded by default, with the kernel

        gain * direction / norm(direction)

    With `channel_norms`, as in the paper, every output channel has a gain of its own;
    with `kernel_norm` there is one gain for all of them. Until `initialize` has been
    called, `gain` is `norm(direction)` and `bias` zero: a plain convolution with the
    kernel that was drawn. It gives the outputs the standard deviation `init_scale`
    on its batch, of every channel or of all together, as the gain is; and every channel
    the mean 0, if there is a bias.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, ceil(height / stride), ceil(width / stride), out_channels]`.

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
        train_gain: bool = True,
        stride: int = 1,
        use_padding: bool = True,
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
            train_gain: Whether the gain is trained; otherwise only `initialize` sets it, and
                training cannot make the outputs larger than noise that is added to them.
            stride: Distance of neighbouring outputs, in pixels of the input.
            use_padding: Whether zeros are added around the images, as `Conv` does; without
                them a side becomes `ceil((side - kernel_size + 1) / stride)`.
            seed: Seed of the initial direction.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        check_positive_integer(kernel_size, "kernel_size")
        check_positive_integer(stride, "stride")
        sides = [kernel_size, kernel_size]
        super().__init__(
            out_channels, sides, stddev, init_scale, norm, use_bias, train_gain, seed, name
        )
        self.stride = stride
        self.use_padding = use_padding

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        padding = "SAME" if self.use_padding else "VALID"
        return tf.nn.conv2d(x, weight, strides=self.stride, padding=padding)

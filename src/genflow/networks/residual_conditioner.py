"""The conditioner of RealNVP for images."""

import functools
from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network, fold_in, make_seed
from genflow.core.checks import check_positive_integer
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Seed, Tensor
from genflow.networks.batch_norm import BatchNorm
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.dropout import Dropout
from genflow.networks.residual_block import ResidualBlock
from genflow.networks.weight_norm_conv import WeightNormConv

# Without what the neighbouring part makes superfluous: the batch norm takes a bias out again.
_CONV = functools.partial(WeightNormConv, use_bias=False)
_NORM = functools.partial(BatchNorm, affine=False)
_OUTPUT = functools.partial(WeightNormConv, init_scale=0.1)


class ResidualConditioner(ComposedNetwork):
    """A residual network with batch norm and weight norm that keeps height and width.

    Computes, with `norm` a batch norm without scale and offset,

        h = relu(norm(conv_1x1(norm(x))))
        h = relu(h + norm(conv_3x3(dropout(relu(norm(conv_3x3(h)))))))    num_blocks times
        y = conv_1x1(h)

    After `initialize` the outputs have mean 0 and the standard deviation 0.1, so a
    coupling starts close to the identity. The context is not used.

    Shapes:
        x: `[batch, height, width, in_channels]`.
        y: `[batch, height, width, out_channels]`.

    Example:
        >>> network = ResidualConditioner(width=8, out_channels=6, num_blocks=2)
        >>> y, updates = network.initialize(tf.random.normal([4, 8, 8, 3]))
        >>> network(tf.random.normal([4, 8, 8, 3]), training=True).shape.as_list()
        [4, 8, 8, 6]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016, sections
        3.7 and 4.1. https://arxiv.org/abs/1605.08803
    """

    def __init__(
        self,
        width: int,
        out_channels: int,
        num_blocks: int = 8,
        make_conv: Callable[..., Network] = _CONV,
        make_norm: Callable[[], Network] = _NORM,
        make_output: Callable[..., Network] = _OUTPUT,
        dropout_rate: float = 0.0,
        dropout_seed: Seed = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            width: Channels of the hidden layers.
            out_channels: Number of output channels: twice the changed channels for an
                affine coupling, once for an additive one.
            num_blocks: Number of residual blocks.
            make_conv: Class or function of `out_channels`, `kernel_size` and `seed` that
                gives a convolution; by default `WeightNormConv` without bias, which the
                norm that follows would take out again.
            make_norm: Class or function without arguments that gives a norm; by default
                `BatchNorm` without scale and offset.
            make_output: As `make_conv`, for the last layer, which no norm follows; by
                default `WeightNormConv` with an `init_scale` of 0.1.
            dropout_rate: See `Dropout`.
            dropout_seed: As `Dropout` takes it; every block folds its own number in. Give
                every conditioner of a model another one.
            seed: Seed of the initial kernels.
            name: Name scope of the network.

        Raises:
            ValueError: If a count is not a positive integer, or `dropout_rate` not in [0, 1).
        """
        super().__init__(name=name)
        check_positive_integer(width, "width")
        check_positive_integer(out_channels, "out_channels")
        check_positive_integer(num_blocks, "num_blocks")
        first, last, *seeds = child_seeds(seed, 2 + num_blocks)
        self.norm_in = make_norm()
        self.conv_in = make_conv(width, kernel_size=1, seed=first)
        self.norm_hidden = make_norm()
        self.blocks = [
            ResidualBlock(width, make_conv, make_norm, Dropout(dropout_rate, drop), seed=child)
            for child, drop in zip(seeds, _dropout_seeds(dropout_seed, num_blocks))
        ]
        self.conv_out = make_output(out_channels, kernel_size=1, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        h = run(self.conv_in, run(self.norm_in, x))
        h = tf.nn.relu(run(self.norm_hidden, h))
        for block in self.blocks:
            h = run(block, h)
        return run(self.conv_out, h)


def _dropout_seeds(seed: Seed, count: int) -> list:
    """A seed for every block; made at the call of the block, in whose graph it must be."""
    if seed is None:
        return [None] * count

    def derived(index: int) -> Tensor:
        return fold_in(make_seed(seed), "dropout/{}".format(index))

    return [functools.partial(derived, index) for index in range(count)]

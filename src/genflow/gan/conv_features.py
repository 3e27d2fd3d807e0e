"""What the discriminator of DCGAN makes its decision on."""

from typing import Callable, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_positive, check_rank
from genflow.core.random import child_seeds
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.gan.append_context import AppendContext
from genflow.gan.defaults import BATCH_NORM, NORMAL, TRUNCATED_NORMAL, checked_widths
from genflow.networks import Conv, Dense, Identity
from genflow.networks.composed_network import ComposedNetwork, Run


class ConvFeatures(ComposedNetwork):
    """Convolutions that each halve height and width, then dense layers.

    Computes, with `act` a leaky ReLU, for every one of `widths`, then of `hidden_widths`,

        h = act(norm(conv(h)))
        h = act(norm(dense(h)))

    with no norm after the first convolution; images are flattened before the dense layers. A
    context, if there is one, is appended to the input of every layer, and handed to the
    norms. Weights of convolutions start as `truncated_normal(0.02)`, those of dense layers
    as `normal(0.02)`, biases as zero.

    Shapes:
        x: `[batch, height, width, channels]`: images, all of one size.
        context: `[batch, context_channels]`, such as one-hot labels; or `None`.
        y: `[batch, features]`: the last of `hidden_widths`, or all numbers of the last image.

    Example:
        >>> ConvFeatures(widths=(8, 16))(tf.ones([2, 28, 28, 1]), training=True).shape.as_list()
        [2, 784]

    References:
        Radford, Metz and Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2015, section 3.
        https://arxiv.org/abs/1511.06434
    """

    def __init__(
        self,
        widths: Sequence[int] = (64, 128, 256, 512),
        hidden_widths: Sequence[int] = (),
        kernel_size: int = 5,
        slope: float = 0.2,
        make_norm: Callable[[], Network] = BATCH_NORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: Channels of the convolutions.
            hidden_widths: Widths of the dense layers.
            kernel_size: Side of the kernels.
            slope: Of the leaky ReLU, below zero.
            make_norm: Class or function without arguments that gives a norm; `Identity` for
                none.
            make_reparametrize: The same for what layers do to their weights, such as
                `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not a positive integer, there is none, or `slope` is not
                positive.
        """
        super().__init__(name=name)
        widths = checked_widths(widths, "widths", can_be_empty=False)
        hidden_widths = checked_widths(hidden_widths, "hidden_widths")
        check_positive(slope, "slope")
        self.slope = slope
        self.append = AppendContext(name=self.name)
        make_weight = make_reparametrize or (lambda: None)
        seeds = child_seeds(seed, len(widths) + len(hidden_widths))
        self.convs = [
            Conv(n, kernel_size, 2, True, TRUNCATED_NORMAL, make_weight(), seed=s)
            for n, s in zip(widths, seeds)
        ]
        self.conv_norms = [Identity()] + [make_norm() for _ in widths[1:]]
        self.dense = [
            Dense(n, NORMAL, make_weight(), seed=s)
            for n, s in zip(hidden_widths, seeds[len(widths) :])
        ]
        self.dense_norms = [make_norm() for _ in self.dense]

    def _build(self, x: Tensor) -> None:
        self._image_shape = self._checked_shape(x)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        if self._checked_shape(x) != self._image_shape:
            raise ValueError(
                "`{}` needs images {}, as at the first call; got shape {}.".format(
                    self.name, self._image_shape, x.shape
                )
            )

        def layer(part: Network, norm: Network, h: Tensor) -> Tensor:
            h = run(norm, run(part, run(self.append, h, context)), context)
            return tf.nn.leaky_relu(h, alpha=self.slope)

        h = x
        for conv, norm in zip(self.convs, self.conv_norms):
            h = layer(conv, norm, h)
        h = tf.reshape(h, [-1, h.shape[1:].num_elements()])
        for dense, norm in zip(self.dense, self.dense_norms):
            h = layer(dense, norm, h)
        return h

    def _checked_shape(self, x: Tensor) -> Tuple[int, int, int]:
        check_rank(x, [4], owner=self)
        shape = tuple(static_size(x, axis) for axis in range(1, 4))
        if None in shape:
            raise ValueError(
                "`{}` needs images of a static height, width and channel count; got shape "
                "{}.".format(self.name, x.shape)
            )
        return shape

"""The generator of DCGAN."""

from typing import Callable, List, Optional, Sequence, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_rank
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.append_context import AppendContext
from genflow.gan.defaults import BATCH_NORM, NORMAL, checked_image_shape, checked_widths
from genflow.networks import ConvTranspose, Dense
from genflow.networks.composed_network import ComposedNetwork, Run


class DeconvGenerator(ComposedNetwork):
    """Makes images of vectors by transposed convolutions that each double height and width.

    Computes, for every one of the `hidden_widths` and then for `widths[0]`,

        h = relu(norm(dense(h)))

    the last of which is an image of `widths[0]` channels, then for every other of `widths`,
    and last for the channels of the image,

        h = relu(norm(conv_transpose(h)))
        y = output(conv_transpose(h))

    Sizes are those of an image halved again and again, rounded up, so any size will do.
    Without `hidden_widths` the first norm is one of channels; with them all norms of dense
    layers are alike, and every feature is normalised by itself. A context, if there is one,
    is appended to the input of every layer, and handed to the norms. Weights start as
    `normal(0.02)`, biases as zero.

    As in the original, `image_shape=(64, 64, 3)` has 5,135,363 weights for vectors of 100
    numbers; the one for MNIST with ten labels has 7,065,211, and is
    `DeconvGenerator((28, 28, 1), (128, 128), hidden_widths=(1024,), output=tf.sigmoid)`.

    Shapes:
        x: `[batch, channels]`: noise.
        context: `[batch, context_channels]`, such as one-hot labels; or `None`.
        y: `[batch, height, width, channels]`, the image shape.

    Example:
        >>> generator = DeconvGenerator(image_shape=(28, 28, 1), widths=(16, 8))
        >>> generator(tf.random.normal([2, 100]), training=True).shape.as_list()
        [2, 28, 28, 1]

    References:
        Radford, Metz and Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2015.
        https://arxiv.org/abs/1511.06434
    """

    def __init__(
        self,
        image_shape: Tuple[int, int, int],
        widths: Sequence[int] = (512, 256, 128, 64),
        hidden_widths: Sequence[int] = (),
        kernel_size: int = 5,
        output: Callable[[Tensor], Tensor] = tf.tanh,
        make_norm: Callable[[], Network] = BATCH_NORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        make_last_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            image_shape: Height, width and channels.
            widths: Channels of the images before every transposed convolution.
            hidden_widths: Widths of dense layers before the one that makes the first image.
            kernel_size: Side of the kernels.
            output: From the last layer to the images: `tf.tanh` for pixels in [-1, 1],
                `tf.sigmoid` for pixels in [0, 1], `tf.identity`.
            make_norm: Class or function without arguments that gives a norm; `Identity` for
                none.
            make_reparametrize: The same for what layers do to their weights, such as
                `SpectralNorm`.
            make_last_reparametrize: The same for the last layer, where it is to do another
                thing, such as `WeightNormalization` in Improved-GAN.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a size or a width is not a positive integer, or there is no width.
        """
        super().__init__(name=name)
        self.image_shape = checked_image_shape(image_shape)
        hidden_widths = checked_widths(hidden_widths, "hidden_widths")
        widths = checked_widths(widths, "widths", can_be_empty=False)
        sizes = _halved(self.image_shape[:2], times=len(widths))
        self._start = sizes[0] + (widths[0],)
        self.output = output
        self.append = AppendContext(name=self.name)
        seeds = child_seeds(seed, len(hidden_widths) + 1 + len(widths))
        dense_widths = hidden_widths + [sizes[0][0] * sizes[0][1] * widths[0]]
        make_weight = make_reparametrize or (lambda: None)
        make_weights = [make_weight] * len(widths[1:]) + [make_last_reparametrize or make_weight]
        self.dense = [Dense(n, NORMAL, make_weight(), seed=s) for n, s in zip(dense_widths, seeds)]
        self.dense_norms = [make_norm() for _ in self.dense]
        self.convs = [
            ConvTranspose(
                n,
                kernel_size,
                size=size,
                initializer=NORMAL,
                reparametrize=make(),
                seed=s,
            )
            for n, size, make, s in zip(
                widths[1:] + [self.image_shape[2]],
                sizes[1:],
                make_weights,
                seeds[len(self.dense) :],
            )
        ]
        self.conv_norms = [make_norm() for _ in self.convs[:-1]]

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_rank(x, [2], owner=self)

        def layer(part: Network, h: Tensor) -> Tensor:
            return run(part, run(self.append, h, context))

        h = x
        for dense, norm in zip(self.dense[:-1], self.dense_norms):
            h = tf.nn.relu(run(norm, layer(dense, h), context))
        h = layer(self.dense[-1], h)
        if len(self.dense) > 1:
            h = self._as_images(run(self.dense_norms[-1], h, context))
        else:
            h = run(self.dense_norms[-1], self._as_images(h), context)
        h = tf.nn.relu(h)
        for conv, norm in zip(self.convs, self.conv_norms):
            h = tf.nn.relu(run(norm, layer(conv, h), context))
        return self.output(layer(self.convs[-1], h))

    def _as_images(self, h: Tensor) -> Tensor:
        return tf.reshape(h, (-1,) + self._start)


def _halved(size: Sequence[int], times: int) -> List[Tuple[int, int]]:
    """Sizes of images from the smallest to `size`, of which each has half the sides of the next."""
    sizes = [tuple(size)]
    for _ in range(times):
        sizes.insert(0, tuple(-(-side // 2) for side in sizes[0]))
    return sizes

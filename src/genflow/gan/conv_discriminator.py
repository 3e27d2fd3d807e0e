"""The discriminator of DCGAN."""

from typing import Callable, Optional, Sequence

from genflow.core import Network
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.append_context import AppendContext
from genflow.gan.conv_features import ConvFeatures
from genflow.gan.defaults import BATCH_NORM, NORMAL
from genflow.networks import Dense
from genflow.networks.composed_network import ComposedNetwork, Run


class ConvDiscriminator(ComposedNetwork):
    """Gives logits to images: `dense(features)`, with the features of `ConvFeatures`.

    A context, if there is one, is appended to the features as well.

    As in the original, `ConvDiscriminator()` has 4,316,545 weights for images of 64x64x3; the
    one for MNIST with ten labels has 3,769,479, and is
    `ConvDiscriminator(widths=(11, 74), hidden_widths=(1024,))`.

    Shapes:
        x: `[batch, height, width, channels]`: images, all of one size.
        context: `[batch, context_channels]`, such as one-hot labels; or `None`.
        y: `[batch, num_outputs]`: logits.

    Attributes:
        features: The `ConvFeatures`, which can be called by itself, to match features.

    Example:
        >>> discriminator = ConvDiscriminator(widths=(8, 16))
        >>> discriminator(tf.ones([2, 28, 28, 1]), training=True).shape.as_list()
        [2, 1]

    References:
        Radford, Metz and Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2015.
        https://arxiv.org/abs/1511.06434
    """

    def __init__(
        self,
        widths: Sequence[int] = (64, 128, 256, 512),
        hidden_widths: Sequence[int] = (),
        num_outputs: int = 1,
        kernel_size: int = 5,
        slope: float = 0.2,
        make_norm: Callable[[], Network] = BATCH_NORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: See `ConvFeatures`, as of all arguments but `num_outputs`.
            hidden_widths: Widths of the dense layers before the last.
            num_outputs: Number of logits: one, or one for every class.
            kernel_size: Side of the kernels.
            slope: Of the leaky ReLU, below zero.
            make_norm: Class or function without arguments that gives a norm.
            make_reparametrize: The same for what all layers do to their weights, such as
                `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not a positive integer, there is none, or `slope` is not
                positive.
        """
        super().__init__(name=name)
        first, last = child_seeds(seed, 2)
        self.features = ConvFeatures(
            widths,
            hidden_widths,
            kernel_size,
            slope,
            make_norm,
            make_reparametrize,
            seed=first,
            name=self.name + "_features",
        )
        self.append = AppendContext(name=self.name)
        reparametrize = None if make_reparametrize is None else make_reparametrize()
        self.head = Dense(num_outputs, NORMAL, reparametrize, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        features = run(self.features, x, context)
        return run(self.head, run(self.append, features, context))

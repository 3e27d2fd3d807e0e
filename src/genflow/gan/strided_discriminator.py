"""The discriminator of SSGAN."""

from typing import Callable, Optional, Sequence

from genflow.core import Network
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.context_use import check_context_is_used
from genflow.gan.defaults import SSGAN_BATCH_NORM
from genflow.gan.strided_features import StridedFeatures
from genflow.networks import Dense
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM


class StridedDiscriminator(ComposedNetwork):
    """Gives logits to images: `dense(features)`, with the features of `StridedFeatures`.

    As in the original, `StridedDiscriminator(num_outputs=11)`, with a logit for each of ten
    classes and one for generated images, has 996,555 weights for images of 28x28x1 and 997,131
    for 32x32x3. The original normalises every batch by itself in evaluation, too; here running
    averages take its place, so that a logit does not depend on the other images.

    Shapes:
        x: `[batch, height, width, channels]`: images, all of one size.
        context: What the norms take, or `None`.
        y: `[batch, num_outputs]`: logits.

    Attributes:
        features: The `StridedFeatures`, which can be called by itself, to match features.
        head: The last layer.

    Example:
        >>> discriminator = StridedDiscriminator(num_outputs=11)
        >>> discriminator(tf.ones([2, 7, 7, 1]), training=True).shape.as_list()
        [2, 11]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016 (of which SSGAN is an
        implementation with layers of its own). https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        widths: Optional[Sequence[int]] = None,
        num_outputs: int = 1,
        kernel_size: int = 3,
        slope: float = 0.2,
        make_norm: Callable[[], Network] = SSGAN_BATCH_NORM,
        make_last_norm: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: See `StridedFeatures`, as of all arguments but `num_outputs`.
            num_outputs: Number of logits: one, or one for every class.
            kernel_size: Side of the kernels, but that of the last.
            slope: Of the leaky ReLU, below zero.
            make_norm: Class or function without arguments that gives a norm.
            make_last_norm: The same for the last of the norms, where it is to be another:
                `Identity` if `make_norm` is `InstanceNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width or `num_outputs` is not a positive integer, there is no
                width, or `slope` is not positive.
        """
        super().__init__(name=name)
        first, last = child_seeds(seed, 2)
        self.features = StridedFeatures(
            widths,
            kernel_size,
            slope,
            make_norm,
            make_last_norm,
            seed=first,
            name=self.name + "_features",
        )
        self.head = Dense(num_outputs, GLOROT_UNIFORM, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        features = run(self.features, x, context)
        # Behind the features, whose norms there may be none of before.
        check_context_is_used(context, self, "give it `make_norm=ConditionalBatchNorm`")
        return run(self.head, features)

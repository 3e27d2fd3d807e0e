"""A discriminator that compares features with labels."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import (
    check_channels,
    check_context,
    check_positive_integer,
    check_rank,
)
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.networks import Dense
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer


class ProjectionDiscriminator(ComposedNetwork):
    """Adds to the logit of an image how well its features agree with its label.

    Computes, with `f = features(x, context)`,

        y = f @ weight + bias + sum((f @ embedding) * context)

    For one-hot labels, the last term is the product of the features and the column of
    `embedding` for the class. `ResidualFeatures` without conditional norms does not look at
    the context, as in the paper; features that do, such as `ConvFeatures`, see it as well.

    Shapes:
        x: What the features take.
        context: `[batch, num_classes]`: one-hot labels, or another vector.
        y: `[batch, 1]`: logits.

    Example:
        >>> from genflow.gan import ResidualFeatures
        >>> network = ProjectionDiscriminator(ResidualFeatures(widths=(8, 16)), num_classes=10)
        >>> network(tf.ones([2, 16, 16, 3]), tf.one_hot([3, 7], depth=10)).shape.as_list()
        [2, 1]

    References:
        Miyato and Koyama, cGANs with Projection Discriminator, 2018, section 3.
        https://arxiv.org/abs/1802.05637
    """

    def __init__(
        self,
        features: Network,
        num_classes: int,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            features: A network that gives vectors.
            num_classes: Number of channels of the context.
            initializer: Of both weights.
            make_reparametrize: Class or function without arguments that gives a network for
                what these layers do to their weights, such as `SpectralNorm`.
            seed: Seed of the initial weights; the features have one of their own.
            name: Name scope of the network.

        Raises:
            ValueError: If `num_classes` is not a positive integer.
        """
        super().__init__(name=name)
        check_positive_integer(num_classes, "num_classes")
        self.features = features
        self.num_classes = num_classes
        make_weight = make_reparametrize or (lambda: None)
        first, second = child_seeds(seed, 2)
        self.head = Dense(1, initializer, make_weight(), seed=first)
        self.embedding = Dense(num_classes, initializer, make_weight(), use_bias=False, seed=second)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_context(context, self, x)
        check_channels(context, self.num_classes, self, "its context, `num_classes`")
        features = run(self.features, x, context)
        check_rank(features, [2], owner=self)
        agreements = run(self.embedding, features) * tf.cast(context, features.dtype)
        return run(self.head, features) + tf.reduce_sum(agreements, axis=-1, keepdims=True)

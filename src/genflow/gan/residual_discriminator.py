"""A discriminator of residual blocks."""

from typing import Callable, Optional, Sequence

from genflow.core import Network
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Tensor
from genflow.gan.context_use import check_context_is_used
from genflow.gan.residual_features import ResidualFeatures
from genflow.networks import Dense, Identity
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM, WeightInitializer


class ResidualDiscriminator(ComposedNetwork):
    """Residual blocks and one dense layer that gives logits.

    Computes `y = dense(features(x))`, with `ResidualFeatures`. For labels, hand these
    features to `ProjectionDiscriminator`.

    Shapes:
        x: `[batch, height, width, channels]`: images of any size.
        context: What the norms take, or `None`.
        y: `[batch, num_outputs]`: logits.

    Example:
        >>> from genflow.networks import SpectralNorm
        >>> network = ResidualDiscriminator(widths=(8, 16), make_reparametrize=SpectralNorm)
        >>> network(tf.ones([2, 16, 16, 3]), training=True).shape.as_list()
        [2, 1]

    References:
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018,
        appendix B.4, table 4. https://arxiv.org/abs/1802.05957
    """

    def __init__(
        self,
        widths: Sequence[int] = (128, 128),
        num_flat_blocks: int = 2,
        num_outputs: int = 1,
        attention_level: Optional[int] = None,
        make_norm: Callable[[], Network] = Identity,
        initializer: WeightInitializer = GLOROT_UNIFORM,
        make_reparametrize: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: See `ResidualFeatures`, as of all arguments but `num_outputs`.
            num_flat_blocks: Number of the blocks that keep height and width.
            num_outputs: Number of logits: one, or one for every class.
            attention_level: Number of the block that a `SelfAttention` follows, or `None`.
            make_norm: Class or function without arguments that gives a norm.
            initializer: Of all weights.
            make_reparametrize: As `make_norm`, for what all layers do to their weights, such
                as `SpectralNorm`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width or `num_outputs` is not a positive integer, there is no
                width, `num_flat_blocks` is negative, or there is no block `attention_level`.
        """
        super().__init__(name=name)
        first, last = child_seeds(seed, 2)
        self.features = ResidualFeatures(
            widths,
            num_flat_blocks,
            attention_level,
            make_norm,
            initializer,
            make_reparametrize,
            seed=first,
        )
        reparametrize = None if make_reparametrize is None else make_reparametrize()
        self.head = Dense(num_outputs, initializer, reparametrize, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        remedy = "hand its `features` to `ProjectionDiscriminator`, which does"
        check_context_is_used(context, self, remedy)
        return run(self.head, run(self.features, x, context))

"""The discriminators of Improved-GAN for CIFAR-10 and SVHN."""

from typing import Callable, Optional, Sequence

from genflow.core import Network
from genflow.core.random import child_seeds
from genflow.core.types import Nest, Seed, Tensor
from genflow.gan.context_use import check_context_is_used
from genflow.gan.pooled_features import PooledFeatures
from genflow.networks import Identity, WeightNormDense
from genflow.networks.composed_network import ComposedNetwork, Run


class PooledDiscriminator(ComposedNetwork):
    """Gives logits to images: `dense(minibatch(features))`, with the `PooledFeatures`.

    With ten logits, one for every class, and a loss that takes `logsumexp` of them for the
    logit of "real", `PooledDiscriminator()` is what the authors train on CIFAR-10, and
    `PooledDiscriminator(widths=(64, 128))` on SVHN. Call `initialize` with some hundreds of
    images first: it gives the logits, in training, mean 0 and deviation 0.1.

    The generator `DeconvGenerator((32, 32, 3), (512, 256, 128),
    make_last_reparametrize=WeightNormalization)` is like the authors'. Theirs starts from
    `normal(0.05)`, has batch norms without a scale and with an epsilon of 1e-6, the first of
    which normalises every feature by itself, and sets the last gains from data.

    Shapes:
        x: `[batch, height, width, channels]`: images of any size from
            `2 * 2**len(widths) + 1` on.
        y: `[batch, num_outputs]`: logits.

    Attributes:
        features: The `PooledFeatures`, which can be called by itself, to match features.
        head: The last layer.

    Example:
        >>> from genflow.networks import WeightNormMinibatchDiscrimination
        >>> network = PooledDiscriminator((4, 8), make_minibatch=WeightNormMinibatchDiscrimination)
        >>> network(tf.ones([2, 32, 32, 3]), training=True).shape.as_list()
        [2, 10]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, sections 3.2 and 5.2;
        the layers are those of the authors' code. https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        widths: Sequence[int] = (96, 192),
        num_outputs: int = 10,
        input_dropout: float = 0.2,
        dropout: float = 0.5,
        slope: float = 0.2,
        make_minibatch: Callable[[], Network] = Identity,
        seed: Optional[int] = None,
        noise_seed: Seed = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: See `PooledFeatures`, as of all arguments but two.
            num_outputs: Number of logits: one, or one for every class.
            input_dropout: Probability of a number of an image to be dropped,
            dropout: ... and of what the convolutions of a width give.
            slope: Of the leaky ReLU, below zero.
            make_minibatch: Class or function without arguments that gives what stands between
                the features and the last layer: nothing, or the authors'
                `WeightNormMinibatchDiscrimination`, or `MinibatchDiscrimination`, with
                `average=True` (the authors take the sum) where the batches of evaluation are
                of another size.
            seed: Seed of the initial weights, but those of `make_minibatch`.
            noise_seed: Of the dropout.
            name: Name scope of the network.

        Raises:
            ValueError: If a width or `num_outputs` is not a positive integer, there is no
                width, a probability is not in [0, 1), or `slope` is not positive.
        """
        super().__init__(name=name)
        first, last = child_seeds(seed, 2)
        self.features = PooledFeatures(
            widths,
            input_dropout,
            dropout,
            slope,
            seed=first,
            noise_seed=noise_seed,
            name=self.name + "_features",
        )
        self.minibatch = make_minibatch()
        self.head = WeightNormDense(num_outputs, init_scale=0.1, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_context_is_used(context, self, "hand `PooledFeatures` to `ProjectionDiscriminator`")
        return run(self.head, run(self.minibatch, run(self.features, x)))

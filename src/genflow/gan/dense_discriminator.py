"""The discriminator of Improved-GAN for MNIST."""

from typing import Optional, Sequence

from genflow.core.random import child_seeds
from genflow.core.types import Nest, Seed, Tensor
from genflow.gan.context_use import check_context_is_used
from genflow.gan.dense_features import DenseFeatures
from genflow.gan.noise_seed import noise_seed_for
from genflow.networks import GaussianNoise, WeightNormDense
from genflow.networks.composed_network import ComposedNetwork, Run


class DenseDiscriminator(ComposedNetwork):
    """Gives logits to images or vectors: `dense(features + stddev * noise)`.

    The features are those of `DenseFeatures`; the last layer has its weights normalised, too,
    and its gains are trained. With ten logits, one for every class, and a loss that takes
    `logsumexp` of them for the logit of "real", `DenseDiscriminator()` is what the authors
    train on MNIST. Call `initialize` with some hundreds of images first.

    Shapes:
        x: `[batch, ...]`: images or vectors, all of one size.
        y: `[batch, num_outputs]`: logits.

    Attributes:
        features: The `DenseFeatures`, which can be called by itself, to match features.
        head: The last layer.

    Example:
        >>> discriminator = DenseDiscriminator(widths=(8, 6))
        >>> logits, updates = discriminator.initialize(tf.random.uniform([16, 28, 28, 1]))
        >>> discriminator(tf.ones([2, 28, 28, 1]), training=True).shape.as_list()
        [2, 10]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.1; the layers
        are those of the authors' code. https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        widths: Sequence[int] = (1000, 500, 250, 250, 250),
        num_outputs: int = 10,
        input_noise: float = 0.3,
        noise: float = 0.5,
        seed: Optional[int] = None,
        noise_seed: Seed = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: See `DenseFeatures`, as of all arguments but `num_outputs`.
            num_outputs: Number of logits: one, or one for every class.
            input_noise: Standard deviation of the noise on the images,
            noise: ... and on what every layer but the last gives.
            seed: Seed of the initial weights.
            noise_seed: Of the noise.
            name: Name scope of the network.

        Raises:
            ValueError: If a width or `num_outputs` is not a positive integer, there is no
                width, or a deviation is negative.
        """
        super().__init__(name=name)
        first, last = child_seeds(seed, 2)
        self.features = DenseFeatures(
            widths,
            input_noise,
            noise,
            seed=first,
            noise_seed=noise_seed,
            name=self.name + "_features",
        )
        self.noise = GaussianNoise(noise, noise_seed_for(noise_seed, "head"), in_initialize=True)
        self.head = WeightNormDense(num_outputs, stddev=0.1, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_context_is_used(context, self, "hand `DenseFeatures` to `ProjectionDiscriminator`")
        return run(self.head, run(self.noise, run(self.features, x)))

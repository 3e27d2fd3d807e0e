"""What the discriminator of Improved-GAN for MNIST makes its decision on."""

from typing import Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core.random import child_seeds
from genflow.core.types import Nest, Seed, Tensor
from genflow.gan.defaults import check_static_size, checked_widths
from genflow.gan.noise_seed import noise_seed_for
from genflow.networks import GaussianNoise, WeightNormDense
from genflow.networks.composed_network import ComposedNetwork, Run


class DenseFeatures(ComposedNetwork):
    """Fully connected layers with noise on the input of every one.

    Flattens its input and computes, for every one of the `widths`,

        h = relu(dense(h + stddev * noise))

    where `stddev` is `input_noise` for the first layer and `noise` for the others; outside
    training there is no noise. The weights are normalised. `initialize` gives the input of
    every ReLU, with the noise, mean 0 and deviation 1 on its batch (the authors took 500
    images), and sets the gains for good: were they trained, the layers could let their
    outputs grow until no noise is felt.

    Shapes:
        x: `[batch, ...]`: images or vectors, all of one size.
        context: Anything; it is not used.
        y: `[batch, widths[-1]]`.

    Example:
        >>> DenseFeatures(widths=(8, 6))(tf.ones([2, 28, 28, 1]), training=True).shape.as_list()
        [2, 6]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.1; the layers
        are those of the authors' code. https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        widths: Sequence[int] = (1000, 500, 250, 250, 250),
        input_noise: float = 0.3,
        noise: float = 0.5,
        seed: Optional[int] = None,
        noise_seed: Seed = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: Of the layers.
            input_noise: Standard deviation of the noise on the images,
            noise: ... and on what every layer but the last gives.
            seed: Seed of the initial weights.
            noise_seed: As `GaussianNoise` takes it; every layer folds its own number in. Give
                a function, or nothing: an integer is the same noise at every call.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not a positive integer, there is none, or a deviation is
                negative.
        """
        super().__init__(name=name)
        widths = checked_widths(widths, "widths", can_be_empty=False)
        stddevs = [input_noise] + [noise] * (len(widths) - 1)
        self.noises = [
            GaussianNoise(stddev, noise_seed_for(noise_seed, str(index)), in_initialize=True)
            for index, stddev in enumerate(stddevs)
        ]
        self.dense = [
            WeightNormDense(n, stddev=0.1, train_gain=False, seed=s)
            for n, s in zip(widths, child_seeds(seed, len(widths)))
        ]

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        check_static_size(x, owner=self)
        h = tf.reshape(x, [-1, x.shape[1:].num_elements()])
        for noise, dense in zip(self.noises, self.dense):
            h = tf.nn.relu(run(dense, run(noise, h)))
        return h

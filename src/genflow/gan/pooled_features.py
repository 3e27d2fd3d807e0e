"""What the discriminators of Improved-GAN for CIFAR-10 and SVHN make their decision on."""

from typing import Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_positive, check_rank
from genflow.core.random import child_seeds
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Seed, Tensor
from genflow.gan.defaults import checked_widths
from genflow.gan.noise_seed import noise_seed_for
from genflow.networks import Dropout, WeightNormConv
from genflow.networks.composed_network import ComposedNetwork, Run


class PooledFeatures(ComposedNetwork):
    """Convolutions with dropout between them, and the mean of all positions.

    Computes, with `act` a leaky ReLU, three times for every one of the `widths`, the third of
    which times with a stride of 2,

        h = act(conv_3x3(h))

    and then, with the last of the widths, once `act(conv_3x3(h))` without padding, twice
    `act(conv_1x1(h))`, and the mean over all positions. Behind the images, and behind the
    convolutions of every width, there is dropout. The weights are normalised: `initialize`
    gives the input of every leaky ReLU mean 0 and deviation 1 on its batch, with the dropout,
    and sets the gains for good.

    The authors have `widths=(96, 192)` for CIFAR-10, and `(64, 128)` for SVHN.

    Shapes:
        x: `[batch, height, width, channels]`: images of any size whose sides, divided by
            `2**len(widths)` and rounded up, are 3 at least.
        context: Anything; it is not used.
        y: `[batch, widths[-1]]`.

    Example:
        >>> network = PooledFeatures(widths=(4, 8))
        >>> network(tf.ones([2, 32, 32, 3]), training=True).shape.as_list()
        [2, 8]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.2; the layers
        are those of the authors' code. https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        widths: Sequence[int] = (96, 192),
        input_dropout: float = 0.2,
        dropout: float = 0.5,
        slope: float = 0.2,
        seed: Optional[int] = None,
        noise_seed: Seed = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: Channels of the convolutions.
            input_dropout: Probability of a number of an image to be dropped,
            dropout: ... and of what the convolutions of a width give.
            slope: Of the leaky ReLU, below zero.
            seed: Seed of the initial weights.
            noise_seed: Of the dropout, as `Dropout` takes it; every layer folds its own number
                in. Give a function, or nothing: an integer drops the same at every call.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not a positive integer, there is none, a probability is
                not in [0, 1), or `slope` is not positive.
        """
        super().__init__(name=name)
        widths = checked_widths(widths, "widths", can_be_empty=False)
        check_positive(slope, "slope")
        self.slope = slope
        rates = [input_dropout] + [dropout] * len(widths)
        self.dropouts = [
            Dropout(rate, noise_seed_for(noise_seed, str(index)), in_initialize=True)
            for index, rate in enumerate(rates)
        ]
        arguments = [(n, 3, stride, True) for n in widths for stride in (1, 1, 2)]
        arguments += [(widths[-1], 3, 1, False), (widths[-1], 1, 1, True), (widths[-1], 1, 1, True)]
        self.convs = [
            WeightNormConv(
                n, size, train_gain=False, stride=stride, use_padding=use_padding, seed=s
            )
            for (n, size, stride, use_padding), s in zip(
                arguments, child_seeds(seed, len(arguments))
            )
        ]

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        self._check(x)
        h = x
        for index, conv in enumerate(self.convs):
            if index % 3 == 0:
                h = run(self.dropouts[index // 3], h)
            h = tf.nn.leaky_relu(run(conv, h), alpha=self.slope)
        return tf.reduce_mean(h, axis=[1, 2])

    def _check(self, x: Tensor) -> None:
        check_rank(x, [4], owner=self)
        least = 2 * 2 ** (len(self.dropouts) - 1) + 1
        sides = [side for side in (static_size(x, 1), static_size(x, 2)) if side is not None]
        if any(side < least for side in sides):
            raise ValueError(
                "`{}` needs images of {} by {} at least; got shape {}: use fewer `widths`.".format(
                    self.name, least, least, x.shape
                )
            )

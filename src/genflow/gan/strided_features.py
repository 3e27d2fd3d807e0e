"""What the discriminator of SSGAN makes its decision on."""

from typing import Callable, List, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_positive, check_rank
from genflow.core.random import child_seeds, static_seed
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.gan.defaults import SSGAN_BATCH_NORM, check_static_size, checked_widths
from genflow.networks import Conv
from genflow.networks.composed_network import ComposedNetwork, Run
from genflow.networks.initializers import GLOROT_UNIFORM


class StridedFeatures(ComposedNetwork):
    """Convolutions that halve height and width until one pixel is left.

    Computes, with `act` a leaky ReLU, for every one of the `widths`, and last for a quarter of
    the last of them,

        h = norm(act(conv(h)))
        y = flatten(act(conv_1x1(h)))

    By default there are as many widths as reduce the shorter side to 1: 32, 64, 128, 256, 256,
    and 512 from there on. Of square images one pixel is left then; of others several, all of
    which are features. Weights start as `glorot_uniform()`, biases as zero.

    Shapes:
        x: `[batch, height, width, channels]`: images, all of one size.
        context: What the norms take, or `None`.
        y: `[batch, features]`: `widths[-1] // 4` for every pixel that is left.

    Example:
        >>> StridedFeatures()(tf.ones([2, 7, 7, 1]), training=True).shape.as_list()
        [2, 32]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016 (of which SSGAN is an
        implementation with layers of its own). https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        widths: Optional[Sequence[int]] = None,
        kernel_size: int = 3,
        slope: float = 0.2,
        make_norm: Callable[[], Network] = SSGAN_BATCH_NORM,
        make_last_norm: Optional[Callable[[], Network]] = None,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the network.

        Args:
            widths: Channels of the convolutions; `None` for those that the size of the first
                images asks for.
            kernel_size: Side of the kernels, but that of the last.
            slope: Of the leaky ReLU, below zero.
            make_norm: Class or function without arguments that gives a norm; `Identity` for
                none.
            make_last_norm: The same for the last of the norms, where it is to be another. An
                `InstanceNorm` would leave nothing of the single pixel that is there: give
                `Identity`.
            seed: Seed of the initial weights.
            name: Name scope of the network.

        Raises:
            ValueError: If a width is not a positive integer, there is none, or `slope` is not
                positive.
        """
        super().__init__(name=name)
        check_positive(slope, "slope")
        self.slope = slope
        self._kernel_size = kernel_size
        self._make_norm = make_norm
        self._make_last_norm = make_last_norm or make_norm
        self._seed = static_seed(seed)
        self._norm_differs = _differs_in_training(make_norm())
        self.convs, self.norms = [], []
        if widths is not None:
            self._add_layers(checked_widths(widths, "widths", can_be_empty=False))

    @property
    def differs_in_training(self) -> bool:
        """Whether the norms do, of which `widths=None` has none before the first call."""
        return self._norm_differs

    def _build(self, x: Tensor) -> None:
        self._check(x)
        if not self.convs:
            self._add_layers(_widths_of(static_size(x, 1), static_size(x, 2)))

    def _add_layers(self, widths: List[int]) -> None:
        last, *seeds = child_seeds(self._seed, 1 + len(widths))
        self.convs = [
            Conv(n, self._kernel_size, 2, initializer=GLOROT_UNIFORM, seed=s)
            for n, s in zip(widths, seeds)
        ]
        self.norms = [self._make_norm() for _ in widths[1:]] + [self._make_last_norm()]
        width = max(widths[-1] // 4, 1)
        self.last = Conv(width, kernel_size=1, initializer=GLOROT_UNIFORM, seed=last)

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        self._check(x)
        h = x
        for conv, norm in zip(self.convs, self.norms):
            h = run(norm, self._activated(run(conv, h)), context)
        h = self._activated(run(self.last, h))
        return tf.reshape(h, [-1, h.shape[1:].num_elements()])

    def _activated(self, h: Tensor) -> Tensor:
        return tf.nn.leaky_relu(h, alpha=self.slope)

    def _check(self, x: Tensor) -> None:
        check_rank(x, [4], owner=self)
        check_static_size(x, owner=self)


def _widths_of(height: int, width: int) -> List[int]:
    """As many as halvings, rounded up, take the shorter side to 1; one at least."""
    count = max((min(height, width) - 1).bit_length(), 1)
    return [32, 64, 128, 256, 256][:count] + [512] * (count - 5)


def _differs_in_training(norm: Network) -> bool:
    parts = (norm,) + tuple(norm.submodules)
    return any(getattr(part, "differs_in_training", False) for part in parts)

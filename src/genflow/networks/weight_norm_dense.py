"""A fully connected layer with weight normalisation."""

from typing import Callable, Optional

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.networks.weight_norm import WeightNorm, channel_norms


class WeightNormDense(WeightNorm):
    """A fully connected layer whose weight has its length and its direction apart.

    Computes `y = x @ weight + bias`, with the weight

        gain * direction / norm(direction)

    in all else as `WeightNormConv`: until `initialize` has been called, the weight is the
    direction that was drawn; it gives the outputs the standard deviation `init_scale` on its
    batch, and with a bias the mean 0.

    Shapes:
        x: `[batch, in_channels]`.
        y: `[batch, out_channels]`.

    Example:
        >>> network = WeightNormDense(out_channels=16)
        >>> y, updates = network.initialize(tf.random.normal([4, 8]))
        >>> y.shape.as_list(), network.gain.shape.as_list()
        ([4, 16], [16])

    References:
        Salimans and Kingma, Weight Normalization: A Simple Reparameterization to
        Accelerate Training of Deep Neural Networks, 2016, sections 2 and 3.
        https://arxiv.org/abs/1602.07868
    """

    def __init__(
        self,
        out_channels: int,
        stddev: float = 0.05,
        init_scale: float = 1.0,
        norm: Callable[[Tensor], Tensor] = channel_norms,
        use_bias: bool = True,
        train_gain: bool = True,
        seed: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            out_channels: Number of outputs.
            stddev: Standard deviation of the initial direction.
            init_scale: Standard deviation of the outputs after `initialize`.
            norm: `channel_norms`, `kernel_norm`, or another function from a weight
                `[in_channels, out_channels]` to positive numbers of the shape
                `[out_channels]` or `[]`, which is then the shape of the gain.
            use_bias: Whether there is a bias; a batch norm that follows takes it out again.
            train_gain: Whether the gain is trained; otherwise only `initialize` sets it, and
                training cannot make the outputs larger than noise that is added to them.
            seed: Seed of the initial direction.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(
            out_channels, [], stddev, init_scale, norm, use_bias, train_gain, seed, name
        )

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        return tf.matmul(x, weight)

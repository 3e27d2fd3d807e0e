"""Fixed permutations of the channels."""

from typing import Callable, Optional, Sequence, Tuple, Union

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.checks import check_channels, static_channels
from genflow.core.log_det import zero_log_det
from genflow.core.random import static_seed
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor

Order = Union[Sequence[int], Callable[[int], Sequence[int]]]


class Permute(Bijection):
    """Puts the channels in another, fixed order.

    Computes `y[..., i] = x[..., order[i]]` and `log_det = 0`. The order is kept in a
    variable that is not trained, so a checkpoint carries it.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
        log_det: `[batch]`.

    Example:
        >>> Permute(shuffled_order(seed=0)).forward(tf.ones([2, 4, 4, 12])).shape.as_list()
        [2, 4, 4, 12]

    References:
        Dinh, Krueger and Bengio, NICE: Non-linear Independent Components Estimation,
        2014. https://arxiv.org/abs/1410.8516
    """

    def __init__(self, order: Order, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            order: The channel that each place gets, as integers; or a function from the
                channel count to them, such as `reversed_order` and the result of
                `shuffled_order(seed)`.
            name: Name scope of the layer.
        """
        super().__init__(name=name)
        self._order = order if callable(order) else tuple(order)

    def _build(self, x: Tensor) -> None:
        channels = static_channels(x, owner=self)
        order = self._order(channels) if callable(self._order) else self._order
        order = np.asarray(order, np.int32)
        if sorted(order.tolist()) != list(range(channels)):
            raise ValueError(
                "`{}` needs an order with each of 0 to {} once for an input of {} channels; "
                "got {}.".format(self.name, channels - 1, channels, order.tolist())
            )
        self.order = self._variable(
            "order", lambda shape, dtype: tf.constant(order), [channels], tf.int32, trainable=False
        )

    def _forward(self, x: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        return self._permuted(x, tf.convert_to_tensor(self.order)), zero_log_det(x)

    def _inverse(self, y: Tensor, context: Optional[Nest], training: bool) -> Tuple[Tensor, Tensor]:
        return self._permuted(y, tf.math.invert_permutation(self.order)), zero_log_det(y)

    def _permuted(self, x: Tensor, order: Tensor) -> Tensor:
        channels = static_size(self.order, 0)
        check_channels(x, channels, self, "its input, as at the first call")
        permuted = tf.gather(x, order, axis=-1)
        permuted.set_shape(x.shape)
        return permuted


def reversed_order(channels: int) -> np.ndarray:
    """The channels from last to first, as RealNVP and NICE alternate them.

    Args:
        channels: Channel count.

    Returns:
        `[channels]` integers.

    Example:
        >>> reversed_order(3).tolist()
        [2, 1, 0]
    """
    return np.arange(channels)[::-1]


def swapped_order(channels: int) -> np.ndarray:
    """The second half of the channels, then the first; the first is larger if their number is odd.

    Before a `Split` it makes the first half leave.

    Args:
        channels: Channel count.

    Returns:
        `[channels]` integers.

    Example:
        >>> swapped_order(5).tolist()
        [3, 4, 0, 1, 2]
    """
    return np.roll(np.arange(channels), channels // 2)


def checkerboard_order(channels: int) -> np.ndarray:
    """The diagonal of every square of pixels first, where a `Squeeze` has made it channels.

    After `Squeeze(channel_major=False)`, the first half of the channels are then the
    pixels (0, 0) and (1, 1) of their square, the second half (0, 1) and (1, 0): the two
    colours of a checkerboard. In this order the authors of RealNVP factor out half of the
    channels.

    Args:
        channels: Channel count; a multiple of 4.

    Returns:
        `[channels]` integers.

    Raises:
        ValueError: If `channels` is not a multiple of 4.

    Example:
        >>> checkerboard_order(8).tolist()
        [0, 1, 6, 7, 2, 3, 4, 5]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.6 and the authors' code. https://arxiv.org/abs/1605.08803
    """
    if channels % 4:
        raise ValueError(
            "`checkerboard_order` needs a multiple of 4 channels, as a squeeze by 2 gives; got "
            "{}.".format(channels)
        )
    return np.arange(channels).reshape(4, -1)[[0, 3, 1, 2]].ravel()


def shuffled_order(seed: Optional[int] = None) -> Callable[[int], np.ndarray]:
    """A random order that depends on nothing but the seed and the channel count.

    Args:
        seed: An integer, or `None` for an order that follows `tf.random.set_seed`.

    Returns:
        A function from the channel count to `[channels]` integers.

    Example:
        >>> sorted(shuffled_order(seed=1)(4).tolist())
        [0, 1, 2, 3]
    """

    def order(channels: int) -> np.ndarray:
        return np.random.RandomState(static_seed(seed) % 2**32).permutation(channels)

    return order

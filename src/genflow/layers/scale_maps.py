"""Scale maps: how a coupling turns a conditioner's raw output into a log-scale.

A scale map is any function from a tensor to the log-scale of the same shape. What is
bounded here is the scale, and with it the log-determinant, of one coupling.
"""

import math
from typing import Callable

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_positive
from genflow.core.types import Tensor


def check_scale_map(scale_map: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Refuses what cannot be called; returns the scale map."""
    if not callable(scale_map):
        raise TypeError("`scale_map` must be a function of a tensor; got {!r}.".format(scale_map))
    return scale_map


class SigmoidScale:
    """Scale `sigmoid(h + offset)`, between 0 and 1; close to 1 where `h` is 0.

    It can only contract, which other layers (actnorm) make up for. Glow's choice, with
    an offset of 2.

    Example:
        >>> SigmoidScale()(tf.zeros([4, 2])).shape.as_list()
        [4, 2]

    References:
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(self, offset: float = 2.0) -> None:
        """Constructs the map; `offset` is added to its input."""
        self.offset = offset

    def __call__(self, h: Tensor) -> Tensor:
        """The log-scale for a raw output `h`: `log(sigmoid(h + offset))`."""
        return tf.math.log_sigmoid(h + self.offset)


class ExpScale:
    """Scale `exp(h)`: unbounded. Needs small learning rates and clean data.

    Example:
        >>> ExpScale()(tf.zeros([4, 2])).shape.as_list()
        [4, 2]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        equation 7. https://arxiv.org/abs/1605.08803
    """

    def __call__(self, h: Tensor) -> Tensor:
        """The log-scale for a raw output `h`: `h` itself."""
        return h


class TanhScale:
    """Scale `exp(bound * tanh(h / bound))`, between `exp(-bound)` and `exp(bound)`.

    Example:
        >>> TanhScale(bound=2.0)(tf.zeros([4, 2])).shape.as_list()
        [4, 2]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 4.1. https://arxiv.org/abs/1605.08803
    """

    def __init__(self, bound: float = 2.0) -> None:
        """Constructs the map.

        Args:
            bound: The largest magnitude of the log-scale.

        Raises:
            ValueError: If `bound` is not positive.
        """
        check_positive(bound, "bound")
        self.bound = bound

    def __call__(self, h: Tensor) -> Tensor:
        """The log-scale for a raw output `h`: `bound * tanh(h / bound)`."""
        return self.bound * tf.tanh(h / self.bound)


class SoftClampScale:
    """Scale `exp(clamp * 2 / pi * atan(h / clamp))`: bounded, with heavier tails than tanh.

    Example:
        >>> SoftClampScale()(tf.zeros([4, 2])).shape.as_list()
        [4, 2]

    References:
        Ardizzone et al., Guided image generation with conditional invertible neural
        networks, 2019, equation 10. https://arxiv.org/abs/1907.02392
    """

    def __init__(self, clamp: float = 2.0) -> None:
        """Constructs the map.

        Args:
            clamp: The largest magnitude of the log-scale.

        Raises:
            ValueError: If `clamp` is not positive.
        """
        check_positive(clamp, "clamp")
        self.clamp = clamp

    def __call__(self, h: Tensor) -> Tensor:
        """The log-scale for a raw output `h`: `clamp * 2 / pi * atan(h / clamp)`."""
        return (2.0 / math.pi * self.clamp) * tf.atan(h / self.clamp)

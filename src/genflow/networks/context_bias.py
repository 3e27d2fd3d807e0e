"""A bias that the context decides."""

from typing import Optional

import tensorflow.compat.v2 as tf

from genflow.core.checks import check_channels, describe, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor
from genflow.networks.zeros_dense import ZerosDense


class ContextBias(ZerosDense):
    """A linear map of the context, to be added to features; starts as zero.

    Computes `y = (context @ weight + bias) * exp(factor * log_scale)`, with `factor`
    being `log_scale_factor`; the input itself is not used. A context vector gives one
    vector of channels for all positions, a context image one for each of its pixels.

    Shapes:
        x: `[batch, ..., channels]`; only its rank matters.
        context: `[batch, context_channels]`, such as one-hot labels; or
            `[batch, height, width, context_channels]`.
        y: `[batch, 1, ..., 1, out_channels]`, or `[batch, height, width, out_channels]`.

    Example:
        >>> labels = tf.one_hot([3, 7], depth=10)
        >>> ContextBias(out_channels=16)(tf.ones([2, 8, 8, 6]), labels).shape.as_list()
        [2, 1, 1, 16]

    References:
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self, out_channels: int, log_scale_factor: float = 3.0, name: Optional[str] = None
    ) -> None:
        """Constructs the network.

        Args:
            out_channels: Number of output channels.
            log_scale_factor: The log-gain is this times the variable; see `ActNorm`.
            name: Name scope of the network.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(out_channels, log_scale_factor, name)
        self.weight = None

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        self._check(x, context)
        self._build_from(context)
        size = static_size(self.weight, 0)
        check_channels(context, size, self, "its context, as at the first call")
        y = self._apply(tf.reshape(tf.cast(context, self.weight.dtype), [-1, size]))
        if context.shape.rank == 2:
            return tf.reshape(y, [-1] + [1] * (x.shape.rank - 2) + [self.out_channels])
        leading = tf.shape(context)[:-1]
        return tf.reshape(y, tf.concat([leading, [self.out_channels]], axis=0))

    def _build_from(self, context: Tensor) -> None:
        """The variables depend on the context, which `_build` does not see."""
        if self.weight is None:
            with tf.init_scope():
                self._make_variables(static_channels(context, owner=self), self._dtype)

    def _build(self, x: Tensor) -> None:
        self._dtype = x.dtype

    def _check(self, x: Tensor, context: Optional[Nest]) -> None:
        if context is None:
            raise ValueError("`{}` needs a `context`; got none.".format(self.name))
        if not tf.is_tensor(context) or context.shape.rank not in (2, x.shape.rank):
            raise ValueError(
                "`{}` needs a `context` of rank 2 or, as its input, {}; got {}.".format(
                    self.name, x.shape.rank, describe(context)
                )
            )

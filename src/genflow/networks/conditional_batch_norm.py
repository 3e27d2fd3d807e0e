"""Batch normalisation with a scale and an offset that the context decides."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.core.checks import check_channels, check_context, static_channels
from genflow.core.shapes import static_size
from genflow.core.types import Nest, Tensor, Updates
from genflow.networks.batch_norm import BatchNorm


class ConditionalBatchNorm(Network):
    """Batch normalisation with a scale and an offset that the context decides.

    Computes

        y = norm(x) * (1 + context @ scale_weight) + context @ offset_weight

    where `norm` is `BatchNorm` without scale and offset of its own, and both weights start
    as zero. For one-hot labels that is a scale and an offset for each class.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.
        context: `[batch, context_channels]`, such as one-hot labels.

    Example:
        >>> labels = tf.one_hot([3, 7], depth=10)
        >>> ConditionalBatchNorm()(tf.ones([2, 4, 4, 6]), labels).shape.as_list()
        [2, 4, 4, 6]

    References:
        Dumoulin, Shlens and Kudlur, A Learned Representation for Artistic Style, 2017,
        section 2.2. https://arxiv.org/abs/1610.07629
        de Vries et al., Modulating Early Visual Processing by Language, 2017, section 4.
        https://arxiv.org/abs/1707.00683
    """

    uses_context = True

    def __init__(
        self, decay: float = 0.99, epsilon: float = 1e-5, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            decay: Share of the old running averages in the new ones.
            epsilon: Added to the variance.
            name: Name scope of the layer.

        Raises:
            ValueError: If `decay` is not in [0, 1), or `epsilon` is not positive.
        """
        super().__init__(name=name)
        self.norm = BatchNorm(decay, epsilon, affine=False, name=self.name)
        self.scale_weight = None
        self.offset_weight = None

    def _build(self, x: Tensor) -> None:
        self._channels, self._dtype = static_channels(x, owner=self), x.dtype

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        check_context(context, self, x)
        return self._modulated(self.norm(x, training=training), context)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        check_context(context, self, x)
        y, updates = self.norm.initialize(x)
        return self._modulated(y, context), updates

    def _modulated(self, y: Tensor, context: Tensor) -> Tensor:
        self._build_from(context)
        size = static_size(self.scale_weight, 0)
        check_channels(context, size, self, "its context, as at the first call")
        context = tf.cast(context, y.dtype)
        shape = [-1] + [1] * (y.shape.rank - 2) + [self._channels]
        scale = tf.reshape(tf.matmul(context, self.scale_weight), shape)
        return y * (1.0 + scale) + tf.reshape(tf.matmul(context, self.offset_weight), shape)

    def _build_from(self, context: Tensor) -> None:
        """The weights depend on the context, which `_build` does not see."""
        if self.scale_weight is None:
            shape = [static_channels(context, owner=self), self._channels]
            with tf.init_scope():
                self.scale_weight = self._variable("scale_weight", tf.zeros, shape, self._dtype)
                self.offset_weight = self._variable("offset_weight", tf.zeros, shape, self._dtype)

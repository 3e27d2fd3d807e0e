"""Layer normalisation."""

from typing import Optional

from genflow.networks.grouped_norm import GroupedNorm


class LayerNorm(GroupedNorm):
    """Standardises every example over all its positions and channels.

    Computes `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`, where `mean` and
    `variance` are those of all values of one example, and every channel has its `scale`
    and `offset`. An output does not depend on the neighbours of its example, in training
    and otherwise: the norm for discriminators with a gradient penalty.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.

    Example:
        >>> LayerNorm()(tf.ones([2, 4, 4, 6])).shape.as_list()
        [2, 4, 4, 6]

    References:
        Ba, Kiros and Hinton, Layer Normalization, 2016. https://arxiv.org/abs/1607.06450
    """

    def __init__(
        self, epsilon: float = 1e-5, affine: bool = True, name: Optional[str] = None
    ) -> None:
        """Constructs the layer.

        Args:
            epsilon: Added to the variance.
            affine: Whether there are a `scale` and an `offset` to learn.
            name: Name scope of the layer.

        Raises:
            ValueError: If `epsilon` is not positive.
        """
        super().__init__(epsilon, affine, name)

    def _num_groups(self, channels: int) -> int:
        return 1

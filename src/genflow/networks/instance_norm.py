"""Instance normalisation."""

from typing import Optional

from genflow.networks.grouped_norm import GroupedNorm


class InstanceNorm(GroupedNorm):
    """Standardises every channel of every example over its positions.

    Computes `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`, where `mean` and
    `variance` are those of a channel of one example over all positions. An output does not
    depend on the neighbours of its example, in training and otherwise.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count and more than one
            position: a vector has none.

    Example:
        >>> InstanceNorm()(tf.ones([2, 4, 4, 6])).shape.as_list()
        [2, 4, 4, 6]

    References:
        Ulyanov, Vedaldi and Lempitsky, Instance Normalization: The Missing Ingredient for
        Fast Stylization, 2016. https://arxiv.org/abs/1607.08022
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
        return channels

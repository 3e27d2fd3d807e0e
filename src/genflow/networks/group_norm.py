"""Group normalisation."""

from typing import Optional

from genflow.core.checks import check_positive_integer
from genflow.networks.grouped_norm import GroupedNorm


class GroupNorm(GroupedNorm):
    """Standardises groups of neighbouring channels of every example.

    Computes `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`, where `mean` and
    `variance` are those of one example over all positions and the channels of one of
    `num_groups` groups, and every channel has its `scale` and `offset`. An output does not
    depend on the neighbours of its example, in training and otherwise.

    Shapes:
        x, y: `[batch, ..., channels]`, with a static channel count.

    Example:
        >>> GroupNorm(num_groups=2)(tf.ones([2, 4, 4, 6])).shape.as_list()
        [2, 4, 4, 6]

    References:
        Wu and He, Group Normalization, 2018. https://arxiv.org/abs/1803.08494
    """

    def __init__(
        self,
        num_groups: int,
        epsilon: float = 1e-5,
        affine: bool = True,
        name: Optional[str] = None,
    ) -> None:
        """Constructs the layer.

        Args:
            num_groups: Number of groups; must divide that of the channels.
            epsilon: Added to the variance.
            affine: Whether there are a `scale` and an `offset` to learn.
            name: Name scope of the layer.

        Raises:
            ValueError: If a number is not positive.
        """
        super().__init__(epsilon, affine, name)
        check_positive_integer(num_groups, "num_groups")
        self.num_groups = num_groups

    def _num_groups(self, channels: int) -> int:
        if channels % self.num_groups:
            raise ValueError(
                "`num_groups` of `{}` must divide the number of channels; got {} groups for {} "
                "channels.".format(self.name, self.num_groups, channels)
            )
        return self.num_groups

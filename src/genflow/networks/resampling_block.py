"""What residual blocks that change the size of images are made of."""

from typing import Callable, Optional

from genflow.core import Network
from genflow.core.checks import check_positive_integer
from genflow.core.random import child_seeds
from genflow.networks.composed_network import ComposedNetwork
from genflow.networks.conv import Conv
from genflow.networks.identity import Identity
from genflow.networks.initializers import WeightInitializer


class ResamplingBlock(ComposedNetwork):
    """Two norms, two convolutions of 3x3 and one of 1x1 beside them: a subclass composes them.

    Attributes:
        norm_in, conv_in: Of the input.
        norm_out, conv_out: Of what comes after that.
        shortcut: Of the input again; `Identity` where the block does not change it.
    """

    def __init__(
        self,
        width: int,
        changes_shortcut: bool,
        make_norm: Callable[[], Network],
        initializer: WeightInitializer,
        make_reparametrize: Optional[Callable[[], Network]],
        seed: Optional[int],
        name: Optional[str],
    ) -> None:
        """Constructs the parts; see `ResidualDownBlock`."""
        super().__init__(name=name)
        check_positive_integer(width, "width")
        make_weight = make_reparametrize or (lambda: None)
        self.norm_in, self.norm_out = make_norm(), make_norm()
        self.conv_in, self.conv_out, shortcut = (
            Conv(width, side, initializer=initializer, reparametrize=make_weight(), seed=child)
            for side, child in zip([3, 3, 1], child_seeds(seed, 3))
        )
        self.shortcut = shortcut if changes_shortcut else Identity()

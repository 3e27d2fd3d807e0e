"""The sum of several networks."""

from typing import Optional, Sequence, Tuple

from genflow.core import Network
from genflow.core.types import Nest, Tensor, Updates


class Sum(Network):
    """Adds what several networks make of the same input and context.

    Shapes:
        x: What every network takes.
        y: The outputs, broadcast against each other.

    Example:
        >>> from genflow.networks import ContextBias, ZerosConv
        >>> network = Sum([ZerosConv(out_channels=6), ContextBias(out_channels=6)])
        >>> network(tf.ones([2, 8, 8, 3]), tf.one_hot([1, 2], depth=10)).shape.as_list()
        [2, 8, 8, 6]

    References:
        Kingma and Dhariwal, Glow, 2018 (the top prior of the reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(self, networks: Sequence[Network], name: Optional[str] = None) -> None:
        """Constructs the sum.

        Args:
            networks: At least one network.
            name: Name scope of the sum.

        Raises:
            ValueError: If `networks` is empty.
        """
        super().__init__(name=name)
        self.networks = list(networks)
        if not self.networks:
            raise ValueError("`networks` must hold at least one network; got none.")

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        return sum(network(x, context, training) for network in self.networks)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        outputs, updates = zip(*(network.initialize(x, context) for network in self.networks))
        return sum(outputs), sum(updates, [])

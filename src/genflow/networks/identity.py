"""The network that does nothing."""

from typing import Optional

from genflow.core import Network
from genflow.core.types import Nest, Tensor


class Identity(Network):
    """Gives what it gets: for where a network is asked for, such as a norm, and none is wanted.

    Shapes:
        x, y: `[batch, ...]`.

    Example:
        >>> Identity()(tf.ones([2, 3])).shape.as_list()
        [2, 3]
    """

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        return x

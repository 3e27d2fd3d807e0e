"""The base of networks that are made of others."""

from typing import Callable, Optional, Tuple

from genflow.core import Network
from genflow.core.types import Nest, Tensor, Updates

# Applies a part of a network to a tensor and, where it gets one, a context.
Run = Callable[..., Tensor]


class ComposedNetwork(Network):
    """A network that has no variables of its own, only those of its parts.

    Subclasses write `_compose(x, context, run)`, which applies a part by `run(part, h)`, or
    `run(part, h, context)` to a part that takes the context. The same formula then serves
    for calling the network and for initialising it, where every part is initialised with
    what the parts before it give after their own update.
    """

    def _compose(self, x: Tensor, context: Optional[Nest], run: Run) -> Tensor:
        raise NotImplementedError("`{}` has no `_compose`.".format(type(self).__name__))

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        def run(part: Network, h: Tensor, context: Optional[Nest] = None) -> Tensor:
            return part(h, context, training)

        return self._compose(x, context, run)

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        updates = []

        def run(part: Network, h: Tensor, context: Optional[Nest] = None) -> Tensor:
            y, more = part.initialize(h, context)
            updates.extend(more)
            return y

        return self._compose(x, context, run), updates

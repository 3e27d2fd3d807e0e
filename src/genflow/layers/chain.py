"""Composition."""

from typing import Iterable, Optional, Sequence, Tuple

from genflow.core import Bijection
from genflow.core.types import Nest, Tensor, Updates


class Chain(Bijection):
    """Applies bijections in the order in which they are listed.

    Computes `y = layers[-1](... layers[1](layers[0](x)))`; its `log_det` is the sum of
    theirs. All of them get the same context. A layer that returns several tensors, such
    as `Split`, can only come last.

    Shapes:
        x: What the first layer takes.
        y: What the last layer returns.
        log_det: `[batch]`.

    Example:
        >>> from genflow.layers import ActNorm, Invertible1x1Conv, Squeeze
        >>> step = Chain([Squeeze(), ActNorm(), Invertible1x1Conv()])
        >>> step.forward(tf.ones([2, 32, 32, 3])).shape.as_list()
        [2, 16, 16, 12]
    """

    def __init__(self, layers: Sequence[Bijection], name: Optional[str] = None) -> None:
        """Constructs the chain.

        Args:
            layers: At least one bijection, the one next to the data first.
            name: Name scope of the chain.

        Raises:
            ValueError: If `layers` is empty.
            TypeError: If it holds anything but bijections.
        """
        super().__init__(name=name)
        self.layers = check_bijections(layers, "layers")

    def output_shape(self, input_shape: Nest) -> Nest:
        """See `Bijection.output_shape`."""
        for layer in self.layers:
            input_shape = layer.output_shape(input_shape)
        return input_shape

    def input_shape(self, output_shape: Nest) -> Nest:
        """See `Bijection.input_shape`."""
        for layer in reversed(self.layers):
            output_shape = layer.input_shape(output_shape)
        return output_shape

    def _forward(self, x: Nest, context: Optional[Nest]) -> Tuple[Nest, Tensor]:
        log_dets = []
        for layer in self.layers:
            x, log_det = layer.forward_and_log_det(x, context)
            log_dets.append(log_det)
        return x, sum(log_dets)

    def _inverse(self, y: Nest, context: Optional[Nest]) -> Tuple[Nest, Tensor]:
        log_dets = []
        for layer in reversed(self.layers):
            y, log_det = layer.inverse_and_log_det(y, context)
            log_dets.append(log_det)
        return y, sum(log_dets)

    def _initialize(self, x: Nest, context: Optional[Nest]) -> Tuple[Nest, Updates]:
        updates = []
        for layer in self.layers:
            x, more = layer.initialize(x, context)
            updates.extend(more)
        return x, updates

    def _parts(self, x: Nest, context: Optional[Nest]) -> Iterable[Tuple[str, Bijection, Nest]]:
        for index, layer in enumerate(self.layers):
            yield "layers/{}".format(index), layer, x
            x = layer.forward(x, context)


def check_bijections(bijections: Sequence[Bijection], argument: str) -> list:
    """Refuses an empty list and anything that is not a bijection; returns a list."""
    bijections = list(bijections)
    if not bijections:
        raise ValueError("`{}` must hold at least one bijection; got none.".format(argument))
    for bijection in bijections:
        if not isinstance(bijection, Bijection):
            raise TypeError(
                "`{}` must hold bijections; got a {}.".format(argument, type(bijection).__name__)
            )
    return bijections

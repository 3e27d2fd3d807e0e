"""Composition."""

from typing import Callable, Iterable, Optional, Sequence, Tuple

from genflow.core import Bijection
from genflow.core.types import Nest, Tensor, Updates
from genflow.layers.steps import Step, run

# From the steps, `x` and the context to `(y, log_det)`.
Backprop = Callable[[Sequence[Step], Nest, Optional[Nest]], Tuple[Nest, Tensor]]


class Chain(Bijection):
    """Applies bijections in the order in which they are listed.

    Computes `y = layers[-1](... layers[1](layers[0](x)))`; its `log_det` is the sum of
    theirs. All of them get the same context. A layer that returns several tensors, such
    as `Split`, can only come last. Gradients need what the layers computed; `backprop`
    says how much of it is kept, and how much computed again.

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

    def __init__(
        self,
        layers: Sequence[Bijection],
        name: Optional[str] = None,
        backprop: Optional[Backprop] = None,
    ) -> None:
        """Constructs the chain.

        Args:
            layers: At least one bijection, the one next to the data first.
            name: Name scope of the chain.
            backprop: How gradients are computed, which decides what is kept for them:
                `recompute` keeps the input only, `reversible` the output only. By default
                everything that the layers computed is kept.

        Raises:
            ValueError: If `layers` is empty.
            TypeError: If it holds anything but bijections, or `backprop` cannot be called.
        """
        super().__init__(name=name)
        if backprop is not None and not callable(backprop):
            raise TypeError(
                "`backprop` must be a function such as `recompute`; got {!r}.".format(backprop)
            )
        self.layers = check_bijections(layers, "layers")
        self.backprop = run if backprop is None else backprop

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

    def _forward(self, x: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        steps = [
            Step(layer, layer.forward_and_log_det, layer.inverse_and_log_det, training)
            for layer in self.layers
        ]
        return self.backprop(steps, x, context)

    def _inverse(self, y: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        steps = [
            Step(layer, layer.inverse_and_log_det, layer.forward_and_log_det, training)
            for layer in reversed(self.layers)
        ]
        return self.backprop(steps, y, context)

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

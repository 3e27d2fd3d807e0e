"""The other direction of a bijection."""

from typing import Iterable, Optional, Tuple

from genflow.core import Bijection
from genflow.core.types import Nest, Tensor
from genflow.layers.chain import check_bijections


class Inverse(Bijection):
    """Swaps the directions of a bijection: its forward is the other's inverse.

    Data-dependent initialisation runs forward, so `initialize` leaves the wrapped
    bijection as it is.

    Shapes:
        x: What the wrapped bijection returns.
        y: What it takes.
        log_det: `[batch]`.

    Example:
        >>> from genflow.layers import Squeeze
        >>> Inverse(Squeeze()).forward(tf.ones([2, 4, 4, 12])).shape.as_list()
        [2, 8, 8, 3]
    """

    def __init__(self, bijection: Bijection, name: Optional[str] = None) -> None:
        """Constructs the layer.

        Args:
            bijection: The bijection to turn round.
            name: Name scope of the layer.

        Raises:
            TypeError: If `bijection` is not a bijection.
        """
        super().__init__(name=name)
        self.bijection = check_bijections([bijection], "bijection")[0]

    def output_shape(self, input_shape: Nest) -> Nest:
        """See `Bijection.output_shape`."""
        return self.bijection.input_shape(input_shape)

    def input_shape(self, output_shape: Nest) -> Nest:
        """See `Bijection.input_shape`."""
        return self.bijection.output_shape(output_shape)

    def _forward(self, x: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        return self.bijection.inverse_and_log_det(x, context, training)

    def _inverse(self, y: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        return self.bijection.forward_and_log_det(y, context, training)

    def _parts(self, x: Nest, context: Optional[Nest]) -> Iterable[Tuple[str, Bijection, Nest]]:
        yield "bijection", self.bijection, self.bijection.inverse(x, context)

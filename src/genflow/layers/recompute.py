"""Backpropagation that computes the inside of a chain again."""

from typing import List, Optional, Sequence, Tuple

from genflow.core.types import Nest, Tensor
from genflow.layers.steps import Gradients, Step, gradients_of, run_with_backward


def recompute(
    steps: Sequence[Step], x: Nest, context: Optional[Nest] = None
) -> Tuple[Nest, Tensor]:
    """Keeps only the input of a chain for the backward pass, which computes the inside again.

    Given as `Chain(layers, backprop=recompute)`. Gradients are the same as without. What is
    kept from the forward to the backward pass is one tensor, `x`, instead of everything
    that the layers computed; so a stack of chains needs the memory of

        one tensor for each chain + the inside of one chain

    and one more forward pass, about 4/3 of the time. In Glow each flow step is such a chain.

    The layers are run twice for each gradient, and must give the same both times: those
    that draw noise are refused. So keep `Dequantize` outside. A layer of your own may use
    stateless random operations with a fixed seed, but no `tf.random.normal`.

    Args:
        steps: What the chain runs.
        x: Its input.
        context: Conditioning input.

    Returns:
        `y` and `log_det`.

    Raises:
        ValueError: If a layer draws noise, or differs in training and this is training.

    Example:
        >>> from genflow.layers import ActNorm, Chain, Invertible1x1Conv
        >>> step = Chain([ActNorm(), Invertible1x1Conv()], backprop=recompute)
        >>> step.forward(tf.ones([2, 4, 4, 6])).shape.as_list()
        [2, 4, 4, 6]

    References:
        Chen, Xu, Zhang and Guestrin, Training Deep Nets with Sublinear Memory Cost, 2016.
        https://arxiv.org/abs/1604.06174
    """

    def backward(outputs: Tuple[Nest, Tensor], upstream: List[Tensor]) -> Gradients:
        return gradients_of(steps, x, context, upstream)

    return run_with_backward(steps, x, context, backward)

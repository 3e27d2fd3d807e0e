"""The multi-scale architecture."""

from typing import Iterable, Optional, Sequence, Tuple

from genflow.core import Bijection
from genflow.core.checks import describe
from genflow.core.types import Nest, Tensor, Updates
from genflow.layers.chain import check_bijections


class MultiScale(Bijection):
    """Levels, each of which sends out latents and hands the rest to the next.

    Every level but the last must return a pair `(kept, latent)`, that is, end with a
    `Split`. The kept part is the next level's input; the latents are returned as a
    tuple, the finest first, with the output of the last level at the end. `log_det` is
    the sum over the levels.

    Shapes:
        x: What the first level takes.
        y: A tuple with one entry for each level.
        log_det: `[batch]`.

    Example:
        >>> from genflow.layers import Chain, Split, Squeeze
        >>> flow = MultiScale([Chain([Squeeze(), Split()]), Squeeze()])
        >>> [z.shape.as_list() for z in flow.forward(tf.ones([2, 32, 32, 3]))]
        [[2, 16, 16, 6], [2, 8, 8, 24]]

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016,
        section 3.6. https://arxiv.org/abs/1605.08803
    """

    def __init__(self, levels: Sequence[Bijection], name: Optional[str] = None) -> None:
        """Constructs the architecture.

        Args:
            levels: At least one bijection, the one next to the data first.
            name: Name scope.

        Raises:
            ValueError: If `levels` is empty.
            TypeError: If it holds anything but bijections.
        """
        super().__init__(name=name)
        self.levels = check_bijections(levels, "levels")

    def output_shape(self, input_shape: Nest) -> tuple:
        """See `Bijection.output_shape`."""
        shapes = []
        for level in self.levels[:-1]:
            input_shape, latent = level.output_shape(input_shape)
            shapes.append(latent)
        return tuple(shapes) + (self.levels[-1].output_shape(input_shape),)

    def input_shape(self, output_shape: Nest) -> Nest:
        """See `Bijection.input_shape`."""
        shape = self.levels[-1].input_shape(output_shape[-1])
        for level, latent in zip(self.levels[-2::-1], output_shape[-2::-1]):
            shape = level.input_shape((shape, latent))
        return shape

    def _forward(self, x: Nest, context: Optional[Nest], training: bool) -> Tuple[tuple, Tensor]:
        latents, log_dets = [], []
        for level in self.levels[:-1]:
            pair, log_det = level.forward_and_log_det(x, context, training)
            x, latent = self._checked_pair(pair, level)
            latents.append(latent)
            log_dets.append(log_det)
        z, log_det = self.levels[-1].forward_and_log_det(x, context, training)
        return tuple(latents) + (z,), sum(log_dets, log_det)

    def _inverse(self, y: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        self._check_latents(y)
        x, log_det = self.levels[-1].inverse_and_log_det(y[-1], context, training)
        for level, latent in zip(self.levels[-2::-1], y[-2::-1]):
            x, more = level.inverse_and_log_det((x, latent), context, training)
            log_det += more
        return x, log_det

    def _initialize(self, x: Nest, context: Optional[Nest]) -> Tuple[tuple, Updates]:
        latents, updates = [], []
        for level in self.levels[:-1]:
            pair, more = level.initialize(x, context)
            x, latent = self._checked_pair(pair, level)
            latents.append(latent)
            updates.extend(more)
        z, more = self.levels[-1].initialize(x, context)
        return tuple(latents) + (z,), updates + more

    def _parts(self, x: Nest, context: Optional[Nest]) -> Iterable[Tuple[str, Bijection, Nest]]:
        for index, level in enumerate(self.levels):
            yield "levels/{}".format(index), level, x
            if index + 1 < len(self.levels):
                x, _ = level.forward(x, context)

    def _checked_pair(self, pair: Nest, level: Bijection) -> Nest:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(
                "Every level of `{}` but the last must return (kept, latent), that is, end with "
                "a `Split`; `{}` returned {}.".format(self.name, level.name, describe(pair))
            )
        return pair

    def _check_latents(self, y: Nest) -> None:
        if not isinstance(y, (tuple, list)) or len(y) != len(self.levels):
            raise ValueError(
                "`{}` takes back a tuple of {} latents, one for each level; got {}.".format(
                    self.name, len(self.levels), describe(y)
                )
            )

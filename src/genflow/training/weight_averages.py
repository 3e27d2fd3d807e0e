"""Several averages of weights as one."""

import contextlib
from typing import Any, Iterator, Sequence

import tensorflow.compat.v2 as tf

from genflow.optimizers import WeightAverage


class WeightAverages:
    """The averages of a model's parts, which start and are in use together."""

    def __init__(self, averages: Sequence[WeightAverage]) -> None:
        """Constructs it; there may be none."""
        self._averages = list(averages)

    def __len__(self) -> int:
        return len(self._averages)

    def start(self) -> Any:
        """The operation that makes every average equal to its weights, before training."""
        return tf.group(*[average.start() for average in self._averages])

    @contextlib.contextmanager
    def in_use(self, session: tf.compat.v1.Session) -> Iterator[None]:
        """Puts the averages in the place of the weights for a while."""
        with contextlib.ExitStack() as stack:
            for average in self._averages:
                stack.enter_context(average.in_use(session))
            yield

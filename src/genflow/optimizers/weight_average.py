"""The average of the weights over the course of training."""

import collections
import contextlib
import math
from typing import Any, Dict, Iterator

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


class WeightAverage:
    """An exponential moving average of weights, without the bias of its start.

    After the update number `t` the average is

        sum(decay**(t - i) * weights[i]) / sum(decay**(t - i))      i = 1 ... t

    which is computed as `average += rate * (weights - average)` with
    `rate = (1 - decay) / (1 - decay**t)`: the first update copies the weights, and
    after many the average is that of about the last `1 / (1 - decay)` ones.

    Running statistics, such as those of batch norm, can be averaged with the weights that they
    belong to.

    Both the weights and their average stay variables of the graph. For evaluation,
    samples and export they change places, and back again, without any rounding.

    Example:
        >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        ...     weight = tf.Variable([1.0])
        ...     average = WeightAverage({"weight": weight}, decay=0.9)
        ...     session.run(tf.compat.v1.global_variables_initializer())
        ...     _ = session.run(average.update())
        ...     with average.in_use(session):
        ...         session.run(weight).shape
        (1,)

    References:
        Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
        Kingma and Ba, Adam, 2014, section 7.2 (the average) and section 3 (its bias).
        https://arxiv.org/abs/1412.6980
    """

    def __init__(self, weights: Dict[str, tf.Variable], decay: float) -> None:
        """Makes the variables of the average, in the default graph.

        Args:
            weights: Variables by their names in a checkpoint.
            decay: Share of the old average in the new one, in [0, 1).

        Raises:
            ValueError: If `decay` is not in [0, 1), or there are no weights.
        """
        if not 0 <= decay < 1:
            raise ValueError("`decay` must be in [0, 1); got {}.".format(decay))
        if not weights:
            raise ValueError("`weights` must hold at least one variable; got none.")
        self.decay = decay
        self._weights = collections.OrderedDict(sorted(weights.items()))
        self._averages = collections.OrderedDict(
            (name, _zeros_like(weight)) for name, weight in self._weights.items()
        )
        self._count = tf.Variable(0.0, trainable=False, name="average_count")
        self._exchange = self._make_exchange()

    def named_variables(self) -> "collections.OrderedDict[str, tf.Variable]":
        """The averages by the names of the weights, and the number of updates as `count`."""
        named = collections.OrderedDict(self._averages)
        named["count"] = self._count
        return named

    def update(self) -> Any:
        """The operation that takes the weights into the average."""
        count = self._count.assign_add(1.0)
        rate = self._rate(tf.convert_to_tensor(count))
        return tf.group(
            *[
                average.assign_add(
                    tf.cast(rate, average.dtype) * (weight - average), read_value=False
                )
                for weight, average in self._pairs()
            ]
        )

    def start(self) -> Any:
        """The operation that makes the average equal to the weights, before training."""
        return tf.group(
            *[average.assign(weight, read_value=False) for weight, average in self._pairs()]
        )

    @contextlib.contextmanager
    def in_use(self, session: tf.compat.v1.Session) -> Iterator[None]:
        """Puts the average in the place of the weights for a while.

        Args:
            session: Where the variables are. Within the context nothing may train, and
                no checkpoint be written.
        """
        session.run(self._exchange)
        try:
            yield
        finally:
            session.run(self._exchange)

    def _rate(self, count: Tensor) -> Tensor:
        if self.decay == 0:
            return tf.ones_like(count)
        return (1.0 - self.decay) / -tf.math.expm1(count * math.log(self.decay))

    def _pairs(self) -> Any:
        return zip(self._weights.values(), self._averages.values())

    def _make_exchange(self) -> Any:
        reads = [(tf.identity(weight), tf.identity(average)) for weight, average in self._pairs()]
        # One operation in between: an edge from every read to every write would be millions.
        all_read = tf.group(*[tensor for pair in reads for tensor in pair])
        with tf.control_dependencies([all_read]):
            assigns = []
            for (weight, average), (old_weight, old_average) in zip(self._pairs(), reads):
                assigns.append(weight.assign(old_average, read_value=False))
                assigns.append(average.assign(old_weight, read_value=False))
            return tf.group(*assigns)


def _zeros_like(weight: tf.Variable) -> tf.Variable:
    return tf.Variable(
        lambda: tf.zeros(weight.shape, weight.dtype), trainable=False, name="average"
    )

"""Historical averaging."""

import collections
from typing import Dict, Optional

import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.core.checks import assign
from genflow.core.log_det import log_det_dtype
from genflow.core.running_statistics import after
from genflow.core.types import Tensor


class HistoricalAveraging(Module):
    """Holds the weights of a player near the mean of all that they have been.

    In the training step `t` the player's loss gets one more term,

        sum((weights[t] - mean(weights[1], ..., weights[t]))**2)

    over all weights, with the mean as a constant. The mean is state, which every step of
    training moves. Make one for each player, when its network has been called and so has its
    weights, and add `penalty(training=True)`, times a factor, to the loss that a `Minimizer`
    takes: its update then moves the mean, once, before it changes the weights. Give it to the
    checkpoint beside the network, or the mean begins anew.

    Example:
        >>> from genflow.networks import Dense
        >>> network = Dense(3)
        >>> y = network(tf.ones([2, 4]))
        >>> averaging = HistoricalAveraging(network.named_variables())
        >>> averaging.penalty(training=True).shape.as_list()
        []
        >>> list(averaging.named_variables())
        ['count', 'mean/bias', 'mean/weight']

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.3.
        https://arxiv.org/abs/1606.03498
    """

    def __init__(self, weights: Dict[str, tf.Variable], name: Optional[str] = None) -> None:
        """Makes the variables of the mean.

        Args:
            weights: Variables by name, such as `Module.named_variables` gives them. Those that
                are not trained, such as running averages, are left out.
            name: Name scope of the operations.

        Raises:
            ValueError: If there are no trained weights.
        """
        super().__init__(name=name)
        self._weights = collections.OrderedDict(
            (path, weight) for path, weight in sorted(weights.items()) if weight.trainable
        )
        if not self._weights:
            raise ValueError(
                "`weights` must hold a variable that is trained; got {}: call the network once, "
                "which makes its weights, before.".format(list(weights) or "none")
            )
        with tf.init_scope():
            self.count = self._variable("count", tf.zeros, [], tf.float32, trainable=False)
            self.mean = {
                path: self._variable(
                    "mean", tf.zeros, weight.shape, log_det_dtype(weight.dtype), trainable=False
                )
                for path, weight in self._weights.items()
            }

    def penalty(self, training: bool) -> Tensor:
        """The squared distance of the weights from their mean.

        Args:
            training: Whether this is a step of training, which takes the weights into the mean
                first: in a graph, whenever what is returned, or its gradient, is computed. Else
                the distance is that from the mean as it is, and 0 before the first step.

        Returns:
            A scalar, in float32 at least.
        """
        with tf.name_scope(self.name):
            count = tf.convert_to_tensor(self.count)
            weights = {
                path: tf.cast(weight, self.mean[path].dtype)
                for path, weight in self._weights.items()
            }
            if training:
                means = self._moved(weights, count + 1.0)
            else:
                means = {
                    path: tf.where(count > 0.0, self.mean[path], weight)
                    for path, weight in weights.items()
                }
            return tf.add_n(
                [
                    tf.reduce_sum(tf.math.squared_difference(weight, tf.stop_gradient(means[path])))
                    for path, weight in weights.items()
                ]
            )

    def _moved(self, weights: Dict[str, Tensor], count: Tensor) -> Dict[str, Tensor]:
        """The means with the weights taken in, which are tied to the updates of the variables."""
        means, updates = {}, assign(self.count, count)
        for path, weight in weights.items():
            mean = tf.convert_to_tensor(self.mean[path])
            means[path] = mean + (weight - mean) / tf.cast(count, mean.dtype)
            updates = updates + assign(self.mean[path], means[path])
        return after(means, updates)

"""From a loss to the operation that makes one update of the weights."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.core.types import Tensor
from genflow.optimizers import WeightAverage

MakeOptimizer = Callable[[Tensor], tf.compat.v1.train.Optimizer]


class Update(NamedTuple):
    """One `session.run` of a training step.

    A flow has one update a step; a GAN has one or more for each of its two networks.

    Attributes:
        op: The operation to run.
        metrics: Tensors to fetch with it. If there is one called `is_finite` and it comes
            out false, training ends.
        gradients: The gradient of each weight by the path of the weight, for messages.
    """

    op: Any
    metrics: Dict[str, Any]
    gradients: Optional[Dict[str, Tensor]] = None


class Minimizer:
    """How a loss changes the weights: optimizer, clipping, weight decay, average, guard.

    One update does, in this order:

        gradients = d loss / d weights
        norm = sqrt(sum of the squares of all gradients)
        gradients = gradients * min(1, clip_norm / norm)         if there is a `clip_norm`
        weights = weight_decay * weights - step of the optimizer
        average = see `WeightAverage`                            if there is an `average_decay`

    An update whose loss or gradients are not finite does not happen: the weights, the
    optimizer, the average and the global step stay what they were. (The running averages of
    batch norm move before it is known; values that are not finite do not move them.)

    A model trained by two optimizers, such as a GAN, has two of these.

    Example:
        >>> from genflow.layers import ActNorm
        >>> from genflow.optimizers import Adamax
        >>> with tf.Graph().as_default():
        ...     layer, step = ActNorm(), tf.compat.v1.train.get_or_create_global_step()
        ...     loss = tf.reduce_mean(layer.forward(tf.ones([2, 3])) ** 2)
        ...     minimizer = Minimizer(lambda step: Adamax(0.01), clip_norm=1.0)
        ...     update = minimizer.update(loss, {"layer": layer}, step)
        >>> sorted(update.metrics)
        ['gradient_norm', 'is_finite', 'loss']

    References:
        Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural
        networks, 2013, algorithm 1 (clipping). https://arxiv.org/abs/1211.5063
    """

    def __init__(
        self,
        make_optimizer: MakeOptimizer,
        clip_norm: Optional[float] = None,
        weight_decay: float = 1.0,
        average_decay: Optional[float] = None,
    ) -> None:
        """Constructs the minimizer.

        Args:
            make_optimizer: From the global step to the optimizer. Called once, in the graph.
            clip_norm: Largest norm of all gradients together; `None` for no limit.
            weight_decay: Factor of the weights at every update; 1 for none.
            average_decay: Of the average of the weights, and of the running statistics that go
                with them; `None` for no average.

        Raises:
            ValueError: If `clip_norm` is not positive or `weight_decay` is not in (0, 1].
        """
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError("`clip_norm` must be positive or None; got {}.".format(clip_norm))
        if not 0 < weight_decay <= 1:
            raise ValueError(
                "`weight_decay` is the factor of the weights at every update and must be in "
                "(0, 1], with 1 for no decay; got {}.".format(weight_decay)
            )
        self.clip_norm, self.weight_decay = clip_norm, weight_decay
        self.average_decay = average_decay
        self.optimizer, self.average = None, None
        self._make_optimizer = make_optimizer

    def update(
        self,
        loss: Tensor,
        modules: Dict[str, Module],
        global_step: tf.Variable,
        metrics: Optional[Dict[str, Tensor]] = None,
        advance: bool = True,
        name: str = "",
    ) -> Update:
        """Makes the update, in the default graph; `optimizer` and `average` exist after it.

        An update may be run several times in a step; a minimizer makes one.

        Args:
            loss: Scalar.
            modules: What is trained, by the names in a checkpoint.
            global_step: Counts the steps.
            metrics: What else to fetch with the update.
            advance: Whether this update, the last of its step, advances the global step.
            name: Put in front of `loss` and `gradient_norm`, as in `generator_loss`, where
                there are several updates.

        Returns:
            The update, with `loss`, `gradient_norm` and `is_finite` among its metrics.

        Raises:
            ValueError: If the loss depends on no trainable variable.
            RuntimeError: If called twice: another update needs moments of its own.
        """
        if self.optimizer is not None:
            raise RuntimeError("A minimizer makes one update: construct another one.")
        weights = trainable_variables(modules)
        if self.average_decay is not None:
            self.average = WeightAverage(averaged_variables(modules), self.average_decay)
        self.optimizer = self._make_optimizer(global_step)
        paths, pairs = self._gradients(loss, weights)
        norm = tf.linalg.global_norm([gradient for gradient, _ in pairs])
        is_finite = tf.math.is_finite(norm) & tf.math.is_finite(loss)

        def apply() -> Tensor:
            with tf.control_dependencies([self._apply(pairs, norm, global_step, advance)]):
                return tf.constant(True)

        # As TensorFlow's own loss scaling does: what is not finite is not applied.
        op = tf.cond(is_finite, apply, lambda: tf.constant(False))
        prefix = name + "_" if name else ""
        fetched = dict(metrics or {}, is_finite=is_finite)
        fetched.update({prefix + "loss": loss, prefix + "gradient_norm": norm})
        gradients = {path: gradient for path, (gradient, _) in zip(paths, pairs)}
        return Update(op, fetched, gradients)

    def _gradients(
        self, loss: Tensor, weights: Dict[str, tf.Variable]
    ) -> Tuple[List[str], List[Tuple[Tensor, tf.Variable]]]:
        pairs = self.optimizer.compute_gradients(loss, var_list=list(weights.values()))
        used = [(path, pair) for path, pair in zip(weights, pairs) if pair[0] is not None]
        if not used:
            raise ValueError("The loss depends on no trainable variable of `modules`.")
        paths, pairs = zip(*used)
        return list(paths), [(tf.convert_to_tensor(gradient), weight) for gradient, weight in pairs]

    def _apply(
        self,
        pairs: List[Tuple[Tensor, tf.Variable]],
        norm: Tensor,
        global_step: tf.Variable,
        advance: bool,
    ) -> Any:
        if self.clip_norm is not None:
            clipped, _ = tf.clip_by_global_norm([g for g, _ in pairs], self.clip_norm, norm)
            pairs = [(gradient, weight) for gradient, (_, weight) in zip(clipped, pairs)]
        with tf.control_dependencies([gradient for gradient, _ in pairs]):
            decayed = self._decay([weight for _, weight in pairs])
        with tf.control_dependencies(decayed):
            op = self.optimizer.apply_gradients(pairs, global_step if advance else None)
        if self.average is None:
            return op
        with tf.control_dependencies([op]):
            return self.average.update()

    def _decay(self, weights: List[tf.Variable]) -> List[Any]:
        if self.weight_decay == 1.0:
            return []
        return [weight.assign(self.weight_decay * weight, read_value=False) for weight in weights]


def averaged_variables(modules: Dict[str, Module]) -> Dict[str, tf.Variable]:
    """What an average of the weights holds: these, and the statistics that go with them.

    The running moments of batch norm are those of the weights as they are; with their average
    in the place of the weights they fit better averaged, too.
    """
    return _variables(modules, lambda variable: variable.dtype.is_floating)


def trainable_variables(modules: Dict[str, Module]) -> Dict[str, tf.Variable]:
    """The trainable variables of modules as `<module>/<path>`, in the order of their paths."""
    return _variables(modules, lambda variable: variable.trainable)


def _variables(
    modules: Dict[str, Module], is_wanted: Callable[[tf.Variable], bool]
) -> Dict[str, tf.Variable]:
    return {
        "{}/{}".format(prefix, path): variable
        for prefix, module in sorted(modules.items())
        for path, variable in module.named_variables().items()
        if is_wanted(variable)
    }

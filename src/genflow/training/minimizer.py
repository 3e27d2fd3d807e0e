"""From a loss to the operation that makes one update of the weights."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.ascend.loss_scale import LossScale, check_loss_scale
from genflow.core import Module
from genflow.core.precision import keep_dtype, keep_gradients
from genflow.core.types import Tensor
from genflow.optimizers import WeightAverage
from genflow.training.update_guards import Pairs, make_guard

MakeOptimizer = Callable[[Tensor], tf.compat.v1.train.Optimizer]


class Update(NamedTuple):
    """One `session.run` of a training step.

    A flow has one update a step; a GAN has one or more for each of its two networks.

    Attributes:
        op: The operation to run.
        metrics: Tensors to fetch with it. If there is one called `is_finite` and it comes
            out false, training ends.
        gradients: The gradient of each weight by the path of the weight, for messages.
        reason: Why training ends then, for a message; by default because the loss or a gradient
            is not finite.
    """

    op: Any
    metrics: Dict[str, Any]
    gradients: Optional[Dict[str, Tensor]] = None
    reason: str = ""


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
    batch norm move before it is known: values that are not finite do not move them, those that
    saturate on an Ascend 910 do.) It ends training, unless there is a `loss_scale`: then the
    gradients are those of the scaled loss, divided by the scale, and the step counts as made, with
    a smaller scale soon.

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
        loss_scale: Optional[LossScale] = None,
    ) -> None:
        """Constructs the minimizer.

        Args:
            make_optimizer: From the global step to the optimizer. Called once, in the graph.
            clip_norm: Largest norm of all gradients together; `None` for no limit.
            weight_decay: Factor of the weights at every update; 1 for none.
            average_decay: Of the average of the weights, and of the running statistics that go
                with them; `None` for no average.
            loss_scale: A `FixedLossScale` or `DynamicLossScale` of `genflow.ascend`; `None` for
                none. On an NPU there must be one, made with `on_npu=True`.

        Raises:
            ValueError: If `clip_norm` is not positive or `weight_decay` is not in (0, 1].
            TypeError: If `loss_scale` is something else.
        """
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError("`clip_norm` must be positive or None; got {}.".format(clip_norm))
        if not 0 < weight_decay <= 1:
            raise ValueError(
                "`weight_decay` is the factor of the weights at every update and must be in "
                "(0, 1], with 1 for no decay; got {}.".format(weight_decay)
            )
        check_loss_scale(loss_scale)
        self.clip_norm, self.weight_decay = clip_norm, weight_decay
        self.average_decay = average_decay
        self.optimizer, self.average = None, None
        self._make_optimizer, self.loss_scale = make_optimizer, loss_scale
        self._guard: Any
        self._update: Update

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
            name: Put in front of all these but `is_finite`, as in `generator_loss`, where
                there are several updates.

        Returns:
            The update, with `loss`, `gradient_norm` and `is_finite` among its metrics; where there
            is a loss scale, also with `loss_scale` and `skipped`, which is 1 if it was not made.

        Raises:
            ValueError: If the loss depends on no trainable variable.
            RuntimeError: If called twice: another update needs moments of its own.
        """
        if self.optimizer is not None:
            raise RuntimeError("A minimizer makes one update: construct another one.")
        weights = trainable_variables(modules)
        if self.average_decay is not None:
            # With the running moments of batch norm, which are those of the weights as they are:
            # to the average of the weights their own average fits better.
            self.average = WeightAverage(floating_variables(modules), self.average_decay)
        self.optimizer = self._make_optimizer(global_step)
        self._guard = make_guard(self.loss_scale)
        paths, pairs = self._gradients(loss, weights)
        with keep_dtype():
            norm = tf.linalg.global_norm([gradient for gradient, _ in pairs])
            op, guarded = self._guarded(pairs, loss, norm, global_step if advance else None)
        prefix = name + "_" if name else ""
        fetched = dict(metrics or {})
        for key, value in dict(guarded, loss=loss, gradient_norm=norm).items():
            fetched[key if key == "is_finite" else prefix + key] = value
        self._update = Update(
            op,
            fetched,
            {path: gradient for path, (gradient, _) in zip(paths, pairs)},
            self._guard.reason,
        )
        return self._update

    @property
    def states(self) -> Dict[str, Any]:
        """What there is beside the optimizer for a checkpoint, with `named_variables`, by name."""
        states = {"average": self.average, "loss_scale": self._guard.state}
        return {name: state for name, state in states.items() if state is not None}

    def scaled_gradients(self) -> Dict[str, Tensor]:
        """The gradients as float16 has them: of the scaled loss; none without a loss scale."""
        if self.loss_scale is None:
            return {}
        scale = self._guard.state.scale
        return {
            path: gradient * tf.cast(scale, gradient.dtype)
            for path, gradient in self._update.gradients.items()
        }

    def _guarded(
        self, pairs: Pairs, loss: Tensor, norm: Tensor, global_step: Optional[tf.Variable]
    ) -> Tuple[Any, Dict[str, Tensor]]:
        # A step that may be skipped counts as made, for its batch is used up, though Ascend's
        # adapter would not count it. The optimizer's own counts are those of updates made.
        is_counted_apart = self.loss_scale is not None and global_step is not None
        op, metrics = self._guard.guarded(
            pairs,
            [norm, loss],
            lambda pairs: self._apply(pairs, norm, None if is_counted_apart else global_step),
        )
        if is_counted_apart:
            with tf.control_dependencies([op]):
                op = global_step.assign_add(1, read_value=False)
        return op, metrics

    def _gradients(self, loss: Tensor, weights: Dict[str, tf.Variable]) -> Tuple[List[str], Pairs]:
        graph = tf.compat.v1.get_default_graph()
        num_before = len(graph.get_operations())
        pairs = self._guard.gradients(self.optimizer, loss, list(weights.values()))
        keep_gradients(graph.get_operations()[num_before:])
        used = [(path, pair) for path, pair in zip(weights, pairs) if pair[0] is not None]
        if not used:
            raise ValueError("The loss depends on no trainable variable of `modules`.")
        paths, pairs = zip(*used)
        return list(paths), [(tf.convert_to_tensor(gradient), weight) for gradient, weight in pairs]

    def _apply(self, pairs: Pairs, norm: Tensor, global_step: Optional[tf.Variable]) -> Any:
        if self.clip_norm is not None:
            # Not `tf.clip_by_global_norm`: in TensorFlow 1.15 it has a NaN, which a 910 refuses.
            factor = self.clip_norm / tf.maximum(norm, self.clip_norm)
            pairs = [(gradient * factor, weight) for gradient, weight in pairs]
        with tf.control_dependencies([gradient for gradient, _ in pairs]):
            decayed = self._decay([weight for _, weight in pairs])
        with tf.control_dependencies(decayed):
            op = self.optimizer.apply_gradients(pairs, global_step)
        if self.average is None:
            return op
        with tf.control_dependencies([op]):
            return self.average.update()

    def _decay(self, weights: List[tf.Variable]) -> List[Any]:
        if self.weight_decay == 1.0:
            return []
        return [weight.assign(self.weight_decay * weight, read_value=False) for weight in weights]


def floating_variables(modules: Dict[str, Module]) -> Dict[str, tf.Variable]:
    """The weights of modules and the statistics that go with them, as `trainable_variables`."""
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

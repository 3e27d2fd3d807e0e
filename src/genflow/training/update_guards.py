"""What happens to an update that is not finite."""

from typing import Any, Callable, Dict, List, Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.ascend.loss_scale import LossScale, LossScaleState
from genflow.ascend.npu_loss_scale import NpuLossScale
from genflow.core.types import Tensor

Optimizer = tf.compat.v1.train.Optimizer
Pairs = List[Tuple[Tensor, tf.Variable]]
Make = Callable[[Pairs], Any]

# So many updates in a row that are not finite, and it is not the scale that is at fault: the
# adapter's default rule takes 200 from 2**32 down to 1.
_MAX_SKIPPED = 500


class FiniteGuard:
    """Does not make it; the metric `is_finite`, which ends training, says so.

    Attributes:
        state: What a checkpoint must hold; has `named_variables`, or is `None`.
        reason: Why training ends, where it does; empty for an update that is not finite.
    """

    state, reason = None, ""

    def gradients(self, optimizer: Optimizer, loss: Tensor, weights: List[tf.Variable]) -> Pairs:
        """Gradients with their weights, `None` for a weight that the loss does not depend on."""
        return optimizer.compute_gradients(loss, var_list=weights)

    def guarded(
        self, pairs: Pairs, judged: List[Tensor], make: Make
    ) -> Tuple[Any, Dict[str, Tensor]]:
        """The operation that makes the update, and metrics of that.

        Args:
            pairs: Gradients and weights.
            judged: Scalars; the update is made if all of them are finite.
            make: From the pairs to the operation that makes it.
        """
        is_finite = _are_finite(judged)
        return _if_finite(is_finite, pairs, make), {"is_finite": is_finite}


class ScaledGuard:
    """Does not make it, and training goes on with the loss scale that comes after it."""

    def __init__(self, loss_scale: LossScale) -> None:
        """Makes the state of the scale in the default graph."""
        self.state = loss_scale.start()
        self._is_checked = loss_scale.enable_overflow_check
        self.reason = ""
        if self._is_checked:
            self.reason = "{} updates in a row were not finite".format(_MAX_SKIPPED)

    def gradients(self, optimizer: Optimizer, loss: Tensor, weights: List[tf.Variable]) -> Pairs:
        """Gradients of the loss itself, computed from the scaled one."""
        scale = self.state.scale
        pairs = optimizer.compute_gradients(loss * tf.cast(scale, loss.dtype), var_list=weights)
        return [(_divided(gradient, scale), weight) for gradient, weight in pairs]

    def guarded(
        self, pairs: Pairs, judged: List[Tensor], make: Make
    ) -> Tuple[Any, Dict[str, Tensor]]:
        """The operation that makes the update, and metrics of that; see `FiniteGuard`."""
        is_finite = _are_finite(judged)
        made = _if_finite(is_finite, pairs, make)
        goes_on = is_finite
        if self._is_checked:
            goes_on = is_finite | (self.state.num_skipped_in_a_row + 1 < _MAX_SKIPPED)
        with tf.control_dependencies([goes_on]):
            op = tf.group(made, self.state.update(is_finite))
        skipped = 1.0 - tf.cast(is_finite, tf.float32)
        return op, {"is_finite": goes_on, "loss_scale": self.state.scale, "skipped": skipped}


class NpuGuard:
    """Leaves it to the adapter, which asks the device: no NPU gives a value that is not finite."""

    def __init__(self, loss_scale: LossScale) -> None:
        """Takes the scale."""
        self._loss_scale = loss_scale
        self._npu: NpuLossScale
        # Counts what was skipped; the adapter's variables are in the graph's collections.
        self.state: LossScaleState
        self.reason = "{} updates in a row overflowed".format(_MAX_SKIPPED)

    def gradients(self, optimizer: Optimizer, loss: Tensor, weights: List[tf.Variable]) -> Pairs:
        """Gradients of the loss itself, averaged over the processes."""
        self._npu = NpuLossScale(self._loss_scale, optimizer)
        self.state = LossScaleState(None, self._npu.scale)
        return self._npu.compute_gradients(loss, weights)

    def guarded(
        self, pairs: Pairs, judged: List[Tensor], make: Make
    ) -> Tuple[Any, Dict[str, Tensor]]:
        """The operation that makes the update unless the device overflowed, and metrics."""
        num_before = self.state.num_skipped_in_a_row.read_value()
        # Read before they are changed.
        with tf.control_dependencies([self.state.scale, num_before]):
            op, skipped = self._npu.apply(pairs, make)
        is_made = skipped < 0.5
        goes_on = is_made | (num_before + 1 < _MAX_SKIPPED)
        op = tf.group(op, self.state.update(is_made))
        return op, {"is_finite": goes_on, "loss_scale": self.state.scale, "skipped": skipped}


def make_guard(loss_scale: Optional[LossScale]) -> Any:
    """The guard for a loss scale, in the default graph."""
    if loss_scale is None:
        return FiniteGuard()
    return NpuGuard(loss_scale) if loss_scale.on_npu else ScaledGuard(loss_scale)


def _are_finite(judged: List[Tensor]) -> Tensor:
    return tf.reduce_all([tf.math.is_finite(value) for value in judged])


def _if_finite(is_finite: Tensor, pairs: Pairs, make: Make) -> Tensor:
    def made() -> Tensor:
        with tf.control_dependencies([make(pairs)]):
            return tf.constant(True)

    # As TensorFlow's own loss scaling does: what is not finite is not applied.
    return tf.cond(is_finite, made, lambda: tf.constant(False))


def _divided(gradient: Optional[Tensor], scale: Tensor) -> Optional[Tensor]:
    if gradient is None:
        return None
    gradient = tf.convert_to_tensor(gradient)
    return gradient * tf.cast(1.0 / scale, gradient.dtype)

"""Loss scaling, and averages of gradients over processes, as Ascend's adapter has them."""

import importlib
import os
from typing import Any, Callable, List, Tuple

import tensorflow.compat.v2 as tf

from genflow.ascend.backends import NPU, find_backend
from genflow.ascend.loss_scale import DynamicLossScale, LossScale
from genflow.ascend.session_environment import check_environment

Pairs = List[Tuple[tf.Tensor, tf.Variable]]
_PACKAGE = "npu_bridge.estimator.npu."


class NpuLossScale:
    """What makes the updates of one optimizer on an NPU.

    It wraps the optimizer in the order that the adapter documents: the average over the
    processes inside, the loss scale outside. Each optimizer has one of its own, and its update
    must be a `session.run` of its own: the device has one overflow flag.

    Attributes:
        scale: What the loss is multiplied by.
    """

    def __init__(self, loss_scale: LossScale, optimizer: tf.compat.v1.train.Optimizer) -> None:
        """Makes the state in the default graph.

        Args:
            loss_scale: The scale.
            optimizer: What makes an update of the gradients.

        Raises:
            BackendError: If there is no NPU, or `npu_bridge` cannot be imported.
            ValueError: If a variable of the environment is refused.
        """
        find_backend(NPU)
        check_environment()
        self._inner = _Inner(optimizer)
        # A manager must not be made where operations are made to wait for others.
        with tf.control_dependencies(None):
            manager = _manager(loss_scale)
            self._was_made = tf.Variable(0.0, trainable=False, name="was_made")
        wrap = _imported("npu_optimizer").npu_distributed_optimizer_wrapper
        scaled = _imported("npu_loss_scale_optimizer").NPULossScaleOptimizer
        is_distributed = int(os.environ.get("RANK_SIZE") or 1) > 1
        self._outer = scaled(wrap(self._inner), manager, is_distributed=is_distributed)
        self.scale = tf.convert_to_tensor(manager.get_loss_scale())

    def compute_gradients(self, loss: tf.Tensor, weights: List[tf.Variable]) -> Pairs:
        """The gradients of the loss itself, averaged over the processes."""
        return self._outer.compute_gradients(loss, var_list=weights)

    def apply(self, pairs: Pairs, make: Callable[[Pairs], Any]) -> Tuple[Any, tf.Tensor]:
        """The operation that makes the update if nothing overflowed.

        Args:
            pairs: Gradients and weights.
            make: From these to the operation that makes the update.

        Returns:
            The operation, and whether the update was skipped: 1.0 or 0.0.
        """

        def make_and_say_so(pairs: Pairs) -> Any:
            with tf.control_dependencies([make(pairs)]):
                return self._was_made.assign(1.0, read_value=False)

        self._inner.make = make_and_say_so
        with tf.control_dependencies([self._was_made.assign(0.0, read_value=False)]):
            op = self._outer.apply_gradients(pairs)
        with tf.control_dependencies([op]):
            skipped = 1.0 - self._was_made.read_value()
        return tf.group(op, skipped), skipped


class _Inner(tf.compat.v1.train.Optimizer):
    """Computes the gradients of an optimizer, and makes with them whatever it is told to.

    So everything that belongs to an update is skipped with it.
    """

    def __init__(self, optimizer: tf.compat.v1.train.Optimizer) -> None:
        super().__init__(False, "Inner")
        self._optimizer = optimizer
        self.make: Callable[[Pairs], Any]

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: Any = None
    ) -> tf.Operation:
        return self.make(list(grads_and_vars))


def _manager(loss_scale: LossScale) -> Any:
    managers = _imported("npu_loss_scale_manager")
    if isinstance(loss_scale, DynamicLossScale):
        return managers.ExponentialUpdateLossScaleManager(
            init_loss_scale=loss_scale.init_loss_scale,
            incr_every_n_steps=loss_scale.incr_every_n_steps,
            decr_every_n_nan_or_inf=loss_scale.decr_every_n_nan_or_inf,
            incr_ratio=loss_scale.incr_ratio,
            decr_ratio=loss_scale.decr_ratio,
        )
    return managers.FixedLossScaleManager(
        loss_scale=loss_scale.loss_scale, enable_overflow_check=loss_scale.enable_overflow_check
    )


def _imported(module: str) -> Any:
    # Not `npu_bridge.npu_init`, which changes every session of the process.
    return importlib.import_module(_PACKAGE + module)

"""Loss scaling by the overflow flag of the device."""

import tensorflow.compat.v1 as tf

from npu_bridge import helper
from npu_bridge.estimator.npu import npu_plugin
from npu_bridge.hccl import hccl_ops


class NPULossScaleOptimizer(tf.train.Optimizer):
    """A scaled loss, unscaled gradients, and no update where the flag says overflow."""

    def __init__(self, opt, loss_scale_manager, is_distributed=False):
        if not isinstance(opt, tf.train.Optimizer):
            raise ValueError("opt must be an instance of optimizer, got {}".format(opt))  # noqa: TRY004
        super().__init__(opt._use_locking, "NPULossScaleOptimizer")
        self._optimizer, self._loss_scale_manager = opt, loss_scale_manager
        self._is_distributed = is_distributed

    def compute_gradients(
        self,
        loss,
        var_list=None,
        gate_gradients=tf.train.Optimizer.GATE_OP,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        grad_loss=None,
    ):
        scale = self._loss_scale_manager.get_loss_scale()
        loss = loss() if callable(loss) else loss
        pairs = self._optimizer.compute_gradients(
            loss * tf.cast(scale, loss.dtype.base_dtype),
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        inverse = 1.0 / scale
        return [
            (None if g is None else g * tf.cast(inverse, g.dtype.base_dtype), v) for g, v in pairs
        ]

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        grads_and_vars = list(grads_and_vars)
        gradients = [g for g, _ in grads_and_vars if g is not None]
        is_finite = self._is_finite(gradients)

        def apply():
            return self._optimizer.apply_gradients(grads_and_vars, global_step, name)

        if not self._loss_scale_manager.get_enable_overflow_check():
            return apply()
        update = tf.cond(is_finite, apply, tf.no_op)
        return tf.group(update, self._loss_scale_manager.update_loss_scale(is_finite))

    def _is_finite(self, gradients):
        if npu_plugin.is_inf_nan_enabled():
            return tf.reduce_all([tf.reduce_all(tf.is_finite(g)) for g in gradients])
        ops = helper.get_gen_ops()
        with tf.control_dependencies(gradients):
            status = ops.npu_get_float_status_v2()
        with tf.control_dependencies([status]), tf.control_dependencies(
            [ops.npu_clear_float_status_v2()]
        ):
            status = tf.cast(tf.identity(status), tf.float32)
        if self._is_distributed:
            status = hccl_ops.allreduce(status, "sum", fusion=0)
        return tf.reduce_all(tf.equal(status, 0.0))

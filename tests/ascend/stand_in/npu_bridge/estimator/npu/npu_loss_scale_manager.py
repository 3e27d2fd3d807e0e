"""Loss scales."""

import tensorflow.compat.v1 as tf


class FixedLossScaleManager:
    def __init__(self, loss_scale, enable_overflow_check=True):
        if loss_scale < 1:
            raise ValueError("loss scale must be at least 1.")
        self._loss_scale = tf.convert_to_tensor(loss_scale, tf.float32)
        self._enable_overflow_check = enable_overflow_check

    def get_loss_scale(self):
        return self._loss_scale

    def update_loss_scale(self, finite_grads):
        return tf.no_op()

    def get_enable_overflow_check(self):
        return self._enable_overflow_check


class ExponentialUpdateLossScaleManager:
    def __init__(
        self,
        init_loss_scale,
        incr_every_n_steps,
        decr_every_n_nan_or_inf=2,
        incr_ratio=2,
        decr_ratio=0.8,
    ):
        def counter(name, start, dtype):
            return tf.Variable(start, trainable=False, dtype=dtype, name=name)

        self._loss_scale = counter("loss_scale", float(init_loss_scale), tf.float32)
        self._num_good_steps = counter("good_steps", 0, tf.int32)
        self._num_bad_steps = counter("bad_steps", 0, tf.int32)
        self._incr_every_n_steps = incr_every_n_steps
        self._decr_every_n_nan_or_inf = decr_every_n_nan_or_inf
        self._incr_ratio, self._decr_ratio = incr_ratio, decr_ratio

    def get_loss_scale(self):
        return self._loss_scale

    def get_enable_overflow_check(self):
        return True

    def update_loss_scale(self, finite_grads):
        scale, good, bad = (
            tf.identity(each)
            for each in (self._loss_scale, self._num_good_steps, self._num_bad_steps)
        )
        grows = tf.logical_and(finite_grads, good + 1 >= self._incr_every_n_steps)
        is_bad = tf.logical_not(finite_grads)
        shrinks = tf.logical_and(is_bad, bad + 1 >= self._decr_every_n_nan_or_inf)
        larger, smaller = scale * self._incr_ratio, tf.maximum(1.0, scale * self._decr_ratio)
        larger = tf.where(tf.is_finite(larger), larger, scale)
        starts_anew = tf.logical_or(grows, shrinks)
        new_scale = tf.where(grows, larger, tf.where(shrinks, smaller, scale))
        new_good = tf.where(tf.logical_or(starts_anew, is_bad), 0, good + 1)
        new_bad = tf.where(starts_anew, 0, tf.where(is_bad, bad + 1, bad))
        with tf.control_dependencies([new_scale, new_good, new_bad]):
            return tf.group(
                self._loss_scale.assign(new_scale),
                self._num_good_steps.assign(new_good),
                self._num_bad_steps.assign(new_bad),
            )

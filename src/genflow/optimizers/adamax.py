"""Adamax in the form Glow uses."""

from typing import Any, List, Union

import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor


class Adamax(tf.compat.v1.train.Optimizer):
    """Adamax with the step size of Adam.

    For a gradient `g` at update `t = 1, 2, ...`, computes

        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, |g|)
        step_size = learning_rate * sqrt(1 - beta2**t) / (1 - beta1**t)
        variable = variable - step_size * m / (u + epsilon)

    The factor `sqrt(1 - beta2**t)`, which the published algorithm does not have, is the
    one of Glow's reference implementation: it keeps the first updates small.

    It is a `tf.compat.v1.train.Optimizer`, so whatever wraps those (loss scaling,
    distributed training) wraps this one.

    Example:
        >>> with tf.Graph().as_default():
        ...     weight = tf.Variable([1.0, 2.0])
        ...     loss = tf.reduce_sum(weight**2)
        ...     train_op = Adamax(learning_rate=0.01).minimize(loss, var_list=[weight])
        >>> train_op.type != ""
        True

    References:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014, algorithm 2.
        https://arxiv.org/abs/1412.6980
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        learning_rate: Union[float, Tensor] = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        use_locking: bool = False,
        name: str = "Adamax",
    ) -> None:
        """Constructs the optimizer.

        Args:
            learning_rate: A number or a scalar tensor.
            beta1: Decay of the average gradient.
            beta2: Decay of the largest gradient.
            epsilon: Added to the largest gradient.
            use_locking: As in `tf.compat.v1.train.Optimizer`.
            name: Name of the optimizer's operations and slots.

        Raises:
            ValueError: If a decay is not in [0, 1).
        """
        super().__init__(use_locking, name)
        for argument, value in (("beta1", beta1), ("beta2", beta2)):
            if not 0 <= value < 1:
                raise ValueError("`{}` must be in [0, 1); got {}.".format(argument, value))
        self._learning_rate = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon

    def _create_slots(self, var_list: List[tf.Variable]) -> None:
        first = min(var_list, key=lambda variable: variable.name)
        for name, value in (("beta1_power", self._beta1), ("beta2_power", self._beta2)):
            self._create_non_slot_variable(initial_value=value, name=name, colocate_with=first)
        for variable in var_list:
            self._zeros_slot(variable, "m", self._name)
            self._zeros_slot(variable, "u", self._name)

    def _prepare(self) -> None:
        beta1_power, beta2_power = self._beta_powers()
        learning_rate = tf.convert_to_tensor(self._learning_rate)
        self._step_size = learning_rate * tf.sqrt(1.0 - beta2_power) / (1.0 - beta1_power)

    def _resource_apply_dense(self, grad: Tensor, var: tf.Variable) -> Any:
        m, u = self.get_slot(var, "m"), self.get_slot(var, "u")
        new_m = self._beta1 * m + (1.0 - self._beta1) * grad
        new_u = tf.maximum(self._beta2 * u, tf.abs(grad))
        step = tf.cast(self._step_size, var.dtype) * new_m / (new_u + self._epsilon)
        updates = [
            variable.assign(value, read_value=False) for variable, value in ((m, new_m), (u, new_u))
        ]
        return tf.group(var.assign_sub(step, read_value=False), *updates)

    def _resource_apply_sparse(self, grad: Tensor, handle: tf.Variable, indices: Tensor) -> Any:
        dense = tf.scatter_nd(
            indices[:, tf.newaxis], grad, tf.cast(tf.shape(handle), indices.dtype)
        )
        return self._resource_apply_dense(dense, handle)

    def _finish(self, update_ops: List[Any], name_scope: str) -> Any:
        with tf.control_dependencies(update_ops):
            powers = [
                power.assign(power * beta, read_value=False)
                for power, beta in zip(self._beta_powers(), (self._beta1, self._beta2))
            ]
        return tf.group(*(update_ops + powers), name=name_scope)

    def _beta_powers(self) -> List[tf.Variable]:
        with tf.init_scope():  # Inside a function, the variables live outside it.
            graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
        return [self._get_non_slot_variable(n, graph=graph) for n in ("beta1_power", "beta2_power")]

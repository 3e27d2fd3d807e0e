"""The contract of an invertible layer."""

from typing import Iterable, Optional, Tuple

import tensorflow.compat.v2 as tf
import tree

from genflow.core.module import Module, as_tensors
from genflow.core.precision import keep_dtype
from genflow.core.types import Nest, Tensor, Updates


class Bijection(Module):
    """An invertible map: forward from data to latent, inverse from latent to data.

    The first axis of every tensor is the batch; everything after it is the event.
    A log-determinant is that of the direction that was called, has the shape
    `[batch]`, and is float32 or wider. Under mixed precision only the networks inside a
    bijection may be reduced: see `keep_dtype`.

    Subclasses write `_forward` and `_inverse`; `_build` where they have variables,
    `_initialize` where these can be set from data, `output_shape` and `input_shape`
    where the shape changes, `_parts` where they contain other bijections. The public methods are
    final.

    Example:
        >>> class Double(Bijection):
        ...     def _forward(self, x, context, training):
        ...         return 2.0 * x, np.log(2.0) * tf.reduce_sum(tf.ones_like(x), axis=1)
        ...     def _inverse(self, y, context, training):
        ...         return 0.5 * y, -np.log(2.0) * tf.reduce_sum(tf.ones_like(y), axis=1)
        >>> Double().forward(tf.ones([5, 3])).shape.as_list()
        [5, 3]
    """

    def forward_and_log_det(
        self, x: Nest, context: Optional[Nest] = None, training: bool = False
    ) -> Tuple[Nest, Tensor]:
        """Maps data to latent.

        Args:
            x: `[batch, ...]`, or the nest of such tensors that the layer takes.
            context: Conditioning input, handed on to every conditioner inside.
            training: Whether layers and networks that differ in training, such as batch
                norm and dropout, behave so.

        Returns:
            `y`, and `log|det dy/dx|` of shape `[batch]`.

        Raises:
            ValueError: If the shape of `x` does not suit the layer.
        """
        x, context = self._enter(x, context)
        with tf.name_scope(self.name), keep_dtype():
            return self._forward(x, context, training)

    def inverse_and_log_det(
        self, y: Nest, context: Optional[Nest] = None, training: bool = False
    ) -> Tuple[Nest, Tensor]:
        """Maps latent to data.

        Args:
            y: What `forward` returns.
            context: The conditioning input that `forward` had.
            training: See `forward_and_log_det`; for models that are trained in this
                direction. What inverts `forward(x)` is the inverse without it.

        Returns:
            `x`, and `log|det dx/dy|` of shape `[batch]`.

        Raises:
            ValueError: If the shape of `y` does not suit the layer.
        """
        y, context = self._enter(y, context)
        with tf.name_scope(self.name), keep_dtype():
            return self._inverse(y, context, training)

    def forward(self, x: Nest, context: Optional[Nest] = None, training: bool = False) -> Nest:
        """Maps data to latent; see `forward_and_log_det`."""
        return self.forward_and_log_det(x, context, training)[0]

    def inverse(self, y: Nest, context: Optional[Nest] = None, training: bool = False) -> Nest:
        """Maps latent to data; see `inverse_and_log_det`."""
        return self.inverse_and_log_det(y, context, training)[0]

    def initialize(self, x: Nest, context: Optional[Nest] = None) -> Tuple[Nest, Updates]:
        """Sets the variables that are initialised from data.

        Call it once, before training, with a batch that stands for the data. Eagerly
        the variables are set when it returns; in a graph they are set by running the
        returned operations, once, after the variables' own initialisers. Inside a
        `tf.function` they run by themselves; return only `y` from it.

        Args:
            x: `[batch, ...]` with at least two examples.
            context: Conditioning input.

        Returns:
            What `forward` returns after the update, and the operations to run (an
            empty list when executing eagerly).

        Raises:
            ValueError: If `x` is a batch of one, or one of its channels is constant
                (in a graph the latter is a `tf.errors.InvalidArgumentError` from the
                run).
        """
        x, context = self._enter(x, context)
        with tf.name_scope(self.name), keep_dtype():
            return self._initialize(x, context)

    def output_shape(self, input_shape: Nest) -> Nest:
        """The shape that `forward` gives for a shape, without building anything.

        Args:
            input_shape: A `tf.TensorShape`, or a list or tuple of integers and `None`,
                with the batch axis; or a nest of `tf.TensorShape`.

        Returns:
            A `tf.TensorShape`, or a nest of them.
        """
        return as_shape(input_shape)

    def input_shape(self, output_shape: Nest) -> Nest:
        """The shape that `inverse` gives for a shape, without building anything.

        Args:
            output_shape: What `output_shape` returns.

        Returns:
            A `tf.TensorShape`, or a nest of them.
        """
        return as_shape(output_shape)

    def _enter(self, x: Nest, context: Optional[Nest]) -> Tuple[Nest, Optional[Nest]]:
        x, context = as_tensors(x), as_tensors(context)
        self._build_once(x)
        return x, context

    def _forward(self, x: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        raise NotImplementedError("`{}` has no `_forward`.".format(type(self).__name__))

    def _inverse(self, y: Nest, context: Optional[Nest], training: bool) -> Tuple[Nest, Tensor]:
        raise NotImplementedError("`{}` has no `_inverse`.".format(type(self).__name__))

    def _initialize(self, x: Nest, context: Optional[Nest]) -> Tuple[Nest, Updates]:
        return self._forward(x, context, False)[0], []

    def _parts(self, x: Nest, context: Optional[Nest]) -> Iterable[Tuple[str, "Bijection", Nest]]:
        """The bijections inside: attribute path, bijection, and the input it gets from `x`.

        This is how `genflow.testing.check_bijection` finds the layer that breaks.
        """
        return []


def as_shape(shape: Nest) -> Nest:
    """Accepts plain Python shapes where a `tf.TensorShape` is meant."""
    if isinstance(shape, tf.TensorShape):
        return shape
    if isinstance(shape, (list, tuple)) and all(d is None or isinstance(d, int) for d in shape):
        return tf.TensorShape(shape)
    return tree.map_structure(tf.TensorShape, shape)

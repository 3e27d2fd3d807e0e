"""The contract of an ordinary, not invertible, network."""

from typing import Optional, Tuple

import tensorflow.compat.v2 as tf

from genflow.core.module import Module, as_tensors
from genflow.core.precision import release_dtype
from genflow.core.types import Nest, Tensor, Updates


class Network(Module):
    """A function of tensors with variables: conditioners, generators, discriminators.

    Subclasses write `_call`; `_build` where they have variables of their own, and
    `_initialize` where these, or those of a child, can be set from data. The public
    methods are final. A network holds no session, data, loss or optimizer. A call of it is
    what may be computed in half precision under mixed precision: see `keep_dtype`.
    """

    def __call__(self, x: Tensor, context: Optional[Nest] = None, training: bool = False) -> Tensor:
        """Applies the network.

        Args:
            x: `[batch, ...]`.
            context: Conditioning input.
            training: Whether layers that differ in training behave so.

        Returns:
            The output, `[batch, ...]`.
        """
        x, context = as_tensors(x), as_tensors(context)
        self._build_once(x)
        with tf.name_scope(self.name), release_dtype():
            return self._call(x, context, training)

    def initialize(self, x: Tensor, context: Optional[Nest] = None) -> Tuple[Tensor, Updates]:
        """Sets the variables that are initialised from data, as `Bijection.initialize` does.

        Args:
            x: `[batch, ...]` with at least two examples.
            context: Conditioning input.

        Returns:
            What a call returns after the update, and the operations to run (an empty list
            when executing eagerly). Parts behave as outside training, but noise and dropout
            that are made with `in_initialize` are on.
        """
        x, context = as_tensors(x), as_tensors(context)
        self._build_once(x)
        with tf.name_scope(self.name):
            return self._initialize(x, context)

    def _call(self, x: Tensor, context: Optional[Nest], training: bool) -> Tensor:
        raise NotImplementedError("`{}` has no `_call`.".format(type(self).__name__))

    def _initialize(self, x: Tensor, context: Optional[Nest]) -> Tuple[Tensor, Updates]:
        return self._call(x, context, False), []

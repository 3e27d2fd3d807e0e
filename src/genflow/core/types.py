"""Names for the types that signatures speak of."""

from typing import Any, Callable, List, Union

import tensorflow.compat.v2 as tf

Tensor = tf.Tensor
# A tensor, or tuples, lists and dictionaries of tensors, as dm-tree walks them.
Nest = Any
# An operation that sets a variable; see `genflow.core.checks.assign`.
Update = Any
Updates = List[Update]
# What `genflow.core.make_seed` accepts.
Seed = Union[None, int, Tensor, Callable[[], Tensor]]

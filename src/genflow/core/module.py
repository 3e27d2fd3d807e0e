"""The base of everything that owns variables."""

import collections
from typing import Any, Callable, FrozenSet, Iterator, List, Optional, Tuple

import tensorflow.compat.v2 as tf
import tree

from genflow.core.checks import check_floating
from genflow.core.types import Nest, Tensor

Initializer = Callable[[Any, tf.DType], Tensor]


class Module(tf.Module):
    """A `tf.Module` whose variables are made once, from the first input.

    Subclasses create their variables in `_build`, which receives the first input and
    may use its static shape and dtype only: it runs under `tf.init_scope`, so that
    the variables outlive the graph or function that happened to call first.

    A variable is identified by its attribute path, such as `layers/3/log_scale`;
    names in the graph are not unique in TensorFlow 2. Keep child modules in
    attributes or lists: checkpoints of TensorFlow 1.15 drop what tuples hold.

    Attributes:
        differs_in_training: Whether the module itself, its parts apart, does something else
            with `training=True`. Only where a part says so does a trainer compute the model
            once for training and once for evaluation.
        draws_noise: Whether two copies of an example in one batch get different outputs.
    """

    differs_in_training = False
    draws_noise = False

    def __init__(self, name: Optional[str] = None) -> None:
        """Constructs the module.

        Args:
            name: Name scope of the module's operations. By default the class name in
                snake_case.
        """
        super().__init__(name=name)
        self._is_built = False
        self._floating_dtype = None

    def named_variables(self) -> "collections.OrderedDict[str, tf.Variable]":
        """Every variable of the module and its children, by attribute path.

        A variable that is shared appears once, under the first of its paths in
        alphabetical order. The mapping is what `tf.compat.v1.train.Saver` takes.

        Returns:
            An ordered mapping from path to variable.

        Example:
            >>> from genflow.layers import ActNorm, Chain
            >>> chain = Chain([ActNorm()])
            >>> _ = chain.forward(tf.zeros([2, 4, 4, 3]))
            >>> list(chain.named_variables())
            ['layers/0/log_scale', 'layers/0/shift']
        """
        seen, named = set(), collections.OrderedDict()
        for path, node in walk(self):
            if isinstance(node, tf.Variable) and id(node) not in seen:
                seen.add(id(node))
                named["/".join(path)] = node
        return named

    def _build(self, x: Nest) -> None:
        """Creates the variables; the default has none."""

    def _build_once(self, x: Nest) -> None:
        if not self._is_built:
            with tf.init_scope():
                self._build(x)
            self._is_built = True
        if self._floating_dtype is not None:
            _check_dtype(x, self._floating_dtype, self)

    def _variable(
        self,
        name: str,
        initializer: Initializer,
        shape: Any,
        dtype: tf.DType,
        trainable: bool = True,
    ) -> tf.Variable:
        """The one place where variables are created.

        The initial value is a function, so that it is computed where the variable
        lives and never becomes a constant of the graph (which is limited to 2 GB).
        """
        if trainable:
            check_floating(dtype, owner=self)
        if dtype.is_floating:
            self._floating_dtype = dtype
        return tf.Variable(
            lambda: initializer(shape, dtype), name=name, dtype=dtype, trainable=trainable
        )


def as_tensors(nest: Nest) -> Nest:
    """Converts every leaf of a nest to a tensor; `None` stays `None`."""
    return tree.map_structure(
        lambda leaf: None if leaf is None else tf.convert_to_tensor(leaf), nest
    )


def _check_dtype(nest: Nest, dtype: tf.DType, owner: Module) -> None:
    for leaf in tree.flatten(nest):
        if leaf.dtype != dtype:
            raise TypeError(
                "`{}` was built for {}; got {}: cast its input.".format(
                    owner.name, dtype.name, leaf.dtype.name
                )
            )


def walk(node: Any, path: Tuple[str, ...] = ()) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    """Every module and variable in a module or a container, itself included, with its path.

    Children come in alphabetical order, after what they are in. What is shared comes once for
    each of its paths; what begins with an underscore does not come.

    Args:
        node: Where to start.
        path: Its own, in front of all others.

    Example:
        >>> from genflow.layers import ActNorm, Chain
        >>> [("/".join(path), part.name) for path, part in walk(Chain([ActNorm()]))]
        [('', 'chain'), ('layers/0', 'act_norm')]
    """
    return _walk(node, tuple(path), frozenset())


def _walk(
    node: Any, path: Tuple[str, ...], ancestors: FrozenSet[int]
) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    if id(node) in ancestors:
        return
    if isinstance(node, (tf.Variable, tf.Module)):
        yield path, node
    for key, child in _children(node):
        yield from _walk(child, path + (key,), ancestors | {id(node)})


def _children(node: Any) -> List[Tuple[str, Any]]:
    """What is in a module or a container, by the names that attribute paths have for it."""
    if isinstance(node, tf.Variable):
        return []
    if isinstance(node, (list, tuple)):
        return [(str(index), value) for index, value in enumerate(node)]
    if isinstance(node, tf.Module):
        node = {key: value for key, value in vars(node).items() if not key.startswith("_")}
    if not isinstance(node, dict):
        return []
    return sorted(((str(key), value) for key, value in node.items()), key=lambda item: item[0])

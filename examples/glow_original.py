"""The checkpoints of the reference implementation of Glow, and how they become a flow's variables.

The variables of `make_model` of `glow_cifar10.py` are those of https://github.com/openai/glow
in another arrangement:

    the last input channel of a padded kernel      is the kernel of the border here
    shift and scale of a coupling, mean and scale of a split, in alternating channels
                                                   are the first and the second half here
    vectors of shape [1, 1, 1, n] or [1, n]        have shape [n] here

The log-scales are multiplied by 3 in both, a matrix of a 1x1 convolution multiplies from the
right in both, and the squeeze, the halves of couplings and splits, and the order of the layers
in a step are the same.
"""

import os
import re
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Module
from genflow.distributions import Flow
from genflow.layers import (
    AffineCoupling,
    Chain,
    FullMatrix,
    LearnedPrior,
    Permute,
    Split,
    reversed_order,
)
from genflow.networks import ContextBias
from genflow.networks.padded_conv import PaddedConv
from genflow.training import CheckpointError

# What every log-scale of the original is multiplied by.
LOG_SCALE_FACTOR = 3.0
AVERAGE = "/ExponentialMovingAverage"
# The optimizer's step and moments have no names of their own in the original. The classifier
# serves the loss of --weight_y only, not the density.
TRAINING_ONLY = re.compile(r"Variable(_\d+)?$|model/classifier/(W|b|logs)$")
# What reading raises for files that are missing, truncated or no checkpoint.
UNREADABLE = (tf.errors.OpError, ValueError, IndexError, RuntimeError)


class Source(NamedTuple):
    """What a variable of the flow is made of: variables of the original, all of one shape."""

    names: Tuple[str, ...]
    shape: List[int]
    convert: Callable[..., np.ndarray]


Sources = Iterable[Tuple[tf.Variable, Source]]
Convert = Callable[[np.ndarray], np.ndarray]


def unchanged(tensor: np.ndarray) -> np.ndarray:
    """What the original keeps in the same order."""
    return tensor


def halves(tensor: np.ndarray) -> np.ndarray:
    """Two parameters in alternating output channels, as the first and the second half."""
    return np.concatenate([tensor[..., 0::2], tensor[..., 1::2]], axis=-1)


class Original:
    """A checkpoint of the original: names, shapes, and on demand the tensors."""

    def __init__(self, path: str) -> None:
        """Reads the names; nothing is ever unpickled."""
        path = os.fspath(path)
        self.path = path[: -len(".index")] if path.endswith(".index") else path
        try:
            self._reader = tf.train.load_checkpoint(self.path)
            self.stored = dict(self._reader.get_variable_to_shape_map())
            self.dtypes = dict(self._reader.get_variable_to_dtype_map())
        except UNREADABLE as error:
            raise CheckpointError(self._unreadable(error)) from error
        self.shapes = {name.replace(AVERAGE, ""): shape for name, shape in self.stored.items()}

    def read(self, name: str) -> np.ndarray:
        """The tensor that is stored under a name."""
        try:
            return self._reader.get_tensor(name)
        except UNREADABLE as error:
            raise CheckpointError(self._unreadable(error)) from error

    def flags(self) -> Dict[str, Any]:
        """The flags of the model, from names and shapes; none if it is no Glow."""
        steps = [re.match(r"model/(\d+)/(\d+)/actnorm_center/b$", name) for name in self.shapes]
        numbers = [[int(number) for number in step.groups()] for step in steps if step]
        try:
            channels = self.shapes["model/0/0/actnorm_center/b"][-1]
            outputs = self.shapes["model/0/0/f1/l_last/W"][-1]
            width = self.shapes["model/0/0/f1/l_1/W"][-1]
        except (KeyError, IndexError):
            return {}
        return dict(
            n_levels=len(set(level for level, _ in numbers)),
            depth=len(set(step for _, step in numbers)),
            width=width,
            flow_permutation=2 if self._has("invconv") else int(self.has_shuffles),
            flow_coupling=int(outputs == channels),
            learntop="model/prior/p/W" in self.shapes,
            ycond="model/prior/y_emb/W" in self.shapes,
        )

    @property
    def has_shuffles(self) -> bool:
        """Whether an order of the channels is stored; else they are reversed, or mixed."""
        return self._has("shuffle")

    def images(self) -> str:
        """What can be said of the images, in words."""
        channels = self.shapes["model/0/0/actnorm_center/b"][-1] // 4
        classes = (self.shapes.get("model/prior/y_emb/W") or [None])[0]
        of_classes = "" if classes is None else " and {} classes".format(classes)
        return "{} channels{}".format(channels, of_classes)

    def _has(self, scope: str) -> bool:
        return any("/{}/".format(scope) in name for name in self.shapes)

    def _unreadable(self, error: Exception) -> str:
        return (
            "{} cannot be read as a checkpoint ({}): give the path without .index or .data-*, keep "
            "both files in one folder, and copy them again if they are damaged.".format(
                self.path or "`checkpoint`", str(error).strip().split("\n")[0]
            )
        )


def load_original(
    flow: Flow,
    checkpoint: str,
    session: Any = None,
    average: bool = False,
    classifier: Optional[Module] = None,
) -> List[str]:
    """Sets the variables of a flow to those of an original checkpoint.

    All or nothing: a checkpoint that does not fit changes nothing. Nothing is added to the
    graph.

    Args:
        flow: What `make_model` returns, with variables: called once, with labels if it is
            class-conditional. Its permutations that are no matrices get the original's order.
        checkpoint: Path of the checkpoint: what the names of its files begin with.
        session: Where the variables live; not needed when executing eagerly.
        average: Whether to take the averaged weights instead of the last ones.
        classifier: The layer that makes logits, such as `ZerosDense`, with its variables; its
            input must be the mean over all positions of what the top prior gets. Without it
            the original's is left out.

    Returns:
        The names in the checkpoint that were not needed: the optimizer's, the averages or the
        last weights, and the classifier's if there is none here.

    Raises:
        CheckpointError: If the checkpoint cannot be read, does not fit, or is damaged.
        ValueError: If the flow is not such a one, or there is no session.
    """
    session = session or tf.compat.v1.get_default_session()
    if session is None and not tf.executing_eagerly():
        raise ValueError("`session` must be the session that holds the variables; got none.")
    values, left = read_original(flow, checkpoint, average, classifier)
    if session is None:
        for variable, value in values:
            variable.assign(value)
        return left
    # The variables' own initialisers with other values: no constants, no new operations.
    operations = [variable.initializer for variable, _ in values]
    feed = {op.inputs[1]: value for op, (_, value) in zip(operations, values)}
    session.run(operations, feed)
    return left


def read_original(
    flow: Flow, checkpoint: str, average: bool = False, classifier: Optional[Module] = None
) -> Tuple[List[Tuple[tf.Variable, np.ndarray]], List[str]]:
    """Reads, checks and converts an original checkpoint; see `load_original`.

    Returns:
        The variables with their new values, and the names that were not needed.
    """
    original = Original(checkpoint)
    sources = model_sources(flow, classifier, original.has_shuffles)
    stored = {
        name: name + AVERAGE if average and variable.trainable else name
        for variable, source in sources
        for name in source.names
    }
    check_fit(original, sources, stored)
    values, damaged = [], set()
    for variable, source in sources:
        tensors = [original.read(stored[name]) for name in source.names]
        if all(np.all(np.isfinite(tensor)) for tensor in tensors):
            values.append((variable, source.convert(*tensors)))
        else:
            damaged.update(source.names)
    if damaged:
        raise CheckpointError(
            "{} holds values that are not finite, in {}: take an earlier checkpoint.".format(
                original.path, listed(damaged)
            )
        )
    return values, sorted(set(original.stored) - set(stored.values()))


def check_fit(original: Original, sources: Sources, stored: Dict[str, str]) -> None:
    """Refuses names, shapes and types that do not fit, all in one message."""
    problems = []
    missing = [name for name in stored.values() if name not in original.stored]
    left_over = [n for n in original.shapes if n not in stored and not TRAINING_ONLY.match(n)]
    for names, verb in ((missing, "missing"), (left_over, "left over")):
        if names:
            problems.append("{} {}: {}".format(len(names), verb, listed(names)))
    for variable, source in sources:
        dtype = tf.int32 if variable.dtype.is_integer else tf.float32
        for name in (stored[name] for name in source.names if stored[name] in original.stored):
            found = "{} {}".format(original.dtypes[name].name, original.stored[name])
            needed = "{} {}".format(dtype.name, source.shape)
            problem = "{} must be {}; it is {}".format(name, needed, found)
            if found != needed and problem not in problems:
                problems.append(problem)
    if problems:
        more = ["and {} more like these".format(len(problems) - 10)] if len(problems) > 10 else []
        raise CheckpointError(
            "{} does not fit the model. {}. {}".format(
                original.path, ". ".join(problems[:10] + more), remedy(original, missing)
            )
        )


def remedy(original: Original, missing: Sequence[str]) -> str:
    """What to do about a checkpoint that does not fit."""
    averages = any(name.endswith(AVERAGE) for name in original.stored)
    if not averages and any(name.endswith(AVERAGE) for name in missing):
        return "It holds no averages: load it without --average (`average=False`)."
    if missing and all(name + AVERAGE in original.stored for name in missing):
        return "It holds averages only: load it with --average (`average=True`)."
    if not original.flags():
        return "It does not look like one of the original Glow at all: is it the right file?"
    return (
        "It looks like {}, for images of {}: make the model with these flags; if it was, the "
        "file is not as the original wrote it.".format(
            " ".join(as_arguments(original.flags())), original.images()
        )
    )


def model_sources(flow: Flow, classifier: Optional[Module], shuffled: bool) -> Sources:
    """All variables of a model, with what they are made of."""
    paths, sources = {id(v): path for path, v in flow.named_variables().items()}, []
    try:
        for index, level in enumerate(flow.bijection.layers[-1].levels):
            sources.extend(level_sources(level, index, shuffled))
        known = {id(variable) for variable, _ in sources}
        if classifier is not None:
            sources.extend(zeros_sources(classifier, "model/classifier"))
    except AttributeError as error:
        raise ValueError(
            "`flow` must be what `make_model` of glow_cifar10.py returns, called once so that it "
            "has variables, and so must be a `classifier`; got {} variables, and {}.".format(
                len(paths), error
            )
        ) from error
    # The cached inverses are recomputed as soon as the matrices differ from the cached ones.
    unknown = [p for key, p in paths.items() if key not in known and "/inverse_cache/" not in p]
    if unknown:
        raise ValueError(
            "`flow` has variables that no original has: {}; make it with `make_model` of "
            "glow_cifar10.py, without --plu.".format(listed(unknown))
        )
    return sources


def level_sources(level: Chain, index: int, shuffled: bool) -> Sources:
    """One level: steps, then a split or the top prior."""
    steps = [layer for layer in level.layers if isinstance(layer, Chain)]
    for number, step in enumerate(steps):
        yield from step_sources(step, "model/{}/{}".format(index, number), shuffled)
    end = level.layers[-1]
    if isinstance(end, Split):
        yield from zeros_sources(end.conditioner, "model/pool{}/conv".format(index), halves)
    if isinstance(end, LearnedPrior):
        for network in end.network.networks:
            name = "y_emb" if isinstance(network, ContextBias) else "p"
            yield from zeros_sources(network, "model/prior/" + name)


def step_sources(step: Chain, scope: str, shuffled: bool) -> Sources:
    """One step: actnorm, permutation, coupling."""
    norm, permutation, coupling = step.layers
    yield from act_norm_sources(norm, scope)
    if isinstance(permutation, Permute):
        yield permutation.order, order_source(permutation, scope + "/shuffle", shuffled)
    elif isinstance(permutation.matrix, FullMatrix):
        shape = permutation.matrix.weight.shape.as_list()
        yield permutation.matrix.weight, Source((scope + "/invconv/W",), shape, unchanged)
    network, scope = coupling.conditioner, scope + "/f1"
    for conv, name in ((network.conv_in, "/l_1"), (network.conv_hidden, "/l_2")):
        yield from kernel_sources(conv, scope + name)
        yield from act_norm_sources(conv, scope + name)
    order = halves if isinstance(coupling, AffineCoupling) else unchanged
    yield from zeros_sources(network.conv_out, scope + "/l_last", order)


def act_norm_sources(norm: Any, scope: str) -> Sources:
    """The shift and the log-scale of an `ActNorm` or an `ActNormConv`."""
    shape = [1, 1, 1] + norm.shift.shape.as_list()
    yield norm.shift, Source((scope + "/actnorm_center/b",), shape, np.ravel)
    yield log_scale_source(norm, scope + "/actnorm_scale/logs", shape, unchanged)


def kernel_sources(conv: PaddedConv, scope: str, order: Convert = unchanged) -> Sources:
    """The kernel; in the original the one of the border is its last input channel."""
    height, width, inputs, outputs = conv.kernel.shape.as_list()
    has_border = conv.kernel_size > 1
    names, shape = (scope + "/W",), [height, width, inputs + has_border, outputs]
    yield conv.kernel, Source(names, shape, lambda w: order(w[:, :, :inputs]))
    if has_border:
        yield conv.border_kernel, Source(names, shape, lambda w: order(w[:, :, inputs:]))


def zeros_sources(network: Module, scope: str, order: Convert = unchanged) -> Sources:
    """A layer that starts as zero: a `ZerosConv`, or a linear map as in `ContextBias`."""
    outputs = network.bias.shape.as_list()
    if isinstance(network, PaddedConv):
        yield from kernel_sources(network, scope, order)
        shape = [1, 1, 1] + outputs
    else:
        yield network.weight, Source((scope + "/W",), network.weight.shape.as_list(), order)
        shape = [1] + outputs
    yield network.bias, Source((scope + "/b",), shape, lambda b: order(np.ravel(b)))
    yield log_scale_source(network, scope + "/logs", [1] + outputs, order)


def log_scale_source(
    layer: Any, name: str, shape: List[int], order: Convert
) -> Tuple[tf.Variable, Source]:
    """A log-scale: a vector, times a factor."""
    factor = LOG_SCALE_FACTOR / layer.log_scale_factor
    return layer.log_scale, Source((name,), shape, lambda logs: factor * order(np.ravel(logs)))


def order_source(permutation: Permute, scope: str, shuffled: bool) -> Source:
    """The order of the channels; the original stores it if it is not the reverse."""
    shape = permutation.order.shape.as_list()
    if not shuffled:
        return Source((), shape, lambda: reversed_order(shape[0]))
    names = (scope + "/indices", scope + "/indices_inverse")

    def convert(indices: np.ndarray, inverse: np.ndarray) -> np.ndarray:
        places = np.arange(shape[0])
        if sorted(indices) != list(places) or not np.array_equal(inverse[indices], places):
            raise CheckpointError(
                "{} must be an order of {} channels and {} its inverse; got {} and {}: take "
                "another copy of the checkpoint.".format(
                    names[0], shape[0], names[1], indices.tolist(), inverse.tolist()
                )
            )
        return indices

    return Source(names, shape, convert)


def listed(names: Iterable[str]) -> str:
    """The first ten names, and how many more there are."""
    names = sorted(names)
    more = ["and {} more".format(len(names) - 10)] if len(names) > 10 else []
    return ", ".join(names[:10] + more)


def as_arguments(flags: Dict[str, Any]) -> List[str]:
    """Flags as on a command line."""
    given = [(name, value) for name, value in flags.items() if value is not False]
    return [
        "--" + name if value is True else "--{}={}".format(name, value) for name, value in given
    ]

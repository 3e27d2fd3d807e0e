"""How the variables of the reference implementation of Glow become those of a flow.

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

from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Tuple

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
from glow_original_file import listed

# What every log-scale of the original is multiplied by.
_LOG_SCALE_FACTOR = 3.0


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
    factor = _LOG_SCALE_FACTOR / layer.log_scale_factor
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

import collections

import numpy as np
import pytest

from genflow.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    Chain,
    Inverse,
    Invertible1x1Conv,
    LearnedPrior,
    MultiScale,
    Permute,
    PLUMatrix,
    Split,
    Squeeze,
)
from genflow.networks import (
    MLP,
    ActNormConv,
    ContextBias,
    ContextGlowConditioner,
    Dense,
    GlowConditioner,
    ZerosConv,
)

# What is made, the arguments of a good first call (None: the bad call is the first), the method,
# the arguments that it must refuse, and how.
Rejection = collections.namedtuple("Rejection", "name make good method bad error message")


def ones(*shape):
    return np.ones(shape, np.float32)


def refuses(name, make, method, bad, message, good=None, error=ValueError):
    return Rejection(name, make, good, method, bad, error, message)


REJECTIONS = [
    refuses("act_norm_rank", ActNorm, "forward", [ones(3)], "static channel count; got shape"),
    refuses("act_norm_pair", ActNorm, "forward", [(ones(2, 3), ones(2, 3))],
            "`act_norm` takes one tensor; got a tuple of 2", error=TypeError),
    refuses("act_norm_fewer_channels", ActNorm, "forward", [ones(2, 4, 4, 1)],
            "`act_norm` needs 3 channels from its input", good=[ones(2, 4, 4, 3)]),
    refuses("act_norm_more_channels", ActNorm, "inverse", [ones(2, 4, 4, 3)],
            "`act_norm` needs 1 channels from its input", good=[ones(2, 4, 4, 1)]),
    refuses("act_norm_initialize_channels", ActNorm, "initialize", [np.eye(3, dtype=np.float32)],
            "`act_norm` needs 1 channels from its input", good=[ones(3, 1)]),
    refuses("act_norm_integers", ActNorm, "forward", [np.ones([2, 3], np.int32)],
            "`act_norm` takes an input of a floating type; got int32", error=TypeError),
    refuses("conv_1x1_rank", Invertible1x1Conv, "forward", [ones(3)], "static channel count"),
    refuses("conv_1x1_channels", Invertible1x1Conv, "forward", [ones(2, 4)],
            "needs 3 channels from its input, as at the first call", good=[ones(2, 3)]),
    refuses("conv_1x1_inverse_channels", lambda: Invertible1x1Conv(PLUMatrix()), "inverse",
            [ones(2, 4, 4, 4)], "needs 3 channels from its input", good=[ones(2, 4, 4, 3)]),
    refuses("coupling_one_channel", lambda: AffineCoupling(MLP([4], 2)), "forward", [ones(2, 1)],
            "`affine_coupling` needs at least 2 channels to split; got shape"),
    refuses("coupling_pair", lambda: AffineCoupling(MLP([4], 2)), "inverse",
            [(ones(2, 2), ones(2, 2))], "takes one tensor; got a tuple of 2", error=TypeError),
    refuses("affine_coupling_conditioner", lambda: AffineCoupling(MLP([4], 2)), "forward",
            [ones(2, 4)], "`affine_coupling` needs 4 channels from its conditioner; got shape"),
    refuses("additive_coupling_conditioner", lambda: AdditiveCoupling(MLP([4], 4)), "initialize",
            [ones(2, 4)], "`additive_coupling` needs 2 channels from its conditioner"),
    refuses("coupling_rank", lambda: AffineCoupling(GlowConditioner(4, 4)), "forward",
            [ones(2, 4)], "`act_norm_conv` takes an input of rank 4; got shape"),
    refuses("coupling_channels", lambda: AffineCoupling(MLP([4], 4)), "inverse", [ones(2, 5)],
            "`dense` needs 2 channels from its input", good=[ones(2, 4)]),
    refuses("permute_rank", lambda: Permute([0]), "forward", [ones(3)], "static channel count"),
    refuses("permute_other_length", lambda: Permute([1, 0, 2]), "forward", [ones(2, 4)],
            "each of 0 to 3 once for an input of 4 channels; got"),
    refuses("permute_repeated", lambda: Permute([1, 1, 2]), "inverse", [ones(2, 3)],
            "each of 0 to 2 once"),
    refuses("permute_channels", lambda: Permute([1, 0, 2]), "forward", [ones(2, 4)],
            "needs 3 channels from its input", good=[ones(2, 3)]),
    refuses("split_one_channel", Split, "forward", [ones(2, 1)], "`split` needs at least 2 channe"),
    refuses("split_rank", Split, "forward", [ones(4)], "static channel count"),
    refuses("split_inverse_of_tensor", Split, "inverse", [ones(2, 4)],
            r"`split` takes the pair \(kept, latent\); got a tensor of shape"),
    refuses("split_inverse_of_triple", Split, "inverse", [(ones(2, 4),) * 3],
            r"takes the pair \(kept, latent\); got a tuple of 3"),
    refuses("split_latent", lambda: Split(MLP([4], 4)), "inverse", [(ones(2, 2), ones(2, 3))],
            "`split` needs 6 channels from its conditioner"),
    refuses("squeeze_rank", Squeeze, "forward", [ones(2, 4)], "takes an input of rank 4"),
    refuses("squeeze_pair", Squeeze, "forward", [(ones(2, 4),) * 2], "takes one tensor; got a tup",
            error=TypeError),
    refuses("squeeze_odd_height", Squeeze, "forward", [ones(2, 3, 4, 1)],
            "`squeeze` needs height and width divisible by 2; got shape"),
    refuses("squeeze_width", lambda: Squeeze(3, channel_major=False), "forward",
            [ones(2, 3, 4, 1)], "needs height and width divisible by 3"),
    refuses("squeeze_inverse_rank", Squeeze, "inverse", [ones(2, 4)], "takes an input of rank 4"),
    refuses("squeeze_inverse_channels", Squeeze, "inverse", [ones(2, 2, 2, 6)],
            "can be undone only for a multiple of 4 channels; got shape"),
    refuses("learned_prior_network", lambda: LearnedPrior(ZerosConv(4)), "forward",
            [ones(2, 4, 4, 3)], "`learned_prior` needs 6 channels from its network; got shape"),
    refuses("learned_prior_rank", lambda: LearnedPrior(MLP([4], 4)), "forward", [ones(4)],
            "static channel count"),
    refuses("multi_scale_without_split", lambda: MultiScale([ActNorm(), ActNorm()]), "forward",
            [ones(2, 4)], r"must return \(kept, latent\), that is, end with a `Split`; `act_norm`"),
    refuses("multi_scale_inverse_of_tensor", lambda: MultiScale([Split(), ActNorm()]), "inverse",
            [ones(2, 4)], "takes back a tuple of 2 latents, one for each level; got a tensor"),
    refuses("multi_scale_inverse_of_triple", lambda: MultiScale([Split(), ActNorm()]), "inverse",
            [(ones(2, 4),) * 3], "takes back a tuple of 2 latents, .* got a tuple of 3"),
    refuses("chain_after_split", lambda: Chain([Split(), ActNorm()]), "forward", [ones(2, 4)],
            "`act_norm` takes one tensor; got a tuple of 2", error=TypeError),
    refuses("inverse_of_squeeze", lambda: Inverse(Squeeze()), "forward", [ones(2, 2, 2, 3)],
            "can be undone only for a multiple of 4 channels"),
    refuses("dense_rank", lambda: Dense(4), "__call__", [ones(2, 4, 3)],
            "`dense` takes an input of rank 2; got shape"),
    refuses("dense_channels", lambda: Dense(4), "__call__", [ones(2, 4)],
            "`dense` needs 3 channels from its input", good=[ones(2, 3)]),
    refuses("dense_integers", lambda: Dense(4), "__call__", [np.ones([2, 3], np.uint8)],
            "`dense` takes an input of a floating type; got uint8", error=TypeError),
    refuses("dense_other_type", lambda: Dense(4), "__call__", [np.ones([2, 3])],
            "`dense` was built for float32; got float64", good=[ones(2, 3)], error=TypeError),
    refuses("mlp_rank", lambda: MLP([4], 2), "__call__", [ones(2, 3, 4)], "an input of rank 2"),
    refuses("mlp_context_rank", lambda: MLP([4], 2), "__call__", [ones(2, 3), ones(2, 3, 4)],
            "an input of rank 2"),
    refuses("conv_rank", lambda: ActNormConv(4), "__call__", [ones(2, 3)], "an input of rank 4"),
    refuses("conv_channels", lambda: ZerosConv(4), "__call__", [ones(2, 4, 4, 2)],
            "`zeros_conv` needs 3 channels from its input", good=[ones(2, 4, 4, 3)]),
    refuses("context_missing", lambda: ContextBias(4), "__call__", [ones(2, 4, 4, 3)],
            "`context_bias` needs a `context`; got none"),
    refuses("context_rank", lambda: ContextBias(4), "__call__", [ones(2, 4, 4, 3), ones(2, 4, 3)],
            "`context` of rank 2 or, as its input, 4; got a tensor of shape"),
    refuses("context_channels", lambda: ContextBias(4), "__call__", [ones(2, 3), ones(2, 6)],
            "`context_bias` needs 5 channels from its context", good=[ones(2, 3), ones(2, 5)]),
    refuses("coupling_context_missing",
            lambda: AffineCoupling(ContextGlowConditioner(4, 4)), "forward", [ones(2, 4, 4, 4)],
            "`context_bias` needs a `context`; got none"),
]  # fmt: skip


@pytest.mark.parametrize("rejection", REJECTIONS, ids=[r.name for r in REJECTIONS])
def test_wrong_inputs_are_refused(rejection, mode):
    module = rejection.make()
    if rejection.good is not None:
        first = "__call__" if rejection.method == "__call__" else "forward"
        mode.call(getattr(module, first), *rejection.good)

    with pytest.raises(rejection.error, match=rejection.message):
        mode.call(getattr(module, rejection.method), *rejection.bad)

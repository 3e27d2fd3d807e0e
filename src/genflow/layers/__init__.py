"""Invertible layers, one per file, and the combinators that join them."""

from genflow.layers.act_norm import ActNorm
from genflow.layers.additive_coupling import AdditiveCoupling
from genflow.layers.affine_coupling import AffineCoupling
from genflow.layers.chain import Chain
from genflow.layers.dequantize import Dequantize
from genflow.layers.full_matrix import FullMatrix
from genflow.layers.inverse import Inverse
from genflow.layers.invertible_1x1_conv import Invertible1x1Conv
from genflow.layers.learned_prior import LearnedPrior
from genflow.layers.learned_tanh_scale import LearnedTanhScale
from genflow.layers.logit import Logit
from genflow.layers.masked_affine_coupling import MaskedAffineCoupling
from genflow.layers.masks import channel_mask, checkerboard_mask, complement
from genflow.layers.multi_scale import MultiScale
from genflow.layers.permute import (
    Permute,
    checkerboard_order,
    reversed_order,
    shuffled_order,
    swapped_order,
)
from genflow.layers.plu_matrix import PLUMatrix
from genflow.layers.recompute import recompute
from genflow.layers.reversible import reversible
from genflow.layers.running_batch_norm import RunningBatchNorm
from genflow.layers.scale_maps import ExpScale, SigmoidScale, SoftClampScale, TanhScale
from genflow.layers.split import Split
from genflow.layers.squeeze import Squeeze
from genflow.layers.tfp_layer import TFPLayer

__all__ = [
    "ActNorm",
    "AdditiveCoupling",
    "AffineCoupling",
    "Chain",
    "Dequantize",
    "ExpScale",
    "FullMatrix",
    "Inverse",
    "Invertible1x1Conv",
    "LearnedPrior",
    "LearnedTanhScale",
    "Logit",
    "MaskedAffineCoupling",
    "MultiScale",
    "PLUMatrix",
    "Permute",
    "RunningBatchNorm",
    "SigmoidScale",
    "SoftClampScale",
    "Split",
    "Squeeze",
    "TFPLayer",
    "TanhScale",
    "channel_mask",
    "checkerboard_mask",
    "checkerboard_order",
    "complement",
    "recompute",
    "reversed_order",
    "reversible",
    "shuffled_order",
    "swapped_order",
]

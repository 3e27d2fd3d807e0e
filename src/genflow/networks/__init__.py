"""Ordinary layers and the conditioners made of them."""

from genflow.networks.act_norm_conv import ActNormConv
from genflow.networks.batch_norm import BatchNorm
from genflow.networks.context_bias import ContextBias
from genflow.networks.context_glow_conditioner import ContextGlowConditioner
from genflow.networks.dense import Dense
from genflow.networks.dropout import Dropout
from genflow.networks.glow_conditioner import GlowConditioner
from genflow.networks.mlp import MLP
from genflow.networks.residual_conditioner import ResidualConditioner
from genflow.networks.sum import Sum
from genflow.networks.weight_norm_conv import WeightNormConv, channel_norms, kernel_norm
from genflow.networks.zeros_conv import ZerosConv
from genflow.networks.zeros_dense import ZerosDense

__all__ = [
    "ActNormConv",
    "BatchNorm",
    "ContextBias",
    "ContextGlowConditioner",
    "Dense",
    "Dropout",
    "GlowConditioner",
    "MLP",
    "ResidualConditioner",
    "Sum",
    "WeightNormConv",
    "ZerosConv",
    "ZerosDense",
    "channel_norms",
    "kernel_norm",
]

"""Ordinary layers and the conditioners made of them."""

from genflow.networks.act_norm_conv import ActNormConv
from genflow.networks.average_pool import average_pool
from genflow.networks.batch_norm import BatchNorm
from genflow.networks.conditional_batch_norm import ConditionalBatchNorm
from genflow.networks.context_bias import ContextBias
from genflow.networks.context_glow_conditioner import ContextGlowConditioner
from genflow.networks.conv import Conv
from genflow.networks.conv_transpose import ConvTranspose
from genflow.networks.dense import Dense
from genflow.networks.dropout import Dropout
from genflow.networks.gaussian_noise import GaussianNoise
from genflow.networks.glow_conditioner import GlowConditioner
from genflow.networks.group_norm import GroupNorm
from genflow.networks.identity import Identity
from genflow.networks.initializers import (
    glorot_uniform,
    he_normal,
    normal,
    orthogonal,
    truncated_normal,
    zeros,
)
from genflow.networks.instance_norm import InstanceNorm
from genflow.networks.layer_norm import LayerNorm
from genflow.networks.minibatch_discrimination import MinibatchDiscrimination
from genflow.networks.mlp import MLP
from genflow.networks.residual_conditioner import ResidualConditioner
from genflow.networks.residual_down_block import ResidualDownBlock
from genflow.networks.residual_up_block import ResidualUpBlock
from genflow.networks.resize import bilinear, nearest
from genflow.networks.resize_conv import ResizeConv
from genflow.networks.self_attention import SelfAttention
from genflow.networks.spectral_norm import SpectralNorm
from genflow.networks.sum import Sum
from genflow.networks.virtual_batch_norm import VirtualBatchNorm
from genflow.networks.weight_norm import channel_norms, kernel_norm
from genflow.networks.weight_norm_conv import WeightNormConv
from genflow.networks.weight_norm_dense import WeightNormDense
from genflow.networks.weight_norm_minibatch_discrimination import WeightNormMinibatchDiscrimination
from genflow.networks.weight_normalization import WeightNormalization
from genflow.networks.zeros_conv import ZerosConv
from genflow.networks.zeros_dense import ZerosDense

__all__ = [
    "ActNormConv",
    "BatchNorm",
    "ConditionalBatchNorm",
    "ContextBias",
    "ContextGlowConditioner",
    "Conv",
    "ConvTranspose",
    "Dense",
    "Dropout",
    "GaussianNoise",
    "GlowConditioner",
    "GroupNorm",
    "Identity",
    "InstanceNorm",
    "LayerNorm",
    "MLP",
    "MinibatchDiscrimination",
    "ResidualConditioner",
    "ResidualDownBlock",
    "ResidualUpBlock",
    "ResizeConv",
    "SelfAttention",
    "SpectralNorm",
    "Sum",
    "VirtualBatchNorm",
    "WeightNormConv",
    "WeightNormDense",
    "WeightNormMinibatchDiscrimination",
    "WeightNormalization",
    "ZerosConv",
    "ZerosDense",
    "average_pool",
    "bilinear",
    "channel_norms",
    "glorot_uniform",
    "he_normal",
    "kernel_norm",
    "nearest",
    "normal",
    "orthogonal",
    "truncated_normal",
    "zeros",
]

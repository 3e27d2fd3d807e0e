"""The tables of what every layer and every network is tested with.

One entry is one configuration: how it is made, what goes in. The properties that all of them
have are in the `test_*.py` beside this file. A new layer needs a new entry here, nothing else.
"""

import zlib

import numpy as np
import tensorflow.compat.v2 as tf
import tree
from tensorflow_probability import bijectors as tfb

from genflow import gan, networks
from genflow.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    Chain,
    Dequantize,
    ExpScale,
    FullMatrix,
    Inverse,
    Invertible1x1Conv,
    LearnedPrior,
    LearnedTanhScale,
    Logit,
    MaskedAffineCoupling,
    MultiScale,
    Permute,
    PLUMatrix,
    RunningBatchNorm,
    SigmoidScale,
    SoftClampScale,
    Split,
    Squeeze,
    TanhScale,
    TFPLayer,
    channel_mask,
    checkerboard_mask,
    checkerboard_order,
    complement,
    recompute,
    reversed_order,
    reversible,
    shuffled_order,
)
from genflow.networks import (
    MLP,
    ActNormConv,
    ContextBias,
    ContextGlowConditioner,
    Dense,
    Dropout,
    GlowConditioner,
    ResidualConditioner,
    Sum,
    WeightNormConv,
    ZerosConv,
    ZerosDense,
    kernel_norm,
)


class Case:
    """One configuration of a layer or a network.

    Args:
        name: Identifies the case, in test names and in the golden file.
        make: Function without arguments that constructs the layer or network.
        data: Function of a `RandomState` and a batch size that gives the input, in float64.
        context: The same for the context, or `None`.
        has_variables: False where there is nothing to train or save.
        initializes: Whether `initialize` sets variables from data.
        standardizes_input: Whether it does so from the channels of the input themselves, so that
            a constant input cannot be standardised (after a convolution with padding it can).
        out_channels: Of a network.
        out_shape: Of a network, without the batch: where it is not that of the input, with
            `out_channels` for its channels.
        mixes_examples: Whether an output depends on the neighbours of its example by design.
        initializes_noisily: Of a network: whether `initialize` adds noise or drops values, the
            same as every call in training does.
    """

    def __init__(
        self,
        name,
        make,
        data,
        context=None,
        has_variables=True,
        initializes=False,
        standardizes_input=False,
        out_channels=None,
        out_shape=None,
        mixes_examples=False,
        initializes_noisily=False,
    ):
        self.name = name
        self.make = make
        self.data = data
        self.context = context
        self.has_variables = has_variables
        self.initializes = initializes or standardizes_input
        self.standardizes_input = standardizes_input
        self.out_channels = out_channels
        self.out_shape = out_shape
        self.mixes_examples = mixes_examples
        self.initializes_noisily = initializes_noisily

    def __repr__(self):
        return self.name

    def arguments(self, batch=3, seed=0, dtype=np.float64):
        """The input, or the input and the context: what the public methods take."""
        random = np.random.RandomState(zlib.crc32(self.name.encode()) ^ seed)
        arguments = [self.data(random, batch)]
        if self.context is not None:
            arguments.append(self.context(random, batch))
        return tree.map_structure(lambda array: array.astype(dtype), arguments)


def normal(*event):
    return lambda random, batch: random.standard_normal((batch,) + event)


def uniform(*event):
    return lambda random, batch: random.uniform(0.05, 0.95, (batch,) + event)


def integers(limit, *event):
    return lambda random, batch: random.randint(limit, size=(batch,) + event).astype(np.float64)


def pair(first, second):
    return lambda random, batch: (first(random, batch), second(random, batch))


def labels(num_classes):
    """One-hot; the examples of a batch have different labels."""

    def draw(random, batch):
        return np.eye(num_classes)[(random.randint(num_classes) + np.arange(batch)) % num_classes]

    return draw


def image_step(channels, matrix, conditioner=None):
    """A step of Glow."""
    conditioner = conditioner or GlowConditioner(4, channels // 2 * 2, seed=2)
    return [
        ActNorm(log_scale_factor=3.0),
        Invertible1x1Conv(matrix),
        AffineCoupling(conditioner),
    ]


def glow():
    """Three levels with learned priors, from [batch, 8, 16, 1] on."""
    return MultiScale(
        [
            Chain([Squeeze()] + image_step(4, FullMatrix(seed=0)) + [Split(ZerosConv(4))]),
            Chain([Squeeze()] + image_step(8, PLUMatrix(seed=1)) + [Split(ZerosConv(8))]),
            Chain([Squeeze()] + image_step(16, FullMatrix(seed=2)) + [LearnedPrior(ZerosConv(32))]),
        ]
    )


def class_conditional_glow():
    """Two levels in which labels reach the coupling, the split and the top prior."""

    def step(channels):
        conditioner = ContextGlowConditioner(4, channels, seed=5)
        return [Squeeze()] + image_step(channels, PLUMatrix(seed=3), conditioner)

    prior = Sum([ZerosConv(16), ContextBias(16)])
    return MultiScale(
        [
            Chain(step(4) + [Split(Sum([ZerosConv(4), ContextBias(4)]))]),
            Chain(step(8) + [LearnedPrior(prior)]),
        ]
    )


def class_conditional_step(backprop):
    """A chain with a pair as its output, by another way of taking gradients."""
    conditioner = ContextGlowConditioner(4, 8, seed=5)
    steps = image_step(8, PLUMatrix(seed=3), conditioner)
    return Chain([Squeeze()] + steps + [Split(ZerosConv(8))], backprop=backprop)


def residual(channels, seed):
    """The conditioner of a masked coupling."""
    return ResidualConditioner(4, 2 * channels, num_blocks=1, seed=seed)


def real_nvp():
    """Both masks, batch norm, and half of the channels factored out as the paper's authors do."""
    fine = [
        MaskedAffineCoupling(residual(2, seed=1), checkerboard_mask),
        RunningBatchNorm(),
        MaskedAffineCoupling(ZerosConv(4), complement(checkerboard_mask)),
    ]
    coarse = [MaskedAffineCoupling(ZerosConv(16), channel_mask, ExpScale())]
    factor_out = [Permute(checkerboard_order), Split()]
    return MultiScale(
        [
            Chain(fine + [Squeeze(channel_major=False)] + coarse + factor_out),
            Chain([MaskedAffineCoupling(ZerosConv(8), checkerboard_mask), RunningBatchNorm(0.0)]),
        ]
    )


def vector_flow():
    """NICE, RealNVP and what joins them, on vectors."""
    return Chain(
        [
            ActNorm(),
            Permute(shuffled_order(seed=1)),
            AffineCoupling(MLP([6], 4, seed=2), scale_map=TanhScale()),
            Invertible1x1Conv(PLUMatrix(seed=3)),
            AdditiveCoupling(MLP([6], 2, seed=4)),
        ]
    )


def vector_multi_scale():
    return MultiScale(
        [
            Chain([ActNorm(), Split(MLP([4], 4, seed=1))]),
            Chain([Permute(reversed_order), Split()]),
            ActNorm(),
        ]
    )


def affine_bijector():
    """`x = 3 z + 1/2`, for any TensorFlow Probability and any floating type."""
    return tfb.Inline(
        forward_fn=lambda z: 3.0 * z + 0.5,
        inverse_fn=lambda x: (x - 0.5) / 3.0,
        forward_log_det_jacobian_fn=lambda z: tf.math.log(tf.constant(3.0, z.dtype)),
        inverse_log_det_jacobian_fn=lambda x: -tf.math.log(tf.constant(3.0, x.dtype)),
        is_constant_jacobian=True,
        forward_min_event_ndims=0,
    )


def vector_coupling(scale_map):
    return lambda: AffineCoupling(MLP([6], 4, seed=1), scale_map=scale_map)


LAYERS = [
    Case("act_norm_image", lambda: ActNorm(3.0), normal(3, 4, 3), standardizes_input=True),
    Case("act_norm_sequence", ActNorm, normal(5, 3), standardizes_input=True),
    Case("act_norm_vector", ActNorm, normal(5), standardizes_input=True),
    Case(
        "additive_coupling_image",
        lambda: AdditiveCoupling(GlowConditioner(4, 2, seed=1)),
        normal(3, 4, 4),
        initializes=True,
    ),
    Case(
        "additive_coupling_odd_channels",
        lambda: AdditiveCoupling(ZerosConv(1)),
        normal(3, 4, 3),
    ),
    Case("additive_coupling_vector", lambda: AdditiveCoupling(MLP([4, 6], 2, seed=1)), normal(5)),
    Case(
        "affine_coupling_image",
        lambda: AffineCoupling(GlowConditioner(4, 4, seed=1)),
        normal(3, 4, 4),
        initializes=True,
    ),
    Case(
        "affine_coupling_odd_channels",
        lambda: AffineCoupling(GlowConditioner(4, 2, seed=1)),
        normal(4, 3, 3),
        initializes=True,
    ),
    Case(
        "affine_coupling_context",
        lambda: AffineCoupling(ContextGlowConditioner(4, 4, seed=1)),
        normal(3, 4, 4),
        context=labels(5),
        initializes=True,
    ),
    Case(
        "affine_coupling_image_context",
        lambda: AffineCoupling(ContextGlowConditioner(4, 4, seed=1)),
        normal(3, 4, 4),
        context=normal(3, 4, 2),
        initializes=True,
    ),
    Case(
        "affine_coupling_context_vector",
        lambda: AffineCoupling(MLP([6], 4, seed=1)),
        normal(5),
        context=normal(2),
    ),
    Case("affine_coupling_sigmoid", vector_coupling(SigmoidScale(offset=1.0)), normal(4)),
    Case("affine_coupling_exp", vector_coupling(ExpScale()), normal(4)),
    Case("affine_coupling_tanh", vector_coupling(TanhScale(bound=1.5)), normal(4)),
    Case("affine_coupling_soft_clamp", vector_coupling(SoftClampScale(clamp=1.5)), normal(4)),
    Case("affine_coupling_own_scale_map", vector_coupling(lambda h: 0.5 * tf.sin(h)), normal(4)),
    Case(
        "affine_coupling_learned_tanh",
        lambda: AffineCoupling(MLP([6], 4, seed=1), scale_map=LearnedTanhScale()),
        normal(4),
    ),
    Case("running_batch_norm_image", RunningBatchNorm, normal(3, 4, 3), standardizes_input=True),
    Case(
        "running_batch_norm_vector",
        lambda: RunningBatchNorm(0.0),
        normal(5),
        standardizes_input=True,
    ),
    Case(
        "chain_glow_step",
        lambda: Chain([Squeeze()] + image_step(12, FullMatrix(seed=1))),
        normal(4, 2, 3),
        standardizes_input=True,
    ),
    Case("chain_vector", vector_flow, normal(5), standardizes_input=True),
    Case(
        "chain_preprocessing",
        lambda: Chain([Dequantize(num_bits=5, seed=3), Squeeze(), ActNorm()]),
        integers(32, 2, 4, 3),
        initializes=True,
    ),
    Case(
        "chain_recompute",
        lambda: class_conditional_step(recompute),
        normal(4, 2, 2),
        context=labels(3),
        standardizes_input=True,
    ),
    Case(
        "chain_reversible",
        lambda: class_conditional_step(reversible),
        normal(4, 2, 2),
        context=labels(3),
        standardizes_input=True,
    ),
    Case(
        "dequantize_centered",
        lambda: Dequantize(seed=3),
        integers(256, 3, 4, 2),
        has_variables=False,
    ),
    Case(
        "dequantize_unit_interval",
        lambda: Dequantize(num_bits=5, centered=False, seed=(lambda: tf.constant([4, 5]))),
        integers(32, 7),
        has_variables=False,
    ),
    Case("inverse_act_norm", lambda: Inverse(ActNorm()), normal(3, 4, 3)),
    Case(
        "inverse_affine_coupling",
        lambda: Inverse(AffineCoupling(MLP([6], 4, seed=1))),
        normal(5),
        context=normal(2),
    ),
    Case("inverse_chain", lambda: Inverse(vector_flow()), normal(5)),
    Case(
        "inverse_full_matrix",
        lambda: Inverse(Invertible1x1Conv(FullMatrix(seed=1))),
        normal(2, 3, 4),
    ),
    Case(
        "inverse_inverse",
        lambda: Inverse(Inverse(Chain([Squeeze(), Split()]))),
        normal(4, 2, 1),
        has_variables=False,
    ),
    Case("inverse_logit", lambda: Inverse(Logit()), normal(3, 4), has_variables=False),
    Case(
        "inverse_multi_scale",
        lambda: Inverse(MultiScale([Chain([Squeeze(), Split(ZerosConv(4))]), Squeeze()])),
        pair(normal(2, 4, 2), normal(1, 2, 8)),
    ),
    Case("inverse_plu_matrix", lambda: Inverse(Invertible1x1Conv(PLUMatrix(seed=1))), normal(6)),
    Case(
        "inverse_split",
        lambda: Inverse(Split(ZerosConv(2))),
        pair(normal(2, 3, 2), normal(2, 3, 1)),
    ),
    Case("inverse_squeeze", lambda: Inverse(Squeeze()), normal(1, 2, 8), has_variables=False),
    Case(
        "invertible_1x1_conv_full_image",
        lambda: Invertible1x1Conv(FullMatrix(seed=1)),
        normal(3, 4, 5),
    ),
    Case(
        "invertible_1x1_conv_full_sequence",
        lambda: Invertible1x1Conv(FullMatrix(seed=1)),
        normal(4, 3),
    ),
    Case(
        "invertible_1x1_conv_full_vector",
        lambda: Invertible1x1Conv(FullMatrix(seed=1)),
        normal(6),
    ),
    Case(
        "invertible_1x1_conv_plu_image",
        lambda: Invertible1x1Conv(PLUMatrix(seed=1)),
        normal(3, 4, 5),
    ),
    Case("invertible_1x1_conv_plu_vector", lambda: Invertible1x1Conv(PLUMatrix(seed=1)), normal(6)),
    Case(
        "learned_prior_class_conditional",
        lambda: LearnedPrior(Sum([ZerosConv(6), ContextBias(6)])),
        normal(2, 3, 3),
        context=labels(4),
    ),
    Case("learned_prior_image", lambda: LearnedPrior(ZerosConv(6)), normal(2, 3, 3)),
    Case(
        "learned_prior_one_vector_for_all_positions",
        lambda: LearnedPrior(ContextBias(6)),
        normal(2, 3, 3),
        context=labels(4),
    ),
    Case("learned_prior_vector", lambda: LearnedPrior(MLP([4], 10, seed=1)), normal(5)),
    Case("logit_image", Logit, uniform(2, 3, 3), has_variables=False),
    Case("logit_vector", lambda: Logit(alpha=0.2), uniform(5), has_variables=False),
    Case(
        "masked_affine_coupling_channels",
        lambda: MaskedAffineCoupling(ZerosConv(10), channel_mask),
        normal(3, 2, 5),
    ),
    Case(
        "masked_affine_coupling_checkerboard",
        lambda: MaskedAffineCoupling(residual(3, seed=1), checkerboard_mask),
        normal(3, 4, 3),
        initializes=True,
    ),
    Case(
        "masked_affine_coupling_context",
        lambda: MaskedAffineCoupling(
            ContextGlowConditioner(4, 8, seed=1), complement(channel_mask), TanhScale()
        ),
        normal(2, 3, 4),
        context=labels(3),
        initializes=True,
    ),
    Case(
        "masked_affine_coupling_vector",
        lambda: MaskedAffineCoupling(MLP([6], 10, seed=1), channel_mask),
        normal(5),
    ),
    Case("multi_scale_glow", glow, normal(8, 16, 1), standardizes_input=True),
    Case(
        "multi_scale_class_conditional_glow",
        class_conditional_glow,
        normal(4, 8, 1),
        context=labels(3),
        standardizes_input=True,
    ),
    Case("multi_scale_real_nvp", real_nvp, normal(4, 8, 2), initializes=True),
    Case("multi_scale_vector", vector_multi_scale, normal(5), standardizes_input=True),
    Case("permute_checkerboard", lambda: Permute(checkerboard_order), normal(2, 3, 8)),
    Case("permute_fixed", lambda: Permute([2, 0, 3, 1]), normal(3, 2, 4)),
    Case("permute_reversed", lambda: Permute(reversed_order), normal(5, 3)),
    Case("permute_shuffled", lambda: Permute(shuffled_order(seed=2)), normal(7)),
    Case("split", Split, normal(3, 2, 5), has_variables=False),
    Case("split_conditioned", lambda: Split(ZerosConv(4)), normal(3, 4, 5)),
    Case(
        "split_conditioned_initialized",
        lambda: Split(GlowConditioner(4, 4, seed=1)),
        normal(3, 4, 4),
        initializes=True,
    ),
    Case(
        "split_conditioned_context",
        lambda: Split(MLP([4], 4, seed=1)),
        normal(5),
        context=labels(3),
    ),
    Case("squeeze", Squeeze, normal(4, 2, 3), has_variables=False),
    Case("squeeze_by_three", lambda: Squeeze(3), normal(3, 6, 2), has_variables=False),
    Case(
        "squeeze_space_to_depth",
        lambda: Squeeze(channel_major=False),
        normal(4, 2, 3),
        has_variables=False,
    ),
    Case(
        "squeeze_space_to_depth_by_three",
        lambda: Squeeze(3, channel_major=False),
        normal(6, 3, 2),
        has_variables=False,
    ),
    Case("tfp_affine", lambda: TFPLayer(affine_bijector()), normal(3, 2), has_variables=False),
    Case("tfp_sigmoid", lambda: TFPLayer(tfb.Sigmoid()), uniform(2, 3, 2), has_variables=False),
]

NETWORKS = [
    Case(
        "act_norm_conv",
        lambda: ActNormConv(4, log_scale_factor=3.0, seed=1),
        normal(3, 4, 2),
        initializes=True,
        out_channels=4,
    ),
    Case(
        "act_norm_conv_1x1",
        lambda: ActNormConv(5, kernel_size=1, seed=1),
        normal(4, 3, 3),
        standardizes_input=True,
        out_channels=5,
    ),
    Case(
        "act_norm_conv_5x5",
        lambda: ActNormConv(2, kernel_size=5, seed=1),
        normal(3, 4, 1),
        initializes=True,
        out_channels=2,
    ),
    Case(
        "batch_norm_network_image",
        networks.BatchNorm,
        normal(3, 4, 2),
        initializes=True,
        out_channels=2,
    ),
    Case(
        "batch_norm_network_vector",
        networks.BatchNorm,
        normal(4),
        initializes=True,
        out_channels=4,
    ),
    Case(
        "conditional_batch_norm",
        networks.ConditionalBatchNorm,
        normal(3, 4, 2),
        context=labels(3),
        initializes=True,
        out_channels=2,
    ),
    # One vector for all positions; here there is one position.
    Case("context_bias", lambda: ContextBias(4), normal(1, 2), context=labels(5), out_channels=4),
    Case(
        "context_bias_image",
        lambda: ContextBias(4, log_scale_factor=1.0),
        normal(3, 4, 2),
        context=normal(3, 4, 5),
        out_channels=4,
    ),
    Case(
        "context_bias_vector", lambda: ContextBias(4), normal(2), context=normal(3), out_channels=4
    ),
    Case(
        "context_glow_conditioner",
        lambda: ContextGlowConditioner(4, 6, seed=1),
        normal(3, 4, 2),
        context=labels(5),
        initializes=True,
        out_channels=6,
    ),
    Case(
        "conv",
        lambda: networks.Conv(4, kernel_size=5, stride=2, use_bias=False, seed=1),
        normal(6, 4, 2),
        out_shape=(3, 2, 4),
    ),
    Case(
        "conv_discriminator",
        lambda: gan.ConvDiscriminator(
            (3, 4), (5,), num_outputs=2, make_reparametrize=networks.SpectralNorm, seed=1
        ),
        normal(7, 5, 1),
        context=labels(3),
        initializes=True,
        out_shape=(2,),
    ),
    Case(
        "conv_features",
        lambda: gan.ConvFeatures((3, 4), seed=1),
        normal(7, 5, 1),
        initializes=True,
        out_shape=(16,),
    ),
    Case(
        "conv_transpose",
        lambda: networks.ConvTranspose(4, initializer=networks.truncated_normal(0.5), seed=1),
        normal(3, 2, 2),
        out_shape=(6, 4, 4),
    ),
    Case("dense", lambda: Dense(4, seed=1), normal(3), out_channels=4),
    Case("dense_zeros", lambda: Dense(4, initializer=networks.zeros()), normal(3), out_channels=4),
    Case(
        "deconv_generator",
        lambda: gan.DeconvGenerator((7, 5, 1), (4, 3), seed=1),
        normal(3),
        initializes=True,
        out_shape=(7, 5, 1),
    ),
    Case(
        "deconv_generator_context",
        lambda: gan.DeconvGenerator((4, 3, 1), (4,), hidden_widths=(3,), seed=1),
        normal(3),
        context=labels(3),
        initializes=True,
        out_shape=(4, 3, 1),
    ),
    Case(
        "dense_discriminator",
        lambda: gan.DenseDiscriminator((4, 3), num_outputs=2, seed=1, noise_seed=2),
        normal(3, 2, 1),
        initializes=True,
        initializes_noisily=True,
        out_shape=(2,),
    ),
    Case(
        "dense_features",
        lambda: gan.DenseFeatures((4,), seed=1, noise_seed=2),
        normal(5),
        initializes=True,
        initializes_noisily=True,
        out_shape=(4,),
    ),
    Case(
        "dense_generator",
        lambda: gan.DenseGenerator((3, 2, 1), (4,), seed=1),
        normal(3),
        initializes=True,
        out_shape=(3, 2, 1),
    ),
    Case(
        "dropout",
        lambda: Dropout(0.5, seed=1),
        normal(3, 4, 2),
        has_variables=False,
        out_channels=2,
    ),
    Case(
        "gaussian_noise",
        lambda: networks.GaussianNoise(0.5, seed=1),
        normal(3, 4, 2),
        has_variables=False,
        out_channels=2,
    ),
    Case(
        "glow_conditioner",
        lambda: GlowConditioner(4, 6, seed=1),
        normal(3, 4, 3),
        initializes=True,
        out_channels=6,
    ),
    Case("group_norm", lambda: networks.GroupNorm(2), normal(3, 4, 4), out_channels=4),
    Case("identity", networks.Identity, normal(3), has_variables=False, out_channels=3),
    Case("instance_norm", networks.InstanceNorm, normal(3, 4, 2), out_channels=2),
    Case("layer_norm", networks.LayerNorm, normal(5), out_channels=5),
    Case(
        "minibatch_discrimination",
        lambda: networks.MinibatchDiscrimination(2, kernel_size=3, seed=1),
        normal(4),
        out_channels=6,
        mixes_examples=True,
    ),
    Case("mlp", lambda: MLP([6, 5], 4, seed=1), normal(3), out_channels=4),
    Case("mlp_context", lambda: MLP([6], 4, seed=1), normal(3), context=normal(2), out_channels=4),
    Case(
        "pooled_discriminator",
        lambda: gan.PooledDiscriminator((3,), num_outputs=2, seed=1, noise_seed=2),
        normal(5, 6, 1),
        initializes=True,
        initializes_noisily=True,
        out_shape=(2,),
    ),
    Case(
        "pooled_features",
        lambda: gan.PooledFeatures((3,), seed=1, noise_seed=2),
        normal(5, 5, 1),
        initializes=True,
        initializes_noisily=True,
        out_shape=(3,),
    ),
    Case(
        "projection_discriminator",
        lambda: gan.ProjectionDiscriminator(gan.ResidualFeatures((3,), 0, seed=1), 4, seed=2),
        normal(4, 3, 1),
        context=labels(4),
        out_shape=(1,),
    ),
    Case(
        "residual_conditioner",
        lambda: ResidualConditioner(4, 6, num_blocks=1, dropout_rate=0.5, dropout_seed=2, seed=1),
        normal(3, 4, 3),
        initializes=True,
        out_channels=6,
    ),
    Case(
        "residual_discriminator",
        lambda: gan.ResidualDiscriminator(
            (3,), 0, make_reparametrize=networks.SpectralNorm, seed=1
        ),
        normal(4, 3, 1),
        out_shape=(1,),
    ),
    Case(
        "residual_down_block",
        lambda: networks.ResidualDownBlock(3, seed=1),
        normal(4, 3, 2),
        out_shape=(2, 2, 3),
    ),
    Case(
        "residual_features",
        lambda: gan.ResidualFeatures((3,), 1, make_norm=networks.LayerNorm, seed=1),
        normal(4, 3, 2),
        out_shape=(3,),
    ),
    Case(
        "residual_generator",
        lambda: gan.ResidualGenerator(
            (4, 2, 1), (3,), make_norm=networks.ConditionalBatchNorm, seed=1
        ),
        normal(3),
        context=labels(3),
        initializes=True,
        out_shape=(4, 2, 1),
    ),
    Case(
        "residual_up_block",
        lambda: networks.ResidualUpBlock(3, seed=1),
        normal(3, 2, 2),
        initializes=True,
        out_shape=(6, 4, 3),
    ),
    Case(
        "resize_conv",
        lambda: networks.ResizeConv(
            4, resize=networks.bilinear, initializer=networks.orthogonal(), seed=1
        ),
        normal(3, 2, 2),
        out_shape=(6, 4, 4),
    ),
    Case(
        "resize_generator",
        lambda: gan.ResizeGenerator((3, 2, 1), 4, seed=1),
        normal(3),
        initializes=True,
        out_shape=(3, 2, 1),
    ),
    Case(
        "self_attention",
        lambda: networks.SelfAttention(8, seed=1),
        normal(4, 3, 8),
        out_channels=8,
    ),
    Case(
        "weight_norm_minibatch_discrimination",
        lambda: networks.WeightNormMinibatchDiscrimination(2, kernel_size=3, seed=1),
        normal(4),
        initializes=True,
        out_channels=6,
        mixes_examples=True,
    ),
    # Of what it takes, a weight, the first axis is one of inputs, not of examples.
    Case(
        "spectral_norm",
        networks.SpectralNorm,
        normal(3, 4, 2),
        out_channels=2,
        mixes_examples=True,
    ),
    Case(
        "strided_discriminator",
        lambda: gan.StridedDiscriminator((4, 8), num_outputs=2, seed=1),
        normal(4, 3, 1),
        initializes=True,
        out_shape=(2,),
    ),
    Case(
        "strided_features",
        lambda: gan.StridedFeatures(make_norm=networks.Identity, seed=1),
        normal(2, 2, 1),
        out_shape=(8,),
    ),
    Case(
        "sum",
        lambda: Sum([ZerosConv(4), ContextBias(4)]),
        normal(3, 4, 2),
        context=labels(3),
        out_channels=4,
    ),
    Case(
        "sum_initialized",
        lambda: Sum([ActNormConv(4, seed=1), GlowConditioner(4, 4, seed=2)]),
        normal(3, 4, 2),
        initializes=True,
        out_channels=4,
    ),
    Case(
        "virtual_batch_norm",
        lambda: networks.VirtualBatchNorm(2),
        normal(3, 4, 2),
        out_channels=2,
        mixes_examples=True,
    ),
    Case(
        "weight_norm_conv",
        lambda: WeightNormConv(4, seed=1),
        normal(3, 4, 2),
        initializes=True,
        out_channels=4,
    ),
    Case(
        "weight_norm_conv_one_gain",
        lambda: WeightNormConv(4, norm=kernel_norm, use_bias=False, seed=1),
        normal(3, 4, 2),
        initializes=True,
        out_channels=4,
    ),
    Case(
        "weight_norm_dense",
        lambda: networks.WeightNormDense(4, seed=1),
        normal(3),
        initializes=True,
        out_channels=4,
    ),
    # Of what it takes, a weight, the first axis is one of inputs, not of examples.
    Case(
        "weight_normalization",
        networks.WeightNormalization,
        normal(3, 4, 2),
        out_channels=2,
        mixes_examples=True,
    ),
    Case("zeros_conv", lambda: ZerosConv(4), normal(3, 4, 2), out_channels=4),
    Case("zeros_conv_1x1", lambda: ZerosConv(4, kernel_size=1), normal(4, 3, 3), out_channels=4),
    Case("zeros_dense", lambda: ZerosDense(4), normal(3), out_channels=4),
]

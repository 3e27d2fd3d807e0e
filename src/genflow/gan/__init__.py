"""Generators and discriminators, for any size of image."""

from genflow.gan.conv_discriminator import ConvDiscriminator
from genflow.gan.conv_features import ConvFeatures
from genflow.gan.deconv_generator import DeconvGenerator
from genflow.gan.dense_discriminator import DenseDiscriminator
from genflow.gan.dense_features import DenseFeatures
from genflow.gan.dense_generator import DenseGenerator
from genflow.gan.latents import normal_latents, uniform_latents
from genflow.gan.pooled_discriminator import PooledDiscriminator
from genflow.gan.pooled_features import PooledFeatures
from genflow.gan.projection_discriminator import ProjectionDiscriminator
from genflow.gan.residual_discriminator import ResidualDiscriminator
from genflow.gan.residual_features import ResidualFeatures
from genflow.gan.residual_generator import ResidualGenerator
from genflow.gan.resize_generator import ResizeGenerator
from genflow.gan.strided_discriminator import StridedDiscriminator
from genflow.gan.strided_features import StridedFeatures

__all__ = [
    "ConvDiscriminator",
    "ConvFeatures",
    "DeconvGenerator",
    "DenseDiscriminator",
    "DenseFeatures",
    "DenseGenerator",
    "PooledDiscriminator",
    "PooledFeatures",
    "ProjectionDiscriminator",
    "ResidualDiscriminator",
    "ResidualFeatures",
    "ResidualGenerator",
    "ResizeGenerator",
    "StridedDiscriminator",
    "StridedFeatures",
    "normal_latents",
    "uniform_latents",
]

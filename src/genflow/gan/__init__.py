"""Generators and discriminators, for any size of image."""

from genflow.gan.conv_discriminator import ConvDiscriminator
from genflow.gan.conv_features import ConvFeatures
from genflow.gan.deconv_generator import DeconvGenerator
from genflow.gan.latents import normal_latents, uniform_latents
from genflow.gan.projection_discriminator import ProjectionDiscriminator
from genflow.gan.residual_discriminator import ResidualDiscriminator
from genflow.gan.residual_features import ResidualFeatures
from genflow.gan.residual_generator import ResidualGenerator

__all__ = [
    "ConvDiscriminator",
    "ConvFeatures",
    "DeconvGenerator",
    "ProjectionDiscriminator",
    "ResidualDiscriminator",
    "ResidualFeatures",
    "ResidualGenerator",
    "normal_latents",
    "uniform_latents",
]

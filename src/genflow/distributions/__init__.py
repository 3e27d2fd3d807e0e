"""Distributions: the standard normal over a nest, and flows."""

from genflow.distributions.flow import Flow
from genflow.distributions.flow_bijector import FlowBijector
from genflow.distributions.standard_normal import StandardNormal

__all__ = ["Flow", "FlowBijector", "StandardNormal"]

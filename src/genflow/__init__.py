"""Composable normalizing flows for TensorFlow 1.15 and 2.x.

Import the subpackage you need, for example `from genflow.layers import ActNorm`.
Importing genflow itself does no work and does not import TensorFlow.
"""

from genflow.version import __version__

__all__ = ["__version__"]

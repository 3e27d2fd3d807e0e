"""The version of genflow, readable without importing TensorFlow."""

__version__ = "0.1.0"

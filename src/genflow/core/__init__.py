"""The contracts that every part of genflow keeps. Read this package first."""

from genflow.core.bijection import Bijection
from genflow.core.module import Module
from genflow.core.network import Network
from genflow.core.precision import keep_dtype, release_dtype
from genflow.core.random import child_seeds, fold_in, make_seed

__all__ = [
    "Bijection",
    "Module",
    "Network",
    "child_seeds",
    "fold_in",
    "keep_dtype",
    "make_seed",
    "release_dtype",
]

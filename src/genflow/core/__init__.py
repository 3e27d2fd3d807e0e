"""The contracts that every part of genflow keeps. Read this package first."""

from genflow.core.bijection import Bijection
from genflow.core.module import Module
from genflow.core.network import Network
from genflow.core.random import child_seeds, fold_in, make_seed

__all__ = ["Bijection", "Module", "Network", "child_seeds", "fold_in", "make_seed"]

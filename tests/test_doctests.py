"""Runs the examples in the docstrings of every module, eagerly."""

import doctest
import importlib
import pathlib

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

import genflow

ROOT = pathlib.Path(genflow.__file__).parent
MODULES = sorted(
    ".".join(("genflow",) + path.relative_to(ROOT).with_suffix("").parts).replace(".__init__", "")
    for path in ROOT.rglob("*.py")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    results = doctest.testmod(
        importlib.import_module(name),
        extraglobs={"tf": tf, "np": np},
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )

    assert results.failed == 0


def test_examples_are_found():
    """Guards against a loop over nothing."""
    from genflow.layers import act_norm

    assert doctest.testmod(act_norm, extraglobs={"tf": tf, "np": np}).attempted >= 3

"""Which tests of the tables are left to `pytest -m slow`.

Compositions take seconds in every mode. What holds for their parts inside `tf.function` is tested
part by part, and `test_modes.py` holds the compositions' numbers in all modes against each other;
the other properties of compositions are tested eagerly and in graphs. So it is on TensorFlow 1.15
with all cases: people use it with sessions.
"""

import sys

import pytest

from tests.modes import Function

COMPOSITIONS = (
    "chain_glow_step",
    "chain_recompute",
    "chain_reversible",
    "chain_vector",
    "conv_discriminator",
    "deconv_generator_context",
    "dense_discriminator",
    "dense_features",
    "dense_generator",
    "inverse_chain",
    "inverse_multi_scale",
    "multi_scale_class_conditional_glow",
    "multi_scale_glow",
    "multi_scale_real_nvp",
    "multi_scale_vector",
    "pooled_discriminator",
    "pooled_features",
    "projection_discriminator",
    "residual_conditioner",
    "residual_discriminator",
    "residual_features",
    "residual_generator",
    "resize_generator",
    "strided_discriminator",
    "strided_features",
)


def pytest_collection_modifyitems(items):
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        case, mode = (parameters.get(name) for name in ("case", "mode"))
        mode = mode or parameters.get("mode_type")
        if mode is Function and (repr(case) in COMPOSITIONS or sys.version_info < (3, 8)):
            item.add_marker(pytest.mark.slow)

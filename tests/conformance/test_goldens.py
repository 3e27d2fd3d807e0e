import json

import numpy as np
import pytest

from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import evaluate
from tests.conformance.write_goldens import PATH, summary

# Relative, and absolute below 1. On one processor the runtimes agree to 1e-14; on another, the
# initial weights, which are drawn in float32, may round differently.
TOLERANCE = 5e-7


@pytest.fixture(scope="module")
def goldens():
    return json.loads(PATH.read_text())


@pytest.mark.parametrize("case", LAYERS + NETWORKS, ids=repr)
def test_outputs_are_the_golden_ones(case, mode, goldens):
    numbers, golden = summary(evaluate(case, type(mode))), goldens[case.name]

    assert set(numbers) == set(golden)
    for key, expected in golden.items():
        np.testing.assert_allclose(numbers[key], expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_every_golden_belongs_to_a_case(goldens):
    assert set(goldens) == {case.name for case in LAYERS + NETWORKS}

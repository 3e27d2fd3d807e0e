import numpy as np
import pytest

from tests.conformance.cases import LAYERS
from tests.conformance.evaluate import assert_close, evaluate
from tests.modes import Eager


@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_inverse_restores_the_input(case, mode):
    evaluation = evaluate(case, type(mode))

    assert_close(evaluation.inverse_outputs[0], evaluation.arguments[0], 1e-9)


@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_inverse_restores_the_input_in_float32(case):
    evaluation = evaluate(case, Eager, np.float32)

    assert_close(evaluation.inverse_outputs[0], evaluation.arguments[0], 1e-4)


@pytest.mark.parametrize("case", LAYERS, ids=repr)
def test_inverse_log_det_is_minus_the_forward_one(case, mode):
    evaluation = evaluate(case, type(mode))

    np.testing.assert_allclose(
        evaluation.inverse_outputs[1], -evaluation.outputs[1], rtol=1e-9, atol=1e-9
    )

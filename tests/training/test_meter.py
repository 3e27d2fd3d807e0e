import json
import math

from genflow.training.meter import Meter


def test_averages_leave_out_what_is_not_finite_and_go_on_after_a_break():
    recorded, state = [], {}

    def meter():
        def record(step, values):
            recorded.append((step, values))

        return Meter(record, "loss", "", 1, 3, 0, 6, state, show_progress=False)

    with meter() as first:
        for step, norm in enumerate([math.inf, 2.0], 1):
            first(step, {"loss": 1.0, "norm": norm})
    text = json.dumps(state, allow_nan=False)  # As a checkpoint holds it.
    state = json.loads(text)
    with meter() as second:
        for step, norm in enumerate([4.0, math.nan, math.inf, math.nan], 3):
            second(step, {"loss": 1.0, "norm": norm})

    assert [step for step, _ in recorded] == [3, 6]
    assert [values["train_loss"] for _, values in recorded] == [1.0, 1.0]
    assert recorded[0][1]["train_norm"] == 3.0
    assert math.isnan(recorded[1][1]["train_norm"])

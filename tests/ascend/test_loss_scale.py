import math

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.ascend import DynamicLossScale, FixedLossScale, parse_loss_scale
from genflow.training import Minimizer

RULE = dict(incr_every_n_steps=3, decr_every_n_nan_or_inf=2, incr_ratio=2.0, decr_ratio=0.25)


def followed(finite, initial, **rule):
    """The scale after each update, by the rule as it is written down."""
    scale, good, bad, seen = np.float32(initial), 0, 0, []
    for is_finite in finite:
        if is_finite:
            good += 1
            if good == rule["incr_every_n_steps"]:
                larger = float(scale) * rule["incr_ratio"]
                scale = np.float32(larger) if larger < 3.4e38 else scale
                good = bad = 0
        else:
            good, bad = 0, bad + 1
            if bad == rule["decr_every_n_nan_or_inf"]:
                scale, good, bad = np.float32(max(1.0, scale * rule["decr_ratio"])), 0, 0
        seen.append(float(scale))
    return seen


def run(loss_scale, finite):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        state = loss_scale.start()
        fed = tf.compat.v1.placeholder(tf.bool, [])
        update = state.update(fed)
        session.run(tf.compat.v1.global_variables_initializer())
        seen = []
        for value in finite:
            session.run(update, {fed: value})
            seen.append(float(session.run(state.scale)))
        counts = session.run([state.num_skipped, state.num_skipped_in_a_row])
    return seen, [int(count) for count in counts]


FINITE = list(np.random.RandomState(0).uniform(size=200) < 0.7)


def test_follows_the_rule():
    seen, counts = run(DynamicLossScale(2.0**10, **RULE), FINITE)

    assert seen == followed(FINITE, 2.0**10, **RULE)
    assert len(set(seen)) > 5
    assert counts[0] == FINITE.count(False)


@pytest.mark.slow
def test_is_the_rule_of_tensorflow_115():
    contrib = pytest.importorskip("tensorflow.contrib.mixed_precision")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        manager = contrib.ExponentialUpdateLossScaleManager(2.0**10, 3, 2, 2.0, 0.25)
        fed = tf.compat.v1.placeholder(tf.bool, [])
        update = manager.update_loss_scale(fed)
        session.run(tf.compat.v1.global_variables_initializer())
        seen = []
        for value in FINITE:
            session.run(update, {fed: value})
            seen.append(float(session.run(manager.get_loss_scale())))

    assert run(DynamicLossScale(2.0**10, **RULE), FINITE)[0] == seen


def test_stays_between_one_and_the_largest_number():
    assert run(DynamicLossScale(2.0, **RULE), [False] * 8)[0][-1] == 1.0
    largest = run(DynamicLossScale(2.0**127, **RULE), [True] * 8)[0][-1]
    assert largest == 2.0**127
    assert math.isfinite(largest)


def test_a_fixed_scale_counts_but_does_not_change():
    assert run(FixedLossScale(8.0), [True, False, False]) == ([8.0] * 3, [2, 2])
    assert run(FixedLossScale(8.0), [False, True]) == ([8.0] * 2, [1, 0])


def test_reads_the_flag():
    assert parse_loss_scale("") is None
    assert parse_loss_scale("65536").loss_scale == 65536.0
    assert isinstance(parse_loss_scale("dynamic"), DynamicLossScale)
    assert not parse_loss_scale("dynamic").on_npu
    # On an NPU there is one in any case: it is how an overflow is noticed.
    assert parse_loss_scale("", on_npu=True).loss_scale == 1.0
    for text in ("", "dynamic", "128"):
        assert parse_loss_scale(text, on_npu=True).on_npu


@pytest.mark.parametrize("text", ["dynamics", "0", "-1", "nan", "inf", "1e400"])
def test_rejects_a_flag_that_is_none(text):
    with pytest.raises(ValueError, match="`loss_scale`"):
        parse_loss_scale(text)


def test_takes_numbers_of_numpy():
    made = DynamicLossScale(np.float32(8), np.int64(3), np.int32(2), np.int64(4), np.float64(0.25))
    given = DynamicLossScale(8.0, 3, 2, 4.0, 0.25)
    assert vars(made) == vars(given)
    assert all(type(value) in (bool, float, int) for value in vars(made).values())


@pytest.mark.parametrize("loss_scale", ["dynamic", 65536, True, DynamicLossScale])
def test_a_minimizer_takes_nothing_else(loss_scale):
    with pytest.raises(TypeError, match="must be a FixedLossScale or a DynamicLossScale .*; got"):
        Minimizer(lambda step: None, loss_scale=loss_scale)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"init_loss_scale": 0.5}, "`init_loss_scale` must be a number that is at least 1"),
        ({"incr_every_n_steps": 0}, "`incr_every_n_steps` must be a positive integer; got 0"),
        ({"decr_every_n_nan_or_inf": 1.5}, "`decr_every_n_nan_or_inf` must be a positive"),
        ({"incr_ratio": 1.0}, "`incr_ratio` must be more than 1, and finite; got 1.0"),
        ({"incr_ratio": float("inf")}, "`incr_ratio` must be more than 1, and finite; got inf"),
        ({"incr_ratio": "2"}, "`incr_ratio` must be more than 1, and finite; got '2'"),
        ({"decr_ratio": None}, "`decr_ratio` must be between 0 and 1; got None"),
        ({"init_loss_scale": True}, "`init_loss_scale` must be a number .*; got True"),
        ({"init_loss_scale": "2"}, "`init_loss_scale` must be a number .*; got '2'"),
        ({"init_loss_scale": None}, "`init_loss_scale` must be a number .*; got None"),
        ({"incr_every_n_steps": True}, "`incr_every_n_steps` must be a positive integer; got True"),
        ({"decr_ratio": 1.0}, "`decr_ratio` must be between 0 and 1; got 1.0"),
    ],
)
def test_rejects_numbers_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        DynamicLossScale(**arguments)

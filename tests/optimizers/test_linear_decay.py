import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.optimizers import linear_decay


def rates(steps, **arguments):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        return session.run([linear_decay(0.5, step, 100, **arguments) for step in steps])


def test_falls_to_zero_after_its_start():
    found = rates([0, 59, 60, 80, 99, 100, 150], start=0.6)

    np.testing.assert_allclose(found, [0.5, 0.5, 0.5, 0.25, 0.0125, 0.0, 0.0], atol=1e-7)


def test_falls_from_the_first_step_on_or_never():
    np.testing.assert_allclose(rates([0, 25, 100]), [0.5, 0.375, 0.0], atol=1e-7)
    assert rates([0, 100, 200], start=1.0) == [0.5] * 3


def test_rejects_numbers_out_of_range():
    with pytest.raises(ValueError, match="`num_steps` must be positive; got 0"):
        linear_decay(0.5, 0, 0)
    with pytest.raises(ValueError, match=r"`start` must be in \[0, 1\]; got 1.5"):
        linear_decay(0.5, 0, 100, start=1.5)

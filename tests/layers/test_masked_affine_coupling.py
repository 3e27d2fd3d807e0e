import re

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Network
from genflow.layers import (
    AffineCoupling,
    ExpScale,
    LearnedTanhScale,
    MaskedAffineCoupling,
    Squeeze,
    channel_mask,
    checkerboard_mask,
    checkerboard_order,
    complement,
    swapped_order,
)
from genflow.networks import MLP, Dropout, ResidualConditioner, ZerosConv
from tests.modes import Eager, perturb


class Spy(Network):
    """A conditioner that gives constants, and remembers what it saw."""

    def __init__(self, shift, raw):
        super().__init__()
        self._outputs, self.seen = (shift, raw), []

    def _call(self, x, context, training):
        self.seen.append((np.array(x) if tf.executing_eagerly() else None, training))
        return tf.concat([value * tf.ones_like(x) for value in self._outputs], axis=-1)


def images(channels=3):
    return np.random.RandomState(0).standard_normal([2, 4, 6, channels])


@pytest.mark.parametrize("mask", [checkerboard_mask, complement(checkerboard_mask), channel_mask])
def test_keeps_what_the_mask_says_and_changes_the_rest(mask):
    x, kept = images(), np.broadcast_to(np.array(mask([4, 6, 3])), [2, 4, 6, 3])
    spy = Spy(shift=0.7, raw=-0.2)
    layer = MaskedAffineCoupling(spy, mask, ExpScale())

    y, log_det = layer.forward_and_log_det(x)

    np.testing.assert_allclose(y[kept], x[kept], rtol=1e-14)
    np.testing.assert_allclose(y[~kept], x[~kept] * np.exp(-0.2) + 0.7, rtol=1e-13)
    np.testing.assert_allclose(log_det, [-0.2 * np.sum(~kept[0])] * 2, rtol=1e-13)
    np.testing.assert_array_equal(spy.seen[0][0], x * kept)


def test_the_density_by_a_mask_of_channels_is_that_of_two_halves():
    """With the same network, but for where its inputs and outputs are."""
    x = images(4)
    masked = MaskedAffineCoupling(Spy(0.3, 0.4), channel_mask, ExpScale())
    halves = AffineCoupling(Spy(0.3 * np.exp(-0.4), 0.4), ExpScale())

    y, log_det = masked.forward_and_log_det(x)
    expected, expected_log_det = halves.forward_and_log_det(x)

    np.testing.assert_allclose(y, expected, rtol=1e-13)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=1e-13)


def test_two_masks_change_everything():
    x = images()
    with Eager() as mode:
        first = MaskedAffineCoupling(Spy(1.0, 0.5), checkerboard_mask, ExpScale())
        second = MaskedAffineCoupling(Spy(1.0, 0.5), complement(checkerboard_mask), ExpScale())

        y = mode.call(lambda x: second.forward(first.forward(x)), x)

    np.testing.assert_allclose(y, x * np.exp(0.5) + 1.0, rtol=1e-13)


def test_log_scale_is_bounded_by_the_learned_factor(mode):
    scale_map, h = LearnedTanhScale(), np.array([[-50.0, 0.1, 50.0]])
    np.testing.assert_allclose(mode.call(scale_map, h), [[-1.0, np.tanh(0.1), 1.0]], rtol=1e-13)

    mode.assign(scale_map.factor, np.array([2.0, 3.0, 0.5]))

    expected = [[-2.0, 3.0 * np.tanh(0.1), 0.5]]
    np.testing.assert_allclose(mode.call(scale_map, h), expected, rtol=1e-13)


def test_starts_close_to_the_identity_once_it_is_initialised(mode):
    x = np.random.RandomState(0).standard_normal([8, 8, 8, 3])
    conditioner = ResidualConditioner(8, 6, num_blocks=2, seed=0)
    layer = MaskedAffineCoupling(conditioner, checkerboard_mask)

    y, _ = mode.call(layer.initialize, x)

    assert 0.01 < np.std(y - x) < 0.2


def test_training_reaches_the_conditioner():
    spy = Spy(0.0, 0.0)
    layer = MaskedAffineCoupling(spy, channel_mask)
    for call in (layer.forward, layer.inverse, layer.forward_and_log_det):
        call(images())
        call(images(), training=True)

    assert [training for _, training in spy.seen] == [False, True] * 3


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_half_couplings_hand_training_on(direction):
    class Noisy(Network):
        def __init__(self):
            super().__init__()
            self.mlp, self.dropout = MLP([8], 4, seed=0), Dropout(0.5, seed=1)

        def _call(self, x, context, training):
            return self.mlp(self.dropout(x, training=training))

    layer, x = AffineCoupling(Noisy()), np.random.RandomState(0).standard_normal([5, 4])
    with Eager() as mode:
        call = getattr(layer, direction)
        mode.call(call, x)
        perturb(layer, mode, scale=0.5)
        with_dropout = mode.call(lambda x: call(x, training=True), x)

        assert np.max(np.abs(with_dropout - mode.call(call, x))) > 0.01


def test_refuses_what_is_no_mask_and_no_scale_map():
    with pytest.raises(TypeError, match="`mask` must be a function.*got a str: pass `lambda shape"):
        MaskedAffineCoupling(ZerosConv(6), "checkerboard")
    with pytest.raises(TypeError, match="`scale_map` must be a function of a tensor; got 'tanh'"):
        MaskedAffineCoupling(ZerosConv(6), channel_mask, "tanh")


@pytest.mark.parametrize(
    ("mask", "got"),
    [
        (lambda shape: np.ones(shape[-1:]), "float64 of shape (3,)"),
        (lambda shape: np.ones([4, 6], bool), "bool of shape (4, 6)"),
        (lambda shape: np.ones([2, 4, 6, 3], bool), "bool of shape (2, 4, 6, 3)"),
        (lambda shape: np.ones([4, 3, 1], bool), "bool of shape (4, 3, 1)"),
        (lambda shape: np.ones([6, 3], bool), "bool of shape (6, 3)"),
    ],
    ids=["numbers", "no-channels", "batch", "width", "no-height"],
)
def test_refuses_masks_that_are_not_of_an_example(mode, mask, got):
    layer = MaskedAffineCoupling(ZerosConv(6), mask)
    with pytest.raises(ValueError, match=re.escape("(4, 6, 3); got " + got)):
        mode.call(layer.forward, images())


def test_refuses_a_conditioner_with_other_channels():
    layer = MaskedAffineCoupling(ZerosConv(3), channel_mask)
    with pytest.raises(ValueError, match="`masked_affine_coupling` needs 6 channels from its cond"):
        layer.forward(images())


def test_checkerboard_order_puts_a_colour_of_the_board_into_each_half():
    """The board of `checkerboard_mask`, seen through a squeeze."""
    board = np.broadcast_to(np.array(checkerboard_mask([6, 4, 3]), float), [1, 6, 4, 3])
    squeezed = np.array(Squeeze(channel_major=False).forward(board))

    ordered = squeezed[..., checkerboard_order(12)]

    np.testing.assert_array_equal(ordered[..., :6], np.zeros([1, 3, 2, 6]))
    np.testing.assert_array_equal(ordered[..., 6:], np.ones([1, 3, 2, 6]))


def test_checkerboard_order_needs_what_a_squeeze_gives():
    with pytest.raises(ValueError, match="needs a multiple of 4 channels.*got 6"):
        checkerboard_order(6)


@pytest.mark.parametrize(("channels", "order"), [(4, [2, 3, 0, 1]), (5, [3, 4, 0, 1, 2])])
def test_swapped_order_swaps_the_halves_of_a_split(channels, order):
    assert swapped_order(channels).tolist() == order

"""`check_bijection` finds the layer that breaks, in a graph and eagerly."""

import contextlib

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    Chain,
    Dequantize,
    FullMatrix,
    Inverse,
    Invertible1x1Conv,
    LearnedPrior,
    Logit,
    MultiScale,
    Permute,
    PLUMatrix,
    Split,
    Squeeze,
    reversed_order,
)
from genflow.networks import MLP, ContextGlowConditioner, GlowConditioner, ZerosConv
from genflow.testing import BijectionError, check_bijection


@contextlib.contextmanager
def eager():
    yield


@contextlib.contextmanager
def graph():
    with tf.Graph().as_default(), tf.compat.v1.Session().as_default():
        yield


both_modes = pytest.mark.parametrize("mode", [eager, graph])


def images(*shape, dtype=np.float32):
    return np.random.RandomState(0).standard_normal(shape).astype(dtype)


def flipped(layer_class, *args, **kwargs):
    """A copy of a layer class whose log-determinant has the wrong sign, both ways."""

    class Flipped(layer_class):
        def _forward(self, x, context, training):
            y, log_det = super()._forward(x, context, training)
            return y, -log_det

        def _inverse(self, y, context, training):
            x, log_det = super()._inverse(y, context, training)
            return x, -log_det

    Flipped.__name__ = "Flipped" + layer_class.__name__
    return Flipped(*args, **kwargs)


def glow(layers_of_step, num_levels=2):
    levels = []
    for level in range(num_levels):
        channels = 12 * 2**level
        layers = [Squeeze(), Chain(layers_of_step(channels))]
        last = level == num_levels - 1
        end = LearnedPrior(ZerosConv(2 * channels)) if last else Split(ZerosConv(channels))
        levels.append(Chain(layers + [end]))
    return MultiScale(levels)


def good_step(channels):
    return [
        ActNorm(),
        Invertible1x1Conv(FullMatrix(seed=1)),
        AffineCoupling(GlowConditioner(8, channels, seed=2)),
    ]


@both_modes
def test_passes_a_good_model_and_reports_every_layer(mode):
    with mode():
        report = check_bijection(glow(good_step), images(2, 16, 16, 3))
    paths = [row.path for row in report.layers]
    assert "levels/0/layers/1/layers/2" in paths
    assert paths[-1] == ""
    assert len(paths) == 2 * (1 + 4 + 1) + 2 + 1
    assert all(row.log_det_error is not None for row in report.layers)
    assert max(row.round_trip_error for row in report.layers) < 1e-4
    conditions = [row.condition_number for row in report.layers if row.condition_number]
    assert conditions == pytest.approx([1.0, 1.0], abs=1e-4)
    assert "levels/1/layers/1/layers/1 (Invertible1x1Conv)" in str(report)


@both_modes
@pytest.mark.parametrize(
    ("place", "make"),
    [
        (0, lambda channels: flipped(ActNorm)),
        (1, lambda channels: flipped(Invertible1x1Conv, PLUMatrix(seed=1))),
        (1, lambda channels: flipped(Invertible1x1Conv, FullMatrix(seed=1))),
        (2, lambda channels: flipped(AffineCoupling, GlowConditioner(8, channels, seed=2))),
    ],
    ids=["ActNorm", "PLU", "full", "AffineCoupling"],
)
def test_names_the_layer_with_the_flipped_sign(mode, place, make):
    def step(channels):
        layers = good_step(channels)
        if channels == 24:
            layers[place] = make(channels)
        return layers

    with mode():
        pattern = r"^levels/1/layers/1/layers/{} \(.* a Flipped.*log_det is".format(place)
        with pytest.raises(BijectionError, match=pattern):
            check_bijection(glow(step), images(2, 8, 8, 3))


@pytest.mark.parametrize(
    "make",
    [lambda: flipped(Split, ZerosConv(4)), lambda: flipped(LearnedPrior, ZerosConv(8))],
    ids=["Split", "LearnedPrior"],
)
def test_catches_flipped_priors(make):
    with pytest.raises(BijectionError, match="log_det is"):
        check_bijection(make(), images(2, 4, 4, 4))


def test_catches_a_flipped_logit():
    x = np.random.RandomState(0).uniform(0.1, 0.9, [2, 3]).astype(np.float32)
    with pytest.raises(BijectionError, match="log_det is"):
        check_bijection(flipped(Logit), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_checks_vectors_nests_and_contexts(dtype):
    labels = np.eye(3, dtype=dtype)[[0, 2]]
    coupling = AffineCoupling(ContextGlowConditioner(8, 4, seed=0))
    check_bijection(coupling, images(2, 4, 4, 4, dtype=dtype), context=labels)
    image_context = images(2, 16, 16, 2, dtype=dtype)
    coupling = AffineCoupling(ContextGlowConditioner(8, 4, seed=0))
    check_bijection(coupling, images(2, 16, 16, 4, dtype=dtype), context=image_context)
    check_bijection(AdditiveCoupling(MLP([8], 2, seed=0)), images(3, 4, dtype=dtype))
    inverse_of_split = Inverse(Split(ZerosConv(4)))
    pair = (images(2, 4, 4, 2, dtype=dtype), images(2, 4, 4, 2, dtype=dtype))
    rows = check_bijection(inverse_of_split, pair).layers
    assert [row.path for row in rows] == ["bijection", ""]


def test_checks_integer_images():
    x = np.random.RandomState(0).randint(0, 256, [2, 4, 4, 3]).astype(np.uint8)
    check_bijection(Chain([Dequantize(seed=0), Squeeze()]), x)


def test_a_model_that_draws_noise_is_checked_part_by_part():
    x = np.random.RandomState(0).randint(0, 256, [4, 16, 16, 3]).astype(np.uint8)
    model = Chain([Dequantize(), glow(good_step)])
    model.initialize(x)
    rows = {row.path: row for row in check_bijection(model, x).layers}
    assert rows[""].log_det_error is None
    assert rows["layers/0"].log_det_error < 1e-4
    assert rows["layers/1"].log_det_error < 1e-4


def test_no_corner_is_cut_smaller_than_the_squeezes_allow():
    deep = Chain([Squeeze(factor=4), Squeeze(factor=4)])
    rows = check_bijection(deep, images(2, 16, 16, 3)).layers
    assert rows[-1].log_det_error is None
    assert rows[0].log_det_error is not None


def test_float64_reaches_the_documented_tolerance():
    rows = check_bijection(glow(good_step), images(2, 8, 8, 3, dtype=np.float64)).layers
    assert max(row.log_det_error for row in rows) < 1e-12
    assert max(row.round_trip_error for row in rows) < 1e-12


@both_modes
def test_leaves_the_weights_as_they_were(mode):
    with mode():
        layer = ActNorm()
        x = images(2, 4, 4, 3)

        def values():
            tensors = [tf.convert_to_tensor(v) for v in layer.named_variables().values()]
            if tf.executing_eagerly():
                return [tensor.numpy() for tensor in tensors]
            return tf.compat.v1.get_default_session().run(tensors)

        if mode is graph:
            layer.forward(x)
            session = tf.compat.v1.get_default_session()
            session.run(tf.compat.v1.global_variables_initializer())
            layer.shift.load(np.array([1.0, 2.0, 3.0], np.float32), session)
        else:
            layer.forward(x)
            layer.shift.assign([1.0, 2.0, 3.0])
        before = values()
        check_bijection(layer, x)
        with pytest.raises(BijectionError):
            check_bijection(Chain([layer, flipped(ActNorm)]), x)
        for old, new in zip(before, values()):
            np.testing.assert_array_equal(old, new)
        np.testing.assert_array_equal(before[1], [1.0, 2.0, 3.0])


def test_names_an_ill_conditioned_matrix():
    layer = Invertible1x1Conv(FullMatrix(seed=0))
    layer.forward(images(2, 4, 4, 3))
    layer.matrix.weight.assign(np.diag([1.0, 1.0, 1e-7]).astype(np.float32))
    with pytest.raises(
        BijectionError, match=r"layers/0 .*condition number of its matrix is 1e\+07"
    ):
        check_bijection(Chain([layer]), images(2, 4, 4, 3), tolerance=1.0)


def test_names_a_wrong_inverse_shape_and_number():
    class WrongInverse(ActNorm):
        def _inverse(self, y, context, training):
            x, log_det = super()._inverse(y, context, training)
            return 1.01 * x, log_det

    class WrongShape(ActNorm):
        def _forward(self, x, context, training):
            y, log_det = super()._forward(x, context, training)
            return y, tf.reduce_sum(log_det)

    class NotFinite(ActNorm):
        def _forward(self, x, context, training):
            y, log_det = super()._forward(x, context, training)
            return y / 0.0, log_det

    class InverseLogDet(ActNorm):
        def _inverse(self, y, context, training):
            x, log_det = super()._inverse(y, context, training)
            return x, 1.0 + log_det

    x = images(2, 4, 4, 3)
    for layer, message in [
        (WrongInverse(), "differs from `x` by"),
        (WrongShape(), r"must have the shape \[2\]"),
        (NotFinite(), "not finite"),
        (InverseLogDet(), "is not minus that of"),
    ]:
        with pytest.raises(BijectionError, match="^layers/1 .*" + message):
            check_bijection(Chain([Permute(reversed_order), layer]), x)


def test_blames_the_combinator_when_all_parts_are_right():
    class Forgetful(Chain):
        def _forward(self, x, context, training):
            y, _ = super()._forward(x, context, training)
            return y, tf.zeros(tf.shape(x)[:1])

        def _inverse(self, y, context, training):
            x, _ = super()._inverse(y, context, training)
            return x, tf.zeros(tf.shape(x)[:1])

    with pytest.raises(BijectionError, match="^the bijection itself .*Forgetful"):
        check_bijection(Forgetful([ActNorm()]), images(2, 4, 4, 3))


def test_says_where_the_jacobian_was_not_checked():
    rows = check_bijection(ActNorm(), images(2, 300)).layers
    assert rows[0].log_det_error is None


def test_asks_for_a_session_in_a_graph():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="needs a `session`"):
        check_bijection(ActNorm(), images(2, 4, 4, 3))

"""The `backprop` of a chain: `recompute` and `reversible`."""

import weakref

import numpy as np
import pytest
import tensorflow.compat.v2 as tf
import tree

from genflow.core import Bijection
from genflow.core.log_det import sum_except_batch
from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AffineCoupling,
    Chain,
    Dequantize,
    Invertible1x1Conv,
    Permute,
    PLUMatrix,
    Split,
    Squeeze,
    recompute,
    reversed_order,
    reversible,
)
from genflow.networks import ContextGlowConditioner, GlowConditioner, ZerosConv
from genflow.testing import check_bijection
from tests.modes import MODES, Eager, Graph, perturb

BACKPROPS = pytest.mark.parametrize("backprop", [recompute, reversible], ids=["again", "back"])
X = np.random.RandomState(0).standard_normal([3, 4, 6, 2])
Y = tuple(np.random.RandomState(1).standard_normal([2, 3, 2, 3, 4]))
LABELS = np.eye(3)


class LabelsOf(Bijection):
    """Gives a layer one entry of a context with several."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def _forward(self, x, context, training):
        return self.layer.forward_and_log_det(x, context["labels"])

    def _inverse(self, y, context, training):
        return self.layer.inverse_and_log_det(y, context["labels"])


class Sinh(Bijection):
    """`y = sinh(x)`; tells what it computed, and how often."""

    def __init__(self):
        super().__init__()
        self.inside = []

    def _forward(self, x, context, training):
        e = tf.exp(x)
        self.inside.append(weakref.ref(e))
        return 0.5 * (e - 1.0 / e), sum_except_batch(tf.math.log(0.5 * (e + 1.0 / e)))

    def _inverse(self, y, context, training):
        return tf.asinh(y), -sum_except_batch(tf.math.log(tf.sqrt(1.0 + y**2)))


def image_chain(backprop=None):
    """A chain that changes shapes, takes a context and returns a pair."""
    conditioner = ContextGlowConditioner(4, 8, seed=5)
    coupling = LabelsOf(AffineCoupling(conditioner))
    layers = [Squeeze(), ActNorm(3.0), Invertible1x1Conv(PLUMatrix(seed=1)), coupling]
    return Chain(layers + [Permute(reversed_order), Split(ZerosConv(8))], backprop=backprop)


def step(backprop=None, channels=2, seed=0):
    layers = [ActNorm(), AffineCoupling(GlowConditioner(4, channels, seed=seed))]
    return Chain(layers, backprop=backprop)


def trained(module):
    return [variable for variable in module.named_variables().values() if variable.trainable]


def loss_of(y, log_det):
    """Not symmetric in anything."""
    terms = [tf.reduce_sum(tf.sin((i + 1.0) * leaf)) for i, leaf in enumerate(tree.flatten(y))]
    return sum(terms) + tf.reduce_sum(tf.cos(log_det))


def gradients_of(module, method):
    def function(x, labels):
        context = {"labels": labels, "unused": tf.ones([2])}
        with tf.GradientTape() as tape:
            tape.watch([x, labels])
            loss = loss_of(*getattr(module, method)(x, context))
        return [loss] + tape.gradient(loss, tree.flatten(x) + [labels] + trained(module))

    return function


def computed_gradients(mode_type, make, method, x, **kwargs):
    with mode_type() as mode:
        module = make()
        function = mode.function(gradients_of(module, method), x, LABELS, **kwargs)
        function(x, LABELS)
        perturb(module, mode)
        return function(x, LABELS)


def assert_all_close(actual, expected, tolerance=1e-12):
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@BACKPROPS
@pytest.mark.parametrize(
    ("method", "x"), [("forward_and_log_det", X), ("inverse_and_log_det", Y)], ids=["there", "back"]
)
@pytest.mark.parametrize("mode_type", MODES)
def test_all_gradients_are_those_of_the_plain_chain(backprop, method, x, mode_type):
    expected = computed_gradients(Eager, image_chain, method, x)
    actual = computed_gradients(
        mode_type, lambda: image_chain(backprop), method, x, unknown_batch=True
    )

    assert all(np.any(gradient) for gradient in expected)
    assert_all_close(actual, expected)


@BACKPROPS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_have_the_type_of_the_input(backprop, dtype):
    chain, x = step(backprop), tf.constant(X.astype(dtype))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = loss_of(*chain.forward_and_log_det(x))

    gradients = tape.gradient(loss, [x] + trained(chain))
    assert {gradient.dtype for gradient in gradients} == {tf.as_dtype(dtype)}


@BACKPROPS
def test_an_optimizer_of_a_session_finds_the_gradients(backprop):
    computed = []
    for chosen in (None, backprop):
        with Graph() as mode:
            flow = Flow(Chain([step(chosen), Squeeze(), Sinh()], backprop=chosen), [4, 6, 2])

            def gradients(x, flow=flow):
                loss = tf.reduce_mean(flow.bits_per_dim(x))
                pairs = tf.compat.v1.train.AdamOptimizer().compute_gradients(loss)
                return [gradient for gradient, _ in pairs]

            function = mode.function(gradients, X)
            perturb(flow, mode)
            computed.append(function(X))

    assert_all_close(*computed)


@BACKPROPS
def test_a_tape_outside_of_the_function_finds_the_gradients(backprop):
    computed = []
    for chosen in (None, backprop):
        chain, x = step(chosen), tf.constant(X)
        chain.forward(x)
        perturb(chain, Eager())
        with tf.GradientTape() as tape:
            loss = loss_of(*tf.function(chain.forward_and_log_det, autograph=False)(x))
        computed.append(tape.gradient(loss, trained(chain)))

    assert_all_close(*computed)


@BACKPROPS
@pytest.mark.parametrize("output", [0, 1], ids=["y", "log_det"])
def test_the_loss_need_not_use_both_outputs(backprop, output, mode):
    computed = []
    for chosen in (None, backprop):
        chain = Chain([ActNorm(), Sinh()], backprop=chosen)

        def gradients(x, chain=chain):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(chain.forward_and_log_det(x)[output] ** 2)
            return tape.gradient(loss, trained(chain))

        computed.append(mode.call(gradients, X))

    assert_all_close(*computed)


@BACKPROPS
def test_second_derivatives_are_those_of_the_plain_chain(backprop, mode):
    computed = []
    for chosen in (None, backprop):
        chain = Chain([ActNorm(), Sinh(), ActNorm()], backprop=chosen)

        def derivatives(x, chain=chain):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    loss = loss_of(*chain.forward_and_log_det(x))
                first = tape.gradient(loss, [x] + trained(chain))
                total = sum(tf.reduce_sum(tf.sin(gradient)) for gradient in first)
            return outer.gradient(total, [x] + trained(chain))

        computed.append(mode.call(derivatives, X))

    assert all(np.any(derivative) for derivative in computed[0])
    assert_all_close(*computed, tolerance=1e-10)


@BACKPROPS
def test_a_layer_that_stands_in_a_chain_twice_gets_both_gradients(backprop, mode):
    computed = []
    for chosen in (None, backprop):
        layer = ActNorm()
        chain = Chain([layer, Sinh(), layer], backprop=chosen)

        def gradients(x, chain=chain):
            with tf.GradientTape() as tape:
                loss = loss_of(*chain.forward_and_log_det(x))
            return tape.gradient(loss, trained(chain))

        computed.append(mode.call(gradients, X))

    assert len(computed[0]) == 2
    assert_all_close(*computed)


@BACKPROPS
def test_chains_without_anything_to_train_pass_gradients_on(backprop, mode):
    chain = Chain([Squeeze(), Permute(reversed_order)], backprop=backprop)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(chain.forward(x) ** 2)
        return tape.gradient(loss, x)

    np.testing.assert_array_equal(mode.call(gradient, X), 2.0 * X)


@BACKPROPS
def test_integers_can_pass(backprop, mode):
    chain = Chain([Squeeze(), Permute(reversed_order)], backprop=backprop)
    integers = np.arange(8).reshape([1, 2, 2, 2])

    np.testing.assert_array_equal(
        mode.call(chain.forward, integers), mode.call(Chain(chain.layers).forward, integers)
    )


@BACKPROPS
def test_variables_and_their_paths_are_those_of_the_plain_chain(backprop):
    paths = []
    for chosen in (None, backprop):
        chain = image_chain(chosen)
        chain.forward(X, {"labels": LABELS})
        paths.append(list(chain.named_variables()))

    assert paths[0] == paths[1]


@BACKPROPS
def test_a_checkpoint_of_the_plain_chain_can_be_read(backprop, tmp_path):
    plain, chain, x = step(), step(backprop), tf.constant(X)
    plain.initialize(x)
    chain.forward(x)
    path = tf.train.Checkpoint(module=plain).save(str(tmp_path / "model"))

    status = tf.train.Checkpoint(module=chain).restore(path)

    status.assert_existing_objects_matched()
    np.testing.assert_array_equal(chain.forward(x), plain.forward(x))


@pytest.mark.parametrize(
    ("backprop", "kept", "runs"), [(None, True, 1), (recompute, False, 2), (reversible, False, 2)]
)
def test_what_a_chain_computed_is_not_kept(backprop, kept, runs):
    layer, x = Sinh(), tf.constant(X)
    chain = Chain([Squeeze(), layer, Permute(reversed_order)], backprop=backprop)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = loss_of(*chain.forward_and_log_det(x))

    assert [inside() is not None for inside in layer.inside] == [kept]
    tape.gradient(loss, x)
    assert len(layer.inside) == runs


@pytest.mark.parametrize("backprop", [None, recompute, reversible])
def test_a_graph_computes_again_only_what_is_behind_all_later_gradients(backprop):
    """Or it would compute everything at once, and save nothing."""
    with Graph() as mode:
        if backprop is reversible:
            chain = Chain([step(seed=0), step(seed=1)], backprop=reversible)
        else:
            chain = Chain([step(backprop, seed=0), step(backprop, seed=1)])
        loss = loss_of(*chain.forward_and_log_det(tf.constant(X)))
        before = set(mode.graph.get_operations())
        later = tf.compat.v1.gradients(loss, trained(chain.layers[1]))
        both = tf.compat.v1.gradients(loss, trained(chain))
        assert len(both) == 2 * len(later)

    needed = {gradient.op for gradient in both[len(later) :]}
    earlier = ancestors([gradient.op for gradient in both[: len(later)]])
    again = {op for op in earlier - before if op.type == "Conv2D"}
    waiting = {op for op in again if needed <= ancestors([op])}
    assert bool(again) == (backprop is not None)
    assert len(waiting) == (0 if backprop is None else len(again) // 2)


def ancestors(operations):
    """The operations that have to run before these, with these."""
    found, todo = set(), list(operations)
    while todo:
        operation = todo.pop()
        if operation not in found:
            found.add(operation)
            todo += [tensor.op for tensor in operation.inputs] + operation.control_inputs
    return found


@BACKPROPS
def test_the_checker_of_bijections_accepts_it(backprop):
    x = tf.constant(X.astype(np.float32))
    chain = Chain([step(backprop), Squeeze(), Sinh()], backprop=backprop)
    chain.initialize(x)

    check_bijection(chain, x)


@BACKPROPS
@pytest.mark.parametrize("layers", [[Dequantize()], [Chain([Dequantize(), ActNorm()])]])
def test_rejects_layers_that_draw_noise(backprop, layers):
    with pytest.raises(ValueError, match="cannot hold `dequantize`, which would draw other noise"):
        Chain(layers, backprop=backprop).forward(X)


@pytest.mark.parametrize("wrong", [True, "recompute", 1])
def test_rejects_a_backprop_that_is_no_function(wrong):
    with pytest.raises(TypeError, match="`backprop` must be a function such as `recompute`; got"):
        Chain([ActNorm()], backprop=wrong)

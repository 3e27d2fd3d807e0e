import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Network, keep_dtype, release_dtype
from genflow.core.precision import is_kept, keep_gradients
from genflow.distributions import Flow
from genflow.layers import (
    ActNorm,
    AffineCoupling,
    Chain,
    Invertible1x1Conv,
    Squeeze,
    recompute,
    reversible,
)
from genflow.networks import GlowConditioner
from tests.modes import MODES

HEAVY = ("Conv2D", "MatMul", "BatchMatMulV2", "Conv2DBackpropInput", "Conv2DBackpropFilter")
IMAGES = [2, 4, 4, 3]


def kept(operations):
    return [is_kept(operation) for operation in operations]


def make_flow(backprop=None):
    arguments = {} if backprop is None else {"backprop": backprop}
    coupling = AffineCoupling(GlowConditioner(4, 12, seed=0))
    steps = Chain([ActNorm(), Invertible1x1Conv(), coupling], **arguments)
    return Flow(Chain([Squeeze(), steps]), IMAGES[1:])


def operations_of(make):
    with tf.Graph().as_default() as graph:
        make()
        return graph.get_operations()


def gradients_of(flow):
    graph = tf.compat.v1.get_default_graph()
    loss = tf.reduce_mean(flow.bits_per_dim(tf.ones(IMAGES)))
    num_before = len(graph.get_operations())
    tf.gradients(loss, list(flow.trainable_variables))
    made = graph.get_operations()[num_before:]
    keep_gradients(made)
    return made


def is_in_network(operation):
    return "/glow_conditioner/" in operation.name


def test_marks_nest_and_end():
    with tf.Graph().as_default():
        x = tf.ones([2])
        with keep_dtype():
            a = x + 1.0
            with release_dtype():
                b = x + 1.0
                with keep_dtype():
                    c = x + 1.0
            d = x + 1.0
        with release_dtype():
            e = x + 1.0
        f = x + 1.0

    assert kept(tensor.op for tensor in (a, b, c, d, e, f)) == [
        True,
        False,
        True,
        True,
        False,
        False,
    ]


def test_eagerly_and_in_a_function_it_changes_no_number():
    for mode_type in MODES:
        with mode_type() as mode:

            def run(x):
                with keep_dtype():
                    y = tf.exp(x)
                    with release_dtype():
                        return tf.sqrt(y)

            assert mode.call(run, np.zeros([2])).shape == (2,)


def test_a_function_has_the_marks():
    @tf.function(autograph=False)
    def run(x):
        with keep_dtype():
            y = tf.exp(x)
        return tf.sqrt(y)

    with tf.Graph().as_default():
        graph = run.get_concrete_function(tf.TensorSpec([2], tf.float32)).graph

    assert {
        op.type: is_kept(op) for op in graph.get_operations() if op.type in ("Exp", "Sqrt")
    } == {
        "Exp": True,
        "Sqrt": False,
    }


def test_in_a_flow_all_but_networks_is_marked():
    def both_ways():
        flow = make_flow()
        flow.bits_per_dim(tf.ones(IMAGES))
        flow.sample(2, seed=0)

    operations = [op for op in operations_of(both_ways) if op.type in HEAVY + ("Sum", "Exp", "Log")]
    network = [op for op in operations if is_in_network(op) and op.type in HEAVY]
    others = [op for op in operations if not is_in_network(op)]

    assert network
    assert not any(kept(network))
    assert {op.type for op in others} >= {"Sum"}
    assert [op.type for op in others if op.type in HEAVY]
    assert all(kept(others))


def test_gradients_are_treated_as_what_they_belong_to():
    with tf.Graph().as_default():
        made = [op for op in gradients_of(make_flow()) if op.type in HEAVY]
    network = [op for op in made if is_in_network(op)]
    others = [op for op in made if not is_in_network(op)]

    assert network
    assert not any(kept(network))
    assert others
    assert all(kept(others))


def test_layers_computed_again_are_treated_as_the_first_time():
    for backprop in (recompute, reversible):
        with tf.Graph().as_default():
            made = [op for op in gradients_of(make_flow(backprop)) if op.type in HEAVY]
        again = [op for op in made if op.type == "Conv2D" and is_in_network(op)]
        assert again
        assert not any(kept(again))


def test_gradients_of_layers_computed_again_know_networks_by_their_weights():
    for backprop in (recompute, reversible):
        with tf.Graph().as_default():
            made = gradients_of(make_flow(backprop))
        by_input = kept(op for op in made if op.type == "Conv2DBackpropInput")
        by_filter = kept(op for op in made if op.type == "Conv2DBackpropFilter")
        # The convolution of the flow itself, and the first one of the network, whose input is
        # made in the flow.
        assert by_input.count(True) == 1
        assert by_input.count(False) >= 3
        assert by_filter.count(True) >= 2
        assert by_filter.count(False) >= 2


class Product(Network):
    def _call(self, x, context, training):
        return tf.matmul(x, x)


def test_a_sum_of_gradients_keeps_its_type_if_a_part_does():
    with tf.Graph().as_default() as graph:
        x = tf.ones([2, 2])
        network = Product()
        released = network(x) + network(x)
        with keep_dtype():
            mixed = network(x) + tf.exp(x)
        totals = []
        for y in (released, mixed):
            num_before = len(graph.get_operations())
            tf.gradients(y, [x])
            made = graph.get_operations()[num_before:]
            keep_gradients(made)
            totals.append([op for op in made if op.type == "AddN"][-1])

    assert kept(totals) == [False, True]

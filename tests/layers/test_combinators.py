import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Bijection
from genflow.core.log_det import zero_log_det
from genflow.layers import ActNorm, AffineCoupling, Chain, Inverse, MultiScale, Split, Squeeze
from genflow.networks import MLP

COMBINATORS = [(Chain, "layers"), (MultiScale, "levels")]


class Plus(Bijection):
    """Adds a number, and the context where there is one; counts what it is given."""

    def __init__(self, number, log_det):
        super().__init__()
        self._number, self._log_det = number, log_det

    def _forward(self, x, context, training):
        context = 0.0 if context is None else context
        return 2.0 * x + self._number + context, zero_log_det(x) + self._log_det

    def _inverse(self, y, context, training):
        context = 0.0 if context is None else context
        return (y - self._number - context) / 2.0, zero_log_det(y) - self._log_det


def test_chain_applies_its_layers_in_reading_order(mode):
    chain = Chain([Plus(1.0, 0.5), Plus(10.0, 0.25), Plus(100.0, 4.0)])

    y, log_det = mode.call(chain.forward_and_log_det, np.ones([2, 1]))

    assert y.tolist() == [[2.0 * (2.0 * (2.0 + 1.0) + 10.0) + 100.0]] * 2
    assert log_det.tolist() == [4.75, 4.75]
    x, log_det = mode.call(chain.inverse_and_log_det, y)
    assert x.tolist() == [[1.0], [1.0]]
    assert log_det.tolist() == [-4.75, -4.75]


def test_every_layer_of_a_chain_gets_the_context(mode):
    chain, context = Chain([Plus(0.0, 0.0), Plus(0.0, 0.0)]), np.array([[3.0]])

    y = mode.call(chain.forward, np.ones([1, 1]), context)

    assert y.tolist() == [[13.0]]
    assert mode.call(chain.inverse, y, context).tolist() == [[1.0]]


def test_a_chain_initializes_every_layer_on_what_it_will_get(mode):
    x = np.random.RandomState(0).standard_normal([32, 3]) * 5.0 + 2.0
    chain = Chain([ActNorm(), Plus(1.0, 0.0), ActNorm()])

    mode.call(chain.initialize, x)
    y = mode.call(chain.forward, x)

    np.testing.assert_allclose(y.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-5)
    # The last one undoes `2 x + 1` of what the first one made standard.
    np.testing.assert_allclose(mode.get(chain.layers[2].shift), -np.ones(3), rtol=1e-12)
    np.testing.assert_allclose(
        mode.get(chain.layers[2].log_scale), -np.log(2.0) * np.ones(3), rtol=1e-5
    )


def test_multi_scale_initializes_every_level_on_what_it_will_get(mode):
    x = np.random.RandomState(0).standard_normal([32, 4]) * 5.0 + 2.0
    flow = MultiScale([Chain([ActNorm(), Plus(7.0, 0.0), Split()]), Chain([ActNorm()])])

    mode.call(flow.initialize, x)
    latent, z = mode.call(flow.forward, x)

    np.testing.assert_allclose(latent.mean(axis=0), 7.0, atol=1e-12)
    np.testing.assert_allclose(latent.std(axis=0), 2.0, rtol=1e-5)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1.0, rtol=1e-5)


def test_multi_scale_returns_the_finest_latent_first(mode):
    x = np.arange(16.0).reshape([2, 8])
    flow = MultiScale([Split(), Split(), Plus(0.0, 0.5)])

    z, log_det = mode.call(flow.forward_and_log_det, x)

    assert isinstance(z, tuple)
    assert [latent[0].tolist() for latent in z] == [[4, 5, 6, 7], [2, 3], [0, 2]]
    assert log_det.tolist() == [0.5, 0.5]
    np.testing.assert_array_equal(mode.call(flow.inverse, z), x)


def test_multi_scale_of_one_level_returns_a_tuple_of_one():
    flow = MultiScale([ActNorm()])
    x = tf.ones([2, 3])

    z = flow.forward(x)

    assert isinstance(z, tuple)
    assert len(z) == 1
    assert flow.inverse(z).shape.as_list() == [2, 3]
    assert [shape.as_list() for shape in flow.output_shape([2, 3])] == [[2, 3]]


def test_multi_scale_takes_its_latents_as_a_list_too():
    flow = MultiScale([Split(), ActNorm()])
    x = np.arange(8.0).reshape([2, 4])

    np.testing.assert_array_equal(flow.inverse(list(flow.forward(x))), x)


def test_inverse_swaps_the_directions(mode):
    layer = Inverse(Plus(1.0, 0.5))

    y, log_det = mode.call(layer.forward_and_log_det, np.full([2, 1], 5.0))

    assert y.tolist() == [[2.0], [2.0]]
    assert log_det.tolist() == [-0.5, -0.5]
    assert mode.call(layer.inverse, y).tolist() == [[5.0], [5.0]]


def test_inverse_is_not_initialized_from_data(mode):
    layer = Inverse(ActNorm())

    y, updates = mode.call(layer.initialize, np.random.RandomState(0).standard_normal([8, 3]))

    assert not updates
    assert mode.get(layer.bijection.log_scale).tolist() == [0.0, 0.0, 0.0]


def test_shapes_of_combined_layers_are_computed_both_ways():
    chain = Chain([Squeeze(), Inverse(Squeeze()), Squeeze(), Split()])
    shapes = chain.output_shape([None, 8, 4, 3])

    assert [shape.as_list() for shape in shapes] == [[None, 4, 2, 6], [None, 4, 2, 6]]
    assert chain.input_shape(shapes).as_list() == [None, 8, 4, 3]


def test_variables_are_found_by_their_place():
    flow = MultiScale([Chain([ActNorm(), Split()]), Inverse(ActNorm())])
    flow.forward(tf.zeros([2, 4]))

    assert list(flow.named_variables()) == [
        "levels/0/layers/0/log_scale",
        "levels/0/layers/0/shift",
        "levels/1/bijection/log_scale",
        "levels/1/bijection/shift",
    ]


def test_changing_the_list_afterwards_changes_nothing():
    layers = [ActNorm()]
    chain = Chain(layers)
    layers.append(Squeeze())

    assert len(chain.layers) == 1


@pytest.mark.parametrize(("combinator", "argument"), COMBINATORS)
def test_rejects_an_empty_list(combinator, argument):
    with pytest.raises(ValueError, match="`{}` must hold at least one bijection".format(argument)):
        combinator([])


@pytest.mark.parametrize(("combinator", "argument"), COMBINATORS)
@pytest.mark.parametrize("wrong", [MLP([4], 2), None, ActNorm], ids=["network", "none", "class"])
def test_rejects_what_is_no_bijection(combinator, argument, wrong):
    with pytest.raises(TypeError, match="`{}` must hold bijections; got a".format(argument)):
        combinator([ActNorm(), wrong])


def test_inverse_rejects_what_is_no_bijection():
    with pytest.raises(TypeError, match="`bijection` must hold bijections; got a MLP"):
        Inverse(MLP([4], 2))


def test_log_det_of_a_chain_is_that_of_its_parts(mode):
    x = np.random.RandomState(0).standard_normal([4, 6])
    parts = [ActNorm(), AffineCoupling(MLP([4], 6, seed=0)), ActNorm()]
    mode.call(Chain(parts).initialize, x)

    y, log_det = mode.call(Chain(parts).forward_and_log_det, x)

    total = 0.0
    for part in parts:
        x, one = mode.call(part.forward_and_log_det, x)
        total = total + one
    np.testing.assert_allclose(y, x, rtol=1e-12)
    np.testing.assert_allclose(log_det, total, rtol=1e-12)

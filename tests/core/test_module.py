import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import Bijection, Module, Network
from genflow.layers import ActNorm, Chain
from tests.modes import VariableCount


class Weight(Module):
    """One variable, made at the first call."""

    def __init__(self, value=0.0, name=None):
        super().__init__(name=name)
        self._value = value

    def __call__(self, x):
        self._build_once(x)
        return x + self.weight

    def _build(self, x):
        self.weight = self._variable(
            "weight", lambda shape, dtype: self._value * tf.ones(shape, dtype), [2], x.dtype
        )


class Family(Module):
    """A module with children in every kind of container."""

    def __init__(self):
        super().__init__()
        self.only = Weight(1.0)
        self.listed = [Weight(2.0), [Weight(3.0)]]
        self.by_name = {"b": Weight(4.0), "a": Weight(5.0)}
        self.number, self.nothing = 3, None

    def __call__(self, x):
        for child in (self.only, self.listed[0], self.listed[1][0], *self.by_name.values()):
            x = child(x)
        return x


def test_paths_are_those_of_the_attributes(mode):
    family = Family()
    mode.call(family, np.zeros([1, 2]))

    values = {path: mode.get(v).tolist() for path, v in family.named_variables().items()}

    assert values == {
        "by_name/a/weight": [5.0, 5.0],
        "by_name/b/weight": [4.0, 4.0],
        "listed/0/weight": [2.0, 2.0],
        "listed/1/0/weight": [3.0, 3.0],
        "only/weight": [1.0, 1.0],
    }
    assert list(family.named_variables()) == sorted(values)


def test_lists_keep_their_order_past_ten():
    chain = Chain([ActNorm() for _ in range(11)])
    chain.forward(tf.zeros([2, 3]))

    assert list(chain.named_variables())[-2:] == ["layers/10/log_scale", "layers/10/shift"]
    assert len(chain.named_variables()) == 22


def test_a_shared_variable_appears_once_under_its_first_path():
    family = Family()
    family.listed = [family.only]
    family.by_name = {}
    family.only(tf.zeros([1, 2]))

    assert list(family.named_variables()) == ["listed/0/weight"]


def test_a_module_that_contains_itself_is_walked_once():
    weight = Weight()
    weight(tf.zeros([1, 2]))
    weight.myself = [weight]

    assert list(weight.named_variables()) == ["weight"]


def test_there_are_no_variables_before_the_first_call():
    assert not Family().named_variables()


def test_variables_are_made_once_and_outlive_the_function_that_made_them(mode):
    weight = Weight(1.5)
    with VariableCount() as made:
        first = mode.call(weight, np.zeros([1, 2]))
        again = mode.call(weight, np.zeros([3, 2]))

    assert made.count == 1
    np.testing.assert_array_equal(first, np.full([1, 2], 1.5))
    np.testing.assert_array_equal(again, np.full([3, 2], 1.5))


def test_an_initial_value_is_no_constant_of_the_graph():
    """The definition of a graph is limited to 2 GB."""
    with tf.Graph().as_default() as graph:
        module = Module()
        size = [1000, 1000]
        module.weight = module._variable("weight", tf.zeros, size, tf.float32)

        assert graph.as_graph_def().ByteSize() < 10000
        assert module.weight.shape.as_list() == size


def test_variables_can_be_excluded_from_training():
    module = Module()
    module.weight = module._variable("weight", tf.zeros, [2], tf.float32, trainable=False)

    assert not module.trainable_variables
    assert list(module.named_variables()) == ["weight"]


def test_the_name_is_the_class_or_the_one_given():
    assert Family().name == "family"
    assert Weight(name="other").name == "other"


@pytest.mark.parametrize("method", ["forward", "inverse", "initialize"])
def test_a_bijection_without_its_hooks_says_which_one(method):
    hook = "_inverse" if method == "inverse" else "_forward"
    with pytest.raises(NotImplementedError, match="`Bijection` has no `{}`".format(hook)):
        getattr(Bijection(), method)(tf.zeros([2, 3]))


def test_a_network_without_its_hook_says_so():
    with pytest.raises(NotImplementedError, match="`Network` has no `_call`"):
        Network()(tf.zeros([2, 3]))


def test_numpy_arrays_are_taken_for_tensors():
    assert tf.is_tensor(ActNorm().forward(np.zeros([2, 3], np.float32)))


@pytest.mark.parametrize("shape", [[None, 3], (None, 3), tf.TensorShape([None, 3])])
def test_output_shape_takes_plain_shapes(shape):
    assert ActNorm().output_shape(shape).as_list() == [None, 3]
    assert ActNorm().input_shape(shape).as_list() == [None, 3]


def test_output_shape_takes_nests_of_shapes():
    shapes = Bijection().output_shape((tf.TensorShape([2, 3]), tf.TensorShape([None, 4])))

    assert [shape.as_list() for shape in shapes] == [[2, 3], [None, 4]]

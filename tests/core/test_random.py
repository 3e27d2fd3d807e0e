import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.core import fold_in, make_seed
from genflow.core.random import child_seeds, static_seed


def numbers(mode, make):
    return mode.call(lambda: make()).tolist()


def test_seeds_are_the_same_numbers_everywhere(mode):
    assert numbers(mode, lambda: make_seed(7)) == [-1687616903, -1903547164]
    assert numbers(mode, lambda: make_seed(-1)) == [-1939100389, -63868423]
    assert numbers(mode, lambda: make_seed(2**40)) == [-1454789078, -1305278441]
    assert numbers(mode, lambda: fold_in(make_seed(7), "noise")) == [1401194744, 1928626980]
    assert numbers(mode, lambda: fold_in(make_seed(7), 3)) == [-29831286, 641067478]
    assert numbers(mode, lambda: fold_in(make_seed(7), tf.constant(3))) == [-518916472, 1584605264]


def test_what_is_drawn_from_a_seed_is_the_same_everywhere(mode):
    uniform = mode.call(lambda: tf.random.stateless_uniform([2], make_seed(7), dtype=tf.float64))
    normal = mode.call(lambda: tf.random.stateless_normal([2], make_seed(7)))

    np.testing.assert_array_equal(uniform, [0.531837865878378, 0.7965087702571034])
    np.testing.assert_allclose(normal, [0.46144065260887146, 0.7245105504989624], rtol=2e-7)


def test_a_pair_is_its_own_seed():
    assert make_seed([3, -4]).numpy().tolist() == [3, -4]
    assert make_seed(tf.constant([3, -4], tf.int64)).numpy().tolist() == [3, -4]
    assert make_seed(np.int64(7)).numpy().tolist() == make_seed(7).numpy().tolist()


def test_a_function_is_called_every_time():
    seeds = iter([[1, 2], [3, 4]])

    def following():
        return tf.constant(next(seeds))

    assert make_seed(following).numpy().tolist() == [1, 2]
    assert make_seed(following).numpy().tolist() == [3, 4]


@pytest.mark.parametrize("seed", [[1, 2, 3], [[1, 2]], 1.5, [0.5, 0.7], "seed"])
def test_rejects_what_is_no_seed(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer, or two integers"):
        make_seed(seed)


def test_no_seed_is_fresh_at_every_run(mode):
    function = mode.function(make_seed)

    assert len({tuple(function().tolist()) for _ in range(5)}) == 5


def test_no_seed_follows_set_seed(mode):
    def draws():
        tf.random.set_seed(1)
        function = mode.function(make_seed)
        return [function().tolist() for _ in range(2)]

    # In a graph the order of the operations counts as well, so each draws in its own.
    with type(mode)() as mode:
        first = draws()
    with type(mode)() as mode:
        assert draws() == first


PURPOSES = ["noise", "sample", "", "3", 0, 1, 3, -1, 2**40] + [
    tf.constant(step, tf.int64) for step in (0, 1, 2**30)
]


def test_seeds_of_different_purposes_differ():
    seeds = [tuple(fold_in(make_seed(0), purpose).numpy()) for purpose in PURPOSES]
    seeds += [tuple(fold_in(make_seed(1), purpose).numpy()) for purpose in PURPOSES]
    seeds.append(tuple(make_seed(0).numpy()))

    assert len(set(seeds)) == len(seeds)


def test_draws_for_neighbouring_steps_are_not_correlated():
    size, steps = 4000, 6
    draws = np.stack(
        [
            tf.random.stateless_normal([size], fold_in(make_seed(0), tf.constant(step))).numpy()
            for step in range(steps)
        ]
    )
    correlations = np.corrcoef(draws) - np.eye(steps)

    # The standard deviation of a correlation of independent draws is size ** -0.5.
    assert np.max(np.abs(correlations)) < 4.0 * size**-0.5


def test_folding_is_a_function_of_its_arguments(mode):
    def twice(seed, step):
        return fold_in(seed, step), fold_in(seed, step)

    one, other = mode.call(twice, np.array([5, 6], np.int32), np.array(9, np.int64))

    assert one.tolist() == other.tolist()


def test_static_seed_returns_integers_and_follows_set_seed(mode):
    assert static_seed(5) == 5
    assert static_seed(np.int32(5)) == 5
    tf.random.set_seed(3)
    first = [static_seed(), static_seed()]
    tf.random.set_seed(4)
    assert static_seed() != first[0]
    assert isinstance(first[0], int)
    if mode.name != "graph":
        tf.random.set_seed(3)
        assert [static_seed(), static_seed()] == first
        assert first[0] != first[1]


def test_static_seed_is_fresh_without_set_seed():
    with tf.Graph().as_default():
        assert static_seed() != static_seed()


def test_static_seed_is_the_same_for_the_same_graph():
    def of_new_graph():
        with tf.Graph().as_default():
            tf.random.set_seed(3)
            tf.zeros([])
            return static_seed()

    assert of_new_graph() == of_new_graph()


@pytest.mark.parametrize("seed", ["1", 1.0, [1, 2]])
def test_static_seed_rejects_what_is_no_integer(seed):
    with pytest.raises(TypeError, match="`seed` must be an integer or None; got a"):
        static_seed(seed)


def test_child_seeds_are_the_same_everywhere_and_differ():
    expected = [4507791180383123679, 3521644839949198288, 1996134839778328199]

    assert child_seeds(0, 3) == expected
    assert child_seeds(0, 2) == expected[:2]
    assert len(set(child_seeds(0, 50) + child_seeds(1, 50))) == 100

import numpy as np
import pytest

from genflow.data.endless_indices import endless_indices
from genflow.data.permutation import permutation


def pieces(num_examples, num_rows, count, purpose="labels"):
    return [endless_indices(num_examples, num_rows, 3, step, purpose) for step in range(count)]


@pytest.mark.parametrize("num_rows", [1, 3, 4, 5, 8, 13])
def test_the_pieces_are_those_of_one_order_after_another(num_rows):
    found = pieces(4, num_rows, count=12)
    assert {piece.shape for piece in found} == {(num_rows,)}
    orders = [permutation(4, 3, epoch, "labels") for epoch in range(3 * num_rows)]
    assert np.concatenate(found).tolist() == np.concatenate(orders).tolist()


def test_each_purpose_has_an_order_of_its_own():
    orders = [tuple(permutation(50, 0, purpose=purpose)) for purpose in ["", "a", "b"]]
    assert len(set(orders)) == 3
    assert pieces(50, 20, 5, "a")[4].tolist() != pieces(50, 20, 5, "b")[4].tolist()


def test_the_caller_may_change_a_piece():
    before = pieces(4, 3, count=2)[1].tolist()
    pieces(4, 3, count=2)[1][:] = 0
    assert pieces(4, 3, count=2)[1].tolist() == before

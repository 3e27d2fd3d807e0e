import pytest

from genflow.data.shard import shard_bounds


@pytest.mark.parametrize(("num_examples", "size"), [(10, 1), (10, 3), (10, 10), (50000, 7)])
def test_parts_are_disjoint_complete_and_nearly_equal(num_examples, size):
    bounds = [shard_bounds(num_examples, rank, size) for rank in range(size)]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == num_examples
    assert [first for first, _ in bounds[1:]] == [last for _, last in bounds[:-1]]
    lengths = [last - first for first, last in bounds]
    assert max(lengths) - min(lengths) <= 1
    assert min(lengths) >= 1


@pytest.mark.parametrize("rank", [-1, 3])
def test_rejects_a_rank_out_of_range(rank):
    with pytest.raises(ValueError, match=r"`rank` must be in \[0, 3\).*; got {}".format(rank)):
        shard_bounds(10, rank, size=3)


@pytest.mark.parametrize("size", [0, -1, 11])
def test_rejects_a_wrong_number_of_shards(size):
    with pytest.raises(ValueError, match="`size`.* between 1 and 10.*; got {}".format(size)):
        shard_bounds(10, rank=0, size=size)

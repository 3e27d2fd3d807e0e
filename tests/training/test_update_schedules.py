import pytest

from genflow.training import Ratio, Turns

D, G, DRAW = "discriminator", "generator", "draw"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Ratio(), [DRAW, D, G]),
        (Ratio(1, 2, shares_latents=True), [DRAW, D, G, G]),
        (Ratio(1, 2), [DRAW, D, G, DRAW, G]),
        (Ratio(3, 1), [DRAW, D, DRAW, D, DRAW, D, G]),
        (Ratio(2, 3, shares_latents=True), [DRAW, D, DRAW, D, G, G, G]),
    ],
)
def test_the_order_of_a_step(schedule, expected):
    assert schedule.names(0) == schedule.names(7) == expected


@pytest.mark.parametrize("num_generator", [1, 2])
def test_turns_are_those_of_the_port(num_generator):
    """`step % (update_rate + 1) > 0` is the generator's turn."""
    schedule = Turns(num_generator)

    for step in range(10):
        expected = G if step % (num_generator + 1) > 0 else D
        assert schedule.names(step) == [DRAW, expected]


@pytest.mark.parametrize(
    "schedule", [Ratio(), Ratio(2, 3), Ratio(2, 3, shares_latents=True), Turns(2)]
)
def test_draws_before_a_step_are_counted(schedule):
    names = [name for step in range(9) for name in schedule.names(step)]

    assert schedule.draws_before(9) == names.count(DRAW)


@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_rejects_what_is_no_number_of_updates(number):
    makes = [lambda: Ratio(number), lambda: Ratio(1, number), lambda: Turns(number)]
    if number == 0:
        del makes[1]  # The discriminator alone.
    for make in makes:
        with pytest.raises((ValueError, TypeError), match="num_"):
            make()


def test_a_ratio_without_a_generator_trains_the_discriminator_alone():
    assert Ratio(2, 0).names(5) == ["draw", "discriminator"] * 2
    assert Ratio(2, 0, shares_latents=True).names(5) == ["draw", "discriminator"] * 2
    assert Ratio(2, 0).draws_before(3) == 6
